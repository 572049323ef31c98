// SPDX-License-Identifier: BSD-2-Clause
// A public key object of our making verifies what its private key signed; one of the token's is the
// vendor's to verify with.
#include "tests/module/host.h"

#include <string.h>
#include "common/constants.h"

static CK_SLOT_ID slot;

static const char any_key[] = "allow:\n  - {token: {label: one}, id: \"01\"}\n";

/* A session on a token with that one key, logged in. */
static CK_SESSION_HANDLE start(const char *type, unsigned objects, const char *config)
{
    host_reset(NULL);
    slot = host_token("one");
    host_key(slot, type, "01", objects);
    return host_start_logged_in(config, slot);
}

static CK_RV verify_init(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = {type, NULL, 0};

    return host.functions->C_VerifyInit(session, &mechanism, key);
}

static CK_RV verify(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key,
                    unsigned char *signature, CK_ULONG size)
{
    CK_RV rv = verify_init(session, type, key);

    if (rv != CKR_OK)
        return rv;
    return host.functions->C_Verify(session, host_data, sizeof(host_data), signature, size);
}

/* Signed by the vendor; the signature's size. */
static CK_ULONG sign(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, unsigned char *signature)
{
    CK_ULONG size = 512;

    assert_int_equal(
        host_sign(session, type, host_only(session, CKO_PRIVATE_KEY), signature, &size), CKR_OK);
    return size;
}

static const struct {
    const char *type;
    CK_MECHANISM_TYPE mechanism;
    bool in_parts;
} kinds[] = {
    {"rsa:2048", CKM_RSA_PKCS, false}, {"rsa:2048", CKM_SHA256_RSA_PKCS, true},
    {"ec:P-256", CKM_ECDSA, false},    {"ec:P-384", CKM_ECDSA, false},
    {"ec:P-521", CKM_ECDSA, false},    {"ed25519", CKM_EDDSA, false},
    {"ed448", CKM_EDDSA, false},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static CK_BBOOL flag(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 77;
    CK_ATTRIBUTE attribute = {type, &value, sizeof(value)};

    assert_int_equal(host.functions->C_GetAttributeValue(session, key, &attribute, 1), CKR_OK);
    return value;
}

static void a_made_public_key_verifies_what_its_private_key_signed_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        CK_SESSION_HANDLE session = start(kinds[i].type, MOCK_PRIVATE_KEY, any_key);
        CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
        CK_MECHANISM_TYPE mechanism = kinds[i].mechanism;
        unsigned char signature[512];
        CK_ULONG size = sign(session, mechanism, signature);

        assert_int_equal(flag(session, key, CKA_VERIFY), CK_TRUE);
        host.mock->forget_calls();
        assert_int_equal(verify(session, mechanism, key, signature, size), CKR_OK);
        host_data[3] ^= 1;
        assert_int_equal(verify(session, mechanism, key, signature, size), CKR_SIGNATURE_INVALID);
        host_data[3] ^= 1;
        signature[size / 3] ^= 1;
        assert_int_equal(verify(session, mechanism, key, signature, size), CKR_SIGNATURE_INVALID);
        assert_int_equal(verify(session, mechanism, key, signature, size - 1),
                         CKR_SIGNATURE_LEN_RANGE);
        assert_int_equal(verify(session, mechanism, key, signature, size + 1),
                         CKR_SIGNATURE_LEN_RANGE);
        assert_int_equal(host.mock->calls(), 0);
        host_stop();
    }
}

static void it_is_over_after_each_answer(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    unsigned char signature[512];
    CK_ULONG size = sign(session, CKM_RSA_PKCS, signature);
    CK_FUNCTION_LIST *calls = host.functions;

    (void)state;
    assert_int_equal(calls->C_Verify(session, host_data, 32, signature, size),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(verify(session, CKM_RSA_PKCS, key, signature, size), CKR_OK);
    assert_int_equal(calls->C_Verify(session, host_data, 32, signature, size),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(verify(session, CKM_RSA_PKCS, key, signature, 3), CKR_SIGNATURE_LEN_RANGE);
    assert_int_equal(calls->C_VerifyFinal(session, signature, size), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, key), CKR_OK);
    assert_int_equal(calls->C_Verify(session, NULL, 32, signature, size), CKR_ARGUMENTS_BAD);
    assert_int_equal(calls->C_VerifyUpdate(session, host_data, 1), CKR_OPERATION_NOT_INITIALIZED);
    host_stop();
}

static void a_second_one_is_not_begun_while_the_first_is_active(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key), other;
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    unsigned char signature[512];
    CK_ULONG size = sign(session, CKM_RSA_PKCS, signature);

    (void)state;
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, key), CKR_OK);
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, key), CKR_OPERATION_ACTIVE);
    other = host_open(slot); /* which has operations of its own */
    assert_int_equal(verify_init(other, CKM_RSA_PKCS, key), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(other), CKR_OK);
    assert_int_equal(host.functions->C_Verify(session, host_data, 32, signature, size), CKR_OK);
    host_stop();
}

static void parts_are_verified_as_a_whole(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    unsigned char signature[512];
    CK_ULONG size = sign(session, CKM_SHA256_RSA_PKCS, signature);
    CK_FUNCTION_LIST *calls = host.functions;

    (void)state;
    for (CK_ULONG cut = 0; cut <= 32; cut += 8) {
        assert_int_equal(verify_init(session, CKM_SHA256_RSA_PKCS, key), CKR_OK);
        assert_int_equal(calls->C_VerifyUpdate(session, host_data, cut), CKR_OK);
        assert_int_equal(calls->C_Verify(session, host_data, 32, signature, size),
                         CKR_OPERATION_NOT_INITIALIZED);
        assert_int_equal(calls->C_VerifyUpdate(session, host_data + cut, 32 - cut), CKR_OK);
        if (cut == 8)
            assert_int_equal(calls->C_VerifyUpdate(session, host_data, 1), CKR_OK);
        assert_int_equal(calls->C_VerifyFinal(session, signature, size),
                         cut == 8 ? CKR_SIGNATURE_INVALID : CKR_OK);
    }
    assert_int_equal(verify_init(session, CKM_SHA256_RSA_PKCS, key), CKR_OK);
    assert_int_equal(calls->C_VerifyFinal(session, signature, size - 1), CKR_SIGNATURE_LEN_RANGE);
    host_stop();
}

static void what_is_no_message_does_not_come_in_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        CK_SESSION_HANDLE session = start(kinds[i].type, MOCK_PRIVATE_KEY, any_key);
        CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);

        assert_int_equal(verify_init(session, kinds[i].mechanism, key), CKR_OK);
        assert_int_equal(host.functions->C_VerifyUpdate(session, host_data, 32),
                         kinds[i].in_parts ? CKR_OK : CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(verify_init(session, kinds[i].mechanism, key),
                         kinds[i].in_parts ? CKR_OPERATION_ACTIVE : CKR_OK);
        host_stop();
    }
}

static void data_that_fits_no_signature_is_refused_for_its_length(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    unsigned char data[256] = {0}, signature[256] = {0};
    CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_PSS, &pss, sizeof(pss)};

    (void)state;
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, key), CKR_OK);
    assert_int_equal(host.functions->C_Verify(session, data, 246, signature, 256),
                     CKR_DATA_LEN_RANGE);
    assert_int_equal(host.functions->C_VerifyInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(host.functions->C_Verify(session, data, 20, signature, 256),
                     CKR_DATA_LEN_RANGE);
    host_stop();
}

static void mechanisms_of_other_kinds_are_refused(void **state)
{
    static const struct {
        const char *type;
        CK_MECHANISM_TYPE mechanism;
        CK_RV rv;
    } cases[] = {
        {"rsa:2048", CKM_ECDSA, CKR_KEY_TYPE_INCONSISTENT},
        {"ec:P-256", CKM_RSA_PKCS, CKR_KEY_TYPE_INCONSISTENT},
        {"ec:P-256", CKM_EDDSA, CKR_KEY_TYPE_INCONSISTENT},
        {"rsa:2048", CKM_SHA256, CKR_MECHANISM_INVALID},
        {"rsa:2048", CKM_RSA_X_509, CKR_MECHANISM_INVALID},
        {"rsa:2048", CKM_RSA_PKCS_PSS, CKR_MECHANISM_PARAM_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CK_SESSION_HANDLE session = start(cases[i].type, MOCK_PRIVATE_KEY, any_key);
        CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);

        assert_int_equal(verify_init(session, cases[i].mechanism, key), cases[i].rv);
        host_stop();
    }
}

/* Even where its values are wrong: what the token says it is, is the vendor's to answer for. */
static void a_public_key_of_the_token_is_the_vendor_s_to_verify_with(void **state)
{
    static const char *const calls[] = {"C_OpenSession", "C_VerifyInit", NULL};
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PAIR, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);

    (void)state;
    host.mock->forget_calls();
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, key), CKR_FUNCTION_NOT_SUPPORTED);
    host_assert_calls(calls);
    host_stop();
}

static void what_was_signed_is_recovered_and_its_size_told_before(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char signature[512], data[64];
    CK_ULONG size = sign(session, CKM_RSA_PKCS, signature), data_size = 0;
    CK_FUNCTION_LIST *calls = host.functions;

    (void)state;
    assert_int_equal(flag(session, key, CKA_VERIFY_RECOVER), CK_TRUE);
    assert_int_equal(calls->C_VerifyRecoverInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(calls->C_VerifyRecoverInit(session, &mechanism, key), CKR_OPERATION_ACTIVE);
    assert_int_equal(calls->C_VerifyRecover(session, signature, size, NULL, &data_size), CKR_OK);
    assert_int_equal(data_size, 32);
    data_size = 31;
    assert_int_equal(calls->C_VerifyRecover(session, signature, size, data, &data_size),
                     CKR_BUFFER_TOO_SMALL);
    assert_int_equal(data_size, 32);
    assert_int_equal(calls->C_VerifyRecover(session, signature, size, data, &data_size), CKR_OK);
    assert_memory_equal(data, host_data, 32);
    assert_int_equal(calls->C_VerifyRecover(session, signature, size, data, &data_size),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(calls->C_VerifyRecoverInit(session, &mechanism, key), CKR_OK);
    signature[9] ^= 1;
    assert_int_equal(calls->C_VerifyRecover(session, signature, size, data, &data_size),
                     CKR_SIGNATURE_INVALID);
    assert_int_equal(calls->C_VerifyRecoverInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(calls->C_VerifyRecover(session, signature, size - 1, data, &data_size),
                     CKR_SIGNATURE_LEN_RANGE);
    host_stop();
}

static void under_preset_ssh_it_does_not_encrypt(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    (void)state;
    assert_int_equal(flag(session, key, CKA_ENCRYPT), CK_FALSE);
    assert_int_equal(host.functions->C_EncryptInit(session, &mechanism, key),
                     CKR_FUNCTION_NOT_SUPPORTED);
    host_stop();
}

#define TEST(name) cmocka_unit_test_teardown(name, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_made_public_key_verifies_what_its_private_key_signed_and_nothing_else),
        TEST(it_is_over_after_each_answer),
        TEST(a_second_one_is_not_begun_while_the_first_is_active),
        TEST(parts_are_verified_as_a_whole),
        TEST(what_is_no_message_does_not_come_in_parts),
        TEST(data_that_fits_no_signature_is_refused_for_its_length),
        TEST(mechanisms_of_other_kinds_are_refused),
        TEST(a_public_key_of_the_token_is_the_vendor_s_to_verify_with),
        TEST(what_was_signed_is_recovered_and_its_size_told_before),
        TEST(under_preset_ssh_it_does_not_encrypt),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
