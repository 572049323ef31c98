// SPDX-License-Identifier: BSD-2-Clause
// Who and where the process is: what %u %i %d %l %L stand for.
#pragma once

#include <sys/types.h>

/* All owned; NULL: unknown (the call failed, or answered nothing). */
struct identity {
    char *user;       /* %u, of getpwuid(geteuid()) */
    char *uid;        /* %i, decimal */
    char *home;       /* %d */
    char *host;       /* %l, of gethostname() */
    char *host_label; /* %L, up to its first dot */
};

/* Asks the system, for the effective user or another one; reentrant. No memory: unknown. */
void identity_init(struct identity *identity);
void identity_init_of(struct identity *identity, uid_t id);
void identity_finish(struct identity *identity);
