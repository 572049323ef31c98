// SPDX-License-Identifier: BSD-2-Clause
// Reports errors in the configuration.
#include "config/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "config/account.h"

void reader_error(struct reader *reader, struct position position, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    message_add(reader->messages, SEVERITY_ERROR, position, "%s", length < 0 ? "no memory" : text);
    if (length >= 0)
        free(text);
}

/* Text of at most so many bytes, not cut within a character. */
static int cut_length(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);

    if (length <= most)
        return (int)length;
    length = most;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return (int)length;
}

void reader_quote(const char *text, char out[READER_FOUND_SIZE])
{
    enum { SHOWN = READER_FOUND_SIZE - 8 };

    snprintf(out, READER_FOUND_SIZE, "`%.*s`%s", cut_length(text, SHOWN), text,
             strlen(text) > SHOWN ? "..." : "");
}

void reader_found(const struct node *node, char out[READER_FOUND_SIZE])
{
    if (node->kind == NODE_LIST) {
        snprintf(out, READER_FOUND_SIZE, node->count == 0 ? "an empty list" : "a list");
    } else if (node->kind == NODE_MAP) {
        snprintf(out, READER_FOUND_SIZE, node->count == 0 ? "an empty map" : "a map");
    } else if (node_is_nothing(node)) {
        snprintf(out, READER_FOUND_SIZE, "nothing");
    } else {
        reader_quote(node->text, out);
    }
}

void reader_expected(struct reader *reader, const struct node *node, const char *expected)
{
    char found[READER_FOUND_SIZE];

    reader_found(node, found);
    reader_error(reader, node->position, "found %s, expected %s", found, expected);
}

void reader_no_memory(struct reader *reader)
{
    message_add(reader->messages, SEVERITY_ERROR, (struct position){0}, "no memory");
}

/* Who may own a file, beside root. */
static void find_owners(const struct reader *reader, uid_t owners[2])
{
    owners[0] = owners[1] = geteuid();
    if (reader->user != NULL)
        owners[1] = reader->user->id;
    if (!reader->named)
        owners[0] = owners[1];
}

bool reader_file(struct reader *reader, const char *path, size_t limit, struct position position,
                 struct secure_file *file)
{
    uid_t owners[2];

    find_owners(reader, owners);
    return secure_file_read_of(path, limit, reader->system, owners, position, reader->messages,
                               file);
}

bool reader_check_secret(struct reader *reader, const char *path, struct position position)
{
    uid_t owners[2];

    find_owners(reader, owners);
    return secure_file_check_secret(path, reader->system, owners, position, reader->messages);
}
