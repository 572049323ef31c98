// SPDX-License-Identifier: BSD-2-Clause
// A selector's patterns, put together by hand: what is unknown of them, and the fields of a token
// and a library that they are compared with.
#include "tests/unit/filters_fixture.h"

#include <string.h>

#define F TRUTH_FALSE
#define T TRUTH_TRUE
#define U TRUTH_UNKNOWN

static void a_pattern_that_is_not_known_makes_every_selector_unknown(void **state)
{
    static const enum selector_kind kinds[] = {
        SELECTOR_TOKEN_LABEL,
        SELECTOR_TOKEN_SERIAL,
        SELECTOR_TOKEN_MANUFACTURER,
        SELECTOR_TOKEN_MODEL,
        SELECTOR_SLOT_DESCRIPTION,
        SELECTOR_SLOT_MANUFACTURER,
        SELECTOR_LIBRARY_VERSION,
        SELECTOR_LIBRARY_DESCRIPTION,
        SELECTOR_LIBRARY_MANUFACTURER,
        SELECTOR_ID,
        SELECTOR_LABEL,
        SELECTOR_KEY_TYPE,
    };
    struct fixture_token token;
    struct key_groups groups;
    struct subject subject;

    (void)state;
    fixture_token_init(&token, "public RSA_A 01 label=a", false);
    assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
    subject = fixture_subject(&token);
    subject.group = groups.items;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct pattern *unknown = pattern_create(PATTERN_UNKNOWN, "", 0, NULL);
        struct pattern *everything = pattern_create(PATTERN_GLOB, "*", 1, NULL);
        struct pattern *patterns[] = {unknown, everything};
        struct selector selector = {.kind = kinds[i], .patterns = patterns, .n_patterns = 1};

        assert_int_equal(selector_match(&selector, &subject), U);
        selector.n_patterns = 2; /* a list is OR */
        assert_int_equal(selector_match(&selector, &subject), T);
        selector.n_patterns = 0;
        assert_int_equal(selector_match(&selector, &subject), F);
        pattern_destroy(unknown);
        pattern_destroy(everything);
    }
    key_groups_finish(&groups);
    fixture_token_finish(&token);
}

static void fields_may_be_padded_with_blanks_or_nul_and_be_full_or_empty(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        char pad;
        const char *pattern;
        enum truth result;
    } examples[] = {
        {"one", 3, ' ', "one", T},
        {"one", 3, '\0', "one", T},
        {"one \0 ", 6, ' ', "one", T},
        {"one", 3, 'x', "one", F},
        {" one", 4, ' ', "one", F},
        {" one", 4, ' ', " one", T},
        {"o ne", 4, ' ', "o ne", T},
        {"one\0two", 7, ' ', "one", F},
        {"", 0, ' ', "one", F},
        {"", 0, '\0', "", T},
        {"", 0, 'x', "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", T},
    };
    struct fixture_token token;

    (void)state;
    fixture_token_init(&token, "", false);
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct pattern *pattern =
            pattern_create(PATTERN_EXACT, examples[i].pattern, strlen(examples[i].pattern), NULL);
        struct selector selector = {
            .kind = SELECTOR_TOKEN_LABEL, .patterns = &pattern, .n_patterns = 1};
        const struct subject subject = fixture_subject(&token);

        memset(token.info.label, examples[i].pad, sizeof(token.info.label));
        memcpy(token.info.label, examples[i].bytes, examples[i].size);
        if (selector_match(&selector, &subject) != examples[i].result)
            fail_msg("%zu", i);
        pattern_destroy(pattern);
    }
    fixture_token_finish(&token);
}

static void a_version_is_two_numbers_without_zeros_before_them(void **state)
{
    static const struct {
        CK_VERSION version;
        const char *pattern;
        enum truth result;
    } examples[] = {
        {{2, 40}, "2.40", T}, {{3, 1}, "3.1", T},         {{3, 1}, "3.01", F},  {{3, 10}, "3.1", F},
        {{0, 0}, "0.0", T},   {{255, 255}, "255.255", T}, {{12, 3}, "1.23", F},
    };
    struct fixture_token token;

    (void)state;
    fixture_token_init(&token, "", false);
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct pattern *pattern =
            pattern_create(PATTERN_EXACT, examples[i].pattern, strlen(examples[i].pattern), NULL);
        const struct selector selector = {
            .kind = SELECTOR_LIBRARY_VERSION, .patterns = &pattern, .n_patterns = 1};
        const struct subject subject = fixture_subject(&token);

        token.library.libraryVersion = examples[i].version;
        assert_int_equal(selector_match(&selector, &subject), examples[i].result);
        pattern_destroy(pattern);
    }
    fixture_token_finish(&token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_that_is_not_known_makes_every_selector_unknown),
        cmocka_unit_test(fields_may_be_padded_with_blanks_or_nul_and_be_full_or_empty),
        cmocka_unit_test(a_version_is_two_numbers_without_zeros_before_them),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
