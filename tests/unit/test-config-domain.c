// SPDX-License-Identifier: BSD-2-Clause
// Rules on e-mail addresses and UPNs of users and hosts whose names have large letters: the size of
// letters does not count in a domain, as text, put in or not, and counts before it.
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
                                  .host = strdup("CORP.Example"),
                                  .host_label = strdup("CORP")};
}

static enum truth match(const char *pattern, const char *address)
{
    char text[256];
    struct config *config;
    const struct selector *selector;
    enum truth truth;

    snprintf(text, sizeof(text), "allow: [{certificate: {san: {upn: %s}}}]", pattern);
    config = fixture_load_policy(text);
    selector = &config->policy.allow.rules[0].condition;
    while (selector->n_children > 0)
        selector = &selector->children[0];
    assert_int_equal(selector->kind, SELECTOR_CERTIFICATE_UPN);
    truth = pattern_match(selector->patterns[0], address, strlen(address));
    config_destroy(config);
    return truth;
}

static void a_domain_is_matched_whatever_its_letters_were(void **state)
{
    static const struct {
        const char *pattern, *user, *address;
    } examples[] = {
        {"{re: '.*@%L\\.example'}", "alice", "alice@corp.example"},
        {"{re: '.*@%l'}", "alice", "alice@corp.example"},
        {"{re: '.*(@|#)%l'}", "alice", "alice@corp.example"},
        {"{re: '.*%l'}", "alice", "alice@corp.example"},
        {"{re: 'x@y|.*%L\\..*'}", "alice", "alice@corp.example"},
        {"{re: '.*@%u\\.example'}", "Corp", "alice@corp.example"},
        {"{re: '%u'}", "Alice@CORP", "Alice@corp"},
        {"{re: '%u\\.example'}", "Alice@CORP", "Alice@corp.example"},
        {"{glob: '*%L.example'}", "alice", "alice@corp.example"},
        {"{glob: '*@%l'}", "alice", "alice@corp.example"},
        {"{glob: '*@CORP.EXAM\\PLE'}", "alice", "alice@corp.example"},
        {"{glob: '%u'}", "Alice@CORP", "Alice@corp"},
        {"{glob: '%u.exam*'}", "Alice@CORP", "Alice@corp.example"},
        {"'%u@%L.EXAMPLE'", "Alice", "Alice@corp.example"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        user = examples[i].user;
        if (match(examples[i].pattern, examples[i].address) != TRUTH_TRUE)
            fail_msg("%s of %s does not match", examples[i].pattern, user);
    }
}

static void before_the_domain_letters_stay_as_they_are(void **state)
{
    static const struct {
        const char *pattern, *user, *address;
        enum truth result;
    } examples[] = {
        {"{re: '%u@corp'}", "Alice", "Alice@corp", TRUTH_TRUE},
        {"{re: '%u@corp'}", "Alice", "alice@corp", TRUTH_FALSE},
        {"{re: '%u(@corp|@x)'}", "Alice", "Alice@corp", TRUTH_TRUE},
        {"{re: '%u.*'}", "Alice", "Alice@corp", TRUTH_TRUE},
        {"{re: '%u.*'}", "Alice", "alice@corp", TRUTH_FALSE},
        {"{re: 'x@y|%u.*'}", "Alice", "Alice@corp", TRUTH_TRUE},
        {"{re: '%u@x'}", "Alice@CORP", "Alice@CORP@x", TRUTH_TRUE},
        {"{re: '%L\\$@.*'}", "alice", "CORP$@corp", TRUTH_TRUE},
        {"{re: '%L\\$@.*'}", "alice", "corp$@corp", TRUTH_FALSE},
        {"{glob: '%L$@%L'}", "alice", "CORP$@corp", TRUTH_TRUE},
        {"{glob: '%u@*'}", "Alice", "alice@corp", TRUTH_FALSE},
        {"{glob: '%u*'}", "Alice", "Alice@corp", TRUTH_TRUE},
        {"{glob: 'A*@CORP'}", "alice", "A@corp", TRUTH_TRUE},
        {"{glob: 'A*@CORP'}", "alice", "a@corp", TRUTH_FALSE},
        {"'%L$@%L'", "alice", "CORP$@corp", TRUTH_TRUE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        user = examples[i].user;
        if (match(examples[i].pattern, examples[i].address) != examples[i].result)
            fail_msg("%s of %s and %s is not %d", examples[i].pattern, user, examples[i].address,
                     examples[i].result);
    }
}

static void what_is_wrong_is_so_for_every_user(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        user = i == 0 ? "alice" : NULL;
        fixture_expect_policy_errors("allow: [{certificate: {san: {upn: {re: '%u.*CORP'}}}}]",
                                     "3:40: found `C` where the pattern does not tell");
        fixture_expect_policy_errors("allow: [{certificate: {san: {upn: {re: 'x@[A-Z]+%u'}}}}]",
                                     "3:40: found `[A-Z]` behind the @");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_matched_whatever_its_letters_were),
        cmocka_unit_test(before_the_domain_letters_stay_as_they_are),
        cmocka_unit_test(what_is_wrong_is_so_for_every_user),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
