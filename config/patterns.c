// SPDX-License-Identifier: BSD-2-Clause
// Reads the values of selectors into patterns.
#include "config/patterns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "config/domain_letters.h"
#include "config/substitution.h"
#include "config/values.h"
#include "crypto/name.h"

/* Where a list's patterns go, and what holds for each of them. */
struct destination {
    struct selector *selector;
    size_t longest;
    enum folding folding;
};

void pattern_source_read(struct reader *reader, const struct field *field, void *target)
{
    struct pattern_source *source = target;

    (void)reader;
    *source = (struct pattern_source){.kind = (enum pattern_kind)field->schema->detail,
                                      .value = field->value};
}

/* The one kind of pattern that a map names. False after an error. */
static bool read_source(struct reader *reader, const struct schema *schema, const struct node *node,
                        struct pattern_source *source)
{
    size_t errors = reader->messages->errors;

    source->value = NULL;
    schema_read(schema, reader, node, source);
    if (reader->messages->errors != errors || source->value == NULL)
        return false;
    if (node->count != 2) {
        reader_error(reader, node->position, "found a map with several keys, expected %s",
                     schema->what);
        return false;
    }
    return true;
}

/* Takes the pattern over. */
static bool append(struct reader *reader, struct selector *selector, struct pattern *pattern)
{
    struct pattern **patterns =
        reallocarray(selector->patterns, selector->n_patterns + 1, sizeof(struct pattern *));

    if (patterns == NULL) {
        pattern_destroy(pattern);
        reader_no_memory(reader);
        return false;
    }
    selector->patterns = patterns;
    selector->patterns[selector->n_patterns++] = pattern;
    return true;
}

bool patterns_add_folded(struct reader *reader, struct selector *selector, enum pattern_kind kind,
                         const void *bytes, size_t size)
{
    struct pattern *pattern = pattern_create_folded(kind, bytes, size, NULL);

    if (pattern == NULL) {
        reader_no_memory(reader);
        return false;
    }
    return append(reader, selector, pattern);
}

bool patterns_add(struct reader *reader, struct selector *selector, enum pattern_kind kind,
                  const void *bytes, size_t size)
{
    struct pattern *pattern = pattern_create(kind, bytes, size, NULL);

    if (pattern == NULL) {
        reader_no_memory(reader);
        return false;
    }
    return append(reader, selector, pattern);
}

static void add_plain(struct reader *reader, const struct destination *destination,
                      enum pattern_kind kind, const char *text, size_t length)
{
    if (destination->folding == FOLD_LETTERS)
        patterns_add_folded(reader, destination->selector, kind, text, length);
    else
        patterns_add(reader, destination->selector, kind, text, length);
}

/* Fields are padded with blanks. */
static size_t trimmed(const struct destination *destination, const char *text)
{
    size_t length = strlen(text);

    while (destination->longest != 0 && length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

/* What is put in for a letter may be of any length: the file is right for another user. */
static bool fits(struct reader *reader, const struct node *node,
                 const struct destination *destination, const char *text)
{
    size_t length = trimmed(destination, text);

    if (destination->longest == 0 || length <= destination->longest || strchr(text, '%') != NULL)
        return true;
    reader_error(reader, node->position,
                 "found %zu bytes, expected at most %zu: longer text can match nothing", length,
                 destination->longest);
    return false;
}

/* A rule that is never true says nothing of what it was meant to deny. */
static void report_letters(struct reader *reader, const struct node *node, const char *letters,
                           enum domain_side side)
{
    char found[READER_FOUND_SIZE];

    reader_quote(letters, found);
    if (side == SIDE_DOMAIN) {
        reader_error(reader, node->position,
                     "found %s behind the @ of a pattern, expected small letters, as domains are "
                     "compared in them",
                     found);
    } else {
        reader_error(reader, node->position,
                     "found %s where the pattern does not tell on which side of the @ it stands, "
                     "expected small letters for a domain, or an @ behind it",
                     found);
    }
}

static void check_domain(struct reader *reader, const struct node *node, enum pattern_kind kind,
                         const enum domain_side *sides)
{
    size_t length = 0;
    const char *found = domain_letters_find(kind, node->text, sides, &length);
    char *letters;

    if (found == NULL)
        return;
    letters = strndup(found, length);
    if (letters != NULL)
        report_letters(reader, node, letters, sides[found - node->text]);
    else
        reader_no_memory(reader);
    free(letters);
}

/* As substitution_make(), with what is in a domain in small letters. */
static enum substitution_outcome substitute_domain(struct reader *reader, const struct node *node,
                                                   enum pattern_kind kind,
                                                   struct substitution *result)
{
    enum domain_side *sides = NULL;
    enum substitution_outcome outcome;

    if (kind == PATTERN_EXACT) {
        outcome = substitution_make(&reader->identity, kind, node->text, result);
        if (outcome == SUBSTITUTION_DONE)
            name_lower_domain(result->text);
        return outcome;
    }
    sides = domain_letters_sides(kind, node->text);
    if (sides == NULL)
        return SUBSTITUTION_NO_MEMORY;
    outcome = substitution_make_sided(&reader->identity, kind, node->text, sides, result);
    if (outcome == SUBSTITUTION_DONE || outcome == SUBSTITUTION_UNKNOWN)
        check_domain(reader, node, kind, sides);
    free(sides);
    return outcome;
}

static enum substitution_outcome substitute(struct reader *reader, const struct node *node,
                                            enum pattern_kind kind, enum folding folding,
                                            struct substitution *result)
{
    if (folding == FOLD_DOMAIN)
        return substitute_domain(reader, node, kind, result);
    return substitution_make(&reader->identity, kind, node->text, result);
}

static void add_regex(struct reader *reader, const struct node *node,
                      const struct destination *destination, const char *text)
{
    char *error = NULL;
    struct pattern *pattern = destination->folding == FOLD_LETTERS
                                  ? pattern_create_folded(PATTERN_REGEX, text, strlen(text), &error)
                                  : pattern_create(PATTERN_REGEX, text, strlen(text), &error);

    if (pattern != NULL) {
        append(reader, destination->selector, pattern);
    } else if (error != NULL) {
        reader_error(reader, node->position,
                     "found %s, expected a POSIX extended regular expression", error);
    } else {
        reader_no_memory(reader);
    }
    free(error);
}

static void add_text(struct reader *reader, const struct node *node, enum pattern_kind kind,
                     const struct destination *destination, const char *text)
{
    if (kind == PATTERN_EXACT)
        add_plain(reader, destination, kind, text, trimmed(destination, text));
    else if (kind == PATTERN_REGEX)
        add_regex(reader, node, destination, text);
    else
        add_plain(reader, destination, kind, text, strlen(text));
}

/* One scalar of the kind that the map around it said. */
static void read_text(struct reader *reader, const struct node *node, enum pattern_kind kind,
                      const struct destination *destination)
{
    const char *text = value_text(reader, node, schema_pattern.what);
    struct substitution result = {0};

    if (text == NULL || (kind == PATTERN_EXACT && !fits(reader, node, destination, text)))
        return;
    switch (substitute(reader, node, kind, destination->folding, &result)) {
    case SUBSTITUTION_DONE:
        add_text(reader, node, kind, destination, result.text);
        break;
    case SUBSTITUTION_UNKNOWN:
        patterns_add(reader, destination->selector, PATTERN_UNKNOWN, "", 0);
        break;
    case SUBSTITUTION_FAULT:
        reader_error(reader, node->position, "%s", result.fault);
        break;
    case SUBSTITUTION_NO_MEMORY:
        reader_no_memory(reader);
        break;
    }
    free(result.text);
}

static void read_text_value(struct reader *reader, const struct node *node, void *target)
{
    struct pattern_source source = {.kind = PATTERN_EXACT, .value = node};

    if (node->kind != NODE_MAP || read_source(reader, &schema_pattern, node, &source))
        read_text(reader, source.value, source.kind, target);
}

void patterns_read_text(struct reader *reader, const struct node *node, size_t longest,
                        struct selector *selector)
{
    struct destination destination = {.selector = selector, .longest = longest};

    value_each(reader, node, schema_pattern.what, read_text_value, &destination);
}

void patterns_read_folded(struct reader *reader, const struct node *node, enum folding folding,
                          struct selector *selector)
{
    struct destination destination = {.selector = selector, .folding = folding};

    value_each(reader, node, schema_pattern.what, read_text_value, &destination);
}

static int hex_digit(char letter)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = letter != '\0' ? strchr(digits, letter) : NULL;

    return at != NULL ? (int)(at - digits) % 16 : -1;
}

bool patterns_parse_hex(const char *text, uint8_t *bytes, size_t *size)
{
    size_t count = 0;

    while (*text != '\0') {
        int high = hex_digit(text[0]);
        int low = high >= 0 ? hex_digit(text[1]) : -1;

        if (low < 0)
            return false;
        bytes[count++] = (uint8_t)(high * 16 + low);
        text += 2;
        if (text[0] == ':' && text[1] != '\0')
            text++;
    }
    *size = count;
    return count > 0;
}

static void read_bytes(struct reader *reader, const struct node *node, enum pattern_kind kind,
                       struct selector *selector)
{
    static const char expected[] = "pairs of hexadecimal digits, such as 01 or 4f:a0";
    const char *text = value_text(reader, node, expected);
    uint8_t *bytes = NULL;
    size_t size;

    if (text == NULL)
        return;
    bytes = malloc(strlen(text) / 2 + 1);
    if (bytes == NULL)
        reader_no_memory(reader);
    else if (patterns_parse_hex(text, bytes, &size))
        patterns_add(reader, selector, kind, bytes, size);
    else
        reader_expected(reader, node, expected);
    free(bytes);
}

static void read_bytes_value(struct reader *reader, const struct node *node, void *target)
{
    struct pattern_source source = {.kind = PATTERN_EXACT, .value = node};

    if (node->kind != NODE_MAP || read_source(reader, &schema_bytes, node, &source))
        read_bytes(reader, source.value, source.kind, target);
}

void patterns_read_bytes(struct reader *reader, const struct node *node, struct selector *selector)
{
    value_each(reader, node, schema_bytes.what, read_bytes_value, selector);
}
