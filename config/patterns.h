// SPDX-License-Identifier: BSD-2-Clause
// Reads the values of selectors into patterns: exact text, {glob: }, {re: }, hexadecimal bytes,
// {prefix: }.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "config/reader.h"
#include "config/schema.h"
#include "filters/policy.h"

/* What a map in a value says. */
struct pattern_source {
    enum pattern_kind kind;
    const struct node *value; /* borrowed */
};

field_reader pattern_source_read;

/* Adds the value's patterns, or those of its list, to the selector's. longest: the most bytes that
 * exact text can have to match, 0: any; such text comes padded with blanks (CK_TOKEN_INFO), so
 * blanks at its end are cut. */
void patterns_read_text(struct reader *reader, const struct node *node, size_t longest,
                        struct selector *selector);
void patterns_read_bytes(struct reader *reader, const struct node *node, struct selector *selector);

/* What does not count in a value. */
enum folding {
    FOLD_NOTHING,
    FOLD_LETTERS, /* A is a */
    FOLD_DOMAIN,  /* the same behind the last @: what is compared comes in small letters there */
};

void patterns_read_folded(struct reader *reader, const struct node *node, enum folding folding,
                          struct selector *selector);

/* Pairs of digits with an optional colon between two pairs. False when it is not that; bytes has
 * room for half the text. */
bool patterns_parse_hex(const char *text, uint8_t *bytes, size_t *size);

/* Adds a pattern that takes A for a. False, with a message, without memory. */
bool patterns_add_folded(struct reader *reader, struct selector *selector, enum pattern_kind kind,
                         const void *bytes, size_t size);

/* Adds a pattern of these bytes. False, with a message, without memory. */
bool patterns_add(struct reader *reader, struct selector *selector, enum pattern_kind kind,
                  const void *bytes, size_t size);
