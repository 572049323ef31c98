// SPDX-License-Identifier: BSD-2-Clause
// preset: read-only: all that changes neither token nor objects.
#include "tests/module/host.h"

#include <string.h>
#include "caller.gen.h"
#include "common/constants.h"
#include "filters/preset.h"

static const char any_key[] = "preset: read-only\nallow:\n  - {token: {label: one}, id: \"01\"}\n";

static CK_SLOT_ID slot;

static CK_SESSION_HANDLE start(const char *type, unsigned objects, const char *config)
{
    host_reset(NULL);
    slot = host_token("one");
    host_key(slot, type, "01", objects);
    return host_start_logged_in(config, slot);
}

static void what_would_change_the_token_is_refused_by_the_preset_and_not_by_the_vendor(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PAIR, any_key);
    unsigned char bytes[64] = {0};
    CK_ULONG size = sizeof(bytes);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_ATTRIBUTE template = {CKA_LABEL, bytes, 1};
    CK_OBJECT_HANDLE object = host_only(session, CKO_PRIVATE_KEY), made;
    int protected = 0;

    (void)state;
    host.mock->forget_calls();
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct call_arguments arguments = {.session = session,
                                           .slot = slot,
                                           .object = object,
                                           .key = object,
                                           .template = &template,
                                           .count = 1,
                                           .mechanism = &mechanism,
                                           .object_out = &made,
                                           .data = bytes,
                                           .buffer = bytes,
                                           .size = &size,
                                           .secret = bytes,
                                           .text = bytes};
        const char *how = function_kinds[f].how[PRESET_READ_ONLY];

        if (strcmp(how, "protect") != 0 && strcmp(how, "refuse") != 0)
            continue;
        protected += how[0] == 'p';
        assert_int_equal(call_function(host.functions, (enum function_id)f, &arguments),
                         how[0] == 'p' ? CKR_TOKEN_WRITE_PROTECTED : CKR_FUNCTION_NOT_SUPPORTED);
    }
    assert_int_equal(protected, 11);
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

static void the_token_says_that_it_is_write_protected(void **state)
{
    (void)state;
    start("rsa:2048", MOCK_PAIR, any_key);
    assert_int_equal(host_token_flags(slot) & CKF_WRITE_PROTECTED, CKF_WRITE_PROTECTED);
    host_config("allow: all\n"); /* which counts from the next C_Initialize */
    assert_int_equal(host_token_flags(slot) & CKF_WRITE_PROTECTED, CKF_WRITE_PROTECTED);
    host_stop();
    host_start("allow: all\n");
    assert_int_equal(host_token_flags(slot) & CKF_WRITE_PROTECTED, 0);
    host_stop();
}

static void the_security_officer_does_not_log_in(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PAIR, any_key);

    (void)state;
    assert_int_equal(host_try_login(session, CKU_SO, "1234"), CKR_USER_TYPE_INVALID);
    host_stop();
}

static void a_session_may_be_asked_for_to_read_and_write_as_ssh_does(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start("rsa:2048", MOCK_PAIR, any_key);
    assert_int_equal(host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
                                                   NULL, &session),
                     CKR_OK);
    assert_int_equal(host.mock->settings->session_flags & CKF_RW_SESSION, 0);
    host_stop();
}

static void keys_that_do_not_sign_are_shown_as_well(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PAIR | MOCK_NO_SIGN, any_key);

    (void)state;
    host_only(session, CKO_PRIVATE_KEY);
    host_stop();
    host_start("allow: all\n");
    session = host_open(slot);
    host_login(session, "1234");
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 0);
    host_stop();
}

static const CK_MECHANISM pkcs = {CKM_RSA_PKCS, NULL, 0};

static CK_RV encrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM mechanism, CK_OBJECT_HANDLE key)
{
    return host.functions->C_EncryptInit(session, &mechanism, key);
}

static void a_made_RSA_key_encrypts_and_tells_the_size_before(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
    CK_FUNCTION_LIST *calls = host.functions;
    unsigned char out[256];
    CK_BBOOL encrypts = CK_FALSE;
    CK_ATTRIBUTE attribute = {CKA_ENCRYPT, &encrypts, sizeof(encrypts)};
    CK_ULONG size = 0;

    (void)state;
    assert_int_equal(calls->C_GetAttributeValue(session, key, &attribute, 1), CKR_OK);
    assert_int_equal(encrypts, CK_TRUE);
    host.mock->forget_calls();
    assert_int_equal(encrypt_init(session, pkcs, key), CKR_OK);
    assert_int_equal(encrypt_init(session, pkcs, key), CKR_OPERATION_ACTIVE);
    assert_int_equal(calls->C_Encrypt(session, host_data, 32, NULL, &size), CKR_OK);
    assert_int_equal(size, 256);
    size = 255;
    assert_int_equal(calls->C_Encrypt(session, host_data, 32, out, &size), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(size, 256);
    assert_int_equal(calls->C_Encrypt(session, host_data, 32, out, &size), CKR_OK);
    assert_int_equal(calls->C_Encrypt(session, host_data, 32, out, &size),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(
        encrypt_init(session, (CK_MECHANISM){CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep)}, key), CKR_OK);
    assert_int_equal(calls->C_Encrypt(session, host_data, 32, out, &size), CKR_OK);
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

static void what_does_not_fit_the_key_is_not_encrypted(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    CK_FUNCTION_LIST *calls = host.functions;
    unsigned char data[256] = {0}, out[256];
    CK_ULONG size = sizeof(out);

    (void)state;
    assert_int_equal(encrypt_init(session, pkcs, key), CKR_OK);
    assert_int_equal(calls->C_Encrypt(session, data, 246, out, &size), CKR_DATA_LEN_RANGE);
    assert_int_equal(encrypt_init(session, pkcs, key), CKR_OK);
    assert_int_equal(calls->C_Encrypt(session, NULL, 1, out, &size), CKR_ARGUMENTS_BAD);
    assert_int_equal(encrypt_init(session, pkcs, key), CKR_OK);
    assert_int_equal(calls->C_EncryptUpdate(session, data, 1, out, &size),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(calls->C_EncryptFinal(session, out, &size), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(encrypt_init(session, (CK_MECHANISM){CKM_AES_GCM, NULL, 0}, key),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(encrypt_init(session, (CK_MECHANISM){CKM_SHA256_RSA_PKCS, NULL, 0}, key),
                     CKR_MECHANISM_INVALID);
    host_stop();
}

static void a_made_EC_key_does_not_encrypt(void **state)
{
    CK_SESSION_HANDLE session = start("ec:P-256", MOCK_PRIVATE_KEY, any_key);

    (void)state;
    assert_int_equal(encrypt_init(session, pkcs, host_only(session, CKO_PUBLIC_KEY)),
                     CKR_KEY_TYPE_INCONSISTENT);
    host_stop();
}

/* The mock vendor has none of these, but is asked. */
static void other_uses_of_the_token_s_own_keys_reach_the_vendor(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PAIR, any_key);
    CK_OBJECT_HANDLE private_key = host_only(session, CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE public_key = host_only(session, CKO_PUBLIC_KEY);
    CK_MECHANISM mechanism = pkcs;
    CK_FUNCTION_LIST *calls = host.functions;

    (void)state;
    assert_int_equal(calls->C_DecryptInit(session, &mechanism, private_key),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host.mock->calls_of("C_DecryptInit"), 1);
    assert_int_equal(calls->C_SignRecoverInit(session, &mechanism, private_key),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host.mock->calls_of("C_SignRecoverInit"), 1);
    assert_int_equal(calls->C_EncryptInit(session, &mechanism, public_key),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host.mock->calls_of("C_EncryptInit"), 1);
    host_stop();
}

/* Its private key may be that of another, hidden, public key: only a signature can tell. */
static void a_pair_that_has_not_proved_itself_does_not_decrypt(void **state)
{
    CK_SESSION_HANDLE session = start("ec:P-256", MOCK_PAIR | MOCK_NO_POINT, any_key);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = pkcs;

    (void)state;
    assert_int_equal(host.functions->C_DecryptInit(session, &mechanism, key),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(host.mock->calls_of("C_DecryptInit"), 0);
    host_stop();
}

static void CKM_RSA_X_509_is_there(void **state)
{
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PRIVATE_KEY, any_key);
    CK_MECHANISM mechanism = {CKM_RSA_X_509, NULL, 0};

    (void)state;
    assert_int_equal(
        host.functions->C_VerifyInit(session, &mechanism, host_only(session, CKO_PUBLIC_KEY)),
        CKR_OK);
    host_stop();
}

#define TEST(name) cmocka_unit_test_teardown(name, host_reset)

/* Without padding the private key's operation is one and the same. */
static void a_raw_operation_needs_signing_and_decrypting_to_be_permitted(void **state)
{
    CK_MECHANISM raw = {CKM_RSA_X_509, NULL, 0};
    char text[256] = "functions: {deny: [sign]}\n";
    CK_SESSION_HANDLE session = start("rsa:2048", MOCK_PAIR, strcat(text, any_key));

    (void)state;
    assert_int_equal(
        host.functions->C_DecryptInit(session, &raw, host_only(session, CKO_PRIVATE_KEY)),
        CKR_MECHANISM_INVALID);
    host_stop();
    strcpy(text, "functions: {deny: [decrypt]}\n");
    session = start("rsa:2048", MOCK_PAIR, strcat(text, any_key));
    assert_int_equal(host.functions->C_SignInit(session, &raw, host_only(session, CKO_PRIVATE_KEY)),
                     CKR_MECHANISM_INVALID);
    host_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_raw_operation_needs_signing_and_decrypting_to_be_permitted,
                                  host_reset),
        TEST(what_would_change_the_token_is_refused_by_the_preset_and_not_by_the_vendor),
        TEST(the_token_says_that_it_is_write_protected),
        TEST(the_security_officer_does_not_log_in),
        TEST(a_session_may_be_asked_for_to_read_and_write_as_ssh_does),
        TEST(keys_that_do_not_sign_are_shown_as_well),
        TEST(a_made_RSA_key_encrypts_and_tells_the_size_before),
        TEST(what_does_not_fit_the_key_is_not_encrypted),
        TEST(a_made_EC_key_does_not_encrypt),
        TEST(other_uses_of_the_token_s_own_keys_reach_the_vendor),
        TEST(a_pair_that_has_not_proved_itself_does_not_decrypt),
        TEST(CKM_RSA_X_509_is_there),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
