// SPDX-License-Identifier: BSD-2-Clause
// Servers of the stock p11-kit with SoftHSM, and two copies of one token: what is served, and what
// is used directly.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>
#include "remote/remote.h"

struct peer {
    char folder[64];          /* private: tokens in direct/ and served/ */
    char library[256];        /* SoftHSM's */
    CK_FUNCTION_LIST *direct; /* SoftHSM in this process */
    pid_t server;             /* the last one that was started; -1: none */
};

extern struct peer peer;

/* cmocka's fixtures of the group, and the end of the server after each test. $MAKE_TOKEN, $TOKENS.
 */
int peer_set_up(void **state);
int peer_tear_down(void **state);
int peer_end(void **state);

/* remote_options.open: `p11-kit remote` on a socketpair. */
int peer_open(void *context);

/* `p11-kit server`, listening; the path of its socket. */
const char *peer_listen(void);

/* Of this process's user, ten seconds; by path, or by peer_open() if it is NULL. */
struct remote *peer_remote(const char *path);
