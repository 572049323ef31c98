// SPDX-License-Identifier: BSD-2-Clause
// `p11gate serve`: from its beginning to SIGTERM.
#pragma once

#include <stdbool.h>

/* Serves until SIGTERM or SIGINT. False with the reason in the log and on stderr when it cannot. */
bool serve(void);
