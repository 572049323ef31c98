// SPDX-License-Identifier: BSD-2-Clause
// Replaces the letters after '%', piece by piece, with an eye on the pattern that they stand in.
#include "config/substitution.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/bracket.h"
#include "config/repetition.h"
#include "config/text.h"
#include "crypto/name.h"

struct scan {
    const struct identity *identity;
    enum pattern_kind kind;
    const char *text;
    const enum domain_side *sides; /* of the text; NULL: no domain is compared */
    const char *rest;              /* what is still to be read */
    FILE *out;
    bool repeatable; /* something stands before it that a quantifier can repeat */
    struct repetition repetition;
    bool unknown;
    const char *fault;
};

/* False: no such letter. *value is NULL when it is unknown. */
static bool find_value(const struct identity *identity, char letter, const char **value)
{
    const struct {
        char letter;
        const char *value;
    } letters[] = {
        {'u', identity->user}, {'i', identity->uid},        {'d', identity->home},
        {'l', identity->host}, {'L', identity->host_label},
    };

    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i].letter == letter) {
            *value = letters[i].value;
            return true;
        }
    }
    return false;
}

static enum domain_side side_of(const struct scan *scan)
{
    return scan->sides != NULL ? scan->sides[scan->rest - scan->text] : SIDE_LOCAL;
}

/* Where the small letters begin in what the letter stands for: a host's name is a domain unless an
 * @ is to come, a user's may bring its own @. */
static const char *find_small(const struct scan *scan, char letter, const char *data)
{
    enum domain_side side = side_of(scan);
    const char *small = NULL;

    if (side == SIDE_DOMAIN || (side == SIDE_OPEN && strchr("lL", letter) != NULL))
        return data;
    if (side == SIDE_OPEN)
        small = strrchr(data, '@');
    return small != NULL ? small : data + strlen(data);
}

/* Data in a regular expression is one group, so that a quantifier behind it holds for all of it. */
static void put_data(struct scan *scan, char letter, const char *data)
{
    const char *small = find_small(scan, letter, data);
    const char *special = "";

    repetition_take(&scan->repetition, strlen(data));
    if (scan->kind == PATTERN_GLOB) {
        special = "*?[]\\";
    } else if (scan->kind == PATTERN_REGEX) {
        special = "\\^.[]$()|*+?{}";
        fputc('(', scan->out);
    }
    for (; *data != '\0'; data++) {
        if (strchr(special, *data) != NULL)
            fputc('\\', scan->out);
        fputc(data < small ? *data : name_lower(*data), scan->out);
    }
    if (scan->kind == PATTERN_REGEX)
        fputc(')', scan->out);
}

/* What stands for itself, and what is a sign of patterns. */
static void put_own(struct scan *scan, size_t length)
{
    bool small = side_of(scan) == SIDE_DOMAIN;

    for (; length > 0; length--) {
        fputc(small ? name_lower(*scan->rest) : *scan->rest, scan->out);
        scan->rest++;
    }
}

static void take_letter(struct scan *scan)
{
    char letter = scan->rest[1];
    const char *value = NULL;

    if (letter == '%') {
        fputc('%', scan->out);
        repetition_take(&scan->repetition, 1);
    } else if (!find_value(scan->identity, letter, &value)) {
        scan->fault = "found `%` before a letter that stands for nothing, expected %u %i %d %l %L, "
                      "or %% for the sign itself";
        return;
    } else if (value == NULL) {
        scan->unknown = true;
    } else {
        put_data(scan, letter, value);
    }
    scan->rest += 2;
}

static void take_escape(struct scan *scan)
{
    char next = scan->rest[1];

    if (next == '\0') {
        scan->fault = "found `\\` at the end, expected a character behind it";
    } else if (next == '%') {
        scan->fault = "found `\\%`, expected `%%` for the sign itself";
    } else if (scan->kind == PATTERN_REGEX &&
               (isalnum((unsigned char)next) || strchr("<>`'", next))) {
        scan->fault = "found `\\` before a letter or digit, which POSIX extended regular "
                      "expressions do not know, expected a set such as [0-9]";
    } else {
        repetition_take(&scan->repetition, 1);
        put_own(scan, 2);
    }
}

/* In a set the letters would be alternatives, and so not data any more. */
static void take_set(struct scan *scan)
{
    const char *end = bracket_end(scan->rest, scan->kind);

    if (end == NULL) {
        scan->fault = "found `[` without `]`, expected a set such as [0-9], or `\\[` for the sign "
                      "itself";
        return;
    }
    repetition_take(&scan->repetition, 1);
    while (scan->rest <= end) {
        if (scan->rest[0] == '%' && scan->rest[1] != '%') {
            scan->fault = "found `%` and a letter between `[` and `]`, expected it outside";
            return;
        }
        fputc(*scan->rest, scan->out);
        scan->rest += *scan->rest == '%' ? 2 : 1;
    }
}

/* Of "{2,5}"; 1: it is another character. */
static size_t interval_length(const struct scan *scan)
{
    size_t digits = 1 + strspn(scan->rest + 1, "0123456789,");

    return scan->kind == PATTERN_REGEX && scan->rest[0] == '{' && scan->rest[digits] == '}'
               ? digits + 1
               : 1;
}

static const char too_large[] =
    "found parentheses or repetitions that make the expression too large, expected at most 32 "
    "parentheses within each other and 1000 copies of characters";
static const char repeats_nothing[] =
    "found `*`, `+` or `{` behind what may be empty, expected it behind something that is not: "
    "`(a*)+` is `a*`";
static const char hollow[] = "found more than 100 parts that may be empty, such as `a*`, `a?` and "
                             "`(a|)`, expected fewer";

/* The fault of an expression that the C library would take too long for; NULL: none. */
static const char *count_plain(struct repetition *repetition, const char *at)
{
    if (*at == '(')
        return repetition_open(repetition) ? NULL : too_large;
    if (strchr("*+?{", *at) != NULL) {
        if (repetition_repeats_nothing(repetition, at))
            return repeats_nothing;
        if (!repetition_quantify(repetition, at))
            return too_large;
    } else if (*at == ')') {
        repetition_close(repetition);
    } else if (*at == '|') {
        repetition_alternative(repetition);
    } else {
        repetition_take(repetition, strchr("^$", *at) == NULL ? 1 : 0);
    }
    return repetition_is_hollow(repetition) ? hollow : NULL;
}

/* POSIX leaves a quantifier undefined where nothing stands before it (9.5.3); the C library would
 * take "*.example" for something. */
static void take_plain(struct scan *scan)
{
    size_t length;

    if (scan->kind == PATTERN_REGEX && !scan->repeatable && strchr("*+?{", *scan->rest) != NULL) {
        scan->fault =
            "found `*`, `+`, `?` or `{` with nothing before it to repeat, expected a POSIX "
            "extended regular expression; `.*` matches any text";
        return;
    }
    if (scan->kind == PATTERN_REGEX)
        scan->fault = count_plain(&scan->repetition, scan->rest);
    if (scan->fault != NULL)
        return;
    length = interval_length(scan);
    scan->repeatable = length > 1 || strchr("(|^*+?", *scan->rest) == NULL;
    put_own(scan, length);
}

static void take_next(struct scan *scan)
{
    bool is_pattern = scan->kind == PATTERN_GLOB || scan->kind == PATTERN_REGEX;

    if (*scan->rest == '%') {
        take_letter(scan);
        scan->repeatable = true;
    } else if (is_pattern && *scan->rest == '\\') {
        take_escape(scan);
        scan->repeatable = true;
    } else if (is_pattern && *scan->rest == '[') {
        take_set(scan);
        scan->repeatable = true;
    } else {
        take_plain(scan);
    }
}

static enum substitution_outcome outcome_of(const struct scan *scan)
{
    if (scan->fault != NULL)
        return SUBSTITUTION_FAULT;
    return scan->unknown ? SUBSTITUTION_UNKNOWN : SUBSTITUTION_DONE;
}

enum substitution_outcome substitution_make_sided(const struct identity *identity,
                                                  enum pattern_kind kind, const char *text,
                                                  const enum domain_side *sides,
                                                  struct substitution *result)
{
    char *made = NULL;
    size_t size = 0;
    struct scan scan = {
        .identity = identity, .kind = kind, .text = text, .sides = sides, .rest = text};
    enum substitution_outcome outcome;

    scan.out = open_memstream(&made, &size);
    if (scan.out == NULL)
        return SUBSTITUTION_NO_MEMORY;
    while (*scan.rest != '\0' && scan.fault == NULL)
        take_next(&scan);
    if (!text_close_stream(scan.out, &made))
        return SUBSTITUTION_NO_MEMORY;
    outcome = outcome_of(&scan);
    *result = (struct substitution){.fault = scan.fault};
    if (outcome == SUBSTITUTION_DONE)
        result->text = made;
    else
        free(made);
    return outcome;
}

enum substitution_outcome substitution_make(const struct identity *identity, enum pattern_kind kind,
                                            const char *text, struct substitution *result)
{
    return substitution_make_sided(identity, kind, text, NULL, result);
}
