// SPDX-License-Identifier: BSD-2-Clause
// Large messages are few at a time, so that all clients' together fit into the daemon's memory; and no user has all of the turns.
#pragma once

#include <sys/types.h>

/* Waits until there is one. */
void large_take(uid_t user);
void large_give_back(uid_t user);
