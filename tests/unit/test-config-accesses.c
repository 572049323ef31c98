// SPDX-License-Identifier: BSD-2-Clause
// Lists of functions, mechanisms and digests: what is read of them, and their mistakes.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include "common/constants.h"

static void functions_are_narrowed_by_name_and_by_group(void **state)
{
    static const struct {
        const char *functions;
        enum function_id function;
        bool permitted;
    } cases[] = {
        {"{allow: [sign]}", FUNCTION_C_Sign, true},
        {"{allow: [sign]}", FUNCTION_C_SignFinal, true},
        {"{allow: [sign]}", FUNCTION_C_VerifyInit, false},
        {"{allow: [sign]}", FUNCTION_C_Login, true},
        {"{allow: [sign]}", FUNCTION_C_GetSlotList, true},
        {"{allow: [sign]}", FUNCTION_C_FindObjects, true},
        {"{allow: sign}", FUNCTION_C_Sign, true},
        {"{allow: []}", FUNCTION_C_Sign, false},
        {"{allow: []}", FUNCTION_C_Initialize, true},
        {"{allow: [C_SignInit, C_Sign, C_Login]}", FUNCTION_C_Sign, true},
        {"{allow: [C_SignInit, C_Sign]}", FUNCTION_C_SignUpdate, false},
        {"{deny: [random]}", FUNCTION_C_SeedRandom, false},
        {"{deny: [random]}", FUNCTION_C_Sign, true},
        {"{deny: []}", FUNCTION_C_Sign, true},
        {"{deny: [C_SeedRandom]}", FUNCTION_C_GenerateRandom, true},
        {"{deny: [C_SeedRandom]}", FUNCTION_C_SeedRandom, false},
        {"{allow: [sign, random], deny: [C_SeedRandom]}", FUNCTION_C_SeedRandom, false},
        {"{allow: [sign, random], deny: [C_SeedRandom]}", FUNCTION_C_GenerateRandom, true},
        /* they never add to the preset */
        {"{allow: [encrypt, C_CreateObject]}", FUNCTION_C_EncryptInit, false},
        {"{allow: [encrypt, C_CreateObject]}", FUNCTION_C_CreateObject, false},
        {"{deny: [digest]}", FUNCTION_C_Decrypt, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        struct config *config;

        snprintf(text, sizeof(text), "allow: all\nfunctions: %s", cases[i].functions);
        config = fixture_load_policy(text);
        if (settings_permit_function(&config->settings, cases[i].function) != cases[i].permitted)
            fail_msg("case %zu: %s", i, cases[i].functions);
        config_destroy(config);
    }
}

static void mechanisms_are_narrowed_by_name_and_by_number(void **state)
{
    static const struct {
        const char *mechanisms;
        unsigned long mechanism;
        bool permitted;
    } cases[] = {
        {"{allow: [CKM_ECDSA]}", CKM_ECDSA, true},
        {"{allow: [CKM_ECDSA]}", CKM_RSA_PKCS, false},
        {"{allow: []}", CKM_ECDSA, false},
        {"{allow: [0x1041, 1]}", CKM_ECDSA, true},
        {"{allow: [0x1041, 1]}", CKM_RSA_PKCS, true},
        {"{allow: [0x1041, 1]}", CKM_RSA_PKCS_PSS, false},
        {"{deny: [CKM_SHA_1, 0x80000001]}", CKM_SHA_1, false},
        {"{deny: [CKM_SHA_1, 0x80000001]}", 0x80000001, false},
        {"{deny: [CKM_SHA_1, 0x80000001]}", CKM_SHA256, true},
        {"{allow: CKM_EDDSA, deny: CKM_EDDSA}", CKM_EDDSA, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        struct config *config;

        snprintf(text, sizeof(text), "allow: all\nmechanisms: %s", cases[i].mechanisms);
        config = fixture_load_policy(text);
        if (settings_permit_mechanism(&config->settings, cases[i].mechanism) != cases[i].permitted)
            fail_msg("case %zu: %s", i, cases[i].mechanisms);
        config_destroy(config);
    }
}

static void a_key_may_be_kept_to_mechanisms_and_digests(void **state)
{
    struct config *config = fixture_load_policy(
        "allow:\n"
        "  - {id: 01, use: {mechanisms: [CKM_RSA_PKCS], digests: [sha256, sha3-512]}}\n"
        "  - {id: 02, use: {expose_certificate: false}}\n"
        "  - {id: 03, use: {expose_certificate: true, confirm: true}}\n");
    const struct rule *rules = config->policy.allow.rules;

    (void)state;
    assert_true(access_permits(&rules[0].use.mechanisms, CKM_RSA_PKCS));
    assert_false(access_permits(&rules[0].use.mechanisms, CKM_RSA_PKCS_PSS));
    assert_true(access_permits(&rules[0].use.digests, CKM_SHA256));
    assert_true(access_permits(&rules[0].use.digests, CKM_SHA3_512));
    assert_false(access_permits(&rules[0].use.digests, CKM_SHA_1));
    assert_false(rules[0].use.hides_certificate);
    assert_true(access_permits(&rules[1].use.mechanisms, CKM_RSA_PKCS_PSS));
    assert_true(access_permits(&rules[1].use.digests, CKM_SHA_1));
    assert_true(rules[1].use.hides_certificate);
    assert_false(rules[2].use.hides_certificate);
    assert_false(rules[1].use.confirm);
    assert_true(rules[2].use.confirm);
    config_destroy(config);
}

static void mistakes_are_reported(void **state)
{
    static const struct {
        const char *text;
        const char *errors;
    } cases[] = {
        {"functions: [sign]", "4:12: found a list, expected a map with `allow` or `deny`"},
        {"functions: {}", "4:12: found an empty map"},
        {"functions: {allow: [sing]}",
         "4:21: found `sing`, expected a function, such as C_Sign, or one of the groups `admin`, "
         "`create`, `modify`, `export`, `sign`, `verify`, `encrypt`, `decrypt`, `digest`, `random` "
         "or `state`; did you mean `sign`?"},
        {"functions: {allow: [C_Sing]}", "4:21: did you mean `C_Sign`?"},
        {"functions: {allow: [c_sign]}", "4:21: did you mean `C_Sign`?"},
        {"functions: {allow: [base]}", "4:21: found `base`, expected a function"},
        {"functions: {allow: [find]}", "4:21: found `find`, expected a function"},
        {"functions: {deny: [login]}", "4:20: found `login`, expected a function"},
        {"functions: {deny: [sign, C_Login]}",
         "4:26: found `C_Login`, expected a function that can be refused"},
        {"functions: {deny: [C_FindObjectsInit]}", "4:20: a function that can be refused"},
        {"functions: {allow: [[sign]]}", "4:21: found a list, expected a list of functions"},
        {"mechanisms: {allow: [ECDSA]}",
         "4:22: found `ECDSA`, expected the name of a mechanism, such as CKM_ECDSA, or its number"},
        {"mechanisms: {allow: [CKM_ECDS]}", "4:22: did you mean `CKM_ECDSA`?"},
        {"mechanisms: {allow: [0x]}", "4:22: found `0x`, expected a number"},
        {"mechanisms: {allow: [1a]}", "4:22: found `1a`, expected a number"},
        {"mechanisms: {deny: [-1]}", "4:21: found `-1`, expected the name of a mechanism"},
        {"mechanisms: {deny: [99999999999999999999]}", "4:21: expected a number"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "allow: []\n%s", cases[i].text);
        fixture_expect_policy_errors(text, cases[i].errors);
    }
}

static void mistakes_in_options_are_reported(void **state)
{
    static const struct {
        const char *use;
        const char *errors;
    } cases[] = {
        {"mechanisms: []", "3:38: found an empty list, expected a list of mechanisms"},
        {"mechanisms: [CKM_FOO]", "3:39: found `CKM_FOO`"},
        {"mechanisms: {allow: [1]}", "3:38: found a map, expected the name of a mechanism"},
        {"digests: []", "3:35: found an empty list, expected a list of digests"},
        {"digests: [sha265]", "3:36: did you mean `sha256`?"},
        {"digests: [SHA256]", "3:36: did you mean `sha256`?"},
        {"digests: [md5]", "3:36: found `md5`, expected `sha1`, `sha224`, `sha256`"},
        {"expose_certificate: no", "3:46: expected true or false"},
        {"confirm: ask", "3:35: found `ask`, expected true or false"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "allow: [{label: a, use: {%s}}]", cases[i].use);
        fixture_expect_policy_errors(text, cases[i].errors);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_narrowed_by_name_and_by_group),
        cmocka_unit_test(mechanisms_are_narrowed_by_name_and_by_number),
        cmocka_unit_test(a_key_may_be_kept_to_mechanisms_and_digests),
        cmocka_unit_test(mistakes_are_reported),
        cmocka_unit_test(mistakes_in_options_are_reported),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
