// SPDX-License-Identifier: BSD-2-Clause
// The trace: one line a call, with every argument written down by its kind, so that no PIN and no data ever is.
#pragma once

#include <stddef.h>
#include "module/functions.h"

struct trace_line {
    char text[512];
    size_t size;
};

/* The function's name and its arguments, each of which has a place in the format: %x and %u for a CK_ULONG, %t for a mechanism's type, and
 * for pointers, which are const void *: %m for a mechanism, %a for a template, with the CK_ULONG of its attributes, of which the names are
 * written and no values, %h for a secret or data, and %p for any other: only whether it is there. */
void trace_begin(struct trace_line *line, const char *format, ...);

/* A handle or a size that came back. */
void trace_out(struct trace_line *line, const char *name, const CK_ULONG *value);

/* Ends the line with what the call answered, and logs it. */
void trace_end(struct trace_line *line, CK_RV rv);
