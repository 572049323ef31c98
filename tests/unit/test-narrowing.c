// SPDX-License-Identifier: BSD-2-Clause
// Two policies, of which the user's narrows the system's: what is visible by both is visible.
#include "tests/unit/filters_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filters/search.h"

/* What both policies make of a token; the user's stays what it is. */
struct pair_of_policies {
    struct config *system;
    struct config *user;
    struct policy both;
};

static void pair_init(struct pair_of_policies *pair, const char *system, const char *user)
{
    pair->system = fixture_policy(system);
    pair->user = fixture_policy(user);
    pair->both = pair->system->policy;
    pair->both.narrowed_by = &pair->user->policy;
}

static void pair_finish(struct pair_of_policies *pair)
{
    config_destroy(pair->system);
    config_destroy(pair->user);
}

static char *show(const char *objects, bool logged_in, const struct policy *policy)
{
    struct fixture_token token;
    struct exposure exposure;
    char *shown;

    fixture_token_init(&token, objects, logged_in);
    fixture_expose(&token, policy, &exposure);
    shown = fixture_shown(&exposure);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    return shown;
}

static void what_both_show_is_shown(void **state)
{
    static const char objects[] = "private RSA_A 01,public RSA_A 01,private P256_A 02,"
                                  "public P256_A 02,private ED25519_A 03,public ED25519_A 03";
    static const struct {
        const char *system;
        const char *user;
        const char *shown;
    } cases[] = {
        {"allow: all", "allow: all",
         "RSA_A:01(public private) P256_A:02(public private) ED25519_A:03(public private)"},
        {"allow: all", "allow: [{id: \"02\"}]", "P256_A:02(public private)"},
        {"allow: [{id: \"02\"}]", "allow: all", "P256_A:02(public private)"},
        {"allow: [{id: \"02\"}]", "allow: [{id: \"01\"}]", ""},
        {"allow: all", "allow: []", ""},
        {"allow: []", "allow: all", ""},
        {"allow: all", "deny: [{id: \"02\"}]\nallow: all",
         "RSA_A:01(public private) ED25519_A:03(public private)"},
        {"deny: [{id: \"01\"}]\nallow: all", "deny: [{id: \"02\"}]\nallow: all",
         "ED25519_A:03(public private)"},
        {"require: [{id: [\"01\", \"02\"]}]\nallow: all",
         "require: [{id: [\"02\", \"03\"]}]\nallow: all", "P256_A:02(public private)"},
        /* the user's order goes over the system's; `allow: all` says none */
        {"allow: [{id: \"01\"}, {id: \"02\"}]", "allow: [{id: \"02\"}, {id: \"01\"}]",
         "P256_A:02(public private) RSA_A:01(public private)"},
        {"allow: [{id: \"02\"}, {id: \"01\"}]", "allow: all",
         "P256_A:02(public private) RSA_A:01(public private)"},
        /* where the user's says no difference the system's order stays */
        {"allow: [{id: \"02\"}, {id: \"01\"}]", "allow: [{key: {bits: \">1\"}}]",
         "P256_A:02(public private) RSA_A:01(public private)"},
        {"allow: [{id: \"02\", use: {order: 9}}, {id: \"01\"}]",
         "allow: [{id: \"02\", use: {order: -1}}, {id: \"01\"}]",
         "P256_A:02(public private) RSA_A:01(public private)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair_of_policies pair;
        char *shown;

        pair_init(&pair, cases[i].system, cases[i].user);
        shown = show(objects, true, &pair.both);
        if (strcmp(shown, cases[i].shown) != 0)
            fail_msg("%s\n%s\nshow %s, expected %s", cases[i].system, cases[i].user, shown,
                     cases[i].shown);
        free(shown);
        pair_finish(&pair);
    }
}

static struct verdict decide(const struct policy *policy, const struct key_group *group)
{
    const struct subject subject = {.group = group, .private_visible = true};

    return policy_decide(policy, &subject);
}

static void the_verdict_names_the_rule_and_the_policy_that_decided(void **state)
{
    static const struct object private_key = {.class = CKO_PRIVATE_KEY};
    const struct key_group group = {.private_key = &private_key, .key = fixture_key(RSA_A)};
    struct pair_of_policies pair;
    struct verdict verdict;

    (void)state;
    pair_init(&pair, "allow: [{key: {type: rsa}, use: {show_label: theirs, order: 5}}]",
              "allow: [{key: {bits: \">1\"}, use: {show_label: mine}}]");
    verdict = decide(&pair.both, &group);
    assert_int_equal(verdict.reason, REASON_ALLOWED);
    assert_ptr_equal(verdict.policy, &pair.both);
    assert_ptr_equal(verdict.rule, pair.system->policy.allow.rules);
    assert_ptr_equal(verdict.narrowing, pair.user->policy.allow.rules);
    assert_string_equal(verdict_label(&verdict), "mine");
    assert_int_equal(verdict.order, 1);
    pair_finish(&pair);

    pair_init(&pair, "allow: [{key: {type: rsa}, use: {show_label: theirs, order: 5}}]",
              "allow: all");
    verdict = decide(&pair.both, &group);
    assert_null(verdict.narrowing);
    assert_string_equal(verdict_label(&verdict), "theirs");
    assert_int_equal(verdict.order, 5);
    pair_finish(&pair);

    pair_init(&pair, "allow: all", "deny: [{key: {type: ec}}, {key: {type: rsa}}]\nallow: all");
    verdict = decide(&pair.both, &group);
    assert_int_equal(verdict.reason, REASON_DENIED);
    assert_ptr_equal(verdict.policy, &pair.user->policy);
    assert_ptr_equal(verdict.rule, &pair.user->policy.deny.rules[1]);
    assert_false(verdict.by_policy);
    pair_finish(&pair);

    pair_init(&pair, "require: [{key: {type: ec}}]\nallow: all", "allow: all");
    verdict = decide(&pair.both, &group);
    assert_int_equal(verdict.reason, REASON_REQUIRED);
    assert_ptr_equal(verdict.policy, &pair.both);
    pair_finish(&pair);

    pair_init(&pair, "allow: all", "allow: []");
    verdict = decide(&pair.both, &group);
    assert_int_equal(verdict.reason, REASON_NOT_ALLOWED);
    assert_ptr_equal(verdict.policy, &pair.user->policy);
    assert_null(verdict.rule);
    assert_null(verdict_label(&verdict));
    pair_finish(&pair);
}

static void the_user_is_asked_if_either_rule_wants_it(void **state)
{
    static const struct {
        const char *system;
        const char *user;
        bool asks;
    } cases[] = {
        {"allow: [{id: \"01\"}]", "allow: [{id: \"01\"}]", false},
        {"allow: [{id: \"01\", use: {confirm: true}}]", "allow: [{id: \"01\"}]", true},
        {"allow: [{id: \"01\", use: {confirm: true}}]", "allow: all", true},
        {"allow: [{id: \"01\", use: {confirm: true}}]",
         "allow: [{id: \"01\", use: {confirm: false}}]", true},
        {"allow: [{id: \"01\"}]", "allow: [{id: \"01\", use: {confirm: true}}]", true},
        {"allow: all", "allow: [{id: \"01\", use: {confirm: true}}]", true},
        {"allow: [{id: \"01\"}]",
         "allow: [{id: \"02\", use: {confirm: true}}, {id: \"01\"}]", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair_of_policies pair;
        struct fixture_token token;
        struct exposure exposure;

        pair_init(&pair, cases[i].system, cases[i].user);
        fixture_token_init(&token, "private RSA_A 01,public RSA_A 01", true);
        fixture_expose(&token, &pair.both, &exposure);
        assert_int_equal(exposure.n_keys, 1);
        if (verdict_asks(&exposure.keys[0].verdict) != cases[i].asks)
            fail_msg("%s beside %s", cases[i].user, cases[i].system);
        exposure_finish(&exposure);
        fixture_token_finish(&token);
        pair_finish(&pair);
    }
}

static void a_token_is_shown_and_named_only_by_both(void **state)
{
    static const struct {
        const char *system;
        const char *user;
        bool may_show;
        bool names;
    } cases[] = {
        {"allow: [{token: {label: one}}]", "allow: all", true, true},
        {"allow: [{token: {label: one}}]", "allow: [{token: {serial: \"1234\"}}]", true, true},
        {"allow: [{token: {label: one}}]", "allow: [{id: \"01\"}]", true, false},
        {"allow: all", "allow: [{token: {label: one}}]", true, false},
        {"allow: [{token: {label: one}}]", "allow: [{token: {label: two}}]", false, false},
        {"allow: [{token: {label: two}}]", "allow: [{token: {label: one}}]", false, false},
        {"allow: [{token: {label: one}}]", "deny: [{slot: {id: 7}}]\nallow: all", false, false},
        {"allow: [{token: {label: one}}]", "require: [{slot: {id: 8}}]\nallow: all", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair_of_policies pair;
        struct fixture_token token;
        struct subject subject;

        fixture_token_init(&token, "", false);
        subject = fixture_subject(&token);
        pair_init(&pair, cases[i].system, cases[i].user);
        if (policy_may_show_token(&pair.both, &subject) != cases[i].may_show ||
            policy_names_token(&pair.both, &subject) != cases[i].names)
            fail_msg("%s\n%s", cases[i].system, cases[i].user);
        pair_finish(&pair);
        fixture_token_finish(&token);
    }
}

static void the_narrower_policy_is_searched_by_where_the_other_needs_no_members(void **state)
{
    static const struct {
        const char *system;
        const char *user;
        bool whole;
        size_t narrow;
    } cases[] = {
        {"allow: all", "allow: [{id: \"01\"}]", false, 1},
        {"allow: all", "allow: [{id: [\"01\", \"02\"]}]", false, 2},
        {"allow: [{id: \"01\"}]", "allow: all", false, 1},
        {"require: [{key: {type: rsa}}]\nallow: all", "allow: [{label: a}]", false, 1},
        {"require: [{label: b}]\nallow: all", "allow: [{id: \"01\"}]", true, 0},
        {"allow: [{id: \"01\"}]", "allow: [{id: \"01\"}]", true, 0},
        {"allow: [{id: \"01\"}]", "deny: [{label: b}]\nallow: all", true, 0},
        {"allow: all", "deny: [{label: b}]\nallow: [{id: \"01\"}]", true, 0},
        {"allow: all", "allow: [{key: {type: rsa}}]", true, 0},
        {"allow: all", "allow: []", false, 0},
        {"allow: []", "allow: all", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair_of_policies pair;
        struct fixture_token token;
        struct subject subject;
        struct search_plan plan;

        fixture_token_init(&token, "", false);
        subject = fixture_subject(&token);
        pair_init(&pair, cases[i].system, cases[i].user);
        assert_true(search_plan_make(&pair.both, &subject, &plan));
        if (plan.whole != cases[i].whole || (!plan.whole && plan.n_narrow != cases[i].narrow))
            fail_msg("%s\n%s\nwhole %d, %zu searches", cases[i].system, cases[i].user, plan.whole,
                     plan.n_narrow);
        search_plan_finish(&plan);
        pair_finish(&pair);
        fixture_token_finish(&token);
    }
}

/* A key that only the user's file tells is not known, so that it cannot make a key visible. */
static void keys_that_the_user_names_do_not_help_to_pair(void **state)
{
    struct pair_of_policies pair;
    struct known_keys known;
    char *shown;

    (void)state;
    pair_init(&pair, "allow: all", "allow: [{public_key: P256_A.pub}]");
    assert_true(policy_known_keys(&pair.both, &known));
    assert_int_equal(known.count, 0);
    free(known.items);
    shown = show("private P256_A 01 mute", true, &pair.both);
    assert_string_equal(shown, "");
    free(shown);
    shown = show("private P256_A 01 mute,public P256_A 01", true, &pair.both);
    assert_string_equal(shown, "P256_A:01(public private)");
    free(shown);
    pair_finish(&pair);
    pair_init(&pair, "allow: [{public_key: P256_A.pub}]", "allow: all");
    assert_true(policy_known_keys(&pair.both, &known));
    assert_int_equal(known.count, 1);
    free(known.items);
    pair_finish(&pair);
}

static size_t any_of(size_t count)
{
    return (size_t)rand() % count;
}

static void random_policy(char *text, size_t room)
{
    static const char *const conditions[] = {
        "id: \"01\"",
        "id: [\"02\", \"03\"]",
        "not: {id: \"02\"}",
        "label: a",
        "not: {label: {glob: \"b*\"}}",
        "fingerprint: [@RSA_A, @P256_B]",
        "public_key: [P256_A.pub, ED25519_A.pub]",
        "not: {public_key: RSA_B.pub}",
        "key: {type: [rsa, ed25519]}",
        "key: {never_extractable: true}",
        "not: {key: {local: true}}",
        "token: {label: one}",
        "any: [{id: \"01\"}, {label: b}]",
        "uri: \"pkcs11:id=%01;object=a\"",
        "when: {user: alice}",
        "not: {when: {host: other}}",
        "when: {time: Mon}",
    };
    static const char *const lists[] = {"deny", "require", "allow"};
    size_t length = 0;

    for (size_t list = 0; list < 3; list++) {
        size_t count = any_of(list == 2 ? 4 : 2);

        if (list == 2 && any_of(3) == 0) {
            length += (size_t)snprintf(text + length, room - length, "allow: all\n");
            continue;
        }
        length += (size_t)snprintf(text + length, room - length, "%s: [", lists[list]);
        for (size_t i = 0; i < count; i++) {
            length += (size_t)snprintf(text + length, room - length, "%s{%s}", i > 0 ? ", " : "",
                                       conditions[any_of(sizeof(conditions) / sizeof(char *))]);
        }
        length += (size_t)snprintf(text + length, room - length, "]\n");
        assert_true(length < room);
    }
}

static void random_objects(char *text, size_t room)
{
    static const char *const classes[] = {"public", "cert", "private", "private"};
    static const char *const ids[] = {"01", "02", "03", "''", "-"};
    static const char *const words[] = {"", "mute", "label=a", "label=b", "hidden", "local=true"};
    static const enum fixture_key keys[] = {RSA_A, RSA_B, P256_A, P256_B, ED25519_A};
    size_t count = 1 + any_of(9);
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        const char *class = classes[any_of(4)];
        bool is_private = strcmp(class, "private") == 0;
        size_t word = any_of(is_private ? 4 : 6);

        if ((is_private && word == 4) || (!is_private && (word == 1 || word == 5)))
            word = 0;
        length +=
            (size_t)snprintf(text + length, room - length, "%s%s %s %s %s", i > 0 ? "," : "", class,
                             fixture_vector(keys[any_of(5)])->name, ids[any_of(5)], words[word]);
        assert_true(length < room);
    }
}

/* Is there a visible key of that public key? */
static bool shows(const struct exposure *exposure, const struct public_key *key)
{
    for (size_t i = 0; i < exposure->n_keys; i++) {
        const struct exposed_key *one = &exposure->keys[i];

        if (one->verdict.reason == REASON_ALLOWED && public_key_equal(one->group->key, key))
            return true;
    }
    return false;
}

/* How much of a random token is left by both policies; what the system's alone hides must be hidden
 * by both. */
static void compare(const struct pair_of_policies *pair, size_t *left, size_t *narrowed)
{
    char objects[1024];
    bool logged_in = any_of(3) > 0;
    struct fixture_token tokens[2];
    struct exposure exposures[2];

    random_objects(objects, sizeof(objects));
    for (int i = 0; i < 2; i++) {
        fixture_token_init(&tokens[i], objects, logged_in);
        fixture_expose(&tokens[i], i == 0 ? &pair->system->policy : &pair->both, &exposures[i]);
    }
    for (size_t i = 0; i < exposures[1].n_keys; i++) {
        const struct exposed_key *key = &exposures[1].keys[i];

        if (key->verdict.reason == REASON_ALLOWED && !shows(&exposures[0], key->group->key))
            fail_msg("shown beside the system's policy: %s", objects);
    }
    *left += exposures[1].n_visible;
    *narrowed += exposures[0].n_visible - exposures[1].n_visible;
    for (int i = 0; i < 2; i++) {
        exposure_finish(&exposures[i]);
        fixture_token_finish(&tokens[i]);
    }
}

static void a_users_policy_never_shows_what_the_systems_hides(void **state)
{
    const char *seed = getenv("P11GATE_TEST_SEED");
    unsigned start = seed != NULL ? (unsigned)strtoul(seed, NULL, 10) : 4;
    size_t narrowed = 0;
    size_t left = 0;

    (void)state;
    print_message("# seed %u\n", start);
    srand(start);
    for (int round = 0; round < 500; round++) {
        char system[1024], user[1024];
        struct pair_of_policies pair;

        random_policy(system, sizeof(system));
        random_policy(user, sizeof(user));
        pair_init(&pair, system, user);
        for (int token = 0; token < 8; token++)
            compare(&pair, &left, &narrowed);
        pair_finish(&pair);
    }
    assert_true(narrowed > 100);
    assert_true(left > 100);
}

/* What the system's policy hides is shown behind the rest; what the user does not want to see stays away. */
static void an_audit_is_of_the_systems_policy_alone(void **state)
{
    static const char objects[] = "private RSA_A 01,public RSA_A 01,private P256_A 02,"
                                  "public P256_A 02,private ED25519_A 03,public ED25519_A 03";
    static const struct {
        const char *system;
        const char *user;
        const char *shown;
        bool named; /* the token is */
    } cases[] = {
        {"allow: [{id: \"02\"}]", "allow: all",
         "P256_A:02(public private) RSA_A:01(public private) ED25519_A:03(public private)", true},
        {"allow: []", "allow: [{id: \"03\"}]", "ED25519_A:03(public private)", false},
        {"allow: all\ndeny: [{id: \"01\"}]", "allow: all\ndeny: [{id: \"02\"}]",
         "ED25519_A:03(public private) RSA_A:01(public private)", true},
        {"allow: [{token: {label: other}}]", "allow: []", "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair_of_policies pair;
        struct fixture_token token;
        struct exposure exposure;
        struct subject subject;
        char *shown;

        pair_init(&pair, cases[i].system, cases[i].user);
        fixture_token_init(&token, objects, true);
        subject = fixture_subject(&token);
        subject.audit_only = true;
        assert_int_equal(policy_names_token(&pair.both, &subject), cases[i].named);
        assert_true(exposure_build(&exposure, &token.objects, &token.refused, &token.known, NULL,
                                   &pair.both, &subject));
        shown = fixture_shown(&exposure);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
        exposure_finish(&exposure);
        fixture_token_finish(&token);
        pair_finish(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_both_show_is_shown),
        cmocka_unit_test(the_verdict_names_the_rule_and_the_policy_that_decided),
        cmocka_unit_test(the_user_is_asked_if_either_rule_wants_it),
        cmocka_unit_test(a_token_is_shown_and_named_only_by_both),
        cmocka_unit_test(the_narrower_policy_is_searched_by_where_the_other_needs_no_members),
        cmocka_unit_test(an_audit_is_of_the_systems_policy_alone),
        cmocka_unit_test(keys_that_the_user_names_do_not_help_to_pair),
        cmocka_unit_test(a_users_policy_never_shows_what_the_systems_hides),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
