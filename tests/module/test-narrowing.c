// SPDX-License-Identifier: BSD-2-Clause
// functions, mechanisms and digests: what a configuration takes away from its preset.
#include "tests/module/host.h"

#include <stdio.h>
#include <string.h>
#include "caller.gen.h"
#include "common/constants.h"
#include "filters/preset.h"

static CK_SLOT_ID slot;

/* A session on a token with an RSA key, 01, and an EC key, 02, logged in. */
static CK_SESSION_HANDLE start(const char *config)
{
    host_reset(NULL);
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    host_key(slot, "ec:P-256", "02", MOCK_PAIR);
    return host_start_logged_in(config, slot);
}

static CK_OBJECT_HANDLE private_key(CK_SESSION_HANDLE session, unsigned char id)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
    CK_OBJECT_HANDLE found = 0;

    assert_int_equal(host_find(session, template, 2, &found, 1), 1);
    return found;
}

static CK_RV call(int function, CK_SESSION_HANDLE session)
{
    static unsigned char bytes[256];
    static CK_MECHANISM mechanism = {CKM_SHA256, NULL, 0};
    static CK_ULONG size = sizeof(bytes);
    struct call_arguments arguments = {.session = session,
                                       .slot = slot,
                                       .mechanism = &mechanism,
                                       .data = bytes,
                                       .buffer = bytes,
                                       .size = &size,
                                       .count = 1};

    return call_function(host.functions, (enum function_id)function, &arguments);
}

/* Each group is refused by its name, whole, before the vendor hears of it; others are not. */
static void a_denied_group_of_functions_is_refused_before_the_vendor(void **state)
{
    static const char *const groups[] = {"sign",   "verify",  "digest",
                                         "random", "encrypt", "decrypt"};
    char config[128];

    (void)state;
    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
        CK_SESSION_HANDLE session;
        int refused = 0;

        snprintf(config, sizeof(config), "preset: read-only\nallow: all\nfunctions: {deny: [%s]}\n",
                 groups[g]);
        session = start(config);
        host.mock->forget_calls();
        for (int f = 0; f < FUNCTION_COUNT; f++) {
            if (strcmp(function_kinds[f].group, groups[g]) != 0)
                continue;
            assert_int_equal(call(f, session), CKR_FUNCTION_NOT_SUPPORTED);
            refused++;
        }
        assert_true(refused >= 2);
        assert_int_equal(host.mock->calls(), 0);
        assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 2);
        if (strcmp(groups[g], "random") != 0)
            assert_int_equal(call(FUNCTION_C_GenerateRandom, session), CKR_OK);
        host_stop();
    }
}

static void what_is_not_allowed_is_refused_but_finding_and_logging_in(void **state)
{
    CK_SESSION_HANDLE session =
        start("allow: all\nfunctions: {allow: [C_GenerateRandom, verify]}\n");
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_int_equal(call(FUNCTION_C_GenerateRandom, session), CKR_OK);
    assert_int_equal(call(FUNCTION_C_DigestInit, session), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, private_key(session, 1), signature, &size),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_not_equal(call(FUNCTION_C_VerifyInit, session), CKR_FUNCTION_NOT_SUPPORTED);
    /* what the preset refuses no list brings back */
    assert_int_equal(call(FUNCTION_C_GetOperationState, session), CKR_FUNCTION_NOT_SUPPORTED);
    host_stop();
}

static void a_list_does_not_add_to_the_preset(void **state)
{
    CK_SESSION_HANDLE session = start("allow: all\nfunctions: {allow: [create, encrypt, sign]}\n");

    (void)state;
    host.mock->forget_calls();
    assert_int_equal(call(FUNCTION_C_CreateObject, session), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(call(FUNCTION_C_EncryptInit, session), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(call(FUNCTION_C_SignRecoverInit, session), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

static void functions_are_refused_from_the_next_search_after_a_change(void **state)
{
    CK_SESSION_HANDLE session = start("allow: all\n");

    (void)state;
    assert_int_equal(call(FUNCTION_C_GenerateRandom, session), CKR_OK);
    host_config("allow: all\nfunctions: {deny: [random]}\n");
    private_key(session, 1);
    assert_int_equal(call(FUNCTION_C_GenerateRandom, session), CKR_FUNCTION_NOT_SUPPORTED);
    host_config("allow: all\n");
    private_key(session, 1);
    assert_int_equal(call(FUNCTION_C_GenerateRandom, session), CKR_OK);
    host_stop();
}

static bool is_listed(CK_MECHANISM_TYPE type)
{
    CK_MECHANISM_TYPE list[64];
    CK_ULONG count = 64;

    assert_int_equal(host.functions->C_GetMechanismList(slot, list, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        if (list[i] == type)
            return true;
    }
    return false;
}

static void a_mechanism_that_no_list_allows_is_absent_and_refused(void **state)
{
    CK_SESSION_HANDLE session =
        start("allow: all\nmechanisms: {allow: [CKM_SHA256_RSA_PKCS, CKM_AES_KEY_GEN]}\n");
    CK_OBJECT_HANDLE rsa = private_key(session, 1), ec = private_key(session, 2);
    unsigned char signature[256];
    CK_MECHANISM_INFO info;
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_true(is_listed(CKM_SHA256_RSA_PKCS));
    assert_false(is_listed(CKM_RSA_PKCS));
    assert_false(is_listed(CKM_AES_KEY_GEN)); /* what the preset refuses no list brings back */
    host.mock->forget_calls();
    assert_int_equal(host.functions->C_GetMechanismInfo(slot, CKM_ECDSA, &info),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, rsa, signature, &size),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(host_sign(session, CKM_ECDSA, ec, signature, &size), CKR_MECHANISM_INVALID);
    assert_int_equal(host.mock->calls(), 0);
    assert_int_equal(host_sign(session, CKM_SHA256_RSA_PKCS, rsa, signature, &size), CKR_OK);
    host_stop();
}

static void a_denied_mechanism_is_absent_and_refused(void **state)
{
    CK_SESSION_HANDLE session =
        start("allow: all\nmechanisms: {deny: [CKM_RSA_PKCS, CKM_SHA256]}\n");
    CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
    CK_MECHANISM with_pss = {CKM_RSA_PKCS_PSS, &pss, sizeof(pss)};
    CK_MECHANISM_INFO info;
    CK_OBJECT_HANDLE key = private_key(session, 1);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_false(is_listed(CKM_RSA_PKCS));
    assert_false(is_listed(CKM_SHA256_RSA_PKCS));
    assert_true(is_listed(CKM_ECDSA));
    assert_int_equal(host.functions->C_GetMechanismInfo(slot, CKM_RSA_PKCS, &info),
                     CKR_MECHANISM_INVALID);
    host.mock->forget_calls();
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, key, signature, &size),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(host_sign(session, CKM_SHA256_RSA_PKCS, key, signature, &size),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(host.functions->C_SignInit(session, &with_pss, key), CKR_MECHANISM_INVALID);
    assert_int_equal(call(FUNCTION_C_DigestInit, session), CKR_MECHANISM_INVALID);
    assert_int_equal(host.mock->calls(), 0);
    assert_int_equal(host_sign(session, CKM_ECDSA, private_key(session, 2), signature, &size),
                     CKR_OK);
    host_stop();
}

static void a_rule_narrows_the_mechanisms_of_its_keys_alone(void **state)
{
    CK_SESSION_HANDLE session = start(
        "allow:\n  - {id: \"01\", use: {mechanisms: [CKM_SHA256_RSA_PKCS]}}\n  - id: \"02\"\n");
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_true(is_listed(CKM_RSA_PKCS)); /* of the token; each key has its own */
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, private_key(session, 1), signature, &size),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(
        host_sign(session, CKM_SHA256_RSA_PKCS, private_key(session, 1), signature, &size), CKR_OK);
    size = sizeof(signature);
    assert_int_equal(host_sign(session, CKM_ECDSA, private_key(session, 2), signature, &size),
                     CKR_OK);
    /* what goes to the vendor too */
    assert_int_equal(host.functions->C_VerifyInit(session, &mechanism, private_key(session, 1)),
                     CKR_MECHANISM_INVALID);
    host_stop();
}

/* What ssh signs with CKM_RSA_PKCS: a DigestInfo. */
static CK_RV sign_info(CK_SESSION_HANDLE session, unsigned char last, CK_ULONG hash_size)
{
    unsigned char data[128] = {0x30,
                               (unsigned char)(0x11 + hash_size),
                               0x30,
                               0x0d,
                               0x06,
                               0x09,
                               0x60,
                               0x86,
                               0x48,
                               0x01,
                               0x65,
                               0x03,
                               0x04,
                               0x02,
                               last,
                               0x05,
                               0x00,
                               0x04,
                               (unsigned char)hash_size};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    assert_int_equal(host.functions->C_SignInit(session, &mechanism, private_key(session, 1)),
                     CKR_OK);
    return host.functions->C_Sign(session, data, 19 + hash_size, signature, &size);
}

static const char sha256_only[] = "allow:\n  - {id: [\"01\", \"02\"], use: {digests: [sha256]}}\n";

static void a_digest_that_is_not_permitted_is_not_signed(void **state)
{
    CK_SESSION_HANDLE session = start(sha256_only);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_OBJECT_HANDLE rsa = private_key(session, 1), ec = private_key(session, 2);

    (void)state;
    assert_int_equal(sign_info(session, 1, 32), CKR_OK);
    assert_int_equal(host_sign(session, CKM_SHA256_RSA_PKCS, rsa, signature, &size), CKR_OK);
    assert_int_equal(host_sign(session, CKM_ECDSA, ec, signature, &size), CKR_OK);
    host.mock->forget_calls();
    assert_int_equal(sign_info(session, 3, 64), CKR_DATA_INVALID);
    assert_int_equal(sign_info(session, 2, 48), CKR_DATA_INVALID);
    size = sizeof(signature);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, rsa, signature, &size), CKR_DATA_INVALID);
    assert_int_equal(host_sign(session, CKM_SHA512_RSA_PKCS, rsa, signature, &size),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(host.mock->calls_of("C_SignInit") + host.mock->calls_of("C_Sign"), 0);
    /* and the operation is over */
    assert_int_equal(sign_info(session, 3, 64), CKR_DATA_INVALID);
    assert_int_equal(host.functions->C_Sign(session, host_data, 32, signature, &size),
                     CKR_OPERATION_NOT_INITIALIZED);
    host_stop();
}

static void a_bare_hash_is_judged_by_its_length(void **state)
{
    CK_SESSION_HANDLE session = start(sha256_only);
    CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
    CK_OBJECT_HANDLE key = private_key(session, 2);
    unsigned char data[64] = {1}, signature[64];

    (void)state;
    for (CK_ULONG length = 0; length <= sizeof(data); length++) {
        CK_ULONG size = sizeof(signature);

        assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_OK);
        assert_int_equal(host.functions->C_Sign(session, data, length, signature, &size),
                         length == 32 ? CKR_OK : CKR_DATA_INVALID);
    }
    host_stop();
}

/* A vendor might take a hash in parts, which nobody would have looked at. */
static void what_cannot_be_judged_in_parts_is_not_signed_in_parts(void **state)
{
    CK_SESSION_HANDLE session = start(sha256_only);
    CK_MECHANISM raw = {CKM_RSA_PKCS, NULL, 0}, hashed = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = private_key(session, 1);

    (void)state;
    assert_int_equal(host.functions->C_SignInit(session, &raw, key), CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 32),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host.functions->C_SignInit(session, &hashed, key), CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 32), CKR_OK);
    host_stop();
}

/* Other operations with the private key that would sign anything. */
static void under_read_only_no_other_operation_gets_round_the_digests(void **state)
{
    char config[160];
    CK_SESSION_HANDLE session;
    CK_MECHANISM raw = {CKM_RSA_X_509, NULL, 0};
    CK_OBJECT_HANDLE key;
    CK_FUNCTION_LIST *calls = host.functions;

    (void)state;
    snprintf(config, sizeof(config), "preset: read-only\n%s", sha256_only);
    session = start(config);
    key = private_key(session, 1);
    host.mock->forget_calls();
    assert_int_equal(calls->C_SignInit(session, &raw, key), CKR_MECHANISM_INVALID);
    assert_int_equal(calls->C_DecryptInit(session, &raw, key), CKR_MECHANISM_INVALID);
    assert_int_equal(calls->C_SignRecoverInit(session, &raw, key), CKR_MECHANISM_INVALID);
    raw.mechanism = CKM_RSA_PKCS;
    assert_int_equal(calls->C_SignRecoverInit(session, &raw, key), CKR_MECHANISM_INVALID);
    assert_int_equal(host.mock->calls(), 0);
    assert_int_equal(calls->C_DecryptInit(session, &raw, key), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host.mock->calls_of("C_DecryptInit"), 1);
    host_stop();
}

#define TEST(name) cmocka_unit_test_teardown(name, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_denied_group_of_functions_is_refused_before_the_vendor),
        TEST(what_is_not_allowed_is_refused_but_finding_and_logging_in),
        TEST(a_list_does_not_add_to_the_preset),
        TEST(functions_are_refused_from_the_next_search_after_a_change),
        TEST(a_mechanism_that_no_list_allows_is_absent_and_refused),
        TEST(a_denied_mechanism_is_absent_and_refused),
        TEST(a_rule_narrows_the_mechanisms_of_its_keys_alone),
        TEST(a_digest_that_is_not_permitted_is_not_signed),
        TEST(a_bare_hash_is_judged_by_its_length),
        TEST(what_cannot_be_judged_in_parts_is_not_signed_in_parts),
        TEST(under_read_only_no_other_operation_gets_round_the_digests),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
