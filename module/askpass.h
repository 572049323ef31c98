// SPDX-License-Identifier: BSD-2-Clause
// The program that asks the user: $SSH_ASKPASS, or the system's, found and run as OpenSSH does it.
#pragma once

#include <stddef.h>
#include "module/program.h"

/* Its path, borrowed; NULL with what is wrong. */
const char *askpass_find(const char **wrong);

/* Has it ask, for a minute at most. prompt: "confirm" for a question that is answered by yes or no; NULL: for a secret, which is the caller's to
 * wipe. answer: its first line, of room - 1 bytes at most, terminated, which may hold a NUL; size: how many they are. */
enum program_end askpass_run(const char *askpass, const char *question, const char *prompt, char *answer,
                             size_t room, size_t *size);
