// SPDX-License-Identifier: BSD-2-Clause
// A user of this machine other than the one that the process is, to decide as for him.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct account {
    char *name; /* owned */
    uid_t id;
    gid_t group; /* the one of his entry */
    char *home;  /* owned; NULL: none */
};

enum account_outcome { ACCOUNT_FOUND, ACCOUNT_UNKNOWN, ACCOUNT_FAILED /* with errno */ };

/* Asks the system; reentrant. Only what was found has to be finished. */
enum account_outcome account_find(const char *name, struct account *account);
void account_finish(struct account *account);

/* The groups that a login of his would give, the one of his entry among them. The caller frees;
 * NULL: they cannot be told, or no memory. */
gid_t *account_groups(const struct account *account, size_t *count);
