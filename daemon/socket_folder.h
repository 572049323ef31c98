// SPDX-License-Identifier: BSD-2-Clause
// The folder of a socket: who can write into it can put another socket in the place of that one.
#pragma once

#include <stdbool.h>

struct daemon;

/* Makes it where it is not there, for the owner alone, or for all to look into where the daemon serves all. It has to belong to root or the daemon's
 * account, and nobody else may write into it; where the daemon serves all, so it is with every folder up to `/`. A sticky folder of root's is good. False with
 * the reason in the log. */
bool socket_folder_make(const struct daemon *daemon);
