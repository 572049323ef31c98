// SPDX-License-Identifier: BSD-2-Clause
// Signatures: with the key that was shown and no other, whatever became of token and policy since.
#include "tests/module/host.h"

#include <stdio.h>
#include <string.h>

static CK_SLOT_ID slot;

/* Keys 01 and 03 are RSA, 02 is EC. */
static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    host_key(slot, "ec:P-256", "02", MOCK_PAIR);
    host_key(slot, "rsa:2048", "03", MOCK_PAIR);
    return 0;
}

static void a_narrower_policy_holds_from_the_next_signature(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: [\"01\", \"03\"]\n", slot);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_OBJECT_HANDLE found[2];

    (void)state;
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, found, 2), 2);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, found[0], signature, &size), CKR_OK);
    host_config("allow:\n  - id: \"03\"\n");
    host.mock->forget_calls();
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, found[0], signature, &size),
                     CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, found[1], signature, &size), CKR_OK);
}

/* The agent's handles stay good where the policy changes nothing for them. */
static void a_policy_that_still_permits_a_key_leaves_its_handle(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    host_config("allow:\n  - id: [\"03\", \"01\"]\n");
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, key, signature, &size), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
}

/* Signs with a handle of a key that was replaced since; true: somebody got a signature of the other
 * key. */
static bool replaced_key_signs(const char *type, unsigned objects, bool keeps_handles)
{
    const struct mock_key first = {type, "first", "01", "first", objects},
                          second = {type, "second", "01", "second", objects};
    unsigned char signature[512], untouched[512];
    CK_ULONG size = sizeof(signature);
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM_TYPE mechanism = type[0] == 'r' ? CKM_RSA_PKCS : CKM_ECDSA;
    CK_RV rv;

    host_reset(NULL);
    slot = host_token("one");
    host.mock->key_add(slot, &first);
    session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    key = host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(host_sign(session, mechanism, key, signature, &size), CKR_OK);
    assert_true(
        host.mock->verifies(&first, mechanism, host_data, sizeof(host_data), signature, size));
    host.mock->key_replace(slot, &second, keeps_handles);
    memset(signature, 0x55, sizeof(signature));
    memset(untouched, 0x55, sizeof(untouched));
    size = sizeof(signature);
    rv = host_sign(session, mechanism, key, signature, &size);
    return rv == CKR_OK || memcmp(signature, untouched, sizeof(signature)) != 0;
}

static void a_key_replaced_under_the_same_id_with_new_handles_is_not_signed_with(void **state)
{
    (void)state;
    assert_false(replaced_key_signs("rsa:2048", MOCK_PAIR, false));
    assert_int_equal(host.mock->calls_of("C_Sign"), 1);
    assert_false(replaced_key_signs("ec:P-256", MOCK_PAIR, false));
    assert_int_equal(host.mock->calls_of("C_Sign"), 1);
    assert_false(replaced_key_signs("ec:P-256", MOCK_PAIR | MOCK_NO_POINT, false));
    assert_int_equal(host.mock->calls_of("C_Sign"), 1);
}

static void a_key_replaced_under_the_same_id_and_handle_gives_no_signature(void **state)
{
    (void)state;
    assert_false(replaced_key_signs("rsa:2048", MOCK_PAIR, true));
    assert_false(replaced_key_signs("ec:P-256", MOCK_PAIR, true));
    assert_false(replaced_key_signs("ec:P-256", MOCK_PAIR | MOCK_NO_POINT, true));
}

/* After the refusal the token is read again: the new key is there as itself. */
static void a_replaced_key_is_shown_as_the_new_one_by_the_next_search(void **state)
{
    const struct mock_key second = {"rsa:2048", "second", "01", "second", MOCK_PAIR};
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    CK_OBJECT_HANDLE old = host_only(session, CKO_PRIVATE_KEY), new;
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    host.mock->key_replace(slot, &second, false);
    assert_int_not_equal(host_sign(session, CKM_RSA_PKCS, old, signature, &size), CKR_OK);
    new = host_only(session, CKO_PRIVATE_KEY);
    assert_int_not_equal(new, old);
    size = sizeof(signature);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, new, signature, &size), CKR_OK);
    assert_true(
        host.mock->verifies(&second, CKM_RSA_PKCS, host_data, sizeof(host_data), signature, size));
}

/* Public key "first", private key "second", and the CKA_ID says that they are one. */
static CK_SESSION_HANDLE start_with_a_false_pair(const char *type, bool with_the_right_one)
{
    CK_SESSION_HANDLE session;

    host_reset(NULL);
    slot = host_token("one");
    host.mock->key_add(slot, &(struct mock_key){type, "first", "01", "first", MOCK_PUBLIC_KEY});
    host.mock->key_add(
        slot, &(struct mock_key){type, "second", "01", "second", MOCK_PRIVATE_KEY | MOCK_NO_POINT});
    if (with_the_right_one)
        host.mock->key_add(slot, &(struct mock_key){type, "first", "02", "right",
                                                    MOCK_PRIVATE_KEY | MOCK_NO_POINT});
    session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    return session;
}

static void a_pair_that_only_the_id_links_and_that_does_not_verify_is_dropped(void **state)
{
    static const char *const types[] = {"ec:P-256", "ec:P-384", "ec:P-521", "ed25519"};

    (void)state;
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        CK_MECHANISM_TYPE mechanism = types[t][1] == 'c' ? CKM_ECDSA : CKM_EDDSA;
        CK_SESSION_HANDLE session = start_with_a_false_pair(types[t], false);
        CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
        unsigned char signature[256] = "", nothing[256] = "";
        CK_ULONG size = sizeof(signature);
        assert_int_equal(host_sign(session, mechanism, key, signature, &size), CKR_FUNCTION_FAILED);
        assert_memory_equal(signature, nothing, sizeof(signature));
        assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
        assert_int_equal(host_sign(session, mechanism, key, signature, &size),
                         CKR_KEY_HANDLE_INVALID);
        assert_int_equal(host.mock->calls_of("C_Sign"), 1);
    }
}

static void no_other_private_key_is_tried_after_one_that_did_not_verify(void **state)
{
    CK_SESSION_HANDLE session = start_with_a_false_pair("ec:P-256", true);
    CK_OBJECT_HANDLE found[4];
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, found, 4), 1);
    assert_int_equal(host_sign(session, CKM_ECDSA, found[0], signature, &size),
                     CKR_FUNCTION_FAILED);
    assert_int_equal(host.mock->calls_of("C_Sign"), 1);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, found, 4), 0);
    assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, found, 4), 0);
}

/* Verification is ours: the vendor sees the same two calls for the first signature as for the next.
 */
static void the_first_signature_of_a_pair_linked_by_id_is_verified_without_a_call(void **state)
{
    static const char *const calls[] = {"C_SignInit", "C_Sign", NULL};
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    unsigned char signature[256];
    CK_ULONG size;

    host_reset(state);
    slot = host_token("one");
    host_key(slot, "ec:P-256", "01", MOCK_PAIR | MOCK_NO_POINT);
    session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    key = host_only(session, CKO_PRIVATE_KEY);
    for (int i = 0; i < 2; i++) {
        host.mock->forget_calls();
        size = sizeof(signature);
        assert_int_equal(host_sign(session, CKM_ECDSA, key, signature, &size), CKR_OK);
        host_assert_calls(calls);
    }
}

static void a_signature_that_was_begun_and_left_does_not_block_the_next(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: [\"01\", \"03\"]\n", slot);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    const struct mock_key third = {"rsa:2048", "03", "03", "03", MOCK_PAIR};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_OBJECT_HANDLE found[2];

    (void)state;
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, found, 2), 2);
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, found[0]), CKR_OK);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, found, 2), 2);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, found[1], signature, &size), CKR_OK);
    assert_true(
        host.mock->verifies(&third, CKM_RSA_PKCS, host_data, sizeof(host_data), signature, size));
    size = sizeof(signature);
    assert_int_equal(
        host.functions->C_Sign(session, host_data, sizeof(host_data), signature, &size),
        CKR_OPERATION_NOT_INITIALIZED);
}

static void parts_are_signed_as_a_whole(void **state)
{
    const struct mock_key first = {"rsa:2048", "01", "01", "01", MOCK_PAIR};
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 8),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 8), CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data + 8, 24), CKR_OK);
    assert_int_equal(host.functions->C_SignFinal(session, signature, &size), CKR_OK);
    assert_true(host.mock->verifies(&first, CKM_SHA256_RSA_PKCS, host_data, sizeof(host_data),
                                    signature, size));
    assert_int_equal(host.functions->C_SignFinal(session, signature, &size),
                     CKR_OPERATION_NOT_INITIALIZED);
}

/* What was signed in parts is not kept, so that it could not be verified. */
static void a_pair_that_has_not_proved_itself_signs_no_parts(void **state)
{
    CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
    CK_SESSION_HANDLE session = start_with_a_false_pair("ec:P-256", false);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_OK);
    assert_int_not_equal(host.functions->C_SignUpdate(session, host_data, 32), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
}

static void a_mechanism_of_another_key_type_is_refused(void **state)
{
    static const struct {
        const char *id;
        CK_MECHANISM_TYPE mechanism;
        CK_RV rv;
    } cases[] = {
        {"01", CKM_ECDSA, CKR_KEY_TYPE_INCONSISTENT},
        {"01", CKM_EDDSA, CKR_KEY_TYPE_INCONSISTENT},
        {"02", CKM_RSA_PKCS, CKR_KEY_TYPE_INCONSISTENT},
        {"01", CKM_RSA_X_509, CKR_MECHANISM_INVALID},
        {"01", CKM_SHA256, CKR_MECHANISM_INVALID},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char rules[64];
        unsigned char signature[256];
        CK_ULONG size = sizeof(signature);
        CK_SESSION_HANDLE session;
        make_token(state);
        snprintf(rules, sizeof(rules), "allow:\n  - id: \"%s\"\n", cases[i].id);
        session = host_start_logged_in(rules, slot);
        assert_int_equal(host_sign(session, cases[i].mechanism, host_only(session, CKO_PRIVATE_KEY),
                                   signature, &size),
                         cases[i].rv);
        assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
    }
}

/* A lost vendor session below the application's: once, and the login is gone. */
static void a_lost_session_is_replaced_below_the_application(void **state)
{
    static const CK_RV codes[] = {CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
                                  CKR_DEVICE_REMOVED, CKR_DEVICE_ERROR, CKR_TOKEN_NOT_PRESENT};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        CK_SESSION_HANDLE session;
        CK_OBJECT_HANDLE key;
        unsigned char signature[256];
        CK_ULONG size = sizeof(signature);

        make_token(state);
        session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
        key = host_only(session, CKO_PRIVATE_KEY);
        host.mock->token_insert(slot, false); /* ends the vendor's sessions and login */
        host.mock->token_insert(slot, true);
        host.mock->refuse("C_SignInit", 1, codes[i]);
        assert_int_not_equal(host_sign(session, CKM_RSA_PKCS, key, signature, &size), CKR_OK);
        host_login(session, "1234");
        key = host_only(session, CKO_PRIVATE_KEY);
        size = sizeof(signature);
        assert_int_equal(host_sign(session, CKM_RSA_PKCS, key, signature, &size), CKR_OK);
        assert_int_equal(host.mock->sessions(), 1);
        host_stop();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_narrower_policy_holds_from_the_next_signature, make_token,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_policy_that_still_permits_a_key_leaves_its_handle,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(
            a_key_replaced_under_the_same_id_with_new_handles_is_not_signed_with, make_token,
            host_reset),
        cmocka_unit_test_setup_teardown(
            a_key_replaced_under_the_same_id_and_handle_gives_no_signature, make_token, host_reset),
        cmocka_unit_test_setup_teardown(a_replaced_key_is_shown_as_the_new_one_by_the_next_search,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(
            a_pair_that_only_the_id_links_and_that_does_not_verify_is_dropped, make_token,
            host_reset),
        cmocka_unit_test_setup_teardown(no_other_private_key_is_tried_after_one_that_did_not_verify,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(
            the_first_signature_of_a_pair_linked_by_id_is_verified_without_a_call, make_token,
            host_reset),
        cmocka_unit_test_setup_teardown(a_signature_that_was_begun_and_left_does_not_block_the_next,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(parts_are_signed_as_a_whole, make_token, host_reset),
        cmocka_unit_test_setup_teardown(a_pair_that_has_not_proved_itself_signs_no_parts,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(a_mechanism_of_another_key_type_is_refused, make_token,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_lost_session_is_replaced_below_the_application,
                                        make_token, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
