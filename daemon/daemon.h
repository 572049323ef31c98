// SPDX-License-Identifier: BSD-2-Clause
// What all parts of `p11gate serve` share: for which configuration it is, and who it is.
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include "config/config.h"

struct daemon {
    char *path;   /* owned; the configuration's file */
    bool system;  /* it is the system's */
    uid_t uid;    /* the daemon's own */
    char *socket; /* owned; for p11-kit's protocol; that of the commands has `.control` behind it */
};

/* The daemon of the configuration that is in force for this process, whose log it opens. False with the reason on stderr. */
bool daemon_init(struct daemon *daemon);
void daemon_finish(struct daemon *daemon);

/* What the daemon's file says for that user; a file of his own beside it is for his own processes to heed. The caller owns it; NULL when it is broken, or
 * there is no such user, which is logged. */
struct config *daemon_config_of(const struct daemon *daemon, struct crypto *crypto, uid_t user);

/* The same file without its policy: all of every token. Decided, audited and confirmed is elsewhere, for each client. */
struct config *daemon_config_open(const struct daemon *daemon, struct crypto *crypto);

/* May that user do what concerns all others: is he root, or the daemon's own account? */
bool daemon_is_master(const struct daemon *daemon, uid_t user);
