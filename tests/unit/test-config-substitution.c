// SPDX-License-Identifier: BSD-2-Clause
// %u and the like: put in as data, whatever stands around it.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "config/substitution.h"

static struct identity identity = {.user = (char *)"a.b*[c]",
                                   .uid = (char *)"1000",
                                   .home = (char *)"/home/a",
                                   .host = (char *)"box.example",
                                   .host_label = (char *)"box"};

static void every_letter_stands_for_its_value(void **state)
{
    static const struct {
        enum pattern_kind kind;
        const char *text;
        const char *made;
    } cases[] = {
        {PATTERN_EXACT, "", ""},
        {PATTERN_EXACT, "plain", "plain"},
        {PATTERN_EXACT, "%u|%i|%d|%l|%L|%%", "a.b*[c]|1000|/home/a|box.example|box|%"},
        {PATTERN_EXACT, "%%u", "%u"},
        {PATTERN_EXACT, "\\[%u*", "\\[a.b*[c]*"},
        {PATTERN_GLOB, "x-%u-*", "x-a.b\\*\\[c\\]-*"},
        {PATTERN_GLOB, "[a-z]%%[!%%]", "[a-z]%[!%]"},
        {PATTERN_GLOB, "[]a]\\*", "[]a]\\*"},
        {PATTERN_GLOB, "[\\]a]", "[\\]a]"},
        {PATTERN_GLOB, "\\d", "\\d"},
        {PATTERN_REGEX, "^%L[0-9]+$", "^(box)[0-9]+$"},
        {PATTERN_REGEX, "%u*", "(a\\.b\\*\\[c\\])*"},
        {PATTERN_REGEX, "\\.\\\\%i", "\\.\\\\(1000)"},
        {PATTERN_REGEX, "[]%%[:alpha:]^]%L", "[]%[:alpha:]^](box)"},
        {PATTERN_REGEX, "[^]\\]x]", "[^]\\]x]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct substitution result = {0};

        assert_int_equal(substitution_make(&identity, cases[i].kind, cases[i].text, &result),
                         SUBSTITUTION_DONE);
        assert_string_equal(result.text, cases[i].made);
        free(result.text);
    }
}

static void what_is_put_in_matches_itself_and_nothing_else(void **state)
{
    static const struct {
        enum pattern_kind kind;
        const char *text;
    } forms[] = {{PATTERN_EXACT, "%u"}, {PATTERN_GLOB, "%u"}, {PATTERN_REGEX, "%u"}};
    static const char *const users[] = {"*",   "?",    "[a]", "\\",   "a.b", ".*",
                                        "a|b", "(a)",  "a+",  "a{2}", "^a",  "a$",
                                        "]",   "[!a]", "a\\", "%u",   "a b"};
    static const char *const others[] = {"",   "a",     "b", "aa", "axb", "x",
                                         "ab", "a.b.c", "[", "%%", "u",   "aab"};

    (void)state;
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        for (size_t u = 0; u < sizeof(users) / sizeof(users[0]); u++) {
            struct identity someone = {.user = (char *)users[u]};
            struct substitution result = {0};
            struct pattern *pattern;

            assert_int_equal(substitution_make(&someone, forms[f].kind, forms[f].text, &result),
                             SUBSTITUTION_DONE);
            pattern = pattern_create(forms[f].kind, result.text, strlen(result.text), NULL);
            assert_non_null(pattern);
            assert_int_equal(pattern_match(pattern, users[u], strlen(users[u])), TRUTH_TRUE);
            for (size_t o = 0; o < sizeof(others) / sizeof(others[0]); o++)
                assert_int_equal(pattern_match(pattern, others[o], strlen(others[o])), TRUTH_FALSE);
            pattern_destroy(pattern);
            free(result.text);
        }
    }
}

static void what_is_not_known_makes_the_value_unknown(void **state)
{
    static const char *const texts[] = {"%u", "%i", "%d", "%l", "%L", "a%ub"};
    const struct identity nobody = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct substitution result = {0};

        assert_int_equal(substitution_make(&nobody, PATTERN_EXACT, texts[i], &result),
                         SUBSTITUTION_UNKNOWN);
        assert_null(result.text);
    }
}

static void what_patterns_leave_undefined_is_a_fault(void **state)
{
    static const struct {
        enum pattern_kind kind;
        const char *text;
        const char *fault;
    } cases[] = {
        {PATTERN_EXACT, "%", "stands for nothing"},
        {PATTERN_EXACT, "100%", "stands for nothing"},
        {PATTERN_EXACT, "%h", "stands for nothing"},
        {PATTERN_EXACT, "%U", "stands for nothing"},
        {PATTERN_EXACT, "%u%x", "stands for nothing"},
        {PATTERN_GLOB, "[%u]", "between `[` and `]`"},
        {PATTERN_GLOB, "[!a%L]", "between `[` and `]`"},
        {PATTERN_GLOB, "a[b", "without `]`"},
        {PATTERN_GLOB, "a[]", "without `]`"},
        {PATTERN_GLOB, "a[\\]", "without `]`"},
        {PATTERN_GLOB, "a\\", "`\\` at the end"},
        {PATTERN_GLOB, "\\%u", "`\\%`"},
        {PATTERN_REGEX, "[%u]", "between `[` and `]`"},
        {PATTERN_REGEX, "[[:alpha:]%u]", "between `[` and `]`"},
        {PATTERN_REGEX, "[a", "without `]`"},
        {PATTERN_REGEX, "[]", "without `]`"},
        {PATTERN_REGEX, "[^]", "without `]`"},
        {PATTERN_REGEX, "a\\", "`\\` at the end"},
        {PATTERN_REGEX, "\\%u", "`\\%`"},
        {PATTERN_REGEX, "\\d+", "letter or digit"},
        {PATTERN_REGEX, "(a)\\1", "letter or digit"},
        {PATTERN_REGEX, "\\<a", "letter or digit"},
        {PATTERN_REGEX, "*.example", "nothing before it"},
        {PATTERN_REGEX, "a|*b", "nothing before it"},
        {PATTERN_REGEX, "(+a)", "nothing before it"},
        {PATTERN_REGEX, "^?a", "nothing before it"},
        {PATTERN_REGEX, "{2}", "nothing before it"},
        {PATTERN_REGEX, "a+?", "nothing before it"},
        {PATTERN_REGEX, "(?:a)", "nothing before it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct substitution result = {0};

        assert_int_equal(substitution_make(&identity, cases[i].kind, cases[i].text, &result),
                         SUBSTITUTION_FAULT);
        assert_null(result.text);
        assert_non_null(strstr(result.fault, cases[i].fault));
    }
}

/* Such expressions took gigabytes, or the stack, of whoever loaded the module. */
static void an_expression_that_grows_too_large_is_a_fault(void **state)
{
    static const struct {
        const char *text;
        bool large;
    } cases[] = {
        {"[0-9a-f]{64}(:[0-9a-f]{2}){1,255}", false},
        {"a{1000}", false},
        {"a{1001,}", true},
        {"(a{30}){33}", false},
        {"(a{30}){34}", true},
        {"((a{1,255}){1,255}){1,255}", true},
        {"((a{1,255}){\\,25255}", true}, /* which the C library takes for {,25255} */
        {"a{\\,2}", true},
        {"a{2}\\,", false},
        {"a{500}b{500}", false},
        {"a{500}b{500}c{4}", true},
        {"a{999999999999999999999}", true},
        {"(((((((((a+)+)+)+)+)+)+)+)+)+", true},
        {"(((a+)+)*)?", false},
        {"((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))", false},
        {"(((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))))", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct substitution result = {0};

        assert_int_equal(substitution_make(&identity, PATTERN_REGEX, cases[i].text, &result),
                         cases[i].large ? SUBSTITUTION_FAULT : SUBSTITUTION_DONE);
        assert_true(!cases[i].large || strstr(result.fault, "too large") != NULL);
        free(result.text);
    }
}

/* Such expressions took the C library seconds and gigabytes, rising with the third power. */
static void what_may_be_empty_is_not_repeated(void **state)
{
    static const struct {
        const char *text;
        const char *fault; /* NULL: none */
    } cases[] = {
        {"(){1,510}", "may be empty"},
        {"(a*|b*)+", "may be empty"},
        {"(a|b*){1,200}", "may be empty"},
        {"(b*|a){1,200}", "may be empty"},
        {"(|a)*", "may be empty"},
        {"(a?b*)+", "may be empty"},
        {"(a{0,3})+", "may be empty"},
        {"(a{,3})+", "may be empty"},
        {"(^)+", "may be empty"},
        {"$*", "may be empty"},
        {"((a*))+", "may be empty"},
        {"(a*b*)?", NULL},
        {"(a*b)+", NULL},
        {"(ba*)+", NULL},
        {"(a*b|ba*|(a*)c)+", NULL},
        {"([a-z]+(\\.[a-z]+)*)*", NULL},
        {"(%u)+", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct substitution result = {0};

        assert_int_equal(substitution_make(&identity, PATTERN_REGEX, cases[i].text, &result),
                         cases[i].fault != NULL ? SUBSTITUTION_FAULT : SUBSTITUTION_DONE);
        assert_true(cases[i].fault == NULL || strstr(result.fault, cases[i].fault) != NULL);
        free(result.text);
    }
}

static void parts_that_may_be_empty_are_numbered(void **state)
{
    (void)state;
    for (size_t stars = 100; stars <= 101; stars++) {
        char text[256] = "";
        struct substitution result = {0};

        for (size_t i = 0; i < stars; i++)
            strcat(text, "a*");
        assert_int_equal(substitution_make(&identity, PATTERN_REGEX, text, &result),
                         stars == 100 ? SUBSTITUTION_DONE : SUBSTITUTION_FAULT);
        assert_true(stars == 100 || strstr(result.fault, "more than 100 parts") != NULL);
        free(result.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_letter_stands_for_its_value),
        cmocka_unit_test(what_is_put_in_matches_itself_and_nothing_else),
        cmocka_unit_test(what_is_not_known_makes_the_value_unknown),
        cmocka_unit_test(what_patterns_leave_undefined_is_a_fault),
        cmocka_unit_test(an_expression_that_grows_too_large_is_a_fault),
        cmocka_unit_test(what_may_be_empty_is_not_repeated),
        cmocka_unit_test(parts_that_may_be_empty_are_numbered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
