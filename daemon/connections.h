// SPDX-License-Identifier: BSD-2-Clause
// The connections that are open: a thread each, how many there may be, and their end.
#pragma once

#include "module/gate.h"

/* Serves one connection, in a thread of its own; the descriptor is closed behind it. */
typedef void connection_body(void *context, int fd, const struct peer *peer);

/* Takes the descriptor over. Refused, which is logged, where too many are open, all in all or of that user; the one that was silent for longest goes
 * then, if it was silent for a minute. */
void connection_start(int fd, const struct peer *peer, connection_body *body, void *context);

/* The calling thread's connection has something to do. */
void connection_note_use(void);

/* Shuts all of them down, and waits until their threads are done. */
void connections_end(void);
