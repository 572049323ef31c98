// SPDX-License-Identifier: BSD-2-Clause
// Lists of messages with their positions; what a configuration put into them cannot steer a
// terminal or forge a line.
#include "common/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/printable.h"

static void print_escaped(FILE *out, const char *text)
{
    size_t left = strlen(text), length;

    for (; left > 0; text += length, left -= length) {
        bool shown = printable_is(text, left, &length);

        for (size_t i = 0; i < length; i++)
            fprintf(out, shown ? "%c" : "\\x%02x", (unsigned char)text[i]);
    }
}

static void print_position(FILE *out, struct position position)
{
    if (position.file == NULL)
        return;
    print_escaped(out, position.file);
    if (position.line != 0)
        fprintf(out, ":%u", position.line);
    if (position.line != 0 && position.column != 0)
        fprintf(out, ":%u", position.column);
    fputs(": ", out);
}

/* The caller frees; NULL without memory. */
static char *message_text(struct position position, const char *body)
{
    char *text = NULL;
    size_t size = 0;
    bool good;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    print_position(out, position);
    print_escaped(out, body);
    good = ferror(out) == 0;
    if (fclose(out) == 0 && good)
        return text;
    free(text);
    return NULL;
}

static void append(struct message_list *list, enum severity severity, char *text)
{
    struct message *items = reallocarray(list->items, list->count + 1, sizeof(*items));

    if (items == NULL) {
        free(text);
        return;
    }
    list->items = items;
    list->items[list->count++] = (struct message){.severity = severity, .text = text};
}

void message_add(struct message_list *list, enum severity severity, struct position position,
                 const char *format, ...)
{
    char *body = NULL;
    char *text;
    va_list arguments;
    int length;

    if (severity == SEVERITY_ERROR)
        list->errors++;
    va_start(arguments, format);
    length = vasprintf(&body, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    text = message_text(position, body);
    free(body);
    if (text != NULL)
        append(list, severity, text);
}

void message_list_finish(struct message_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].text);
    free(list->items);
    *list = (struct message_list){0};
}
