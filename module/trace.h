// SPDX-License-Identifier: BSD-2-Clause
// The trace: one line a call, with every argument written down by its kind, so that no PIN and no data ever is.
#pragma once

#include <stddef.h>
#include "module/functions.h"

struct trace_line {
    char text[512];
    size_t size;
};

void trace_begin(struct trace_line *line, const char *function);
void trace_number(struct trace_line *line, const char *name, const char *format, CK_ULONG value);
void trace_mechanism(struct trace_line *line, const CK_MECHANISM *mechanism);
void trace_mechanism_type(struct trace_line *line, CK_MECHANISM_TYPE type);

/* The names of the attributes; no values. */
void trace_template(struct trace_line *line, const CK_ATTRIBUTE *template, CK_ULONG count);

/* A secret or data: only whether it is there. */
void trace_hidden(struct trace_line *line, const char *name, const void *pointer);
void trace_pointer(struct trace_line *line, const char *name, const void *pointer);

/* A handle or a size that came back. */
void trace_out(struct trace_line *line, const char *name, const CK_ULONG *value);

/* Ends the line with what the call answered, and logs it. */
void trace_end(struct trace_line *line, CK_RV rv);
