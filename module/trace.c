// SPDX-License-Identifier: BSD-2-Clause
#include "module/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

static void add_type(struct trace_line *line, CK_MECHANISM_TYPE type)
{
    add(line, "mechanism=%s(%#lx)", name_of_mechanism(type), type);
}

static void add_mechanism(struct trace_line *line, const CK_MECHANISM *mechanism)
{
    if (mechanism == NULL)
        add(line, "mechanism=NULL");
    else
        add_type(line, mechanism->mechanism);
}

static void add_template(struct trace_line *line, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    add(line, "{");
    for (CK_ULONG i = 0; template != NULL && i < count && i < ATTRIBUTES_SHOWN; i++)
        add(line, "%s%s", i > 0 ? " " : "", name_of_attribute(template[i].type));
    add(line, count > ATTRIBUTES_SHOWN ? " ...}" : "}");
}

static void add_pointer(struct trace_line *line, const void *pointer, const char *otherwise)
{
    add(line, "%s", pointer != NULL ? otherwise : "NULL");
}

static void add_argument(struct trace_line *line, char kind, va_list *arguments)
{
    const CK_ATTRIBUTE *template;

    switch (kind) {
    case 'x':
        add(line, "%#lx", va_arg(*arguments, CK_ULONG));
        break;
    case 'u':
        add(line, "%lu", va_arg(*arguments, CK_ULONG));
        break;
    case 't':
        add_type(line, va_arg(*arguments, CK_ULONG));
        break;
    case 'm':
        add_mechanism(line, va_arg(*arguments, const void *));
        break;
    case 'a':
        template = va_arg(*arguments, const void *);
        add_template(line, template, va_arg(*arguments, CK_ULONG));
        break;
    case 'h':
        add_pointer(line, va_arg(*arguments, const void *), "(hidden)");
        break;
    default:
        add_pointer(line, va_arg(*arguments, const void *), "set");
        break;
    }
}

void trace_begin(struct trace_line *line, const char *format, ...)
{
    va_list arguments;
    size_t plain;

    line->size = 0;
    line->text[0] = '\0';
    va_start(arguments, format);
    for (; *format != '\0'; format += plain) {
        plain = strcspn(format, "%");
        if (plain > 0) {
            add(line, "%.*s", (int)plain, format);
            continue;
        }
        add_argument(line, format[1], &arguments);
        plain = 2;
    }
    va_end(arguments);
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
