// SPDX-License-Identifier: BSD-2-Clause
// The values of selectors: what each kind of pattern matches, and the logic of three values.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fnmatch.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "filters/pattern.h"

#define F TRUTH_FALSE
#define T TRUTH_TRUE
#define U TRUTH_UNKNOWN

struct example {
    const char *pattern;
    const char *value;
    size_t size; /* of the value; 0: it is a C string */
    enum truth result;
};

static void check(enum pattern_kind kind, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct example *example = &examples[i];
        size_t size = example->size != 0 ? example->size : strlen(example->value);
        struct pattern *pattern =
            pattern_create(kind, example->pattern, strlen(example->pattern), NULL);

        if (pattern == NULL)
            fail_msg("%s does not compile", example->pattern);
        if (pattern_match(pattern, example->value, size) != example->result)
            fail_msg("%s against %s (%zu bytes) is not %d", example->pattern, example->value, size,
                     example->result);
        pattern_destroy(pattern);
    }
}

#define CHECK(kind, examples) check(kind, examples, sizeof(examples) / sizeof((examples)[0]))

static void exact_text_is_these_bytes_and_no_others(void **state)
{
    static const struct example examples[] = {
        {"abc", "abc", 0, T},       {"abc", "Abc", 0, F},   {"abc", "abcd", 0, F},
        {"abc", "ab", 0, F},        {"abc", "abc ", 0, F},  {"abc", " abc", 0, F},
        {"abc", "abc\n", 0, F},     {"abc", "abc\0", 4, F}, {"abc", "abc\0d", 5, F},
        {"abc", "", 0, F},          {"", "", 0, T},         {"", "a", 0, F},
        {"", "\0", 1, F},           {"a*", "abc", 0, F},    {"a*", "a*", 0, T},
        {"a.c", "abc", 0, F},       {"abc ", "abc ", 0, T}, {"\xc3\xa9", "\xc3\xa9", 0, T},
        {"\xc3\xa9", "\xc3", 1, F},
    };

    (void)state;
    CHECK(PATTERN_EXACT, examples);
}

static void a_prefix_is_how_the_bytes_begin(void **state)
{
    static const struct example examples[] = {
        {"abc", "abc", 0, T},   {"abc", "abcd", 0, T}, {"abc", "ab", 0, F},
        {"abc", "xabc", 0, F},  {"abc", "ABC", 0, F},  {"abc", "abc\0x", 5, T},
        {"abc", "a\0bc", 4, F}, {"abc", "", 0, F},     {"", "", 0, T},
        {"", "x", 0, T},        {"a*", "abc", 0, F},
    };

    (void)state;
    CHECK(PATTERN_PREFIX, examples);
}

static void a_glob_covers_the_whole_value_and_treats_no_character_specially(void **state)
{
    static const struct example examples[] = {
        {"ssh-*", "ssh-a", 0, T}, {"ssh-*", "ssh-", 0, T},  {"ssh-*", "xssh-a", 0, F},
        {"ssh", "ssh-a", 0, F},   {"*", "", 0, T},          {"*", "a/b", 0, T},
        {"*", ".a", 0, T},        {"a?c", "a/c", 0, T},     {"?", "", 0, F},
        {"[a-c]x", "bx", 0, T},   {"[!a-c]x", "bx", 0, F},  {"a\\*", "a*", 0, T},
        {"a\\*", "ab", 0, F},     {"*x", "a\nx", 0, T},     {"abc", "abc\n", 0, F},
        {"abc", "abc ", 0, F},    {"abc*", "abc\0d", 5, F}, {"*", "\0", 1, F},
        {"", "", 0, T},           {"", "a", 0, F},          {"A", "a", 0, F},
        {"(a|b)", "a", 0, F},     {"+(a)", "aa", 0, F},
    };

    (void)state;
    CHECK(PATTERN_GLOB, examples);
}

/* Whatever is looked at before fnmatch is asked. */
static void a_glob_is_what_fnmatch_says_of_it(void **state)
{
    static const char letters[] = "aAb*?[]!-\\.";
    enum { ROUNDS = 200000, MOST = 7 };
    unsigned matches = 0;

    (void)state;
    srandom(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char glob[MOST + 1] = "", value[MOST + 1] = "";
        bool folded = random() % 2 == 0;
        struct pattern *pattern;
        enum truth wanted;

        for (long j = random() % MOST; j >= 0; j--)
            glob[j] = letters[random() % (long)(sizeof(letters) - 1)];
        for (long j = random() % MOST - 1; j >= 0; j--)
            value[j] = letters[random() % (i % 2 == 0 ? 3 : (long)(sizeof(letters) - 1))];
        wanted = fnmatch(glob, value, folded ? FNM_CASEFOLD : 0) == 0 ? T : F;
        pattern = folded ? pattern_create_folded(PATTERN_GLOB, glob, strlen(glob), NULL)
                         : pattern_create(PATTERN_GLOB, glob, strlen(glob), NULL);
        if (pattern_match(pattern, value, strlen(value)) != wanted)
            fail_msg("%s against %s is not %d", glob, value, wanted);
        pattern_destroy(pattern);
        matches += wanted == T;
    }
    assert_in_range(matches, ROUNDS / 100, ROUNDS / 2);
}

static void a_value_of_any_length_is_matched_as_a_whole(void **state)
{
    (void)state;
    for (size_t size = 250; size < 1100; size += size < 260 ? 1 : 400) {
        static const enum pattern_kind kinds[] = {PATTERN_GLOB, PATTERN_REGEX};
        char *value = malloc(size); /* without a NUL behind it */

        memset(value, 'a', size);
        for (size_t i = 0; i < 2; i++) {
            const char *text = i == 0 ? "a*[ab]" : "a+";
            struct pattern *pattern = pattern_create(kinds[i], text, strlen(text), NULL);

            value[size - 1] = 'a';
            assert_int_equal(pattern_match(pattern, value, size), T);
            value[size - 1] = 'x';
            assert_int_equal(pattern_match(pattern, value, size), F);
            pattern_destroy(pattern);
        }
        free(value);
    }
}

static void a_regular_expression_covers_the_whole_value(void **state)
{
    static const struct example examples[] = {
        {"abc", "abc", 0, T},
        {"abc", "xabc", 0, F},
        {"abc", "abcx", 0, F},
        {"A|B", "A", 0, T},
        {"A|B", "B", 0, T},
        {"A|B", "A_evil", 0, F},
        {"A|B", "evil_B", 0, F},
        {"A|B", "A|B", 0, F},
        {"A|B|", "", 0, T},
        {"A|AB", "AB", 0, T},
        {"AB|A", "AB", 0, T},
        {"A|AB|ABC", "ABC", 0, T},
        {"(A|AB)(C|BCD)", "ABCD", 0, T},
        {"^A|B$", "A", 0, T},
        {"^A|B$", "A_evil", 0, F},
        {"^A|B$", "evil_B", 0, F},
        {"(A)|(B)", "A_evil", 0, F},
        {"a{2}", "aa", 0, T},
        {"a{2}", "aaa", 0, F},
        {".*", "", 0, T},
        {"", "", 0, T},
        {"", "a", 0, F},
        {"[0-9]+", "12", 0, T},
        {"[0-9]+", "12a", 0, F},
        {"a.*", "A", 0, F},
        {"a\\.b", "axb", 0, F},
        {"[)]|x", ")", 0, T},
        {"[)]|x", ")_evil", 0, F},
        {"\\)|x", ")", 0, T},
        {"\\)|x", ")_evil", 0, F},
    };

    (void)state;
    CHECK(PATTERN_REGEX, examples);
}

static void
a_regular_expression_never_matches_newline_nul_or_trailing_blanks_of_its_own_accord(void **state)
{
    static const struct example examples[] = {
        {"abc", "abc\n", 0, F},    {"abc", "abc\nevil", 0, F}, {"abc", "evil\nabc", 0, F},
        {".*", "a\nb", 0, F},      {"a[^x]b", "a\nb", 0, F},   {"abc", "abc\0", 4, F},
        {"abc.*", "abc\0x", 5, F}, {".*", "\0", 1, F},         {"abc", "abc ", 0, F},
        {"abc", "abc\t", 0, F},    {"abc *", "abc  ", 0, T},   {"abc", "abc\r", 0, F},
    };

    (void)state;
    CHECK(PATTERN_REGEX, examples);
}

/* "A)|B" between anchors would be ^(A)|B)$, which begins with A and ends with anything. */
static void a_regular_expression_that_is_not_whole_does_not_compile(void **state)
{
    static const char *const broken[] = {"A)|B", ")",    "a)",      "A)|(B", "(",
                                         "(a",   "[a",   "[[:x:]]", "a{2",   "a{2,1}",
                                         "*a",   "a|*b", "A))|((B", "\\"};

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char *error = NULL;
        struct pattern *pattern =
            pattern_create(PATTERN_REGEX, broken[i], strlen(broken[i]), &error);

        if (pattern != NULL)
            fail_msg("%s compiles", broken[i]);
        assert_non_null(error);
        assert_true(strlen(error) > 0);
        free(error);
        assert_null(pattern_create(PATTERN_REGEX, broken[i], strlen(broken[i]), NULL));
    }
}

static void what_matches_is_the_same_whatever_the_locale_of_the_host(void **state)
{
    static const char *const locales[] = {"C", "C.UTF-8", "C"};
    static const struct example globs[] = {
        {"*evil*",
         "\xff"
         "evil",
         0, T},
        {"?evil",
         "\xff"
         "evil",
         0, T},
        {"?", "\xc3\xa9", 0, F},
        {"*", "\xff\xfe", 0, T},
    };
    static const struct example regexes[] = {
        {".*evil.*",
         "\xff"
         "evil",
         0, T},
        {".*", "\xff\xfe", 0, T},
        {".", "\xc3\xa9", 0, F},
        {"..", "\xc3\xa9", 0, T},
        {"[^a]*",
         "\xff"
         "evil",
         0, T},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
        if (setlocale(LC_ALL, locales[i]) == NULL)
            continue; /* not on this machine */
        CHECK(PATTERN_GLOB, globs);
        CHECK(PATTERN_REGEX, regexes);
        assert_string_equal(setlocale(LC_ALL, NULL), locales[i]);
        assert_true(uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
    }
}

static void what_a_failed_substitution_left_is_neither_true_nor_false(void **state)
{
    static const struct example examples[] = {{"", "", 0, U}, {"", "a", 0, U}, {"a", "a", 0, U}};

    (void)state;
    CHECK(PATTERN_UNKNOWN, examples);
}

static void a_folded_pattern_takes_letters_of_any_size_and_nothing_more(void **state)
{
    static const struct {
        enum pattern_kind kind;
        const char *pattern, *value;
        enum truth result;
    } examples[] = {
        {PATTERN_EXACT, "Abc-1", "aBC-1", T},
        {PATTERN_EXACT, "abc", "abd", F},
        {PATTERN_EXACT, "a", "ab", F},
        {PATTERN_EXACT, "[", "{", F},
        {PATTERN_EXACT, "@", "`", F},
        {PATTERN_PREFIX, "aB", "AbC", T},
        {PATTERN_EXACT, "\xc3\xab", "\xc3\x8b", F},
        {PATTERN_GLOB, "A*[x-z]", "abY", T},
        {PATTERN_GLOB, "A*", "ba", F},
        {PATTERN_REGEX, "A(b|C)+", "aBc", T},
        {PATTERN_REGEX, "A", "ab", F},
        {PATTERN_UNKNOWN, "", "", U},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct pattern *pattern = pattern_create_folded(examples[i].kind, examples[i].pattern,
                                                        strlen(examples[i].pattern), NULL);

        assert_non_null(pattern);
        if (pattern_match(pattern, examples[i].value, strlen(examples[i].value)) !=
            examples[i].result)
            fail_msg("%s and %s", examples[i].pattern, examples[i].value);
        pattern_destroy(pattern);
    }
}

static void an_empty_value_may_come_without_a_pointer(void **state)
{
    static const struct {
        enum pattern_kind kind;
        const char *pattern;
        enum truth result;
    } examples[] = {
        {PATTERN_EXACT, "", T},  {PATTERN_EXACT, "a", F},  {PATTERN_PREFIX, "", T},
        {PATTERN_GLOB, "*", T},  {PATTERN_GLOB, "a", F},   {PATTERN_REGEX, "a*", T},
        {PATTERN_REGEX, "a", F}, {PATTERN_UNKNOWN, "", U},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct pattern *pattern = pattern_create(examples[i].kind, examples[i].pattern,
                                                 strlen(examples[i].pattern), NULL);

        assert_non_null(pattern);
        assert_int_equal(pattern_match(pattern, NULL, 0), examples[i].result);
        pattern_destroy(pattern);
    }
    pattern_destroy(NULL);
}

static void only_an_exact_pattern_gives_its_bytes(void **state)
{
    static const enum pattern_kind kinds[] = {PATTERN_PREFIX, PATTERN_GLOB, PATTERN_REGEX,
                                              PATTERN_UNKNOWN};
    struct pattern *pattern = pattern_create(PATTERN_EXACT, "a\0b", 3, NULL);
    size_t size = 99;

    (void)state;
    assert_memory_equal(pattern_exact(pattern, &size), "a\0b", 3);
    assert_int_equal(size, 3);
    pattern_destroy(pattern);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size = 99;
        pattern = pattern_create(kinds[i], "a", 1, NULL);
        assert_null(pattern_exact(pattern, &size));
        assert_int_equal(size, 99);
        pattern_destroy(pattern);
    }
}

static void the_pattern_is_a_copy(void **state)
{
    char text[] = "abc";
    struct pattern *pattern = pattern_create(PATTERN_EXACT, text, 3, NULL);

    (void)state;
    memset(text, 'x', 3);
    assert_int_equal(pattern_match(pattern, "abc", 3), T);
    pattern_destroy(pattern);
}

static void unknown_spreads_unless_the_other_side_decides(void **state)
{
    static const enum truth nots[] = {[F] = T, [T] = F, [U] = U};
    static const enum truth ands[3][3] = {
        [F] = {[F] = F, [T] = F, [U] = F},
        [T] = {[F] = F, [T] = T, [U] = U},
        [U] = {[F] = F, [T] = U, [U] = U},
    };
    static const enum truth ors[3][3] = {
        [F] = {[F] = F, [T] = T, [U] = U},
        [T] = {[F] = T, [T] = T, [U] = T},
        [U] = {[F] = U, [T] = T, [U] = U},
    };

    (void)state;
    for (enum truth a = F; a <= U; a++) {
        assert_int_equal(truth_not(a), nots[a]);
        for (enum truth b = F; b <= U; b++) {
            assert_int_equal(truth_and(a, b), ands[a][b]);
            assert_int_equal(truth_or(a, b), ors[a][b]);
        }
    }
}

static void of_a_very_long_value_a_regular_expression_says_nothing(void **state)
{
    static const char *const expressions[] = {"a*", ".*a.{20}", "x", "(.|x)*"};
    char *value = malloc(PATTERN_REGEX_MOST + 1);

    (void)state;
    memset(value, 'a', PATTERN_REGEX_MOST + 1);
    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        struct pattern *pattern =
            pattern_create(PATTERN_REGEX, expressions[i], strlen(expressions[i]), NULL);
        enum truth truth = pattern_match(pattern, value, PATTERN_REGEX_MOST);

        assert_int_equal(truth, strcmp(expressions[i], "x") == 0 ? F : T);
        assert_int_equal(pattern_match(pattern, value, PATTERN_REGEX_MOST + 1), U);
        pattern_destroy(pattern);
    }
    free(value);
}

static void of_a_very_long_value_all_else_says_what_it_says_of_a_short_one(void **state)
{
    enum { SIZE = 1 << 20 };
    char *value = malloc(SIZE);
    static const enum pattern_kind kinds[] = {PATTERN_GLOB, PATTERN_PREFIX};

    (void)state;
    memset(value, 'a', SIZE);
    for (size_t i = 0; i < 2; i++) {
        struct pattern *pattern = pattern_create(kinds[i], i == 0 ? "a*a" : "aaa", 3, NULL);

        value[0] = 'a';
        assert_int_equal(pattern_match(pattern, value, SIZE), T);
        value[0] = 'b';
        assert_int_equal(pattern_match(pattern, value, SIZE), F);
        pattern_destroy(pattern);
    }
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_text_is_these_bytes_and_no_others),
        cmocka_unit_test(a_prefix_is_how_the_bytes_begin),
        cmocka_unit_test(a_glob_covers_the_whole_value_and_treats_no_character_specially),
        cmocka_unit_test(a_glob_is_what_fnmatch_says_of_it),
        cmocka_unit_test(a_value_of_any_length_is_matched_as_a_whole),
        cmocka_unit_test(a_regular_expression_covers_the_whole_value),
        cmocka_unit_test(
            a_regular_expression_never_matches_newline_nul_or_trailing_blanks_of_its_own_accord),
        cmocka_unit_test(a_regular_expression_that_is_not_whole_does_not_compile),
        cmocka_unit_test(what_matches_is_the_same_whatever_the_locale_of_the_host),
        cmocka_unit_test(what_a_failed_substitution_left_is_neither_true_nor_false),
        cmocka_unit_test(a_folded_pattern_takes_letters_of_any_size_and_nothing_more),
        cmocka_unit_test(an_empty_value_may_come_without_a_pointer),
        cmocka_unit_test(only_an_exact_pattern_gives_its_bytes),
        cmocka_unit_test(the_pattern_is_a_copy),
        cmocka_unit_test(of_a_very_long_value_a_regular_expression_says_nothing),
        cmocka_unit_test(of_a_very_long_value_all_else_says_what_it_says_of_a_short_one),
        cmocka_unit_test(unknown_spreads_unless_the_other_side_decides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
