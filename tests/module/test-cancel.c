// SPDX-License-Identifier: BSD-2-Clause
// C_SessionCancel (PKCS#11 3.0, 5.6.5): what it ends, at the vendor too, and what it leaves.
#include "tests/module/host.h"

#include <stdio.h>
#include "tests/module/audit_file.h"

static const char permit[] = "preset: read-only\nallow:\n  - id: \"01\"\n";

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    return 0;
}

static CK_RV cancel(CK_SESSION_HANDLE session, CK_FLAGS flags)
{
    return host.functions_3_0->C_SessionCancel(session, flags);
}

static CK_RV update(CK_SESSION_HANDLE session)
{
    return host.functions->C_DigestUpdate(session, host_data, sizeof(host_data));
}

static void begin_digest(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_SHA256, NULL, 0};

    assert_int_equal(host.functions->C_DigestInit(session, &mechanism), CKR_OK);
}

static void begin_signature(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type)
{
    CK_MECHANISM mechanism = {type, NULL, 0};

    assert_int_equal(host.functions->C_SignInit(session, &mechanism, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
}

static CK_RV sign(CK_SESSION_HANDLE session)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host.functions->C_Sign(session, host_data, sizeof(host_data), signature, &size);
}

static void what_is_not_there_is_ended_already(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit);
    session = host_open(slot);
    host.mock->forget_calls();
    assert_int_equal(cancel(session, ~0UL), CKR_OK);
    assert_int_equal(cancel(session, 0), CKR_OK);
    assert_int_equal(cancel(session + 1, 0), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

static void a_search_ends(void **state)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE found;
    CK_ULONG count;

    (void)state;
    host_start(permit);
    session = host_open(slot);
    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    assert_int_equal(cancel(session, CKF_SIGN), CKR_OK);
    assert_int_equal(host.functions->C_FindObjects(session, &found, 1, &count), CKR_OK);
    assert_int_equal(cancel(session, CKF_FIND_OBJECTS), CKR_OK);
    assert_int_equal(host.functions->C_FindObjects(session, &found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    host_stop();
}

/* The vendor has not heard of it yet. */
static void a_signature_ends(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);

    (void)state;
    begin_signature(session, CKM_RSA_PKCS);
    assert_int_equal(cancel(session, CKF_SIGN), CKR_OK);
    assert_int_equal(sign(session), CKR_OPERATION_NOT_INITIALIZED);
    begin_signature(session, CKM_RSA_PKCS);
    assert_int_equal(cancel(session, CKF_VERIFY | CKF_DECRYPT), CKR_OK);
    assert_int_equal(sign(session), CKR_OK);
    host_stop();
}

static void one_in_parts_ends_at_the_vendor(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);

    (void)state;
    begin_signature(session, CKM_RSA_PKCS);
    assert_int_equal(sign(session), CKR_OK); /* with which the pair has proved itself */
    begin_signature(session, CKM_SHA256_RSA_PKCS);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 5), CKR_OK);
    assert_int_equal(cancel(session, CKF_SIGN), CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 5), CKR_OPERATION_NOT_INITIALIZED);
    begin_signature(session, CKM_SHA256_RSA_PKCS);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 5), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
    host_stop();
}

static void what_is_passed_through_ends_with_its_session_at_the_vendor(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit);
    session = host_open(slot);
    begin_digest(session);
    host.mock->forget_calls();
    assert_int_equal(cancel(session, CKF_DIGEST), CKR_OK);
    host_assert_calls((const char *const[]){"C_CloseSession", NULL});
    assert_int_equal(update(session), CKR_OPERATION_NOT_INITIALIZED);
    begin_digest(session);
    assert_int_equal(update(session), CKR_OK);
    host_stop();
}

/* A signature in parts and a digest are in one session with the vendor. */
static CK_SESSION_HANDLE begin_both(void)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);

    begin_signature(session, CKM_RSA_PKCS);
    assert_int_equal(sign(session), CKR_OK);
    begin_digest(session);
    begin_signature(session, CKM_SHA256_RSA_PKCS);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 5), CKR_OK);
    host.mock->forget_calls();
    return session;
}

static void what_is_beside_it_goes_on(void **state)
{
    CK_SESSION_HANDLE session = begin_both();

    (void)state;
    assert_int_equal(cancel(session, CKF_SIGN), CKR_OK);
    host_assert_calls((const char *const[]){"C_GetInterface", "C_SessionCancel", "C_SignFinal", NULL});
    assert_int_equal(update(session), CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 5), CKR_OPERATION_NOT_INITIALIZED);
    host_stop();
}

static void before_a_vendor_of_2_40_too(void **state)
{
    CK_SESSION_HANDLE session = begin_both();

    (void)state;
    host.mock->settings->interface = MOCK_INTERFACE_FAILS;
    assert_int_equal(cancel(session, CKF_SIGN), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_SignFinal"), 1);
    assert_int_equal(update(session), CKR_OK);
    host_stop();
}

static void what_the_vendor_does_not_end_is_told(void **state)
{
    CK_SESSION_HANDLE session = begin_both();

    (void)state;
    host.mock->refuse("C_SessionCancel", 0, CKR_OPERATION_CANCEL_FAILED);
    host.mock->refuse("C_DigestFinal", 0, CKR_BUFFER_TOO_SMALL);
    assert_int_equal(cancel(session, CKF_DIGEST), CKR_OPERATION_CANCEL_FAILED);
    assert_int_equal(update(session), CKR_OK);
    host_stop();
}

/* As many operations as a session may have, each of which the others do not end. */
static const struct {
    CK_FLAGS flag;
    const char *init; /* that the vendor saw */
} operations[] = {{CKF_DIGEST, "C_DigestInit"}, {CKF_ENCRYPT, "C_EncryptInit"},
                  {CKF_DECRYPT, "C_DecryptInit"}, {CKF_SIGN_RECOVER, "C_SignRecoverInit"},
                  {CKF_VERIFY, "C_VerifyInit"}, {CKF_VERIFY_RECOVER, "C_VerifyRecoverInit"}};

enum { N_OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

/* CKR_OK while it is active; it ends with that. */
static CK_RV go_on(CK_SESSION_HANDLE session, CK_FLAGS flag)
{
    const CK_FUNCTION_LIST *calls = host.functions;
    unsigned char out[512];
    CK_ULONG size = sizeof(out);

    switch (flag) {
    case CKF_DIGEST:
        return calls->C_DigestFinal(session, out, &size);
    case CKF_ENCRYPT:
        return calls->C_Encrypt(session, host_data, 8, out, &size);
    case CKF_DECRYPT:
        return calls->C_Decrypt(session, host_data, 8, out, &size);
    case CKF_SIGN_RECOVER:
        return calls->C_SignRecover(session, host_data, 8, out, &size);
    case CKF_VERIFY:
        return calls->C_Verify(session, host_data, 8, out, 256);
    default:
        return calls->C_VerifyRecover(session, out, 256, out, &size);
    }
}

static void begin_all(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE private_key = host_only(session, CKO_PRIVATE_KEY), public_key = host_only(session, CKO_PUBLIC_KEY);

    begin_digest(session);
    assert_int_equal(host.functions->C_EncryptInit(session, &mechanism, public_key), CKR_OK);
    assert_int_equal(host.functions->C_DecryptInit(session, &mechanism, private_key), CKR_OK);
    assert_int_equal(host.functions->C_SignRecoverInit(session, &mechanism, private_key), CKR_OK);
    assert_int_equal(host.functions->C_VerifyInit(session, &mechanism, public_key), CKR_OK);
    assert_int_equal(host.functions->C_VerifyRecoverInit(session, &mechanism, public_key), CKR_OK);
}

/* Each flag ends its operation and no other. On a session that is lent p11gate knows by itself which are active. */
static void each_flag_is_of_one_operation(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host.mock->settings->session_limit = 1;
    host.mock->settings->obliging = true;
    session = host_start_logged_in(permit, slot);
    begin_signature(session, CKM_RSA_PKCS);
    assert_int_equal(sign(session), CKR_OK); /* with which the pair has proved itself */
    for (size_t i = 0; i < N_OPERATIONS; i++) {
        begin_all(session);
        assert_int_equal(cancel(session, operations[i].flag), CKR_OK);
        for (size_t j = 0; j < N_OPERATIONS; j++)
            assert_int_equal(go_on(session, operations[j].flag), i == j ? CKR_OPERATION_NOT_INITIALIZED : CKR_OK);
    }
    host_stop();
}

/* Of keys whose public half is made here. */
static void what_is_done_here_ends_here(void **state)
{
    CK_SESSION_HANDLE session;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key;

    host_reset(state);
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PRIVATE_KEY | MOCK_CERTIFICATE);
    session = host_start_logged_in(permit, slot);
    key = host_only(session, CKO_PUBLIC_KEY);
    assert_int_equal(host.functions->C_EncryptInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(host.functions->C_VerifyInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(host.functions->C_VerifyRecoverInit(session, &mechanism, key), CKR_OK);
    host.mock->forget_calls();
    assert_int_equal(cancel(session, CKF_ENCRYPT | CKF_VERIFY | CKF_VERIFY_RECOVER), CKR_OK);
    assert_int_equal(host.mock->calls(), 0);
    assert_int_equal(go_on(session, CKF_ENCRYPT), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(go_on(session, CKF_VERIFY), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(go_on(session, CKF_VERIFY_RECOVER), CKR_OPERATION_NOT_INITIALIZED);
    host_stop();
}

/* A use that was begun is not said to have ended while it goes on. */
static void the_audit_says_what_became_of_a_use(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_remove("audit");
    host.audit = "audit: audit";
    session = host_start_logged_in(permit, slot);
    host.mock->settings->obliging = true;
    host.mock->settings->interface = MOCK_INTERFACE_FAILS;
    begin_signature(session, CKM_RSA_PKCS);
    assert_int_equal(sign(session), CKR_OK);
    begin_all(session);
    assert_int_equal(cancel(session, CKF_DECRYPT), CKR_OK);
    assert_string_equal(audit_value("audit", "decryption-failed", "result"), "CKR_FUNCTION_CANCELED");
    assert_int_equal(cancel(session, CKF_SIGN_RECOVER), CKR_OPERATION_CANCEL_FAILED); /* 2.40 has no way to end it */
    assert_int_equal(audit_count("audit", "signature-failed"), 0);
    assert_int_equal(go_on(session, CKF_SIGN_RECOVER), CKR_OK);
    assert_string_equal(audit_value("audit", "signature-made", "function"), "C_SignRecoverInit");
    host_stop();
    host_remove("audit");
}

/* It has no other: with it the login would go. */
static void the_tokens_own_session_that_was_lent_stays_open(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host.mock->settings->session_limit = 1;
    session = host_start_logged_in(permit, slot);
    begin_digest(session);
    host.mock->forget_calls();
    assert_int_equal(cancel(session, CKF_DIGEST), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_CloseSession"), 0);
    begin_digest(session);
    host.mock->refuse("C_SessionCancel", 0, CKR_FUNCTION_NOT_SUPPORTED);
    host.mock->refuse("C_DigestFinal", 1, CKR_BUFFER_TOO_SMALL);
    assert_int_equal(cancel(session, CKF_DIGEST), CKR_OPERATION_CANCEL_FAILED);
    assert_int_equal(host.mock->calls_of("C_CloseSession"), 0);
    assert_int_equal(go_on(session, CKF_DIGEST), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
    begin_signature(session, CKM_RSA_PKCS);
    assert_int_equal(sign(session), CKR_OK);
    host_stop();
}

/* "Not implemented yet; return 0". */
static void a_vendor_that_only_says_so_is_not_believed(void **state)
{
    CK_SESSION_HANDLE session = begin_both();

    (void)state;
    host.mock->settings->cancels_nothing = true;
    assert_int_equal(cancel(session, CKF_SIGN), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_SignFinal"), 1);
    assert_int_equal(update(session), CKR_OK);
    host_stop();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_token, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_there_is_ended_already),
        TEST(a_search_ends),
        TEST(a_signature_ends),
        TEST(one_in_parts_ends_at_the_vendor),
        TEST(what_is_passed_through_ends_with_its_session_at_the_vendor),
        TEST(what_is_beside_it_goes_on),
        TEST(before_a_vendor_of_2_40_too),
        TEST(what_the_vendor_does_not_end_is_told),
        TEST(each_flag_is_of_one_operation),
        TEST(what_is_done_here_ends_here),
        TEST(the_audit_says_what_became_of_a_use),
        TEST(the_tokens_own_session_that_was_lent_stays_open),
        TEST(a_vendor_that_only_says_so_is_not_believed),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
