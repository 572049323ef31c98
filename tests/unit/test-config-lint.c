// SPDX-License-Identifier: BSD-2-Clause
// What is warned of, and what is not.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <string.h>
#include "config/contradiction.h"
#include "config/implication.h"

/* In place of the fixture's module, which is not there, is a path that is. */
static void expect_warnings(const char *text, bool system, const char *expected)
{
    struct message_list messages = {0};
    struct config *config = fixture_load_policy(text);
    char prefix[300];

    snprintf(prefix, sizeof(prefix), "%s:", config->path);
    config->system = system;
    strcpy(config->settings.modules[0].path, "/");
    config_lint(config, &messages);
    assert_int_equal(messages.errors, 0);
    fixture_compare(&messages, prefix, expected, text);
    message_list_finish(&messages);
    config_destroy(config);
}

static void rules_that_leave_nothing_to_others_are_named(void **state)
{
    static const char shadowed[] =
        "this rule is never the first that is true: whenever it is, so is the one in line 4";
    static const struct {
        const char *first;
        const char *second;
        bool shadowed;
    } cases[] = {
        {"id: 01", "id: 01", true},
        {"id: [01, 02]", "id: 02", true},
        {"id: 02", "id: [01, 02]", false},
        {"id: {prefix: 4f}", "id: 4f01", true},
        {"id: 01", "id: 01, label: a", true},
        {"id: 01, label: a", "id: 01", false},
        {"id: 01", "label: a", false},
        {"label: {glob: \"ssh-*\"}", "label: ssh-a", true},
        {"label: {glob: \"ssh-*\"}", "label: {glob: \"ssh-a*\"}", false},
        {"label: a", "all: [{label: a}, {id: 01}]", true},
        {"any: [{label: a}, {id: 01}]", "id: 01", true},
        {"any: [{label: a}, {id: 01}]", "any: [{id: 01}, {label: a}]", true},
        {"any: [{label: a}, {id: 01}]", "any: [{id: 01}, {label: b}]", false},
        {"not: {id: 01}", "not: {id: 01}", true},
        {"not: {id: 01}", "not: {id: [01, 02]}", true},
        {"not: {id: [01, 02]}", "not: {id: 01}", false},
        {"not: {id: 01, label: a}", "not: {id: 01}", true},
        {"not: {id: 01}", "not: {id: 01, label: a}", false},
        {"not: {id: 01}", "label: a", false},
        {"key: {bits: \">=2048\"}", "key: {bits: 3072}", true},
        {"key: {bits: \">=2048\"}", "key: {bits: \">=3072\"}", true},
        {"key: {bits: \">=3072\"}", "key: {bits: \">=2048\"}", false},
        {"key: {bits: \"<=3072\"}", "key: {bits: \"<=3072\"}", true},
        {"key: {type: rsa}", "key: {type: rsa, bits: 2048}", true},
        {"key: {local: true}", "key: {local: true}", true},
        {"key: {local: true}", "key: {local: false}", false},
        {"key: {local: true}", "key: {sign: true}", false},
        {"key: {curve: [P-256, P-384]}", "key: {curve: P-384}", true},
        {"fingerprint: \"SHA256:uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE\"",
         "fingerprint: \"SHA256:uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE\", id: 01", true},
        {"when: {time: Mon-Fri}", "when: {time: \"Tue 08:00-10:00\"}", true},
        {"when: {time: \"Tue 08:00-10:00\"}", "when: {time: Mon-Fri}", false},
        {"when: {group: [a, b]}", "when: {group: b}, id: 01", true},
        {"token: {label: a}", "uri: \"pkcs11:token=a;object=b\"", true},
        {"uri: \"pkcs11:object=b\"", "uri: \"pkcs11:object=b\"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[400];
        char expected[200] = "";

        snprintf(text, sizeof(text), "allow:\n  - {%s}\n  - {%s}\n", cases[i].first,
                 cases[i].second);
        if (cases[i].shadowed)
            snprintf(expected, sizeof(expected), "5:5: %s column 5", shadowed);
        expect_warnings(text, false, expected);
    }
}

static void rules_that_show_nothing_are_named(void **state)
{
    (void)state;
    expect_warnings("allow: [{label: a}]\ndeny: [{label: [a, b]}]", false,
                    "3:9: this rule shows no key: all that it holds for are denied in line 4");
    expect_warnings("allow: [{label: a}]\ndeny: [{label: b}]", false, "");
    expect_warnings("allow: [{key: {type: rsa}}]\nrequire: [{key: {curve: P-256}, id: 01}]", false,
                    "3:9: this rule shows no key: it excludes what is required in line 4");
    expect_warnings("allow: [{key: {type: rsa}}]\nrequire: [{key: {bits: \">=2048\"}}]", false, "");
    expect_warnings("allow: [{id: 01}]\nrequire: [{not: {id: 01}}]", false,
                    "3:9: this rule shows no key: it excludes what is required in line 4");
    expect_warnings("allow: [{key: {type: ec}}]\ndeny: [{not: {key: {type: rsa}}}]", false,
                    "3:9: this rule shows no key: all that it holds for are denied in line 4");
    expect_warnings("allow: [{key: {type: ec}}]\ndeny: [{not: {key: {type: rsa}}, id: 01}]", false,
                    "");
    expect_warnings("allow: [{key: {bits: 2048}}]\ndeny: [{not: {key: {type: rsa}}}]", false, "");
}

static void when_in_require_is_named(void **state)
{
    (void)state;
    expect_warnings("allow: all\nrequire: [{id: 01}, {any: [{id: 02}, {when: {user: a}}]}]", false,
                    "4:46: `when` in a rule of `require` hides every key");
    expect_warnings("allow: [{when: {user: a}}]\ndeny: [{when: {user: b}}]", false, "");
}

#define CORP "trust_anchors: {corp: {file: anchor.pem}}\n"

static const char anchor[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIUHqS/VgpC8S/ehEbS3xBK9CNzn8YwCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjkxMTQyMTNaGA8yMTI2MTEwNTExNDIx\n"
    "M1owDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB0o\n"
    "cEF0jm2okt4y2aNSLJvXs1SMTjMfR7/NPIarGAc25ICz8vV0000h9IOznYAtZgBq\n"
    "fZyVyn2Igjq/65yaa7qjUzBRMB0GA1UdDgQWBBREHYg0NrSRXq+2x7vgrEeaYr/M\n"
    "ajAfBgNVHSMEGDAWgBREHYg0NrSRXq+2x7vgrEeaYr/MajAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDHbo+xLsB8bF2X2pbBj3DNj6LBy+/rvHKs\n"
    "9wXMtDr+KwIgFmtOGDW6qiyPqvXPVHW0uL3j8DvmWABjkg0oFNbA3EU=\n"
    "-----END CERTIFICATE-----\n";

static void ids_and_labels_alone_are_not_to_be_trusted_for_all(void **state)
{
    static const char fingerprint[] =
        "fingerprint: \"SHA256:uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE\"";
    char text[400];

    (void)state;
    expect_warnings("allow: [{id: 01}]", true,
                    "3:10: ids, labels and certificates can be written by who holds");
    expect_warnings("allow: [{id: 01}]", false, "");
    expect_warnings("allow: [{any: [{key: {local: true}}, {label: a}]}]", true,
                    "3:39: ids, labels");
    expect_warnings("allow: [{uri: \"pkcs11:object=a\"}]", true, "3:15: ids, labels");
    expect_warnings("allow: [{token: {serial: a}}]", true, "");
    expect_warnings("allow: all", true, "");
    snprintf(text, sizeof(text), "allow: [{id: 01, %s}]", fingerprint);
    expect_warnings(text, true, "");
    snprintf(text, sizeof(text), "allow: [{id: 01, any: [{%s}, {label: a}]}]", fingerprint);
    expect_warnings(text, true, "3:10: ids, labels");
    snprintf(text, sizeof(text), "allow: [{id: 01}]\nrequire: [{%s}]", fingerprint);
    expect_warnings(text, true, "");
    fixture_write_text("anchor.pem", anchor);
    expect_warnings(CORP "allow: [{certificate: {ca: corp, san: {upn: a@b}}}]", true, "");
    expect_warnings(CORP "allow: [{certificate: {san: {upn: a@b}}}]\nrequire: [{certificate: {ca: corp}}]", true, "");
    expect_warnings(CORP "allow: [{certificate: {san: {upn: a@b}}}]\nrequire: [{not: {certificate: {ca: corp}}}]", true,
                    "4:30: ids, labels and certificates\n5:32: `ca` counts against");
    expect_warnings(CORP "allow: [{certificate: {valid: now}}]", true, "4:24: ids, labels and certificates");
}

static void an_authority_that_is_denied_should_be_known_whole(void **state)
{
    (void)state;
    fixture_write_text("anchor.pem", anchor);
    expect_warnings(CORP "allow: all\ndeny: [{certificate: {ca: corp}}]", true, "5:23: `ca` counts against a certificate here");
    expect_warnings(CORP "allow: all\ndeny: [{any: [{not: {certificate: {ca: corp}}}]}]", true, "");
    expect_warnings(CORP "allow: all\nrequire: [{not: {certificate: {ca: corp}}}]", true, "5:32: `ca` counts against");
    expect_warnings(CORP "allow: [{not: {not: {certificate: {ca: corp}}}}]", true, "4:36: ids, labels");
    expect_warnings(CORP "allow: [{not: {certificate: {ca: corp}}, key: {type: ec}}]", true,
                    "4:30: ids, labels\n4:30: `ca` counts against");
    expect_warnings(CORP "allow: all\ndeny: [{certificate: {ca: corp}}]", false, "");
    expect_warnings("trust_anchors: {corp: {file: anchor.pem, intermediates: anchor.pem}}\nallow: all\n"
                    "deny: [{certificate: {ca: corp}}]", true, "");
}

static const char revoked[] =
    "-----BEGIN X509 CRL-----\n"
    "MIGoMFACAQEwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdBcNMjYxMTI5MTE0\n"
    "MjEzWhgPMjEyNjExMDUxMTQyMTNaoA4wDDAKBgNVHRQEAwIBATAKBggqhkjOPQQD\n"
    "AgNIADBFAiBWAlEY2jtCxJPmjLwCYfR8zcOh94weNvMMjzHGoeovwQIhAOLqUzhx\n"
    "4KNNsabPUARCUbumnLkEbALKMIM7sRSgm5fN\n"
    "-----END X509 CRL-----\n";

static void a_crl_that_nobody_looks_into_is_named(void **state)
{
    static const char crl[] = "trust_anchors: {corp: {file: anchor.pem, crl: revoked.crl}}\n";
    char text[300];

    (void)state;
    fixture_write_text("anchor.pem", anchor);
    fixture_write_text("revoked.crl", revoked);
    snprintf(text, sizeof(text), "%sallow: [{certificate: {ca: corp}}]", crl);
    expect_warnings(text, false, "3:17: no rule looks into the `crl` of this authority");
    snprintf(text, sizeof(text), "%sallow: all\nrequire: [{any: [{certificate: {ca: corp, revocation: {mode: soft}}}]}]", crl);
    expect_warnings(text, false, "");
}

static void names_that_the_preset_refuses_are_named(void **state)
{
    (void)state;
    expect_warnings("allow: all\nfunctions: {allow: [sign, encrypt, C_SetPIN, C_Login]}", false,
                    "4:27: C_EncryptInit is refused by the preset\n4:36: C_SetPIN is refused");
    expect_warnings("allow: all\npreset: read-only\nfunctions: {allow: [encrypt, create]}", false,
                    "5:30: C_CreateObject is refused by the preset");
    expect_warnings("allow: all\npreset: transparent\nfunctions: {allow: [admin]}", false, "");
    expect_warnings("allow: all\nfunctions: {deny: [encrypt]}", false, "");
    expect_warnings("allow: all\nmechanisms: {allow: [CKM_ECDSA, CKM_RSA_X_509, 0x80000001]}",
                    false,
                    "4:33: CKM_RSA_X_509 (0x3) is refused by the preset\n4:48: (0x80000001)");
    expect_warnings("allow: all\nmechanisms: {deny: [CKM_RSA_X_509]}", false, "");
}

static void a_library_that_is_not_there_is_named(void **state)
{
    struct message_list messages = {0};
    struct config *config =
        fixture_load("version: 1\nmodules: [{path: /}, {path: /nowhere/a.so}]\nallow: all");

    (void)state;
    config_lint(config, &messages);
    assert_int_equal(messages.count, 1);
    assert_non_null(strstr(messages.items[0].text,
                           ":2:29: /nowhere/a.so cannot be read (No such file or directory)"));
    message_list_finish(&messages);
    config_destroy(config);
}

static void a_rule_with_unknown_values_alone_is_never_true(void **state)
{
    struct pattern *unknown = pattern_create(PATTERN_UNKNOWN, "", 0, NULL);
    struct pattern *known = pattern_create(PATTERN_EXACT, "a", 1, NULL);
    struct pattern *both[] = {unknown, known};
    struct selector cases[] = {
        {.kind = SELECTOR_LABEL, .patterns = &unknown, .n_patterns = 1},
        {.kind = SELECTOR_LABEL, .patterns = both, .n_patterns = 2},
        {.kind = SELECTOR_KEY_LOCAL, .boolean = true},
    };
    struct selector nested[] = {cases[0], cases[2]};
    const struct selector all = {.kind = SELECTOR_ALL, .children = nested, .n_children = 2};
    const struct selector any = {.kind = SELECTOR_ANY, .children = nested, .n_children = 2};
    const struct selector one = {.kind = SELECTOR_ANY, .children = nested, .n_children = 1};
    const struct selector inverted = {.kind = SELECTOR_NOT, .children = nested, .n_children = 1};
    const struct selector not_all = {
        .kind = SELECTOR_NOT, .children = (struct selector[]){all}, .n_children = 1};
    const struct selector not_any = {
        .kind = SELECTOR_NOT, .children = (struct selector[]){any}, .n_children = 1};
    const struct selector twice = {
        .kind = SELECTOR_NOT, .children = (struct selector[]){inverted}, .n_children = 1};

    (void)state;
    assert_true(selector_is_never_true(&cases[0]));
    assert_false(selector_is_never_true(&cases[1]));
    assert_false(selector_is_never_true(&cases[2]));
    assert_true(selector_is_never_true(&all));
    assert_false(selector_is_never_true(&any));
    assert_true(selector_is_never_true(&one));
    assert_true(selector_is_never_true(&inverted));
    assert_false(selector_is_never_true(&not_all)); /* where the second is false */
    assert_true(selector_is_never_true(&not_any));
    assert_true(selector_is_never_true(&twice));
    assert_false(selector_implies(&cases[0], &cases[0]));
    pattern_destroy(unknown);
    pattern_destroy(known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_that_leave_nothing_to_others_are_named),
        cmocka_unit_test(rules_that_show_nothing_are_named),
        cmocka_unit_test(when_in_require_is_named),
        cmocka_unit_test(ids_and_labels_alone_are_not_to_be_trusted_for_all),
        cmocka_unit_test(an_authority_that_is_denied_should_be_known_whole),
        cmocka_unit_test(a_crl_that_nobody_looks_into_is_named),
        cmocka_unit_test(names_that_the_preset_refuses_are_named),
        cmocka_unit_test(a_library_that_is_not_there_is_named),
        cmocka_unit_test(a_rule_with_unknown_values_alone_is_never_true),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
