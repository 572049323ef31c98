// SPDX-License-Identifier: BSD-2-Clause
// The commands' side of the control socket.
#pragma once

#include <stddef.h>
#include "daemon/control.h"
#include "daemon/request.h"

/* Asks the daemon of the configuration in force. text: what it answers, the caller's to free, or NULL. CONTROL_NO_DAEMON, with the reason on stderr unless
 * quiet, where none answers, or one that is neither root's, nor the user's, nor the account's that has the socket's folder. */
enum control_code ask_daemon(const struct request *request, bool quiet, char **text);
