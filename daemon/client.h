// SPDX-License-Identifier: BSD-2-Clause
// One client: its own stack, with the policy for its user, above the one that all share.
#pragma once

#include <stdbool.h>
#include "module/gate.h"

struct daemon;

struct client {
    const struct daemon *daemon; /* borrowed */
    struct peer peer;
    struct gate *gate;     /* owned; NULL: not initialised */
};

/* Makes the client's stack. The configuration is read for its user: CKR_FUNCTION_FAILED when it is broken, or there is no such user, which is logged. */
CK_RV client_open(struct client *client);

/* The user of the client that this thread has opened. */
uid_t client_user(void);

/* Ends all that the client had; may be called again. */
void client_close(struct client *client);
