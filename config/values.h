// SPDX-License-Identifier: BSD-2-Clause
// The values of keys: text as written, names, numbers, booleans, paths, and lists of them. Every
// failure has put a message.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config/reader.h"
#include "filters/policy.h"

/* expected: what stands in the message, "true or false". The text is borrowed from the node; NULL:
 * it is no text, or YAML has cut it. */
const char *value_text(struct reader *reader, const struct node *node, const char *expected);

/* Text with %u and the like put in. NULL after an error, or, without one, when what is to be put in
 * is unknown here (*unknown). The caller frees. */
char *value_substituted(struct reader *reader, const struct node *node, const char *expected,
                        bool *unknown);

/* The same for text for people, in one line and not empty. */
char *value_line(struct reader *reader, const struct node *node, bool *unknown);

/* An absolute path: `~/` is the home, other relative ones start at base. The caller frees; NULL
 * after an error, which something unknown in it is too. */
char *value_path(struct reader *reader, const struct node *node, const char *base);

/* The same for a path that is a part of the value, with %u and the like put in already. */
char *value_located(struct reader *reader, const struct node *node, const char *path,
                    const char *base);

bool value_boolean(struct reader *reader, const struct node *node, bool *value);
bool value_integer(struct reader *reader, const struct node *node, long *value);

/* "90s", "10m", "8h" or "7d", in seconds. */
bool value_duration(struct reader *reader, const struct node *node, unsigned long *seconds);

/* The same of plain text; false, without a message, when it is none. */
bool value_seconds(const char *text, unsigned long *seconds);

/* The index of one of the names. */
bool value_name(struct reader *reader, const struct node *node, const char *const *names,
                size_t count, size_t *index);

/* Digits, or 0x and hexadecimal digits, with an operator (< <= > >=) before them if operators are
 * allowed. */
bool value_number(struct reader *reader, const struct node *node, bool operators,
                  struct number *value);

/* Calls read for the value, or for each of a list of values, which must not be empty. */
typedef void value_reader(struct reader *reader, const struct node *node, void *target);
void value_each(struct reader *reader, const struct node *node, const char *expected,
                value_reader *read, void *target);
