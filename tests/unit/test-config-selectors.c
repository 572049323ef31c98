// SPDX-License-Identifier: BSD-2-Clause
// Every selector means what it says, and says so where it does not.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/identity.h"
#include "crypto/public_key.h"

/* The one child of the one rule that the text has. */
static const struct selector *only_child(const struct config *config)
{
    assert_int_equal(config->policy.allow.count, 1);
    assert_int_equal(config->policy.allow.rules[0].condition.kind, SELECTOR_ALL);
    assert_int_equal(config->policy.allow.rules[0].condition.n_children, 1);
    return &config->policy.allow.rules[0].condition.children[0];
}

/* A selector in short: "KIND(children...)", "KIND=values". */
static void print_selector(FILE *out, const struct selector *selector)
{
    static const char *const kinds[] = {"ALL",
                                        "ANY",
                                        "NOT",
                                        "TOKEN_LABEL",
                                        "TOKEN_SERIAL",
                                        "TOKEN_MANUFACTURER",
                                        "TOKEN_MODEL",
                                        "SLOT_DESCRIPTION",
                                        "SLOT_MANUFACTURER",
                                        "LIBRARY_DESCRIPTION",
                                        "LIBRARY_MANUFACTURER",
                                        "LIBRARY_VERSION",
                                        "SLOT_ID",
                                        "ID",
                                        "LABEL",
                                        "OBJECT",
                                        "FINGERPRINT",
                                        "PUBLIC_KEY",
                                        "KEY_TYPE",
                                        "KEY_BITS",
                                        "KEY_CURVE",
                                        "KEY_SIGN",
                                        "KEY_ALWAYS_AUTHENTICATE",
                                        "KEY_NEVER_EXTRACTABLE",
                                        "KEY_LOCAL"};
    static const char *const operators[] = {"", "<", "<=", ">", ">="};

    fputs(selector->from_uri ? "uri:" : "", out);
    fputs(kinds[selector->kind], out);
    for (size_t i = 0; i < selector->n_children; i++) {
        fputc(i == 0 ? '(' : ' ', out);
        print_selector(out, &selector->children[i]);
    }
    fputs(selector->n_children > 0 ? ")" : "=", out);
    for (size_t i = 0; i < selector->n_patterns; i++) {
        size_t size = 0;
        const char *bytes = pattern_exact(selector->patterns[i], &size);

        fputs(i > 0 ? "|" : "", out);
        for (size_t j = 0; bytes != NULL && j < size; j++)
            fprintf(out, bytes[j] >= 0x20 && bytes[j] < 0x7f ? "%c" : "\\%02x", bytes[j]);
        fputs(bytes == NULL ? "~" : "", out);
    }
    for (size_t i = 0; i < selector->n_numbers; i++)
        fprintf(out, "%s%s%lu", i > 0 ? "|" : "", operators[selector->numbers[i].comparison],
                (unsigned long)selector->numbers[i].number);
    for (size_t i = 0; i < selector->n_hashes; i++)
        fprintf(out, "%s%02x..%02x", i > 0 ? "|" : "", selector->hashes[i][0],
                selector->hashes[i][31]);
    if (selector->kind >= SELECTOR_KEY_SIGN)
        fputs(selector->boolean ? "true" : "false", out);
}

static void expect_selector(const char *rule, const char *expected)
{
    char text[512];
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    struct config *config;

    snprintf(text, sizeof(text), "allow:\n  - %s\n", rule);
    config = fixture_load_policy(text);
    print_selector(out, only_child(config));
    fclose(out);
    assert_string_equal(printed, expected);
    free(printed);
    config_destroy(config);
}

static void every_selector_becomes_what_it_says(void **state)
{
    static const struct {
        const char *rule;
        const char *selector;
    } cases[] = {
        {"label: a", "LABEL=a"},
        {"label: \"\"", "LABEL="},
        {"label: \" a \"", "LABEL= a "},
        {"label: [a, \"b c\"]", "LABEL=a|b c"},
        {"label: {glob: \"a*\"}", "LABEL=~"},
        {"label: [a, {re: \"a|b\"}, {glob: b}]", "LABEL=a|~|~"},
        {"label: 01", "LABEL=01"},
        {"label: true", "LABEL=true"},
        {"label: 100%%", "LABEL=100%"},
        {"id: 01", "ID=\\01"},
        {"id: 4142", "ID=AB"},
        {"id: \"41:42\"", "ID=AB"},
        {"id: 41:4243", "ID=ABC"},
        {"id: 4a4B", "ID=JK"},
        {"id: [41, \"42\", {prefix: 43}]", "ID=A|B|~"},
        {"token: {label: a, serial: 01, manufacturer: b, model: c}",
         "ALL(TOKEN_LABEL=a TOKEN_SERIAL=01 TOKEN_MANUFACTURER=b TOKEN_MODEL=c)"},
        {"token: {label: [a, b]}", "ALL(TOKEN_LABEL=a|b)"},
        {"token: {label: \"a  \"}", "ALL(TOKEN_LABEL=a)"},
        {"token: {serial: \"0123456789abcdef\"}", "ALL(TOKEN_SERIAL=0123456789abcdef)"},
        {"slot: {id: 7, description: a}", "ALL(SLOT_ID=7 SLOT_DESCRIPTION=a)"},
        {"slot: {id: [0, 0x1F, \"010\"]}", "ALL(SLOT_ID=0|31|10)"},
        {"key: {type: rsa}", "ALL(KEY_TYPE=rsa)"},
        {"key: {type: [rsa, ec, ed25519, ed448]}", "ALL(KEY_TYPE=rsa|ec|ed25519|ed448)"},
        {"key: {bits: 2048}", "ALL(KEY_BITS=2048)"},
        {"key: {bits: [\">=2048\", \"<1024\", \"<= 512\", \"> 4096\"]}",
         "ALL(KEY_BITS=>=2048|<1024|<=512|>4096)"},
        {"key: {sign: true, always_authenticate: false, never_extractable: true, local: true}",
         "ALL(KEY_SIGN=true KEY_ALWAYS_AUTHENTICATE=false KEY_NEVER_EXTRACTABLE=true "
         "KEY_LOCAL=true)"},
        {"key: {sign: \"true\"}", "ALL(KEY_SIGN=true)"},
        {"not: {label: a}", "NOT(ALL(LABEL=a))"},
        {"not: {label: a, id: 41}", "NOT(ALL(LABEL=a ID=A))"},
        {"any: [{label: a}, {id: 41, label: b}]", "ANY(ALL(LABEL=a) ALL(ID=A LABEL=b))"},
        {"all: [{label: a}, {not: {any: [{id: 41}]}}]",
         "ALL(ALL(LABEL=a) ALL(NOT(ALL(ANY(ALL(ID=A))))))"},
        {"fingerprint: \"SHA256:uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE\"",
         "FINGERPRINT=b8..91"},
        {"fingerprint: SHA256:uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE", "FINGERPRINT=b8..91"},
        {"uri: pkcs11:token=a", "ALL(uri:TOKEN_LABEL=a)"},
        {"uri: [pkcs11:token=a, pkcs11:serial=1]",
         "ANY(ALL(uri:TOKEN_LABEL=a) ALL(uri:TOKEN_SERIAL=1))"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_selector(cases[i].rule, cases[i].selector);
}

static void a_curve_has_the_names_of_openssh_and_of_the_standards(void **state)
{
    static const struct {
        const char *name;
        enum key_curve curve;
    } cases[] = {
        {"nistp256", CURVE_P256},   {"P-256", CURVE_P256},    {"secp256r1", CURVE_P256},
        {"prime256v1", CURVE_P256}, {"nistp384", CURVE_P384}, {"P-521", CURVE_P521},
        {"ed25519", CURVE_ED25519},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char rule[64];
        char expected[64];

        snprintf(rule, sizeof(rule), "key: {curve: %s}", cases[i].name);
        snprintf(expected, sizeof(expected), "ALL(KEY_CURVE=%u)", (unsigned)cases[i].curve);
        expect_selector(rule, expected);
    }
}

static void the_user_and_the_host_are_put_into_every_text(void **state)
{
    static const struct {
        const char *rule;
        const char *before;
        const char *after;
    } cases[] = {
        {"label: \"%i\"", "LABEL=", ""},
        {"token: {label: \"%i\"}", "ALL(TOKEN_LABEL=", ")"},
        {"token: {serial: \"%i\"}", "ALL(TOKEN_SERIAL=", ")"},
        {"slot: {description: \"%i\"}", "ALL(SLOT_DESCRIPTION=", ")"},
        {"token: {model: \"%%%%%%%%%%%%%%%%%%%%%i\"}", "ALL(TOKEN_MODEL=%%%%%%%%%%", ")"},
    };
    struct identity identity;
    char expected[128];

    (void)state;
    identity_init(&identity);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(expected, sizeof(expected), "%s%s%s", cases[i].before, identity.uid,
                 cases[i].after);
        expect_selector(cases[i].rule, expected);
    }
    identity_finish(&identity);
}

static const struct {
    const char *rule; /* its first character is in line 4, column 5 */
    const char *errors;
} wrong_values[] = {
    {"label:", "4:5: found nothing, expected text"},
    {"label: []", "4:12: found an empty list"},
    {"label: {}", "4:12: found an empty map"},
    {"label: [[a]]", "4:13: found a list"},
    {"label: [a, {glob: b, re: c}]", "4:16: several keys"},
    {"label: {glob: [a]}", "4:19: found a list"},
    {"label: {globe: a}",
     "4:13: unknown key `globe`, expected `glob` or `re`; did you mean `glob`?"},
    {"label: {prefix: aa}", "4:13: unknown key `prefix`"},
    {"label: {re: \"a(\"}", "4:17: POSIX extended"},
    {"label: {re: \"*\"}", "4:17: nothing before it"},
    {"label: {re: \"[b-a]\"}", "4:17: POSIX extended"},
    {"label: {re: \"\\\\d\"}", "4:17: letter or digit"},
    {"label: {glob: \"[\"}", "4:19: without `]`"},
    {"label: \"%h\"", "4:12: stands for nothing"},
    {"label: a #b", "4:12: quote it"},
    {"label: [a, b #c\n    ]", "4:16: quote it"},
    {"label: >\n      a", "4:12: quote it"},
    {"label: a\n      b", "4:12: quote it"},
    {"label: {issuer: C=FI, O=SSH}", "4:13: unknown key `issuer`\n4:27: unknown key `O=SSH`, "
                                     "expected `glob` or `re`; quote the value before it"},
    {"{label: C=FI, O=SSH}", "4:19: quote the value before it"},
    {"id:", "4:5: found nothing"},
    {"id: 1", "4:9: pairs of hexadecimal digits"},
    {"id: \"\"", "4:9: pairs of hexadecimal digits"},
    {"id: 0x01", "4:9: pairs"},
    {"id: \"01:\"", "4:9: pairs"},
    {"id: \":01\"", "4:9: pairs"},
    {"id: 0:1", "4:9: pairs"},
    {"id: 01::02", "4:9: pairs"},
    {"id: 01 02", "4:9: pairs"},
    {"id: \"%u\"", "4:9: pairs"},
    {"id: {glob: 01}", "4:10: unknown key `glob`, expected `prefix`"},
    {"id: {prefix: 1}", "4:18: pairs"},
    {"id: [01, 2]", "4:14: pairs"},
    {"token: a", "4:12: found `a`, expected a map"},
    {"token: [a]", "4:12: found a list, expected a map"},
    {"token: {}", "4:12: found an empty map"},
    {"token:", "4:5: found nothing, expected a map"},
    {"token: {lable: a}", "4:13: did you mean `label`?"},
    {"token: {id: 1}",
     "4:13: unknown key `id`, expected `label`, `serial`, `manufacturer` or `model`"},
    {"token: {label: a, label: b}", "4:23: `label` again"},
    {"token: {label: \"123456789012345678901234567890123\"}",
     "4:20: found 33 bytes, expected at most 32"},
    {"token: {serial: \"12345678901234567\"}", "4:21: found 17 bytes, expected at most 16"},
    {"token: {model: \"12345678901234567\"}", "4:20: at most 16"},
    {"slot: {id: a}", "4:16: expected a number"},
    {"slot: {id: \">1\"}", "4:16: expected a number"},
    {"slot: {id: -1}", "4:16: expected a number"},
    {"slot: {id: 99999999999999999999999}", "4:16: expected a number"},
    {"slot: {id: 0x}", "4:16: expected a number"},
    {"fingerprint: MD5:aa:bb", "4:18: expected SHA256:... as ssh-keygen -l prints it"},
    {"fingerprint: SHA256:abc", "4:18: expected SHA256"},
    {"fingerprint: uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE", "4:18: expected SHA256"},
    {"fingerprint: [SHA256:abc]", "4:19: expected SHA256"},
    {"fingerprint: {re: a}", "4:18: found a map, expected SHA256"},
    {"public_key: nowhere.pub", "4:17: nowhere.pub: No such file"},
    {"public_key: \"%h\"", "4:17: stands for nothing"},
    {"public_key: \"\"", "4:17: expected a path"},
    {"key: {type: rsas}", "4:17: did you mean `rsa`?"},
    {"key: {type: dsa}", "4:17: expected `rsa`, `ec`, `ed25519` or `ed448`"},
    {"key: {type: {glob: \"*\"}}", "4:17: found a map"},
    {"key: {bits: many}", "4:17: expected a number, such as 2048"},
    {"key: {bits: \"=2048\"}", "4:17: expected a number"},
    {"key: {bits: \">=\"}", "4:17: expected a number"},
    {"key: {bits: 2048.0}", "4:17: expected a number"},
    {"key: {bits: -1}", "4:17: expected a number"},
    {"key: {curve: p-255}", "4:18: expected"},
    {"key: {curve: nistp265}", "4:18: did you mean `nistp256`?"},
    {"key: {sign: yes}", "4:17: expected true or false"},
    {"key: {sign: True}", "4:17: expected true or false"},
    {"key: {sign: 1}", "4:17: expected true or false"},
    {"key: {sign: [true]}", "4:17: found a list, expected true or false"},
    {"key: {sing: true}", "4:11: did you mean `sign`?"},
    {"any: {label: a}", "4:10: found a map, expected a list"},
    {"any: []", "4:10: found an empty list"},
    {"any: [label]", "4:11: found `label`, expected a map of selectors"},
    {"any: [{}]", "4:11: found an empty map"},
    {"any: [{name: a}]", "4:12: unknown key `name`"},
    {"any: [{use: {order: 1}}]", "4:12: unknown key `use`"},
    {"all: []", "4:10: found an empty list"},
    {"all:", "4:5: found nothing"},
    {"not: [{label: a}]", "4:10: found a list, expected a map"},
    {"not: {}", "4:10: found an empty map"},
    {"not:", "4:5: found nothing"},
    {"not: {not: {lable: a}}", "4:17: did you mean `label`?"},
    {"certificate: {}", "4:18: found an empty map"},
    {"certificate: {serial: 1}", "4:19: found `serial` alone"},
    {"certificate: {subject: {glob: a}}", "4:29: found the unknown attribute `glob`"},
    {"certificate: {san: {email: {glob: a}, mail: b}}", "4:43: unknown key `mail`"},
    {"certificate: {san: {upn: {re: .*@CORP}}}", "4:35: found `C` behind the @"},
    {"certificate: {san: {upn: {glob: \"*CORP.EXAMPLE\"}}}", "4:37: found `C` where the pattern"},
    {"certificate: {san: {upn: {re: .*CORP.EXAMPLE}}}", "4:35: found `C` where the pattern"},
    {"certificate: {san: {upn: {re: \".*@[A-Z]+\\\\..*\"}}}", "4:35: found `[A-Z]` behind the @"},
    {"certificate: {san: {email: {glob: \"*@[A-Z]*\"}}}", "4:39: found `[A-Z]` behind the @"},
    {"when: alice", "4:11: found `alice`, expected a map with `user`, `group`, `host` or `time`"},
    {"when: {}", "4:11: found an empty map"},
    {"when: {usr: a}", "4:12: did you mean `user`?"},
    {"when: {user: {globb: a}}", "4:19: did you mean `glob`?"},
    {"when: {group: []}", "4:19: found an empty list"},
    {"when: {time: 8-18}", "4:18: found `8-18`, expected days and a time, such as"},
    {"when: {time: 08:00}", "4:18: expected days and a time"},
    {"when: {time: 08:00-18:60}", "4:18: expected days and a time"},
    {"when: {time: 08:00-24:01}", "4:18: expected days and a time"},
    {"when: {time: 22:00-06:00}", "4:18: (two values for a time over midnight)"},
    {"when: {time: 08:00-08:00}", "4:18: expected days and a time"},
    {"when: {time: 008:00-18:00}", "4:18: expected days and a time"},
    {"when: {time: Mon-}", "4:18: expected days and a time"},
    {"when: {time: mon}", "4:18: expected days and a time"},
    {"when: {time: Monday}", "4:18: expected days and a time"},
    {"when: {time: Mon  08:00-18:00}", "4:18: expected days and a time"},
    {"when: {time: \"Mon 08:00-18:00 \"}", "4:18: expected days and a time"},
    {"when: {time: \"Mon,Tue\"}", "4:18: expected days and a time"},
    {"when: {time: {glob: a}}", "4:18: found a map"},
    {"any: [{when: {user: a}}, {certificate: {}}]", "4:44: found an empty map"},
    {"{id: 1, label: [], key: {type: x, bits: y}}",
     "4:10: pairs\n4:20: an empty list\n4:36: `rsa`\n4:45: a number"},
};

static void every_wrong_value_is_reported_at_its_first_character(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong_values) / sizeof(wrong_values[0]); i++) {
        char text[512];

        snprintf(text, sizeof(text), "allow:\n  - %s\n", wrong_values[i].rule);
        fixture_expect_policy_errors(text, wrong_values[i].errors);
    }
}

static void a_selector_knows_where_its_key_stands(void **state)
{
    struct config *config = fixture_load_policy("allow:\n  - label: a\n    not: {id: 01}\n");
    const struct rule *rule = &config->policy.allow.rules[0];

    (void)state;
    assert_int_equal(rule->position.line, 4);
    assert_int_equal(rule->position.column, 5);
    assert_string_equal(rule->position.file, config->path);
    assert_int_equal(rule->condition.children[1].position.line, 5);
    assert_int_equal(rule->condition.children[1].position.column, 5);
    assert_int_equal(rule->condition.children[1].children[0].children[0].position.column, 11);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_selector_becomes_what_it_says),
        cmocka_unit_test(a_curve_has_the_names_of_openssh_and_of_the_standards),
        cmocka_unit_test(the_user_and_the_host_are_put_into_every_text),
        cmocka_unit_test(every_wrong_value_is_reported_at_its_first_character),
        cmocka_unit_test(a_selector_knows_where_its_key_stands),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
