// SPDX-License-Identifier: BSD-2-Clause
// Many sessions of the application on few of the vendor's.
#include "tests/module/host.h"

#include <string.h>

enum { MANY = 300 };

static const char permit[] = "allow:\n  - id: [\"01\", \"02\"]\n";
static const struct mock_key key_one = {"rsa:2048", "01", "01", "01", MOCK_PAIR};
static CK_SLOT_ID slot;

/* The vendor has one session for everybody, and in it one operation at a time. */
static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host.mock->key_add(slot, &key_one);
    host.mock->settings->session_limit = 1;
    host.mock->settings->one_operation = true;
    host.mock->settings->interface = MOCK_INTERFACE_FAILS; /* 2.40 knows no C_SessionCancel */
    return 0;
}

static CK_RV try_sign(CK_SESSION_HANDLE session)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_RV rv =
        host_sign(session, CKM_RSA_PKCS, host_only(session, CKO_PRIVATE_KEY), signature, &size);

    if (rv == CKR_OK)
        assert_true(host.mock->verifies(&key_one, CKM_RSA_PKCS, host_data, sizeof(host_data),
                                        signature, size));
    return rv;
}

static CK_RV begin_parts(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_RV rv = host.functions->C_SignInit(session, &mechanism, host_only(session, CKO_PRIVATE_KEY));

    return rv != CKR_OK ? rv : host.functions->C_SignUpdate(session, host_data, sizeof(host_data));
}

static CK_RV finish_parts(CK_SESSION_HANDLE session)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_RV rv = host.functions->C_SignFinal(session, signature, &size);

    if (rv == CKR_OK)
        assert_true(host.mock->verifies(&key_one, CKM_SHA256_RSA_PKCS, host_data, sizeof(host_data),
                                        signature, size));
    return rv;
}

static CK_RV begin_digest(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_SHA256, NULL, 0};

    return host.functions->C_DigestInit(session, &mechanism);
}

static CK_RV finish_digest(CK_SESSION_HANDLE session)
{
    unsigned char digest[32];
    CK_ULONG size = sizeof(digest);

    return host.functions->C_DigestFinal(session, digest, &size);
}

static CK_RV get_random(CK_SESSION_HANDLE session)
{
    unsigned char random[8];

    return host.functions->C_GenerateRandom(session, random, sizeof(random));
}

static void hundreds_of_sessions_find_log_in_and_sign_on_one_of_the_vendors(void **state)
{
    CK_SESSION_HANDLE sessions[MANY];

    (void)state;
    host_start(permit);
    for (size_t i = 0; i < MANY; i++)
        sessions[i] = host_open(slot);
    host_login(sessions[MANY / 2], "1234");
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(host_find_class(sessions[i], CKO_PUBLIC_KEY, NULL, 0), 1);
        assert_int_equal(try_sign(sessions[i]), CKR_OK);
    }
    assert_int_equal(host.mock->calls_of("C_OpenSession"), 1);
    assert_int_equal(host.mock->logins(slot), 1);
}

/* Whatever the vendor calls it. A session that nothing is done with goes where one is needed. */
static void a_hundred_sessions_with_operations_live_on_sixteen(void **state)
{
    static const CK_RV answers[] = {CKR_SESSION_COUNT, CKR_ARGUMENTS_BAD, CKR_HOST_MEMORY};

    (void)state;
    for (size_t a = 0; a < sizeof(answers) / sizeof(answers[0]); a++) {
        CK_SESSION_HANDLE sessions[100];
        make_token(NULL);
        host.mock->settings->session_limit = 16;
        host.mock->settings->limit_answer = answers[a];
        host_start(permit);
        for (size_t i = 0; i < 100; i++)
            sessions[i] = host_open(slot);
        host_login(sessions[0], "1234");
        for (size_t round = 0; round < 3; round++) {
            for (size_t i = 0; i < 100; i++) {
                assert_int_equal(get_random(sessions[i]), CKR_OK);
                assert_int_equal(try_sign(sessions[i]), CKR_OK);
                assert_int_equal(begin_parts(sessions[i]), CKR_OK);
                assert_int_equal(finish_parts(sessions[i]), CKR_OK);
                assert_true(host.mock->sessions() <= 16);
            }
        }
        for (size_t i = 90; i < 100; i++)
            assert_int_equal(begin_digest(sessions[i]), CKR_OK);
        for (size_t i = 90; i < 100; i++)
            assert_int_equal(finish_digest(sessions[i]), CKR_OK);
        assert_int_equal(host.mock->logins(slot), 1);
    }
}

/* 15 and the one that keeps the login; what was begun is not given back. */
static void as_many_operations_go_on_as_the_vendor_has_sessions(void **state)
{
    CK_SESSION_HANDLE sessions[17];

    (void)state;
    host.mock->settings->session_limit = 16;
    host_start(permit);
    for (size_t i = 0; i < 17; i++)
        sessions[i] = host_open(slot);
    host_login(sessions[0], "1234");
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(begin_digest(sessions[i]), CKR_OK);
    assert_int_equal(begin_digest(sessions[16]), CKR_SESSION_COUNT);
    assert_int_equal(try_sign(sessions[16]), CKR_SESSION_COUNT);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(finish_digest(sessions[i]), CKR_OK);
    assert_int_equal(begin_digest(sessions[16]), CKR_OK);
    assert_int_equal(finish_digest(sessions[16]), CKR_OK);
    assert_int_equal(try_sign(sessions[16]), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
}

static void an_operation_in_parts_takes_the_only_session_until_it_ends(void **state)
{
    CK_SESSION_HANDLE one = host_start_logged_in(permit, slot), other = host_open(slot);

    (void)state;
    assert_int_equal(begin_parts(one), CKR_OK);
    assert_int_equal(try_sign(other), CKR_SESSION_COUNT);
    assert_int_equal(begin_parts(other), CKR_SESSION_COUNT);
    assert_int_equal(begin_digest(other), CKR_SESSION_COUNT);
    assert_int_equal(get_random(other), CKR_SESSION_COUNT);
    assert_int_equal(host_find_class(other, CKO_PRIVATE_KEY, NULL, 0), 1);
    assert_int_equal(finish_parts(one), CKR_OK);
    assert_int_equal(try_sign(other), CKR_OK);
    assert_int_equal(begin_parts(other), CKR_OK);
    assert_int_equal(finish_parts(other), CKR_OK);
    assert_int_equal(begin_digest(other), CKR_OK);
    assert_int_equal(finish_digest(other), CKR_OK);
    assert_int_equal(begin_digest(one), CKR_OK);
    assert_int_equal(try_sign(one), CKR_SESSION_COUNT);
    assert_int_equal(finish_digest(one), CKR_OK);
    assert_int_equal(get_random(other), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_int_equal(host.mock->sessions(), 1);
}

/* This vendor keeps an operation that has failed. */
static void nobody_goes_on_with_what_another_session_left_on_the_only_one(void **state)
{
    CK_SESSION_HANDLE one = host_start_logged_in(permit, slot), other = host_open(slot);

    (void)state;
    assert_int_equal(begin_digest(one), CKR_OK);
    host.mock->refuse("C_DigestUpdate", 1, CKR_DEVICE_MEMORY);
    assert_int_equal(host.functions->C_DigestUpdate(one, host_data, sizeof(host_data)),
                     CKR_DEVICE_MEMORY);
    assert_int_equal(get_random(other), CKR_OK); /* for which it was lent */
    assert_int_equal(finish_digest(other), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.mock->calls_of("C_DigestFinal"), 0);
}

static void what_a_session_leaves_on_the_only_one_is_ended_and_the_login_kept(void **state)
{
    CK_SESSION_HANDLE one = host_start_logged_in(permit, slot), other = host_open(slot);

    (void)state;
    assert_int_equal(begin_digest(one), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(one), CKR_OK);
    assert_int_equal(try_sign(other), CKR_OK);
    assert_int_equal(begin_parts(other), CKR_OK);
    assert_int_equal(try_sign(other), CKR_OK); /* C_SignInit drops what was begun */
    assert_int_equal(finish_parts(other), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(begin_parts(other), CKR_OK);
    assert_int_equal(finish_parts(other), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_int_equal(host.mock->calls_of("C_CloseSession"), 0);
}

/* A second session, which would take its place, is not to be had. */
static void an_operation_that_somebody_left_on_the_only_session_costs_no_login(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);

    (void)state;
    assert_int_equal(try_sign(session), CKR_OK);
    host.mock->refuse("C_SignInit", 1, CKR_OPERATION_ACTIVE);
    assert_int_equal(try_sign(session), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_SignFinal"), 1);
    assert_int_equal(host.mock->logins(slot), 1);
}

static void a_vendor_of_3_0_is_asked_to_end_it(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);

    (void)state;
    host.mock->settings->interface = MOCK_HAS_3_0;
    assert_int_equal(try_sign(session), CKR_OK);
    host.mock->refuse("C_SignInit", 1, CKR_OPERATION_ACTIVE);
    assert_int_equal(try_sign(session), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_SessionCancel"), 1);
    assert_int_equal(host.mock->calls_of("C_SignFinal"), 1); /* it might have said so and done nothing */
    host.mock->refuse("C_SessionCancel", 0, CKR_FUNCTION_NOT_SUPPORTED); /* as OpenSC 0.23 says */
    host.mock->refuse("C_SignInit", 1, CKR_OPERATION_ACTIVE);
    assert_int_equal(try_sign(session), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_SessionCancel"), 2);
    assert_int_equal(host.mock->calls_of("C_SignFinal"), 2);
    assert_int_equal(host.mock->logins(slot), 1);
}

/* Begins a signature with the key 02, which wants a login for each. */
static CK_RV begin_authenticated(CK_SESSION_HANDLE session, const char *pin)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    const CK_ATTRIBUTE second[] = {{CKA_CLASS, &class, sizeof(class)},
                                   {CKA_ID, (unsigned char[]){2}, 1}};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = 0;

    assert_int_equal(host_find(session, second, 2, &key, 1), 1);
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_OK);
    return host_try_login(session, CKU_CONTEXT_SPECIFIC, pin);
}

static CK_RV sign_first(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE found[2];
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, found, 2), 2);
    return host_sign(session, CKM_RSA_PKCS, found[0], signature, &size);
}

static void a_refused_context_login_costs_no_login_on_the_only_session(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_key(slot, "rsa:2048", "02",
             MOCK_PRIVATE_KEY | MOCK_CERTIFICATE | MOCK_ALWAYS_AUTHENTICATE);
    session = host_start_logged_in(permit, slot);
    assert_int_equal(begin_authenticated(session, "0000"), CKR_PIN_INCORRECT);
    assert_int_equal(sign_first(session), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
    assert_int_equal(host.mock->sessions(), 1);
}

/* Also of a session to which it had been lent before. */
static void a_context_login_has_the_only_session_until_its_signature(void **state)
{
    CK_SESSION_HANDLE session, other;
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    host_key(slot, "rsa:2048", "02",
             MOCK_PRIVATE_KEY | MOCK_CERTIFICATE | MOCK_ALWAYS_AUTHENTICATE);
    session = host_start_logged_in(permit, slot);
    other = host_open(slot);
    assert_int_equal(sign_first(session), CKR_OK);
    assert_int_equal(get_random(other), CKR_OK);
    assert_int_equal(begin_authenticated(session, "1234"), CKR_OK);
    assert_int_equal(begin_digest(other), CKR_SESSION_COUNT);
    assert_int_equal(begin_digest(session), CKR_SESSION_COUNT);
    assert_int_equal(
        host.functions->C_Sign(session, host_data, sizeof(host_data), signature, &size), CKR_OK);
    assert_int_equal(begin_digest(other), CKR_OK);
    assert_int_equal(finish_digest(other), CKR_OK);
}

static CK_ULONG list(CK_SLOT_ID slots[4])
{
    CK_ULONG count = 4;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    return count;
}

/* A vendor may search in no session that has something else begun. */
static void a_listing_reads_nothing_anew_while_the_only_session_is_lent(void **state)
{
    CK_SESSION_HANDLE session;
    CK_SLOT_ID slots[4];

    (void)state;
    session = host_start_logged_in("cache: {max_age: 0s}\nallow:\n  - id: \"01\"\n", slot);
    assert_int_equal(try_sign(session), CKR_OK);
    assert_int_equal(begin_digest(session), CKR_OK);
    assert_int_equal(list(slots), 1);
    assert_int_equal(finish_digest(session), CKR_OK);
    host.mock->forget_calls();
    assert_int_equal(list(slots), 1);
    assert_true(host.mock->calls_of("C_FindObjectsInit") > 0);
}

/* Nobody knows then what the session still has: it is the price. */
static void what_cannot_be_ended_costs_the_session_and_is_said(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);

    (void)state;
    assert_int_equal(begin_digest(session), CKR_OK);
    host.mock->refuse("C_DigestFinal", 1, CKR_BUFFER_TOO_SMALL);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    session = host_open(slot);
    assert_int_equal(begin_digest(session), CKR_OK);
    assert_int_equal(finish_digest(session), CKR_OK);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
    host_login(session, "1234");
    assert_int_equal(try_sign(session), CKR_OK);
}

/* Both without a login, so that neither has one to lose. */
static void two_tokens_share_the_only_session_in_turn(void **state)
{
    CK_SLOT_ID tokens[2], slots[4];

    (void)state;
    host.mock->reset();
    host.mock->settings->session_limit = 1;
    tokens[0] = host.mock->token_add(&(struct mock_token){.label = "one"});
    tokens[1] = host.mock->token_add(&(struct mock_token){.label = "two"});
    host.mock->key_add(tokens[0], &key_one);
    host.mock->key_add(tokens[1], &key_one);
    host_start(permit);
    assert_int_equal(list(slots), 2);
    for (unsigned i = 0; i < 6; i++) {
        CK_SESSION_HANDLE session = host_open(tokens[i % 2]);
        assert_int_equal(try_sign(session), CKR_OK);
        assert_int_equal(get_random(session), CKR_OK);
        assert_int_equal(host.mock->sessions(), 1);
    }
    host.mock->forget_calls();
    assert_int_equal(list(slots), 2);
    assert_int_equal(host.mock->calls_of("C_OpenSession"), 0); /* what was read is known on */
}

/* The vendor may use its handles again: the second card's session had the only place. */
static void handles_of_a_session_that_was_given_back_are_not_used(void **state)
{
    const struct mock_key other = {"rsa:2048", "other", "01", "01", MOCK_PAIR};
    CK_SLOT_ID first, second, slots[4];
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_SESSION_HANDLE session;
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    host.mock->reset();
    host.mock->settings->session_limit = 1;
    first = host.mock->token_add(&(struct mock_token){.label = "one"});
    second = host.mock->token_add(&(struct mock_token){.label = "two"});
    host.mock->key_add(first, &key_one);
    host.mock->key_add(second, &key_one);
    host_start(permit);
    assert_int_equal(list(slots), 2);
    session = host_open(first);
    assert_int_equal(
        host.functions->C_SignInit(session, &mechanism, host_only(session, CKO_PRIVATE_KEY)),
        CKR_OK);
    assert_int_equal(try_sign(host_open(second)), CKR_OK);
    host.mock->key_replace(first, &other, true);
    host.mock->forget_calls();
    assert_int_equal(
        host.functions->C_Sign(session, host_data, sizeof(host_data), signature, &size),
        CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_Sign"), 0);
}

static void the_size_of_an_object_is_asked_of_the_object_that_is_there(void **state)
{
    const struct mock_key other = {"rsa:2048", "other", "01", "01", MOCK_PAIR};
    CK_SLOT_ID first, second, slots[4];
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_ULONG size = 0;

    (void)state;
    host.mock->reset();
    host.mock->settings->session_limit = 1;
    first = host.mock->token_add(&(struct mock_token){.label = "one"});
    second = host.mock->token_add(&(struct mock_token){.label = "two"});
    host.mock->key_add(first, &key_one);
    host.mock->key_add(second, &key_one);
    host_start(permit);
    assert_int_equal(list(slots), 2);
    session = host_open(first);
    key = host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(try_sign(host_open(second)), CKR_OK);
    host.mock->forget_calls();
    host.functions->C_GetObjectSize(session, key, &size); /* which the mock vendor has not */
    assert_int_equal(host.mock->calls_of("C_GetObjectSize"), 1);
    assert_int_equal(try_sign(host_open(second)), CKR_OK);
    host.mock->key_replace(first, &other, true);
    host.mock->forget_calls();
    assert_int_equal(host.functions->C_GetObjectSize(session, key, &size),
                     CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_GetObjectSize"), 0);
}

static void a_token_that_is_logged_in_keeps_the_only_session_until_it_is_logged_out(void **state)
{
    CK_SLOT_ID second = host_token("two"), slots[4];
    CK_SESSION_HANDLE session;

    (void)state;
    host.mock->key_add(second, &key_one);
    session = host_start_logged_in(permit, slot);
    assert_int_equal(list(slots), 1);
    assert_int_equal(try_sign(session), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    assert_int_equal(list(slots), 2);
    session = host_open(second);
    host_login(session, "1234");
    assert_int_equal(try_sign(session), CKR_OK);
    assert_int_equal(host.mock->logins(second), 1);
}

/* Many vendors log out with the last session. */
static void the_login_lives_as_long_as_the_application_has_a_session(void **state)
{
    CK_SESSION_HANDLE first = host_start_logged_in(permit, slot), last = host_open(slot);

    (void)state;
    host.mock->settings->session_limit = 0;
    assert_int_equal(begin_parts(first), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(first), CKR_OK);
    assert_int_equal(try_sign(last), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
}

static void sessions_that_run_out_at_the_vendor_cost_new_ones_and_no_restart(void **state)
{
    CK_SESSION_HANDLE one = host_start_logged_in(permit, slot), other = host_open(slot);

    (void)state;
    host.mock->settings->session_limit = 16;
    assert_int_equal(get_random(one), CKR_OK);
    assert_int_equal(begin_digest(other), CKR_OK);
    host.mock->sessions_expire();
    assert_int_equal(finish_digest(other), CKR_DEVICE_ERROR); /* what was begun is gone */
    assert_int_equal(get_random(one), CKR_OK);
    assert_int_equal(begin_digest(other), CKR_OK);
    assert_int_equal(finish_digest(other), CKR_OK);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
    host_login(one, "1234");
    assert_int_equal(try_sign(one), CKR_OK);
    assert_int_equal(try_sign(other), CKR_OK);
    assert_true(host.mock->sessions() <= 3);
}

static void the_application_hears_of_no_limit(void **state)
{
    CK_TOKEN_INFO info;

    (void)state;
    host_start(permit);
    assert_int_equal(host.functions->C_GetTokenInfo(slot, &info), CKR_OK);
    assert_int_equal(info.ulMaxSessionCount, CK_EFFECTIVELY_INFINITE);
    assert_int_equal(info.ulMaxRwSessionCount, CK_EFFECTIVELY_INFINITE);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, host_reset)
    const struct CMUnitTest tests[] = {
        CASE(hundreds_of_sessions_find_log_in_and_sign_on_one_of_the_vendors),
        CASE(a_hundred_sessions_with_operations_live_on_sixteen),
        CASE(as_many_operations_go_on_as_the_vendor_has_sessions),
        CASE(an_operation_in_parts_takes_the_only_session_until_it_ends),
        CASE(nobody_goes_on_with_what_another_session_left_on_the_only_one),
        CASE(what_a_session_leaves_on_the_only_one_is_ended_and_the_login_kept),
        CASE(an_operation_that_somebody_left_on_the_only_session_costs_no_login),
        CASE(a_vendor_of_3_0_is_asked_to_end_it),
        CASE(a_refused_context_login_costs_no_login_on_the_only_session),
        CASE(what_cannot_be_ended_costs_the_session_and_is_said),
        CASE(a_context_login_has_the_only_session_until_its_signature),
        CASE(a_listing_reads_nothing_anew_while_the_only_session_is_lent),
        CASE(two_tokens_share_the_only_session_in_turn),
        CASE(handles_of_a_session_that_was_given_back_are_not_used),
        CASE(the_size_of_an_object_is_asked_of_the_object_that_is_there),
        CASE(a_token_that_is_logged_in_keeps_the_only_session_until_it_is_logged_out),
        CASE(the_login_lives_as_long_as_the_application_has_a_session),
        CASE(sessions_that_run_out_at_the_vendor_cost_new_ones_and_no_restart),
        CASE(the_application_hears_of_no_limit),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
