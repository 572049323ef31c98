// SPDX-License-Identifier: BSD-2-Clause
// The characters of a configuration file: strict UTF-8, one way to end a line, nothing that hides
// from the reader's eye.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct text_fault {
    unsigned line; /* both from 1; a column is a character */
    unsigned column;
    const char *found; /* static text */
};

/* True when the text may go to the parser. False: *fault tells the first character that a
 * configuration cannot hold. */
bool text_check(const char *text, size_t size, struct text_fault *fault);

/* A place in text that only moves forward; text_check() must have passed. */
struct text_cursor {
    const char *text;
    size_t size;
    size_t byte;
    size_t character;
};

/* Moves to the character with that index, counted from 0; a smaller index than the current one, or
 * one past the end, is cut to that. */
void text_cursor_move(struct text_cursor *cursor, size_t character);

/* The byte at the cursor, '\0' at the end. */
char text_cursor_peek(const struct text_cursor *cursor);

/* Do blanks and a '#' with more text glued to it follow ("a #b")? To YAML that is a comment. */
bool text_cursor_at_comment(const struct text_cursor *cursor);

/* Ends a stream of open_memstream(). False, with *text freed and NULL, when memory was short at any
 * time. */
bool text_close_stream(FILE *stream, char **text);
