// SPDX-License-Identifier: BSD-2-Clause
// What may hang or crash, in a process of its own with a time limit.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum bounded_end {
    BOUNDED_ENDED,     /* status is its exit status */
    BOUNDED_CRASHED,   /* status is the signal */
    BOUNDED_TIMED_OUT, /* it was killed, with its session's first group */
    BOUNDED_FAILED,    /* it could not be begun */
};

/* What was written until then is there, however it ended. */
struct bounded {
    enum bounded_end end;
    int status;
    char *text; /* owned; a NUL stands behind it; NULL: no memory, or nothing was begun */
    size_t size;
    bool cut; /* there was no room for more of it */
};

/* The status of a program that is not there. */
enum { BOUNDED_NO_PROGRAM = 127 };

/* Runs a function in a child, which ends with it, and has no terminal. Its stdin, stdout and stderr are /dev/null, what it writes to out is the text. */
struct bounded bounded_call(void (*body)(FILE *out, void *context), void *context, int seconds);

/* Runs a program, which is searched for in $PATH, without a shell or a terminal. The text is its stdout and stderr. */
struct bounded bounded_program(const char *const *arguments, int seconds);

void bounded_finish(struct bounded *bounded);
