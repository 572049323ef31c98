// SPDX-License-Identifier: BSD-2-Clause
// Lists of rules, their names and their options.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/identity.h"

static void rules_go_into_their_lists_in_the_order_of_the_file(void **state)
{
    struct config *config =
        fixture_load_policy("require: [{label: a}]\n"
                            "deny:\n- label: b\n- label: c\n"
                            "allow:\n- {name: one, label: d}\n- label: e\n  name: two\n");
    const struct policy *policy = &config->policy;

    (void)state;
    assert_int_equal(policy->require.count, 1);
    assert_int_equal(policy->deny.count, 2);
    assert_int_equal(policy->allow.count, 2);
    assert_false(policy->allow_all);
    assert_string_equal(policy->allow.rules[0].name, "one");
    assert_string_equal(policy->allow.rules[1].name, "two");
    assert_null(policy->deny.rules[0].name);
    assert_int_equal(policy->deny.rules[1].position.line, 6);
    config_destroy(config);
}

static void allow_is_a_list_or_all(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        bool all;
    } cases[] = {
        {"allow: all", 0, true},
        {"allow: \"all\"", 0, true},
        {"allow: []", 0, false},
        {"allow: []\nrequire: []\ndeny: []", 0, false},
        {"allow: [{label: all}]", 1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *config = fixture_load_policy(cases[i].text);

        assert_int_equal(config->policy.allow.count, cases[i].count);
        assert_int_equal(config->policy.allow_all, cases[i].all);
        config_destroy(config);
    }
}

static void options_are_read(void **state)
{
    struct config *config =
        fixture_load_policy("allow:\n"
                            "- {label: a}\n"
                            "- {label: a, use: {order: -3}}\n"
                            "- {label: a, use: {order: 0, show_label: \"%i of %%\"}}\n");
    const struct rule *rules = config->policy.allow.rules;
    struct identity identity;
    char label[64];

    (void)state;
    identity_init(&identity);
    snprintf(label, sizeof(label), "%s of %%", identity.uid);
    assert_false(rules[0].use.has_order);
    assert_null(rules[0].use.show_label);
    assert_true(rules[1].use.has_order);
    assert_int_equal(rules[1].use.order, -3);
    assert_true(rules[2].use.has_order);
    assert_int_equal(rules[2].use.order, 0);
    assert_string_equal(rules[2].use.show_label, label);
    identity_finish(&identity);
    config_destroy(config);
}

static void a_shown_label_has_at_most_255_bytes(void **state)
{
    char label[300];
    char text[400];

    (void)state;
    memset(label, 'x', sizeof(label));
    label[255] = '\0';
    snprintf(text, sizeof(text), "allow:\n- {id: 01, use: {show_label: %s}}", label);
    config_destroy(fixture_load_policy(text));
    label[255] = 'x';
    label[256] = '\0';
    snprintf(text, sizeof(text), "allow:\n- {id: 01, use: {show_label: %s}}", label);
    fixture_expect_policy_errors(text, "4:30: found 256 bytes, expected at most 255");
}

static void every_mistake_in_rules_is_reported(void **state)
{
    static const struct {
        const char *text; /* from line 3 on */
        const char *errors;
    } cases[] = {
        {"require: []",
         "1:1: found no `allow`, expected a list of rules; write `allow: []` if nothing is meant"},
        {"allow:", "3:1: write `allow: []` if nothing is meant"},
        {"allow: none", "3:8: found `none`, expected a list of rules (`- ` before each) or `all`"},
        {"allow: ALL", "3:8: found `ALL`"},
        {"allow: all #b", "3:8: "},
        {"allow: {label: a}", "3:8: found a map, expected a list of rules (`- ` before each)"},
        {"allow:\n  label: a", "4:3: found a map, expected a list of rules (`- ` before each)"},
        {"allow: [all]", "3:9: found `all`, expected a rule"},
        {"allow: [[]]", "3:9: found an empty list, expected a rule"},
        {"allow: []\nrequire: all", "4:10: found `all`, expected a list of rules"},
        {"allow: []\ndeny: all", "4:7: found `all`, expected a list of rules"},
        {"allow: []\ndeny:", "4:1: found nothing, expected a list of rules"},
        {"allow: [{}]", "3:9: rule without a selector, expected at least one; write `allow: all`"},
        {"allow:\n  - ", "4:3: rule without a selector"},
        {"allow:\n  -\n  - label: a\n  -\n",
         "4:3: rule without a selector\n6:3: rule without a selector"},
        {"allow: [{name: a}]", "3:9: rule without a selector"},
        {"allow: [{name: a, use: {order: 1}}]", "3:9: rule without a selector"},
        {"allow: []\ndeny: [{}]", "4:8: rule without a selector"},
        {"allow: [{label: a, lable: b}]", "3:20: did you mean `label`?"},
        {"allow: [{label: a, label: b}]", "3:20: `label` again"},
        {"allow: [{label: a, name: }]", "3:20: found nothing, expected text"},
        {"allow: [{label: a, name: \"\"}]", "3:26: expected text"},
        {"allow: [{label: a, name: \"a\\nb\"}]", "3:26: without control characters"},
        {"allow: [{label: a, name: [b]}]", "3:26: found a list"},
        {"allow: [{label: a, name: 100%}]", "3:26: stands for nothing"},
        {"allow: [{label: a, use: {}}]", "3:25: found an empty map"},
        {"allow: [{label: a, use: 1}]", "3:25: found `1`, expected a map of options"},
        {"allow: [{label: a, use: {order: first}}]", "3:33: expected a whole number"},
        {"allow: [{label: a, use: {order: 1.5}}]", "3:33: expected a whole number"},
        {"allow: [{label: a, use: {order: +1}}]", "3:33: expected a whole number"},
        {"allow: [{label: a, use: {order: - 1}}]", "3:33: "},
        {"allow: [{label: a, use: {order: -}}]", "3:33: "},
        {"allow: [{label: a, use: {order: 0x10}}]", "3:33: expected a whole number"},
        {"allow: [{label: a, use: {order: 99999999999999999999}}]",
         "3:33: expected a whole number"},
        {"allow: [{label: a, use: {order: 1, odrer: 2}}]", "3:36: did you mean `order`?"},
        {"allow: [{label: a, use: {show_label: \"a\\tb\"}}]", "3:38: without control characters"},
        {"allow: [{label: a, use: {show_label: \"\"}}]", "3:38: expected text"},
        {"allow: [{label: a, use: {max_signatures_per_minute: 0}}]", "3:53: found 0, expected 1 to 10000"},
        {"allow: [{label: a, use: {max_signatures_per_minute: 10001}}]", "3:53: found 10001, expected 1 to 10000"},
        {"allow: [{label: a, use: {max_signatures_per_minute: -1}}]", "3:53: found -1, expected 1 to 10000"},
        {"allow: []\ndeny: [{label: a, use: {order: 1}}]",
         "4:19: options belong to rules of `allow`"},
        {"allow: []\nrequire: [{use: {order: 1}}]", "4:12: options belong to rules of `allow`"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        fixture_expect_policy_errors(cases[i].text, cases[i].errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_go_into_their_lists_in_the_order_of_the_file),
        cmocka_unit_test(allow_is_a_list_or_all),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(a_shown_label_has_at_most_255_bytes),
        cmocka_unit_test(every_mistake_in_rules_is_reported),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
