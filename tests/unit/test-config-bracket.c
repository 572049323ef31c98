// SPDX-License-Identifier: BSD-2-Clause
// Sets in patterns: where they end, and which have large letters without the small ones.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "config/bracket.h"

static void a_set_ends_at_the_bracket_that_closes_it(void **state)
{
    static const struct {
        const char *text;
        int glob, regex; /* the length up to the bracket; -1: there is none */
    } sets[] = {
        {"[a]b]", 2, 2},         {"[]a]b", 3, 3},   {"[^]a]b", 4, 4},  {"[!]a]b", 4, 2},
        {"[[:alpha:]]", 10, 10}, {"[[.].]]", 6, 6}, {"[[=]=]]", 6, 6}, {"[a\\]b]", 5, 3},
        {"[[:alpha]", 8, 8},     {"[a", -1, -1},    {"[]", -1, -1},    {"[", -1, -1},
        {"[^", -1, -1},          {"[a\\", -1, -1},  {"[\\]", -1, 2},   {"[a[", -1, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        const char *glob = bracket_end(sets[i].text, PATTERN_GLOB);
        const char *regex = bracket_end(sets[i].text, PATTERN_REGEX);

        if ((glob != NULL ? glob - sets[i].text : -1) != sets[i].glob ||
            (regex != NULL ? regex - sets[i].text : -1) != sets[i].regex)
            fail_msg("%s", sets[i].text);
    }
}

static void check(const char *set, bool expected, enum pattern_kind kind)
{
    if (bracket_has_large_alone(set, strlen(set), kind) != expected)
        fail_msg("%s as %d is not %d", set, kind, expected);
}

static void a_large_letter_without_the_small_one_is_found(void **state)
{
    static const char *const sets[] = {
        "[A]",      "[A-Z]", "[0-9A-Z_]", "[[:upper:]]", "[^A-Z]",  "[Ab]",
        "[A-Za-y]", "[+-_]", "[^a-yA-Z]", "[[.A.]]",     "[[=Q=]]", "[^[:upper:]]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        check(sets[i], true, PATTERN_GLOB);
        check(sets[i], true, PATTERN_REGEX);
    }
    check("[!A]", true, PATTERN_GLOB);
    check("[\\A]", true, PATTERN_GLOB);
}

static void a_set_without_such_a_letter_is_all_right(void **state)
{
    static const char *const sets[] = {
        "[a]",    "[a-z]",     "[A-Za-z]",    "[Aa]",        "[0-9-]",       "[^@]",
        "[^a-z]", "[^A-Za-z]", "[[:alpha:]]", "[[:lower:]]", "[[:alnum:]_]", "[^[:alpha:]]",
        "[!-~]",  "[b-a]",     "[[:UPPER:]]", "[[:digit:]]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (strcmp(sets[i], "[!-~]") != 0) /* a glob's is not a range */
            check(sets[i], false, PATTERN_GLOB);
        check(sets[i], false, PATTERN_REGEX);
    }
    check("[!a-z]", false, PATTERN_GLOB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_ends_at_the_bracket_that_closes_it),
        cmocka_unit_test(a_large_letter_without_the_small_one_is_found),
        cmocka_unit_test(a_set_without_such_a_letter_is_all_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
