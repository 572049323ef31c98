// SPDX-License-Identifier: BSD-2-Clause
// Lists of messages with their positions; what a configuration put into them cannot steer a
// terminal or forge a line.
#include "common/message.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* How many bytes at text a terminal could take as a command: C0, DEL, and C1 in UTF-8; else 0. */
static size_t control_size(const char *text)
{
    uint8_t first = (uint8_t)text[0];
    uint8_t second = first == 0 ? 0 : (uint8_t)text[1];

    if (first == 0xc2 && second >= 0x80 && second <= 0x9f)
        return 2;
    return first < 0x20 || first == 0x7f ? 1 : 0;
}

static void print_escaped(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t size = control_size(text);

        for (size_t i = 0; i < size; i++)
            fprintf(out, "\\x%02x", (unsigned)(uint8_t)*text++);
        if (size == 0)
            fputc(*text++, out);
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
