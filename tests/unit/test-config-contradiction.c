// SPDX-License-Identifier: BSD-2-Clause
// Rules that no key can satisfy.
#include "tests/unit/config_fixture.h"

#include <stdio.h>

static void what_excludes_each_other_in_one_rule_is_an_error(void **state)
{
    static const struct {
        const char *rule; /* its first character is in line 3, column 9 */
        const char *errors;
    } cases[] = {
        {"{token: {label: a}, all: [{token: {label: b}}]}", "3:44: excludes line 3 column 18"},
        {"{token: {label: [a, b]}, uri: \"pkcs11:token=c\"}", "3:39: excludes line 3 column 18"},
        {"{uri: \"pkcs11:serial=1\", token: {serial: 2}}", "3:42: excludes"},
        {"{slot: {id: 1}, uri: \"pkcs11:slot-id=2\"}", "3:30: excludes"},
        {"{key: {type: rsa}, all: [{key: {type: [ec, ed25519]}}]}", "3:41: excludes"},
        {"{key: {type: rsa, curve: nistp256}}", "3:27: excludes line 3 column 16"},
        {"{key: {curve: nistp256, type: rsa}}", "3:33: excludes line 3 column 16"},
        {"{key: {type: ed25519, curve: nistp256}}", "3:31: excludes"},
        {"{key: {type: ec, curve: [ed25519, ed448]}}", "3:26: excludes"},
        {"{key: {type: ec, bits: \">=2048\"}}", "3:26: excludes"},
        {"{key: {bits: 0}}", "3:16: number of bits that no key has"},
        {"{key: {bits: \"<1\"}}", "3:16: number of bits that no key has"},
        {"{key: {bits: \">=2048\"}, all: [{key: {bits: \"<2048\"}}]}", "3:46: excludes"},
        {"{key: {local: true}, all: [{key: {local: false}}]}", "3:43: excludes"},
        {"{key: {curve: nistp256}, all: [{key: {curve: nistp384}}]}", "3:47: excludes"},
        {"{not: {token: {label: a}, all: [{token: {label: b}}]}}", "3:50: excludes"},
        {"{any: [{label: a}, {key: {type: rsa, curve: nistp256}}]}", "3:46: excludes"},
        {"{id: 01, not: {id: [01, 02]}}", "3:18: excludes line 3 column 10"},
        {"{not: {label: {glob: \"a*\"}}, label: [a, ab]}", "3:38: excludes line 3 column 10"},
        {"{not: {id: 01}, all: [{not: {not: {id: 01}}}]}", "3:32: excludes"},
        {"{key: {bits: 3072}, not: {any: [{id: 01}, {key: {bits: \">2048\"}}]}}", "3:29: excludes"},
        {"{certificate: {key_usage: {all_of: digitalSignature, none_of: digitalSignature}}}",
         "3:62: excludes"},
        {"{key: {sign: false}}", "3:16: found `sign: false`, expected true"},
        {"{all: [{key: {sign: false}}]}", "3:23: found `sign: false`"},
        {"{fingerprint: SHA256:uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE, all: [{fingerprint: "
         "SHA256:AAAAztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE}]}",
         "3:82: excludes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];

        snprintf(text, sizeof(text), "allow: [%s]", cases[i].rule);
        fixture_expect_policy_errors(text, cases[i].errors);
    }
}

static void what_some_key_can_have_is_no_contradiction(void **state)
{
    static const char *const rules[] = {
        "{label: a, all: [{label: b}]}", /* two members of a group may have each one */
        "{id: 01, all: [{id: 02}]}",
        "{token: {label: [a, b]}, all: [{token: {label: [b, c]}}]}",
        "{token: {label: a}, all: [{token: {label: {glob: \"*\"}}}]}",
        "{token: {label: a}, any: [{token: {label: b}}, {label: c}]}",
        "{token: {label: a}, not: {token: {label: b}}}",
        "{key: {type: [rsa, ec], curve: nistp256}}",
        "{key: {type: [rsa, ec], bits: \">=2048\"}}",
        "{key: {type: ec, bits: \">=256\"}}",
        "{key: {type: ed25519, curve: ed25519}}",
        "{key: {type: ec, curve: [ed25519, nistp256]}}",
        "{key: {bits: \">=2048\"}, all: [{key: {bits: \"<=2048\"}}]}",
        "{key: {bits: [1024, 4096]}, all: [{key: {bits: \">2048\"}}]}",
        "{key: {sign: true}}",
        "{not: {key: {sign: false}}}",
        "{id: [01, 02], not: {id: 01}}", /* of 02 */
        "{id: 01, not: {id: 01, label: a}}",
        "{label: {glob: \"a*\"}, not: {label: ab}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "allow: [%s]", rules[i]);
        config_destroy(fixture_load_policy(text));
    }
}

static void keys_that_do_not_sign_may_be_denied_but_not_required(void **state)
{
    (void)state;
    config_destroy(fixture_load_policy("allow: all\ndeny: [{key: {sign: false}}]"));
    fixture_expect_policy_errors("allow: all\nrequire: [{key: {sign: false}}]",
                                 "4:18: found `sign: false`");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_excludes_each_other_in_one_rule_is_an_error),
        cmocka_unit_test(what_some_key_can_have_is_no_contradiction),
        cmocka_unit_test(keys_that_do_not_sign_may_be_denied_but_not_required),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
