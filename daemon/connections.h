// SPDX-License-Identifier: BSD-2-Clause
// The connections that are open: a thread each, how many there may be, and their end.
#pragma once

#include <stdbool.h>
#include "module/gate.h"

/* Serves one connection, in a thread of its own; the descriptor is closed behind it. */
typedef void connection_body(void *context, int fd, const struct peer *peer);

/* Takes the descriptor over. Refused, which is logged, where too many are open, all in all or of that user; the one that was silent for longest goes
 * then, if it was silent for a minute, and no call of it runs. */
void connection_start(int fd, const struct peer *peer, connection_body *body, void *context);

/* A call of the calling thread's connection begins, or has ended. */
void connection_begin_call(void);
void connection_end_call(void);

/* Has the calling thread's connection still somebody at its other end? */
bool connection_is_there(void);

/* Shuts all of them down, and waits until their threads are done, for so many seconds. Are they? */
bool connections_end(unsigned seconds);
