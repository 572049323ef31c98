// SPDX-License-Identifier: BSD-2-Clause
// What /proc tells of the processes of this machine (proc(5)).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_NAME_SIZE = 64 };

/* The name of its program's file where we may know it, else what it calls itself, in at most 15 bytes. False: there is no such process. */
bool process_name(pid_t pid, char name[PROCESS_NAME_SIZE]);

/* When it began, in nanoseconds since 1970; 0: unknown. */
int64_t process_begin(pid_t pid);

/* Its parent, 0: unknown; and its effective user. False: there is no such process. */
bool process_origin(pid_t pid, pid_t *parent, uid_t *user);

/* The words that it was started with. The caller frees the array, and the words with it; NULL: unknown. */
char **process_words(pid_t pid, int *count);

/* The first file that it has mapped and that fits; false: there is none, or we may not know. What is mapped and not there any more has " (deleted)"
 * behind its path. */
bool process_maps(pid_t pid, bool (*fits)(const char *path, void *context), void *context);

/* Calls visit with each process, until it returns false. */
void processes_each(bool (*visit)(pid_t pid, void *context), void *context);
