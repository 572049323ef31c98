// SPDX-License-Identifier: BSD-2-Clause
// Between a client's socket and p11-kit's server: requests are read here, looked at, and handed on one at a time.
#pragma once

#include "module/gate.h"

/* Answers the calls that come over the socket, in this thread, until the other end closes it or sends what is no call, which is logged. */
void relay_run(CK_FUNCTION_LIST *list, int fd, const struct peer *peer);
