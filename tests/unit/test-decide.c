// SPDX-License-Identifier: BSD-2-Clause
// The decision: deny > require > allow > implicit deny, and which token a rule names (policy.md 3).
#include "tests/unit/filters_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filters/decide.h"

#define F TRUTH_FALSE
#define T TRUTH_TRUE
#define U TRUTH_UNKNOWN

/* A condition that is what it shall be, whatever it is asked about. */
static struct selector always(enum truth truth)
{
    static const enum selector_kind kinds[] = {
        [F] = SELECTOR_ANY, [T] = SELECTOR_ALL, [U] = SELECTOR_NOT};
    return (struct selector){.kind = kinds[truth]};
}

enum { MOST_RULES = 3, N_LISTS = 1 + 3 + 9 + 27 };

/* The lists of 0 to 3 rules with each combination of outcomes, in every order, by number. */
static size_t make_list(size_t number, struct rule rules[MOST_RULES], struct rule_list *list)
{
    size_t count = 0;
    size_t lists = 1;

    while (number >= lists) {
        number -= lists;
        lists *= 3;
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        rules[i] = (struct rule){.condition = always((enum truth)(number % 3))};
        number /= 3;
    }
    *list = (struct rule_list){rules, count};
    return count;
}

static size_t count_of(const struct rule_list *list, enum truth truth)
{
    const struct subject nothing = {0};
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        count += selector_match(&list->rules[i].condition, &nothing) == truth;
    return count;
}

/* A group with all that a key needs. */
static struct key_group whole_group(void)
{
    static const struct object private_key = {.class = CKO_PRIVATE_KEY};
    return (struct key_group){.private_key = &private_key, .key = fixture_key(RSA_A)};
}

static enum reason expected_reason(const struct policy *policy)
{
    if (policy->deny.count != count_of(&policy->deny, F))
        return REASON_DENIED;
    if (policy->require.count != count_of(&policy->require, T))
        return REASON_REQUIRED;
    if (policy->allow_all || count_of(&policy->allow, T) > 0)
        return REASON_ALLOWED;
    return REASON_NOT_ALLOWED;
}

static void
zero_to_three_rules_of_each_kind_with_each_outcome_decide_as_the_contract_says(void **state)
{
    const struct key_group group = whole_group();
    const struct subject subject = {.group = &group, .private_visible = true};
    struct rule deny[MOST_RULES], require[MOST_RULES], allow[MOST_RULES];
    struct policy policy = {0};
    size_t shown = 0;

    (void)state;
    for (size_t d = 0; d < N_LISTS; d++) {
        make_list(d, deny, &policy.deny);
        for (size_t r = 0; r < N_LISTS; r++) {
            make_list(r, require, &policy.require);
            for (size_t a = 0; a <= N_LISTS; a++) {
                struct verdict verdict;

                make_list(a % N_LISTS, allow, &policy.allow);
                policy.allow_all = a == N_LISTS;
                verdict = policy_decide(&policy, &subject);
                if (verdict.reason != expected_reason(&policy))
                    fail_msg("deny %zu, require %zu, allow %zu: %d", d, r, a, verdict.reason);
                assert_int_equal(verdict.by_policy, verdict.reason == REASON_ALLOWED);
                shown += verdict.by_policy;
            }
        }
    }
    /* deny 0..3 times false, require 0..3 times true, allow with a true one (1 + 5 + 19) or all */
    assert_int_equal(shown, 4 * 4 * (25 + 1));
}

static void the_rule_that_decides_is_named(void **state)
{
    static const struct {
        enum truth deny[3], require[3], allow[3];
        enum reason reason;
        int place; /* in its list; -1: none */
        long order;
    } examples[] = {
        {{F, F, F}, {T, T, T}, {F, T, T}, REASON_ALLOWED, 1, 2},
        {{F, F, F}, {T, T, T}, {T, F, T}, REASON_ALLOWED, 0, 1},
        {{F, F, F}, {T, T, T}, {U, F, T}, REASON_ALLOWED, 2, 3},
        {{F, F, F}, {T, T, T}, {U, F, F}, REASON_NOT_ALLOWED, -1, 0},
        {{F, U, T}, {T, T, T}, {T, T, T}, REASON_DENIED, 1, 0},
        {{F, F, T}, {F, F, F}, {T, T, T}, REASON_DENIED, 2, 0},
        {{F, F, F}, {T, U, F}, {T, T, T}, REASON_REQUIRED, 1, 0},
        {{F, F, F}, {F, T, T}, {F, F, F}, REASON_REQUIRED, 0, 0},
    };
    const struct key_group group = whole_group();
    const struct subject subject = {.group = &group, .private_visible = true};

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct rule deny[3] = {0}, require[3] = {0}, allow[3] = {0};
        const struct policy policy = {
            .require = {require, 3}, .deny = {deny, 3}, .allow = {allow, 3}};
        const struct rule *lists[] = {[REASON_ALLOWED] = allow,
                                      [REASON_DENIED] = deny,
                                      [REASON_REQUIRED] = require,
                                      [REASON_NOT_ALLOWED] = NULL};
        struct verdict verdict;

        for (size_t j = 0; j < 3; j++) {
            deny[j].condition = always(examples[i].deny[j]);
            require[j].condition = always(examples[i].require[j]);
            allow[j].condition = always(examples[i].allow[j]);
        }
        verdict = policy_decide(&policy, &subject);
        assert_int_equal(verdict.reason, examples[i].reason);
        assert_int_equal(verdict.order, examples[i].order);
        if (examples[i].place < 0)
            assert_null(verdict.rule);
        else
            assert_ptr_equal(verdict.rule, lists[verdict.reason] + examples[i].place);
    }
}

static void use_order_takes_the_place_of_the_rule_s_own(void **state)
{
    static const long orders[] = {-5, 0, 7, 1000};
    const struct key_group group = whole_group();
    const struct subject subject = {.group = &group, .private_visible = true};

    (void)state;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        struct rule allow[] = {
            {.condition = always(F), .use = {.has_order = true, .order = 99}},
            {.condition = always(T), .use = {.has_order = true, .order = orders[i]}},
            {.condition = always(T), .use = {.has_order = true, .order = 98}}};
        const struct policy policy = {.allow = {allow, 3}};

        assert_int_equal(policy_decide(&policy, &subject).order, orders[i]);
    }
}

static void a_key_that_the_policy_allows_still_needs_both_halves_and_must_sign(void **state)
{
    static const struct {
        const char *objects;
        bool logged_in;
        enum reason reason;
    } examples[] = {
        {"public RSA_A 01, private RSA_A 01", true, REASON_ALLOWED},
        {"public RSA_A 01, private RSA_A 01", false, REASON_ALLOWED},
        {"public RSA_A 01", false, REASON_ALLOWED},
        {"public RSA_A 01", true, REASON_NO_PRIVATE_KEY},
        {"cert RSA_A 01", false, REASON_ALLOWED},
        {"cert RSA_A 01", true, REASON_NO_PRIVATE_KEY},
        {"private RSA_A 01", true, REASON_ALLOWED},
        {"private P256_A 01 mute", true, REASON_NO_PUBLIC_KEY},
        {"public P256_A 01, private P256_A 01 mute", true, REASON_ALLOWED},
        {"public RSA_A 01, private RSA_A 01 sign=false", true, REASON_CANNOT_SIGN},
        {"public RSA_A 01, private RSA_A 01 sign=absent", true, REASON_ALLOWED},
        {"public RSA_A 01, private RSA_A 01 sign=false", false, REASON_ALLOWED},
        {"public RSA_A 01 verify=false, private RSA_A 01", false, REASON_CANNOT_SIGN},
        {"public RSA_A 01 verify=false, private RSA_A 01", true, REASON_ALLOWED},
        {"cert RSA_A 01 nosign", false, REASON_CANNOT_SIGN},
        {"cert RSA_A 01 nosign, private RSA_A 01", true, REASON_ALLOWED},
        {"cert RSA_A 01 nosign, public RSA_A 01", false, REASON_CANNOT_SIGN},
        {"cert RSA_A 01 signs, public RSA_A 01 verify=false", false, REASON_ALLOWED},
        {"cert RSA_A 01, public RSA_A 01 verify=false", false, REASON_CANNOT_SIGN},
        {"cert RSA_A 01 nosign, cert RSA_A 02 signs", false, REASON_ALLOWED},
        {"ca RSA_A 01 nosign, public RSA_A 01", false, REASON_CANNOT_SIGN},
    };
    const struct policy policy = {.allow_all = true};

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct fixture_token token;
        struct key_groups groups;
        struct subject subject;
        struct verdict verdict;

        fixture_token_init(&token, examples[i].objects, examples[i].logged_in);
        assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
        subject = fixture_subject(&token);
        subject.group = groups.items;
        verdict = policy_decide(&policy, &subject);
        if (verdict.reason != examples[i].reason)
            fail_msg("%s login, %s: %d", fixture_when(examples[i].logged_in), examples[i].objects,
                     verdict.reason);
        assert_true(verdict.by_policy);
        key_groups_finish(&groups);
        fixture_token_finish(&token);
    }
}

/* What is asked of a token under a policy, with no key in sight. */
static void check_token(const char *policy, bool may_show, bool names)
{
    struct config *config = fixture_policy(policy);
    struct fixture_token token;
    struct subject subject;

    fixture_token_init(&token, "", false);
    subject = fixture_subject(&token);
    if (policy_may_show_token(&config->policy, &subject) != may_show)
        fail_msg("may%s be shown: %s", may_show ? " not" : "", policy);
    if (policy_names_token(&config->policy, &subject) != names)
        fail_msg("is%s named: %s", names ? " not" : "", policy);
    fixture_token_finish(&token);
    config_destroy(config);
}

static void a_token_is_named_by_a_plain_value_outside_any_and_not(void **state)
{
    static const char *const naming[] = {
        "allow: [{token: {label: one}}]",
        "allow: [{token: {serial: \"1234\"}}]",
        "allow: [{token: {manufacturer: maker}}]",
        "allow: [{token: {model: model}}]",
        "allow: [{slot: {id: 7}}]",
        "allow: [{slot: {id: [8, 7]}}]",
        "allow: [{slot: {description: reader}}]",
        "allow: [{token: {label: [two, one]}}]",
        "allow: [{token: {label: one}, id: \"01\"}]",
        "allow: [{token: {label: one}, label: {glob: \"*\"}}]",
        "allow: [{fingerprint: @RSA_A, token: {serial: \"1234\"}}]",
        "allow: [{token: {label: one, serial: {glob: \"1*\"}}}]",
        "allow: [{uri: \"pkcs11:token=one\"}]",
        "allow: [{uri: \"pkcs11:serial=1234;object=a\"}]",
        "allow: [{uri: \"pkcs11:token=one;manufacturer=maker\"}]",
        "allow: [{all: [{token: {label: one}}, {id: \"01\"}]}]",
        "allow: [{id: \"01\"}, {token: {label: one}, id: \"02\"}]",
        "allow: [{token: {label: two}}, {token: {label: one}}]",
        "require: [{token: {label: one}}]\nallow: [{slot: {id: 7}}]",
        "require: [{id: \"01\"}]\ndeny: [{label: a}]\nallow: [{slot: {id: 7}}]",
        "deny: [{token: {label: two}}]\nallow: [{slot: {id: 7}}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(naming) / sizeof(naming[0]); i++)
        check_token(naming[i], true, true);
}

static void a_token_is_not_named_by_what_might_be_any_token(void **state)
{
    static const char *const other[] = {
        "allow: all",
        "allow: [{id: \"01\"}]",
        "allow: [{fingerprint: @RSA_A}]",
        "allow: [{token: {label: {glob: \"one\"}}}]",
        "allow: [{token: {label: {re: \"one\"}}}]",
        "allow: [{token: {label: [one, {glob: \"*\"}]}}]",
        "allow: [{any: [{token: {label: one}}, {id: \"01\"}]}]",
        "allow: [{any: [{token: {label: one}}]}]",
        "allow: [{not: {token: {label: two}}}]",
        "allow: [{not: {not: {token: {label: one}}}}]",
        "allow: [{uri: \"pkcs11:manufacturer=maker\"}]",
        "allow: [{uri: \"pkcs11:model=model\"}]",
        "allow: [{uri: \"pkcs11:slot-id=7\"}]",
        "allow: [{uri: \"pkcs11:slot-description=reader\"}]",
        "allow: [{uri: \"pkcs11:slot-manufacturer=reader%20maker\"}]",
        "allow: [{uri: \"pkcs11:library-description=library\"}]",
        "allow: [{uri: \"pkcs11:object=a\"}]",
        "require: [{token: {label: one}}]\nallow: all",
        "require: [{token: {label: one}}]\nallow: [{id: \"01\"}]",
        "allow: [{token: {label: one}, slot: {id: 8}}, {id: \"01\"}]", /* that rule does not hold */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        check_token(other[i], true, false);
}

static void a_token_that_cannot_be_shown_is_not_named(void **state)
{
    static const char *const policies[] = {
        "allow: []",
        "allow: [{token: {label: two}}]",
        "allow: [{token: {label: two}, slot: {id: 7}}]",
        "allow: [{slot: {id: 8}}]",
        "allow: [{uri: \"pkcs11:token=one;serial=9\"}]",
        "deny: [{token: {label: one}}]\nallow: [{token: {serial: \"1234\"}}]",
        "deny: [{slot: {description: {glob: \"*\"}}}]\nallow: [{token: {serial: \"1234\"}}]",
        "require: [{token: {label: two}}]\nallow: [{token: {serial: \"1234\"}}]",
        "require: [{id: \"01\"}, {slot: {id: 8}}]\nallow: all",
        "deny: [{not: {token: {label: two}}}]\nallow: all",
        "allow: [{any: [{slot: {id: 8}}, {token: {label: two}}]}]",
        "allow: [{slot: {id: 8}, id: \"01\"}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
        check_token(policies[i], false, false);
}

static void what_is_unknown_of_a_token_leaves_it_in_the_running_but_does_not_name_it(void **state)
{
    struct config *config = fixture_policy("allow: [{slot: {description: reader}}]");
    struct fixture_token token;
    struct subject subject;

    (void)state;
    fixture_token_init(&token, "", false);
    subject = fixture_subject(&token);
    subject.slot = NULL;
    assert_true(policy_may_show_token(&config->policy, &subject));
    assert_false(policy_names_token(&config->policy, &subject));
    fixture_token_finish(&token);
    config_destroy(config);
}

static void a_rule_names_its_token_only_where_its_when_holds(void **state)
{
    static const struct {
        const char *policy;
        bool known; /* user, groups, host and time are */
        bool may_show;
        bool names;
    } cases[] = {
        {"allow: [{when: {user: alice}, token: {label: one}}]", true, true, true},
        {"allow: [{when: {user: bob}, token: {label: one}}]", true, false, false},
        {"allow: [{when: {user: alice}, token: {label: one}}]", false, true, false},
        {"allow: [{when: {time: Mon}, token: {label: one}, id: \"01\"}]", true, true, true},
        {"allow: [{when: {time: Tue}, token: {label: one}}, {id: \"01\"}]", true, true, false},
        {"allow: [{all: [{when: {group: ops}}, {token: {label: one}}]}]", false, true, false},
        {"allow: [{when: {user: bob}, token: {label: one}}, {slot: {id: 7}}]", true, true, true},
        {"deny: [{when: {user: bob}}]\nallow: [{slot: {id: 7}}]", true, true, true},
        {"deny: [{when: {user: alice}}]\nallow: [{slot: {id: 7}}]", true, false, false},
        {"require: [{when: {host: other}}]\nallow: [{slot: {id: 7}}]", true, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *config = fixture_policy(cases[i].policy);
        struct fixture_token token;
        struct subject subject;

        fixture_token_init(&token, "", false);
        subject = fixture_subject(&token);
        if (!cases[i].known)
            subject.circumstances = (struct circumstances){0};
        if (policy_may_show_token(&config->policy, &subject) != cases[i].may_show ||
            policy_names_token(&config->policy, &subject) != cases[i].names)
            fail_msg("case %zu: %s", i, cases[i].policy);
        fixture_token_finish(&token);
        config_destroy(config);
    }
}

/* A %u that failed is no plain value; nor is a comparison of slot numbers, should there ever be
 * one. */
static void neither_an_unknown_value_nor_a_range_names_a_token(void **state)
{
    struct pattern *unknown = pattern_create(PATTERN_UNKNOWN, "", 0, NULL);
    struct number range = {COMPARE_AT_LEAST, 0};
    struct selector selectors[] = {
        {.kind = SELECTOR_TOKEN_LABEL, .patterns = &unknown, .n_patterns = 1},
        {.kind = SELECTOR_TOKEN_LABEL},
        {.kind = SELECTOR_SLOT_ID, .numbers = &range, .n_numbers = 1},
        {.kind = SELECTOR_SLOT_ID},
    };
    struct fixture_token token;

    (void)state;
    fixture_token_init(&token, "", false);
    for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        struct rule rule = {
            .condition = {.kind = SELECTOR_ALL, .children = &selectors[i], .n_children = 1}};
        const struct policy policy = {.allow = {&rule, 1}};
        const struct subject subject = fixture_subject(&token);

        assert_false(policy_names_token(&policy, &subject));
    }
    fixture_token_finish(&token);
    pattern_destroy(unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            zero_to_three_rules_of_each_kind_with_each_outcome_decide_as_the_contract_says),
        cmocka_unit_test(the_rule_that_decides_is_named),
        cmocka_unit_test(use_order_takes_the_place_of_the_rule_s_own),
        cmocka_unit_test(a_key_that_the_policy_allows_still_needs_both_halves_and_must_sign),
        cmocka_unit_test(a_token_is_named_by_a_plain_value_outside_any_and_not),
        cmocka_unit_test(a_token_is_not_named_by_what_might_be_any_token),
        cmocka_unit_test(a_token_that_cannot_be_shown_is_not_named),
        cmocka_unit_test(what_is_unknown_of_a_token_leaves_it_in_the_running_but_does_not_name_it),
        cmocka_unit_test(a_rule_names_its_token_only_where_its_when_holds),
        cmocka_unit_test(neither_an_unknown_value_nor_a_range_names_a_token),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
