// SPDX-License-Identifier: BSD-2-Clause
// Reads single values.
#include "config/values.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/substitution.h"
#include "config/suggestion.h"

const char *value_text(struct reader *reader, const struct node *node, const char *expected)
{
    char found[READER_FOUND_SIZE];

    if (node->kind != NODE_SCALAR || node_is_nothing(node)) {
        reader_expected(reader, node, expected);
        return NULL;
    }
    if (node->style == STYLE_BLOCK) {
        reader_error(reader, node->position,
                     "found a block of lines, expected %s; quote it if the value begins with `>` "
                     "or `|`",
                     expected);
        return NULL;
    }
    if (node->trap == TRAP_COMMENT) {
        reader_found(node, found);
        reader_error(reader, node->position,
                     "found %s and a comment glued to its `#`, expected %s; quote it if the `#` "
                     "belongs to the value, else put a blank behind the `#`",
                     found, expected);
        return NULL;
    }
    if (node->trap == TRAP_LINES) {
        reader_error(reader, node->position,
                     "found a value that goes on in the next line, expected %s in one line; quote "
                     "it if the lines belong together",
                     expected);
        return NULL;
    }
    return node->text;
}

char *value_substituted(struct reader *reader, const struct node *node, const char *expected,
                        bool *unknown)
{
    const char *text = value_text(reader, node, expected);
    struct substitution result = {0};

    *unknown = false;
    if (text == NULL)
        return NULL;
    switch (substitution_make(&reader->identity, PATTERN_EXACT, text, &result)) {
    case SUBSTITUTION_DONE:
        return result.text;
    case SUBSTITUTION_UNKNOWN:
        *unknown = true;
        break;
    case SUBSTITUTION_FAULT:
        reader_error(reader, node->position, "%s", result.fault);
        break;
    case SUBSTITUTION_NO_MEMORY:
        reader_no_memory(reader);
        break;
    }
    return NULL;
}

char *value_line(struct reader *reader, const struct node *node, bool *unknown)
{
    char *text = value_substituted(reader, node, "text", unknown);

    if (text == NULL)
        return NULL;
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            reader_expected(reader, node, "text without control characters");
            free(text);
            return NULL;
        }
    }
    if (text[0] == '\0') {
        reader_expected(reader, node, "text");
        free(text);
        return NULL;
    }
    return text;
}

/* NULL without memory. */
static char *join_path(const char *base, const char *path)
{
    char *joined = NULL;
    const char *separator = base[0] != '\0' && base[strlen(base) - 1] == '/' ? "" : "/";

    if (path[0] == '/')
        return strdup(path);
    return asprintf(&joined, "%s%s%s", base, separator, path) < 0 ? NULL : joined;
}

/* base for a path that begins with `~/`; *path then goes on behind that. NULL with a message when
 * the home is unknown. */
static const char *find_base(struct reader *reader, const struct node *node, const char *base,
                             const char **path)
{
    if (strncmp(*path, "~/", 2) != 0)
        return base;
    *path += 2;
    if (reader->identity.home == NULL) {
        reader_error(reader, node->position,
                     "found `~/`, but this user has no home, expected an "
                     "absolute path");
    }
    return reader->identity.home;
}

char *value_located(struct reader *reader, const struct node *node, const char *path,
                    const char *base)
{
    char *joined;

    if (path[0] == '\0') {
        reader_expected(reader, node, "a path");
        return NULL;
    }
    base = find_base(reader, node, base, &path);
    if (base == NULL)
        return NULL;
    joined = join_path(base, path);
    if (joined == NULL)
        reader_no_memory(reader);
    return joined;
}

char *value_path(struct reader *reader, const struct node *node, const char *base)
{
    bool unknown;
    char *text = value_substituted(reader, node, "a path", &unknown);
    char *joined = NULL;
    char found[READER_FOUND_SIZE];

    if (unknown) {
        reader_found(node, found);
        reader_error(reader, node->position,
                     "found %s, of which something is unknown here, expected a path", found);
    }
    if (text != NULL)
        joined = value_located(reader, node, text, base);
    free(text);
    return joined;
}

bool value_boolean(struct reader *reader, const struct node *node, bool *value)
{
    const char *text = value_text(reader, node, "true or false");

    if (text == NULL)
        return false;
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        reader_expected(reader, node, "true or false");
        return false;
    }
    *value = text[0] == 't';
    return true;
}

bool value_integer(struct reader *reader, const struct node *node, long *value)
{
    static const char expected[] = "a whole number, such as 10 or -1";
    const char *text = value_text(reader, node, expected);
    char *end = NULL;
    long number;

    if (text == NULL)
        return false;
    errno = 0;
    number = strtol(text, &end, 10);
    if (!(isdigit((unsigned char)text[0]) || text[0] == '-') || *end != '\0' || end[-1] == '-' ||
        errno != 0) {
        reader_expected(reader, node, expected);
        return false;
    }
    *value = number;
    return true;
}

/* Seconds of a unit; 0: it is none. */
static unsigned long unit_seconds(const char *unit)
{
    static const struct {
        const char *name;
        unsigned long seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 60 * 60}, {"d", 24 * 60 * 60}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(unit, units[i].name) == 0)
            return units[i].seconds;
    return 0;
}

bool value_seconds(const char *text, unsigned long *seconds)
{
    char *unit = NULL;
    unsigned long number;

    errno = 0;
    number = strtoul(text, &unit, 10);
    if (!isdigit((unsigned char)text[0]) || errno != 0 || unit_seconds(unit) == 0 ||
        number > LONG_MAX / unit_seconds(unit))
        return false;
    *seconds = number * unit_seconds(unit);
    return true;
}

bool value_duration(struct reader *reader, const struct node *node, unsigned long *seconds)
{
    static const char expected[] = "a duration, such as 90s, 10m, 8h or 7d";
    const char *text = value_text(reader, node, expected);

    if (text == NULL)
        return false;
    if (!value_seconds(text, seconds)) {
        reader_expected(reader, node, expected);
        return false;
    }
    return true;
}

static void report_name(struct reader *reader, const struct node *node, const char *const *names,
                        size_t count)
{
    char *list = suggestion_list(names, count);
    const char *expected = list != NULL ? list : "another name";
    const char *text = value_text(reader, node, expected);
    const char *near = text != NULL ? suggestion_find(text, names, count) : NULL;
    char found[READER_FOUND_SIZE];

    if (text != NULL) {
        reader_found(node, found);
        reader_error(reader, node->position, "found %s, expected %s%s%s%s", found, expected,
                     near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                     near != NULL ? "`?" : "");
    }
    free(list);
}

bool value_name(struct reader *reader, const struct node *node, const char *const *names,
                size_t count, size_t *index)
{
    bool clean = node->kind == NODE_SCALAR && node->trap == TRAP_NONE && node->style != STYLE_BLOCK;

    for (size_t i = 0; clean && i < count; i++) {
        if (strcmp(node->text, names[i]) == 0) {
            *index = i;
            return true;
        }
    }
    report_name(reader, node, names, count);
    return false;
}

/* The longer operators stand first. */
static const struct {
    const char *text;
    enum comparison comparison;
} operators_known[] = {
    {"<=", COMPARE_AT_MOST},
    {">=", COMPARE_AT_LEAST},
    {"<", COMPARE_LESS},
    {">", COMPARE_MORE},
};

static const char *skip_operator(const char *text, enum comparison *comparison)
{
    *comparison = COMPARE_EQUAL;
    for (size_t i = 0; i < sizeof(operators_known) / sizeof(operators_known[0]); i++) {
        size_t length = strlen(operators_known[i].text);

        if (strncmp(text, operators_known[i].text, length) == 0) {
            *comparison = operators_known[i].comparison;
            return text + length + strspn(text + length, " ");
        }
    }
    return text;
}

/* Decimal, leading zeros included, or hexadecimal after 0x; nothing before or behind. */
static bool parse_digits(const char *text, uint64_t *number)
{
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hexadecimal ? text + 2 : text;
    const char *known = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    unsigned long long value;

    if (digits[0] == '\0' || digits[strspn(digits, known)] != '\0')
        return false;
    errno = 0;
    value = strtoull(digits, NULL, hexadecimal ? 16 : 10);
    if (errno != 0)
        return false;
    *number = value;
    return true;
}

bool value_number(struct reader *reader, const struct node *node, bool operators,
                  struct number *value)
{
    const char *expected = operators ? "a number, such as 2048 or \">=2048\"" : "a number";
    const char *text = value_text(reader, node, expected);
    struct number number = {.comparison = COMPARE_EQUAL};

    if (text == NULL)
        return false;
    if (operators)
        text = skip_operator(text, &number.comparison);
    if (!parse_digits(text, &number.number)) {
        reader_expected(reader, node, expected);
        return false;
    }
    *value = number;
    return true;
}

void value_each(struct reader *reader, const struct node *node, const char *expected,
                value_reader *read, void *target)
{
    if (node->kind != NODE_LIST) {
        read(reader, node, target);
        return;
    }
    if (node->count == 0)
        reader_expected(reader, node, expected);
    for (size_t i = 0; i < node->count; i++)
        if (node->items[i].kind == NODE_LIST)
            reader_expected(reader, &node->items[i], expected);
        else
            read(reader, &node->items[i], target);
}
