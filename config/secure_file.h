// SPDX-License-Identifier: BSD-2-Clause
// Files that decide who may do what: opened once, checked on the descriptor, read whole (policy.md
// 1).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include "common/message.h"

enum { SECURE_FILE_MAX_SIZE = 256 * 1024 };

struct secure_file {
    char *text; /* owned; a NUL stands behind it */
    size_t size;
    struct stat status;
};

/* Reads a regular file of at most SECURE_FILE_MAX_SIZE bytes, at an absolute path. It, every
 * symlink on the way and the folders that hold the file and such a symlink to it belong to root or
 * the effective user and are writable by nobody else (a sticky folder of root's counts as such).
 * system: all that belongs to root, and so does every folder up to `/`. False with a message, at
 * position, that names the file and says what to do. Never waits for a FIFO. */
bool secure_file_read(const char *path, bool system, struct position position,
                      struct message_list *messages, struct secure_file *file);

/* The same for a file of up to limit bytes. */
bool secure_file_read_up_to(const char *path, size_t limit, bool system, struct position position,
                            struct message_list *messages, struct secure_file *file);

/* The same with two users in place of the effective one, who may be the same. */
bool secure_file_read_of(const char *path, size_t limit, bool system, const uid_t owners[2],
                         struct position position, struct message_list *messages,
                         struct secure_file *file);

/* Of a file that holds a secret: nobody but its owner may read it either, as the effective user does. The
 * message has no position. For secure_file_wipe. */
bool secure_file_read_secret(const char *path, size_t limit, bool system,
                             struct message_list *messages, struct secure_file *file);

/* The same checks without opening it: the one who asks need not be the one who may read it. A file that
 * does not exist, or that only others reach, passes. */
bool secure_file_check_secret(const char *path, bool system, const uid_t owners[2],
                              struct position position, struct message_list *messages);

/* The same checks without reading, for a file of any size; a file that does not exist passes. */
bool secure_file_check(const char *path, bool system, struct position position,
                       struct message_list *messages);

void secure_file_finish(struct secure_file *file);

/* The same of a secret. */
void secure_file_wipe(struct secure_file *file);
