// SPDX-License-Identifier: BSD-2-Clause
#include "module/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include "common/log.h"
#include "common/names.h"

enum { ATTRIBUTES_SHOWN = 12 };

__attribute__((format(printf, 2, 3))) static void add(struct trace_line *line, const char *format,
                                                      ...)
{
    size_t room = sizeof(line->text) - line->size;
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(line->text + line->size, room, format, arguments);
    va_end(arguments);
    if (n > 0)
        line->size += (size_t)n < room ? (size_t)n : room - 1;
}

void trace_begin(struct trace_line *line, const char *function)
{
    line->size = 0;
    line->text[0] = '\0';
    add(line, "%s", function);
}

void trace_number(struct trace_line *line, const char *name, const char *format, CK_ULONG value)
{
    char text[32];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* from the table in generate.py */
    snprintf(text, sizeof(text), format, value);
#pragma GCC diagnostic pop
    add(line, " %s=%s", name, text);
}

void trace_mechanism_type(struct trace_line *line, CK_MECHANISM_TYPE type)
{
    add(line, " mechanism=%s(%#lx)", name_of_mechanism(type), type);
}

void trace_mechanism(struct trace_line *line, const CK_MECHANISM *mechanism)
{
    if (mechanism == NULL)
        add(line, " mechanism=NULL");
    else
        trace_mechanism_type(line, mechanism->mechanism);
}

void trace_template(struct trace_line *line, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    add(line, " {");
    for (CK_ULONG i = 0; template != NULL && i < count && i < ATTRIBUTES_SHOWN; i++)
        add(line, "%s%s", i > 0 ? " " : "", name_of_attribute(template[i].type));
    add(line, count > ATTRIBUTES_SHOWN ? " ...}" : "}");
}

void trace_hidden(struct trace_line *line, const char *name, const void *pointer)
{
    add(line, " %s=%s", name, pointer != NULL ? "(hidden)" : "NULL");
}

void trace_pointer(struct trace_line *line, const char *name, const void *pointer)
{
    add(line, " %s=%s", name, pointer != NULL ? "set" : "NULL");
}

void trace_out(struct trace_line *line, const char *name, const CK_ULONG *value)
{
    if (value != NULL)
        add(line, " -> %s=%#lx", name, *value);
}

void trace_end(struct trace_line *line, CK_RV rv)
{
    log_trace("%s: %s(%#lx)", line->text, name_of_rv(rv), rv);
}
