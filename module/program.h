// SPDX-License-Identifier: BSD-2-Clause
// Runs a program that is not the host's business: the host gets no SIGCHLD, and no wait of its own meets it; it gets none of the host's files.
#pragma once

#include <stddef.h>

struct program {
    const char *const *arguments;   /* borrowed; the first is the program's absolute path, the last NULL */
    const char *const *environment; /* borrowed; "NAME=VALUE", all that it gets; the last NULL */
    int seconds;                    /* then it is killed, with its process group */
};

enum program_end {
    PROGRAM_SUCCEEDED,
    PROGRAM_FAILED, /* another status than 0, or a signal; or it could not be begun */
    PROGRAM_TIMED_OUT,
};

/* Runs it without a shell, in a session of its own, with stdin and stderr from and to nowhere, and waits for it. output: the first room - 1 bytes of its
 * stdout, terminated, which may hold a NUL; size: how many they are. Both are there whatever the end. */
enum program_end program_run(const struct program *program, char *output, size_t room, size_t *size);

/* The variables of the host's that a program with a window needs, a PATH, and one more (NULL: none). NULL without memory. */
char **program_environment(const char *name, const char *value);
void program_environment_free(char **environment);
