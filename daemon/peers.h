// SPDX-License-Identifier: BSD-2-Clause
// Who is at the other end of a socket, as the kernel tells it.
#pragma once

#include <stdbool.h>
#include "module/gate.h"

/* User, process and, where it can be told, program of the process that connected. False: it cannot be told who it is. */
bool peer_of(int fd, struct peer *peer);
