// SPDX-License-Identifier: BSD-2-Clause
// The daemon's side of `p11gate unlock`, `lock`, `status` and `refresh`.
#pragma once

#include "daemon/connections.h"

/* Answers one request: the exit status of the command, a line, and what it prints. context: the daemon. */
connection_body control_serve;

/* What the commands exit with. */
enum control_code {
    CONTROL_OK = 0, /* of status: unlocked */
    CONTROL_LOCKED = 1, /* or: it failed */
    CONTROL_NO_CARD = 2,
    CONTROL_NO_DAEMON = 3,
};
