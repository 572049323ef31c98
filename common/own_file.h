// SPDX-License-Identifier: BSD-2-Clause
// Files that lines are added to: the user's own, read by nobody else, bounded, shared by all of the user's processes.
#pragma once

#include <sys/types.h>

/* Opens the file for appending: made with 0600, its folders with 0700, where they are not there. A link, a file with a second name, one
 * that is none, or somebody else's is refused. The descriptor; -1 with errno. */
int own_file_open(const char *path);

/* Begins a new file where this one has most bytes; the one before stays as FILE.1. Whichever process comes first does it; one that is
 * stopped in the middle stops no other. The descriptor to go on with, fd or another one in its place; -1: there is none, with errno. */
int own_file_rotate(int fd, const char *path, off_t most);
