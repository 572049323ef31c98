// SPDX-License-Identifier: BSD-2-Clause
// User names that look like patterns, like commands or like more substitutions: what is put into a
// value matches itself and nothing else.
#include "tests/unit/config_fixture.h"

#include "config/identity.h"

static void test_identity_init(struct identity *identity);

#define identity_init test_identity_init
#include "config/config.c"
#undef identity_init

static const char *user;

static void test_identity_init(struct identity *identity)
{
    *identity = (struct identity){.user = user != NULL ? strdup(user) : NULL,
                                  .uid = strdup("1000"),
                                  .home = strdup(fixture_folder())};
}

static char longest[257];

static const char *const names[] = {
    ".*",
    "a*",
    "$(x)",
    "%u",
    "%%",
    "*",
    "?",
    "[a-z]",
    "[!a]",
    "a|b",
    "(",
    ")",
    "a{1,9}",
    "^a$",
    "\\",
    "a\\",
    "`id`",
    "'; x",
    "\"",
    "a b",
    "a\tb",
    "-rf",
    "../x",
    "a/b",
    "DOM\\a",
    "a@corp.example",
    "#",
    "{a}",
    "a: b",
    "m\xc3\xb6",
    "\xe2\x82\xac*",
    "+",
    "[[:alpha:]]",
    "a+",
    longest,
};

/* What a pattern would match if the name were one. */
static const char *const others[] = {
    "a", "b", "aa", "ab", "x", "id", "root", "alice", "", "m", "%", "u", "*a", "a b c", "anything",
};

static const struct pattern *pattern_of(const struct config *config)
{
    return config->policy.allow.rules[0].condition.children[0].patterns[0];
}

static enum truth match(const struct config *config, const char *text)
{
    return pattern_match(pattern_of(config), text, strlen(text));
}

static void check_name(const char *value)
{
    char text[256];
    struct config *config;

    snprintf(text, sizeof(text), "allow: [{label: %s}]", value);
    config = fixture_load_policy(text);
    if (match(config, user) != TRUTH_TRUE)
        fail_msg("%s does not match the user `%s`", value, user);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(others[i], user) != 0 && match(config, others[i]) != TRUTH_FALSE)
            fail_msg("%s of the user `%s` matches `%s`", value, user, others[i]);
    }
    config_destroy(config);
}

static void a_user_s_name_matches_itself_alone(void **state)
{
    (void)state;
    memset(longest, 'a', sizeof(longest) - 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        user = names[i];
        check_name("\"%u\"");
        check_name("{glob: \"%u\"}");
        check_name("{re: \"%u\"}");
        check_name("{re: \"(%u)\"}");
    }
}

static void around_it_the_pattern_stays_one(void **state)
{
    static const struct {
        const char *value;
        const char *before;
        const char *after;
    } cases[] = {
        {"{glob: \"*-%u\"}", "ssh-", ""},
        {"{glob: \"%u?\"}", "", "1"},
        {"{re: \"(ssh|x)-%u[0-9]+\"}", "ssh-", "12"},
        {"{re: \"%u|never\"}", "", ""},
        {"\"ssh-%u-%%\"", "ssh-", "-%"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (size_t j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
            char text[512];
            struct config *config;

            user = names[i];
            snprintf(text, sizeof(text), "allow: [{label: %s}]", cases[j].value);
            config = fixture_load_policy(text);
            snprintf(text, sizeof(text), "%s%s%s", cases[j].before, user, cases[j].after);
            if (match(config, text) != TRUTH_TRUE)
                fail_msg("%s of the user `%s` does not match `%s`", cases[j].value, user, text);
            snprintf(text, sizeof(text), "%s%s", cases[j].before, "other");
            if (match(config, text) == TRUTH_TRUE)
                fail_msg("%s of the user `%s` matches `%s`", cases[j].value, user, text);
            config_destroy(config);
        }
    }
}

static void without_a_name_all_is_unknown(void **state)
{
    static const char *const values[] = {"\"%u\"", "{glob: \"%u*\"}", "{re: \"%u|.*\"}", "\"%l\"",
                                         "{glob: \"*%L\"}"};

    (void)state;
    user = NULL;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char text[256];
        struct config *config;

        snprintf(text, sizeof(text), "allow: [{label: %s}]", values[i]);
        config = fixture_load_policy(text);
        assert_int_equal(match(config, ""), TRUTH_UNKNOWN);
        assert_int_equal(match(config, "anything"), TRUTH_UNKNOWN);
        config_destroy(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_s_name_matches_itself_alone),
        cmocka_unit_test(around_it_the_pattern_stays_one),
        cmocka_unit_test(without_a_name_all_is_unknown),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
