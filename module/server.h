// SPDX-License-Identifier: BSD-2-Clause
// Which servers of a unix socket are believed to be the daemon.
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum { SERVER_TRUSTED_MOST = 3 };

/* The users whose process may listen at that path: root, this user, and the owner of the folder, who could put any other socket there, if that folder is
 * not for all to write into. How many. */
size_t server_trusted(const char *path, uid_t users[SERVER_TRUSTED_MOST]);
