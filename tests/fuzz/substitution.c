// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes %u and the like: the first byte is the kind, then comes the user's name, a NUL, and the
// text. What is put in is data, never pattern.
#include "config/substitution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/fuzz.h"

static const char around[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_@ %";

/* What plain text becomes, written a second time; NULL: it holds more than letters, %u and %%. The
 * caller frees. */
static char *expected_text(const char *text, const char *user)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    bool plain = text[strspn(text, around)] == '\0';

    FUZZ_REQUIRE(out != NULL);
    for (; plain && *text != '\0'; text++) {
        if (*text != '%')
            fputc(*text, out);
        else if (text[1] == 'u' || text[1] == '%')
            fputs(*++text == 'u' ? user : "%", out);
        else
            plain = false;
    }
    FUZZ_REQUIRE(fclose(out) == 0);
    if (plain)
        return made;
    free(made);
    return NULL;
}

/* The pattern made of plain text and a user's name matches that and nothing beside it. */
static void check_pattern(enum pattern_kind kind, const char *made, char *expected)
{
    struct pattern *pattern = pattern_create(kind, made, strlen(made), NULL);
    size_t length = strlen(expected);

    if (kind == PATTERN_REGEX && strchr(expected, '\n') != NULL) {
        pattern_destroy(pattern);
        return;
    }
    FUZZ_REQUIRE(pattern != NULL);
    FUZZ_REQUIRE(pattern_match(pattern, expected, length) == TRUTH_TRUE);
    for (size_t i = 0; i < length; i++) {
        expected[i] ^= 1;
        if (expected[i] != '\0')
            FUZZ_REQUIRE(pattern_match(pattern, expected, length) == TRUTH_FALSE);
        expected[i] ^= 1;
    }
    if (length > 0)
        FUZZ_REQUIRE(pattern_match(pattern, expected, length - 1) == TRUTH_FALSE);
    pattern_destroy(pattern);
}

static void check_unknown(enum pattern_kind kind, const char *text)
{
    const struct identity nobody = {0};
    struct substitution result = {0};
    enum substitution_outcome outcome = substitution_make(&nobody, kind, text, &result);

    FUZZ_REQUIRE(outcome != SUBSTITUTION_DONE || strcmp(result.text, text) == 0 ||
                 strchr(text, '%') != NULL);
    free(result.text);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *user, *text, *expected;
    enum pattern_kind kind;
    enum substitution_outcome outcome;
    struct identity identity = {0};
    struct substitution result = {0};
    size_t used;

    if (size == 0 || size > 400) /* each byte of what is made is changed in turn */
        return;
    kind = data[0] % 3 == 0 ? PATTERN_EXACT : data[0] % 3 == 1 ? PATTERN_GLOB : PATTERN_REGEX;
    user = fuzz_text(data + 1, size - 1);
    used = 1 + strlen(user) + 1;
    text = used < size ? fuzz_text(data + used, size - used) : strdup("%u");
    identity.user = user;
    expected = expected_text(text, user);
    outcome = substitution_make(&identity, kind, text, &result);
    FUZZ_REQUIRE((outcome == SUBSTITUTION_DONE) == (result.text != NULL));
    FUZZ_REQUIRE((outcome == SUBSTITUTION_FAULT) == (result.fault != NULL));
    FUZZ_REQUIRE(expected == NULL || outcome == SUBSTITUTION_DONE);
    if (expected != NULL)
        check_pattern(kind, result.text, expected);
    check_unknown(kind, text);
    free(result.text);
    free(expected);
    free(text);
    free(user);
}
