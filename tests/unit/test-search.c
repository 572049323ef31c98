// SPDX-License-Identifier: BSD-2-Clause
// Which rules let a token be searched narrowly, and which need all of it (policy.md 3).
#include "tests/unit/filters_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filters/search.h"

/* "whole", or the templates: "id=01 label=a,id=02", with "+certificates" behind them; "" is an
 * empty plan. The caller frees. */
static char *plan_text(const struct search_plan *plan)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    fputs(plan->whole ? "whole" : "", out);
    for (size_t i = 0; i < plan->n_narrow && !plan->whole; i++) {
        const struct attributes *template = &plan->narrow[i];

        fputs(i > 0 ? " " : "", out);
        assert_true(template->count > 0); /* an empty one would find everything */
        for (CK_ULONG j = 0; j < template->count; j++) {
            const unsigned char *bytes = template->items[j].pValue;
            bool is_id = template->items[j].type == CKA_ID;

            fprintf(out, "%s%s=", j > 0 ? "," : "", is_id ? "id" : "label");
            for (CK_ULONG k = 0; k < template->items[j].ulValueLen; k++)
                fprintf(out, is_id ? "%02x" : "%c", bytes[k]);
        }
    }
    fputs(plan->certificates && !plan->whole ? " +certificates" : "", out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void expect_plan(const char *policy, const char *expected)
{
    struct config *config = fixture_policy(policy);
    struct fixture_token token;
    struct subject subject;
    struct search_plan plan;
    char *text;

    fixture_token_init(&token, "", false);
    subject = fixture_subject(&token);
    assert_true(search_plan_make(&config->policy, &subject, &plan));
    text = plan_text(&plan);
    if (strcmp(text, expected) != 0)
        fail_msg("%s\nis searched as %s\nnot as %s", policy, text, expected);
    free(text);
    search_plan_finish(&plan);
    fixture_token_finish(&token);
    config_destroy(config);
}

static void rules_on_certificates_need_those_of_the_keys_that_are_found(void **state)
{
    (void)state;
    expect_plan("allow: [{id: 01, certificate: {present: true}}]", "id=01 +certificates");
    expect_plan("allow: [{id: 01}]\ndeny: [{not: {certificate: {subject: {O: a}}}}]",
                "id=01 +certificates");
    expect_plan("allow: [{id: 01}]\nrequire: [{any: [{certificate: {san: {dns: a}}}]}]",
                "id=01 +certificates");
    expect_plan("allow: [{id: 01, fingerprint: @RSA_A}]", "id=01");
    expect_plan("allow: [{certificate: {issuer: CN=a}}]", "whole");
}

static void exact_ids_labels_and_uris_are_looked_up(void **state)
{
    static const struct {
        const char *policy, *plan;
    } examples[] = {
        {"allow: [{id: \"01\"}]", "id=01"},
        {"allow: [{id: \"01:02\"}]", "id=0102"},
        {"allow: [{label: a}]", "label=a"},
        {"allow: [{id: [\"01\", \"02\"]}]", "id=01 id=02"},
        {"allow: [{label: [a, b]}]", "label=a label=b"},
        {"allow: [{id: \"01\"}, {label: a}]", "id=01 label=a"},
        {"allow: [{uri: \"pkcs11:id=%01\"}]", "id=01"},
        {"allow: [{uri: \"pkcs11:object=a\"}]", "label=a"},
        {"allow: [{uri: \"pkcs11:id=%01;object=a\"}]", "id=01,label=a"},
        {"allow: [{uri: \"pkcs11:token=one;object=a;type=private\"}]", "label=a"},
        {"allow: [{id: \"01\", token: {label: one}}]", "id=01"},
        {"allow: [{token: {label: {glob: \"*\"}}, label: a}]", "label=a"},
        {"allow: [{id: \"01\", fingerprint: @RSA_A}]", "id=01"},
        {"allow: [{id: \"01\", public_key: RSA_A.pub}]", "id=01"},
        {"allow: [{id: \"01\", key: {type: rsa, bits: \">=2048\", sign: true}}]", "id=01"},
        {"allow: [{id: \"01\", not: {key: {type: rsa}}}]", "id=01"},
        {"allow: [{id: \"01\", any: [{key: {type: rsa}}, {key: {type: ec}}]}]", "id=01"},
        {"allow: [{all: [{id: \"01\"}, {key: {type: rsa}}]}]", "id=01"},
        {"allow: [{all: [{all: [{label: a}]}]}]", "label=a"},
        {"deny: [{token: {label: two}}]\nallow: [{id: \"01\"}]", "id=01"},
        {"deny: [{fingerprint: @RSA_A}]\nallow: [{id: \"01\"}]", "id=01"},
        {"require: [{key: {bits: \">=2048\"}}]\nallow: [{id: \"01\"}]", "id=01"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        expect_plan(examples[i].policy, examples[i].plan);
}

static void rules_that_ask_for_the_same_share_a_search(void **state)
{
    static const struct {
        const char *policy, *plan;
    } examples[] = {
        {"allow: [{id: \"01\"}, {id: \"01\", fingerprint: @RSA_A}]", "id=01"},
        {"allow: [{id: [\"01\", \"01\", \"02\"]}, {id: \"02\"}]", "id=01 id=02"},
        {"allow: [{id: \"01\"}, {uri: \"pkcs11:id=%01\"}]", "id=01"},
        {"allow: [{uri: \"pkcs11:id=%01;object=a\"}, {uri: \"pkcs11:object=a;id=%01\"}]",
         "id=01,label=a"},
        {"allow: [{id: \"01\"}, {uri: \"pkcs11:id=%01;object=a\"}]", "id=01 id=01,label=a"},
        {"allow: [{id: \"61\"}, {label: a}]", "id=61 label=a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        expect_plan(examples[i].policy, examples[i].plan);
}

static void any_other_rule_needs_the_whole_token(void **state)
{
    static const char *const policies[] = {
        "allow: all",
        "allow: [{fingerprint: @RSA_A}]",
        "allow: [{public_key: RSA_A.pub}]",
        "allow: [{key: {type: rsa}}]",
        "allow: [{token: {label: one}}]",
        "allow: [{slot: {id: 7}}]",
        "allow: [{label: {glob: \"a*\"}}]",
        "allow: [{label: {re: \"a|b\"}}]",
        "allow: [{id: {prefix: \"01\"}}]",
        "allow: [{label: [a, {glob: \"b*\"}]}]",
        "allow: [{not: {id: \"01\"}}]",
        "allow: [{any: [{id: \"01\"}, {id: \"02\"}]}]",
        "allow: [{any: [{id: \"01\"}]}]",
        "allow: [{id: \"01\", not: {label: a}}]",
        "allow: [{id: \"01\", label: a}]", /* not always of one object */
        "allow: [{id: \"01\", any: [{label: a}, {key: {type: rsa}}]}]",
        "allow: [{uri: \"pkcs11:type=private\"}]",
        "allow: [{uri: \"pkcs11:token=one\"}]",
        "allow: [{id: \"01\"}, {key: {type: rsa}}]",
        "allow: [{key: {type: rsa}}, {id: \"01\"}]",
        "deny: [{id: \"02\"}]\nallow: [{id: \"01\"}]",
        "deny: [{label: {glob: \"x*\"}}]\nallow: [{id: \"01\"}]",
        "deny: [{not: {id: \"02\"}}]\nallow: [{id: \"01\"}]",
        "deny: [{any: [{key: {type: ec}}, {all: [{label: a}]}]}]\nallow: [{id: \"01\"}]",
        "require: [{label: a}]\nallow: [{id: \"01\"}]",
        "require: [{uri: \"pkcs11:type=cert\"}]\nallow: [{id: \"01\"}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
        expect_plan(policies[i], "whole");
}

static void a_token_that_can_show_nothing_is_not_searched(void **state)
{
    static const struct {
        const char *policy, *plan;
    } examples[] = {
        {"allow: []", ""},
        {"allow: [{token: {label: two}, id: \"01\"}]", ""},
        {"allow: [{token: {label: two}}]", ""},
        {"deny: [{token: {label: one}}]\nallow: all", ""},
        {"require: [{token: {label: two}}]\nallow: all", ""},
        /* and of rules for other tokens nothing is looked up */
        {"allow: [{token: {label: two}, id: \"01\"}, {id: \"02\"}]", "id=02"},
        {"allow: [{token: {label: two}}, {id: \"02\"}]", "id=02"},
        {"allow: [{uri: \"pkcs11:token=two;object=b\"}, {uri: \"pkcs11:token=one;object=a\"}]",
         "label=a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        expect_plan(examples[i].policy, examples[i].plan);
}

/* A %u that failed matches nothing; what else the rule says is not looked up instead. */
static void a_value_that_is_not_known_is_not_looked_up(void **state)
{
    struct pattern *patterns[] = {pattern_create(PATTERN_UNKNOWN, "", 0, NULL)};
    struct selector child = {.kind = SELECTOR_LABEL, .patterns = patterns, .n_patterns = 1};
    struct rule rule = {.condition = {.kind = SELECTOR_ALL, .children = &child, .n_children = 1}};
    const struct policy policy = {.allow = {&rule, 1}};
    struct fixture_token token;
    struct search_plan plan;
    struct subject subject;

    (void)state;
    fixture_token_init(&token, "", false);
    subject = fixture_subject(&token);
    assert_true(search_plan_make(&policy, &subject, &plan));
    assert_true(plan.whole);
    search_plan_finish(&plan);
    search_plan_finish(&plan);
    fixture_token_finish(&token);
    pattern_destroy(patterns[0]);
}

static size_t any_of(size_t count)
{
    return (size_t)rand() % count;
}

struct finding {
    const struct search_plan *plan;
    bool found;
};

static bool find_member(const struct object *member, void *context)
{
    struct finding *finding = context;
    const struct search_plan *plan = finding->plan;

    for (size_t i = 0; i < plan->n_narrow && !finding->found; i++)
        finding->found =
            attributes_match(&member->attributes, plan->narrow[i].items, plan->narrow[i].count);
    return !finding->found;
}

/* Does one of the templates find a member of the group? */
static bool is_found(const struct search_plan *plan, const struct key_group *group)
{
    struct finding finding = {plan, false};

    key_group_each(group, find_member, &finding);
    return finding.found;
}

/* Of every key that a search of everything would show, a narrow search finds a member. */
static void a_narrow_search_misses_no_key_that_is_shown(void **state)
{
    static const char *const rules[] = {"{id: \"01\"}",
                                        "{id: [\"02\", \"03\"]}",
                                        "{label: a}",
                                        "{label: [b, c]}",
                                        "{uri: \"pkcs11:id=%01\"}",
                                        "{uri: \"pkcs11:object=a;type=private\"}",
                                        "{uri: \"pkcs11:id=%02;object=b\"}",
                                        "{id: \"01\", key: {type: rsa}}",
                                        "{label: a, not: {key: {type: rsa}}}",
                                        "{token: {label: one}, id: \"03\"}",
                                        "{token: {label: two}, id: \"01\"}",
                                        "{all: [{label: b}, {key: {sign: true}}]}"};
    static const char *const classes[] = {"public", "cert", "private", "private"};
    static const char *const ids[] = {"01", "02", "03", "''", "-"};
    static const char *const words[] = {"", " label=a", " label=b", " label=c", " label="};
    static const enum fixture_key keys[] = {RSA_A, RSA_B, P256_A, P256_B};
    size_t shown = 0;

    (void)state;
    srand(4);
    for (int round = 0; round < 600; round++) {
        char objects[600] = "", policy[600];
        size_t length = 0, count = 1 + any_of(8);
        struct config *config;
        struct fixture_token token;
        struct exposure exposure;
        struct search_plan plan;
        struct subject subject;

        for (size_t i = 0; i < count; i++) {
            const char *class = classes[any_of(4)];
            length += (size_t)snprintf(
                objects + length, sizeof(objects) - length, "%s%s %s %s%s%s", i > 0 ? "," : "",
                class, fixture_vector(keys[any_of(4)])->name, ids[any_of(5)], words[any_of(5)],
                class[1] == 'r' && any_of(2) == 0 ? " mute" : "");
        }
        snprintf(policy, sizeof(policy), "allow: [%s, %s]", rules[any_of(12)], rules[any_of(12)]);
        config = fixture_policy(policy);
        fixture_token_init(&token, objects, any_of(2) == 0);
        fixture_expose(&token, &config->policy, &exposure);
        subject = fixture_subject(&token);
        assert_true(search_plan_make(&config->policy, &subject, &plan));
        assert_false(plan.whole);
        for (size_t i = 0; i < exposure.n_keys; i++) {
            if (exposure.keys[i].verdict.reason != REASON_ALLOWED)
                continue;
            shown++;
            if (!is_found(&plan, exposure.keys[i].group))
                fail_msg("%s\n%s", objects, policy);
        }
        search_plan_finish(&plan);
        exposure_finish(&exposure);
        fixture_token_finish(&token);
        config_destroy(config);
    }
    assert_true(shown > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_on_certificates_need_those_of_the_keys_that_are_found),
        cmocka_unit_test(exact_ids_labels_and_uris_are_looked_up),
        cmocka_unit_test(rules_that_ask_for_the_same_share_a_search),
        cmocka_unit_test(any_other_rule_needs_the_whole_token),
        cmocka_unit_test(a_token_that_can_show_nothing_is_not_searched),
        cmocka_unit_test(a_value_that_is_not_known_is_not_looked_up),
        cmocka_unit_test(a_narrow_search_misses_no_key_that_is_shown),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
