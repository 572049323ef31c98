// SPDX-License-Identifier: BSD-2-Clause
// What was true a moment ago: sessions that a vendor has given to others, logins that it kept,
// decisions of a configuration that has changed.
#include "tests/module/host.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char permit[] = "allow:\n  - id: [\"01\", \"11\"]\n";

static CK_SLOT_ID one, two, three;

static int make_tokens(void **state)
{
    host_reset(state);
    one = host_token("one");
    two = host_token("two");
    three = host_token("three");
    host_key(one, "rsa:2048", "01", MOCK_PAIR);
    host_key(two, "rsa:2048", "11", MOCK_PAIR);
    host_key(three, "rsa:2048", "11", MOCK_PAIR);
    return 0;
}

static CK_RV take_random(CK_SESSION_HANDLE session)
{
    unsigned char bytes[8];

    return host.functions->C_GenerateRandom(session, bytes, sizeof(bytes));
}

static CK_RV sign_with_only_key(CK_SESSION_HANDLE session)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host_sign(session, CKM_RSA_PKCS, host_only(session, CKO_PRIVATE_KEY), signature, &size);
}

/* A vendor gives a session's number out again once it is closed, as the card's going closes it. */
static void a_session_number_that_is_another_token_s_by_now_is_not_used(void **state)
{
    CK_SESSION_HANDLE first = host_start_logged_in(permit, one), second, third;

    (void)state;
    assert_int_equal(take_random(first), CKR_OK); /* the vendor's 2; the token's own is 1 */
    host.mock->refuse("C_SignInit", 1, CKR_OPERATION_ACTIVE);
    assert_int_equal(sign_with_only_key(first), CKR_OK); /* now 3 */
    third = host_open(three);
    host_login(third, "1234"); /* 1 */
    host.mock->token_insert(one, false);
    host.mock->token_insert(one, true);
    second = host_open(two);
    host_login(second, "1234"); /* 2 */
    assert_int_equal(host.functions->C_CloseSession(first), CKR_OK);
    assert_int_equal(sign_with_only_key(second), CKR_OK);
    assert_int_equal(host.mock->logins(two), 1);
    host_stop();
}

static void a_logout_that_fails_leaves_no_login_behind(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, one);

    (void)state;
    assert_int_equal(take_random(session), CKR_OK);
    host.mock->refuse("C_Logout", 1, CKR_DEVICE_ERROR);
    assert_int_equal(host.functions->C_Logout(session), CKR_DEVICE_ERROR);
    assert_int_equal(host_try_login(session, CKU_USER, "4321"), CKR_PIN_INCORRECT);
    host_stop();
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = {type, NULL, 0};

    return host.functions->C_SignInit(session, &mechanism, key);
}

static void
a_configuration_that_another_session_reads_again_takes_no_key_that_stays_permitted(void **state)
{
    CK_SESSION_HANDLE first = host_start_logged_in(permit, one), second = host_open(two);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_int_equal(sign_init(first, CKM_RSA_PKCS, host_only(first, CKO_PRIVATE_KEY)), CKR_OK);
    host_config(permit);
    host_find_class(second, CKO_PUBLIC_KEY, NULL, 0);
    assert_int_equal(host.functions->C_Sign(first, host_data, 32, signature, &size), CKR_OK);
    host_stop();
}

static void a_signature_in_parts_is_not_finished_with_a_key_that_was_hidden_since(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, one);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS, host_only(session, CKO_PRIVATE_KEY)),
                     CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 32), CKR_OK);
    host_config("allow:\n  - id: \"11\"\n");
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 0);
    assert_int_equal(host.functions->C_SignFinal(session, signature, &size),
                     CKR_KEY_HANDLE_INVALID);
    host_stop();
}

static void a_mechanism_that_is_denied_since_does_not_begin(void **state)
{
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: read-only\nallow:\n  - id: [\"01\", \"11\"]\n", one);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = {CKM_RSA_X_509, NULL, 0};

    (void)state;
    host_config("preset: read-only\nmechanisms: {deny: [CKM_RSA_X_509]}\nallow:\n  - id: [\"01\", "
                "\"11\"]\n");
    assert_int_equal(host.functions->C_DecryptInit(session, &mechanism, key),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(host.mock->calls_of("C_DecryptInit"), 0);
    host_stop();
}

/* The vendor says of the view's own session that the card is out, and of the application's that it
 * is in. */
static void a_hidden_token_is_not_shown_because_it_could_not_be_read(void **state)
{
    CK_SESSION_HANDLE session = 0;

    (void)state;
    host_start("preset: transparent\nallow: [{id: \"01\"}]\n");
    host.mock->refuse("C_OpenSession", 1, CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.functions->C_OpenSession(two, CKF_SERIAL_SESSION, NULL, NULL, &session),
                     CKR_SLOT_ID_INVALID);
    host_stop();
}

static void no_PIN_goes_to_a_hidden_token_that_could_not_be_read(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start("preset: transparent\nallow: [{id: [\"01\", \"11\"]}]\n");
    session = host_open(two);
    host_config("preset: transparent\nallow: [{id: \"01\"}]\n");
    assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 0);
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_TOKEN_NOT_PRESENT);
    host.functions->C_CloseSession(host_open(one)); /* what is known of the tokens is read anew */
    host.mock->refuse("C_OpenSession", 1, CKR_TOKEN_NOT_RECOGNIZED);
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.mock->logins(two), 0);
    host_stop();
}

static void no_PIN_goes_to_a_token_that_was_hidden_since(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start("preset: transparent\nallow: [{id: [\"01\", \"11\"]}]\n");
    session = host_open(two);
    host_config("preset: transparent\nallow: [{id: \"01\"}]\n");
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.mock->logins(two), 0);
    host_stop();
}

static void start_with_init_args(void)
{
    static char modules[4096];

    snprintf(modules, sizeof(modules),
             "modules:\n  - {path: %s, init_args: \"configdir='/a/long/path'\"}\n",
             getenv("MOCK_VENDOR_SO"));
    host.modules = modules;
    host_start("preset: transparent\n");
}

static void *search(void *context)
{
    host_config("preset: transparent\n");
    host.functions->C_FindObjectsInit(1, NULL, 0);
    return context;
}

static void reload_in_between(const char *function)
{
    pthread_t thread;

    if (strcmp(function, "C_Initialize") != 0)
        return;
    pthread_create(&thread, NULL, search, NULL);
    pthread_join(thread, NULL);
}

static void the_text_for_the_library_outlives_a_configuration_that_changes(void **state)
{
    (void)state;
    start_with_init_args();
    assert_string_equal(host.mock->settings->init_args, "configdir='/a/long/path'");
    host.mock->settings->calls_back = reload_in_between;
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    host.mock->settings->calls_back = NULL;
    assert_string_equal(host.mock->settings->init_args, "configdir='/a/long/path'");
    host_stop();
}

/* Of P-256 a longer hash is cut: 32 bytes of one digest and 32 of anything have the length of
 * another. */
static void a_digest_is_not_smuggled_in_as_the_beginning_of_a_longer_one(void **state)
{
    const struct mock_key key = {"ec:P-256", "02", "02", "02", MOCK_PAIR};
    CK_SESSION_HANDLE session;
    unsigned char signature[64], data[64] = {0};
    CK_ULONG size = sizeof(signature);
    CK_RV rv;

    (void)state;
    host.mock->key_add(one, &key);
    session = host_start_logged_in("allow:\n  - {id: \"02\", use: {digests: [sha512]}}\n", one);
    assert_int_equal(sign_init(session, CKM_ECDSA, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
    memcpy(data, host_data, 32);
    rv = host.functions->C_Sign(session, data, 64, signature, &size);
    if (rv == CKR_OK)
        assert_false(host.mock->verifies(&key, CKM_ECDSA, data, 32, signature, size));
    host_stop();
}

static void a_SHA_1_hash_is_not_smuggled_in_behind_zeros(void **state)
{
    const struct mock_key key = {"ec:P-256", "02", "02", "02", MOCK_PAIR};
    CK_SESSION_HANDLE session;
    unsigned char signature[64], data[32] = {0};
    CK_ULONG size = sizeof(signature);

    (void)state;
    host.mock->key_add(one, &key);
    session = host_start_logged_in("allow:\n  - {id: \"02\", use: {digests: [sha256]}}\n", one);
    assert_int_equal(sign_init(session, CKM_ECDSA, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
    memcpy(data + 12, host_data, 20);
    if (host.functions->C_Sign(session, data, 32, signature, &size) == CKR_OK)
        assert_false(host.mock->verifies(&key, CKM_ECDSA, host_data, 20, signature, size));
    host_stop();
}

static void a_vendor_s_list_of_mechanisms_is_no_longer_than_its_room(void **state)
{
    CK_ULONG count = 0;

    (void)state;
    host_start(permit);
    host.mock->settings->more_mechanisms = 1 << 24;
    assert_int_equal(host.functions->C_GetMechanismList(one, NULL, &count), CKR_DEVICE_ERROR);
    host_stop();
}

static void no_key_has_the_number_0(void **state)
{
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{id: \"01\"}]\n", one);

    (void)state;
    assert_int_equal(sign_init(session, CKM_RSA_PKCS, 0), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
    host_stop();
}

static void a_length_that_overflows_is_too_long(void **state)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_SESSION_HANDLE session;
    unsigned char signature[256] = {0};

    (void)state;
    host_key(one, "rsa:2048", "03", MOCK_PRIVATE_KEY);
    session = host_start_logged_in("allow:\n  - {token: {label: one}, id: \"03\"}\n", one);
    assert_int_equal(
        host.functions->C_VerifyInit(session, &mechanism, host_only(session, CKO_PUBLIC_KEY)),
        CKR_OK);
    assert_int_equal(host.functions->C_Verify(session, host_data, (CK_ULONG)-5, signature, 256),
                     CKR_DATA_LEN_RANGE);
    host_stop();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_tokens, host_reset)
    const struct CMUnitTest tests[] = {
        CASE(a_session_number_that_is_another_token_s_by_now_is_not_used),
        CASE(a_logout_that_fails_leaves_no_login_behind),
        CASE(a_configuration_that_another_session_reads_again_takes_no_key_that_stays_permitted),
        CASE(a_signature_in_parts_is_not_finished_with_a_key_that_was_hidden_since),
        CASE(a_mechanism_that_is_denied_since_does_not_begin),
        CASE(a_hidden_token_is_not_shown_because_it_could_not_be_read),
        CASE(no_PIN_goes_to_a_hidden_token_that_could_not_be_read),
        CASE(no_PIN_goes_to_a_token_that_was_hidden_since),
        CASE(the_text_for_the_library_outlives_a_configuration_that_changes),
        CASE(a_digest_is_not_smuggled_in_as_the_beginning_of_a_longer_one),
        CASE(a_SHA_1_hash_is_not_smuggled_in_behind_zeros),
        CASE(a_vendor_s_list_of_mechanisms_is_no_longer_than_its_room),
        CASE(no_key_has_the_number_0),
        CASE(a_length_that_overflows_is_too_long),
    };

    return cmocka_run_group_tests_name("stale", tests, host_load, host_unload);
}
