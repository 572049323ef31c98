// SPDX-License-Identifier: BSD-2-Clause
// What C_Logout, C_CloseSession and C_CloseAllSessions leave behind (PKCS#11 2.40, 5.6): of the
// token, and nothing of another.
#include "tests/module/host.h"

static const char permit[] = "allow:\n  - id: \"01\"\n";
static CK_SLOT_ID slot, other_slot;

static int make_tokens(void **state)
{
    host_reset(state);
    slot = host_token("one");
    other_slot = host_token("two");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    host_key(other_slot, "rsa:2048", "01", MOCK_PAIR);
    return 0;
}

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;

    assert_int_equal(host.functions->C_GetSessionInfo(session, &info), CKR_OK);
    return info.state;
}

static CK_SESSION_HANDLE open_rw(CK_SLOT_ID on)
{
    CK_SESSION_HANDLE session = 0;

    assert_int_equal(host.functions->C_OpenSession(on, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
                                                   NULL, &session),
                     CKR_OK);
    return session;
}

static CK_RV sign_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host_sign(session, CKM_RSA_PKCS, key, signature, &size);
}

static CK_RV read_id(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    unsigned char id[8];
    CK_ATTRIBUTE attribute = {CKA_ID, id, sizeof(id)};

    return host.functions->C_GetAttributeValue(session, object, &attribute, 1);
}

static CK_RV begin_digest(CK_SESSION_HANDLE session)
{
    return host.functions->C_DigestInit(session, &(CK_MECHANISM){CKM_SHA256, NULL, 0});
}

static CK_RV finish_digest(CK_SESSION_HANDLE session)
{
    unsigned char digest[32];
    CK_ULONG size = sizeof(digest);

    return host.functions->C_DigestFinal(session, digest, &size);
}

static CK_RV begin_parts(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_RV rv = host.functions->C_SignInit(session, &mechanism, key);

    return rv != CKR_OK ? rv : host.functions->C_SignUpdate(session, host_data, sizeof(host_data));
}

static CK_RV finish_parts(CK_SESSION_HANDLE session)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host.functions->C_SignFinal(session, signature, &size);
}

static CK_RV find_one(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE found;
    CK_ULONG count;

    return host.functions->C_FindObjects(session, &found, 1, &count);
}

/* Another token, with everything begun on it that can be. */
struct bystander {
    CK_SESSION_HANDLE searching, digesting, signing;
    CK_OBJECT_HANDLE key;
};

static void begin_all(CK_SLOT_ID on, struct bystander *on_token)
{
    on_token->searching = host_open(on);
    on_token->digesting = host_open(on);
    on_token->signing = host_open(on);
    host_login(on_token->signing, "1234");
    on_token->key = host_only(on_token->signing, CKO_PRIVATE_KEY);
    assert_int_equal(host.functions->C_FindObjectsInit(on_token->searching, NULL, 0), CKR_OK);
    assert_int_equal(begin_digest(on_token->digesting), CKR_OK);
    assert_int_equal(begin_parts(on_token->signing, on_token->key), CKR_OK);
}

static void assert_untouched(const struct bystander *on_token)
{
    assert_int_equal(state_of(on_token->searching), CKS_RO_USER_FUNCTIONS);
    assert_int_equal(find_one(on_token->searching), CKR_OK);
    assert_int_equal(host.functions->C_FindObjectsFinal(on_token->searching), CKR_OK);
    assert_int_equal(finish_digest(on_token->digesting), CKR_OK);
    assert_int_equal(finish_parts(on_token->signing), CKR_OK);
    assert_int_equal(sign_with(on_token->signing, on_token->key), CKR_OK);
    assert_int_equal(host.mock->logins(other_slot), 1);
}

static void after_C_Logout_every_session_is_public_and_does_nothing(void **state)
{
    struct bystander own, other;
    CK_SESSION_HANDLE writing;

    (void)state;
    host_start(permit);
    begin_all(slot, &own);
    begin_all(other_slot, &other);
    writing = open_rw(slot);
    assert_int_equal(state_of(writing), CKS_RW_USER_FUNCTIONS);
    assert_int_equal(host.functions->C_Logout(writing), CKR_OK);
    assert_int_equal(state_of(writing), CKS_RW_PUBLIC_SESSION);
    assert_int_equal(state_of(own.searching), CKS_RO_PUBLIC_SESSION);
    assert_int_equal(state_of(own.digesting), CKS_RO_PUBLIC_SESSION);
    assert_int_equal(find_one(own.searching), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(finish_digest(own.digesting), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(finish_parts(own.signing), CKR_OPERATION_NOT_INITIALIZED);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
    assert_int_equal(host.functions->C_Logout(writing), CKR_USER_NOT_LOGGED_IN);
    assert_untouched(&other);
}

static void after_C_Logout_handles_of_private_objects_are_invalid_for_good(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY),
                     public_key = host_only(session, CKO_PUBLIC_KEY);

    (void)state;
    assert_int_equal(host.functions->C_Logout(session), CKR_OK);
    assert_int_equal(sign_with(session, key), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(read_id(session, key), CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(read_id(session, public_key), CKR_OK);
    host_login(session, "1234");
    assert_int_equal(sign_with(session, key), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(sign_with(session, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
}

/* Whether or not anybody looked in between. */
static void a_login_at_once_after_C_Logout_does_not_bring_them_back(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    assert_int_equal(host.functions->C_Logout(session), CKR_OK);
    host_login(session, "1234");
    assert_int_equal(sign_with(session, key), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.functions->C_CloseAllSessions(slot), CKR_OK);
    key = 0;
    session = host_open(slot);
    host_login(session, "1234");
    key = host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(host.functions->C_CloseAllSessions(slot), CKR_OK);
    session = host_open(slot);
    host_login(session, "1234");
    assert_int_equal(sign_with(session, key), CKR_KEY_HANDLE_INVALID);
}

static void a_logout_that_the_vendor_refuses_is_one_all_the_same(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);

    (void)state;
    host.mock->refuse("C_Logout", 1, CKR_DEVICE_MEMORY);
    assert_int_equal(host.functions->C_Logout(session), CKR_DEVICE_MEMORY);
    assert_int_equal(state_of(session), CKS_RO_PUBLIC_SESSION);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 0);
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
}

static void with_the_last_session_the_login_ends(void **state)
{
    CK_SESSION_HANDLE first = host_start_logged_in(permit, slot), last = host_open(slot), next;
    CK_OBJECT_HANDLE key = host_only(first, CKO_PRIVATE_KEY);
    struct bystander other;

    (void)state;
    begin_all(other_slot, &other);
    assert_int_equal(host.functions->C_CloseSession(first), CKR_OK);
    assert_int_equal(state_of(last), CKS_RO_USER_FUNCTIONS);
    assert_int_equal(sign_with(last, key), CKR_OK);
    assert_int_equal(sign_with(first, key), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(host.functions->C_CloseSession(last), CKR_OK);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
    next = host_open(slot);
    assert_int_equal(state_of(next), CKS_RO_PUBLIC_SESSION);
    assert_int_equal(host_find_class(next, CKO_PRIVATE_KEY, NULL, 0), 0);
    assert_int_equal(sign_with(next, key), CKR_KEY_HANDLE_INVALID);
    assert_untouched(&other);
}

static void C_CloseAllSessions_closes_those_of_one_token(void **state)
{
    struct bystander own, other;
    CK_TOKEN_INFO info;
    CK_SESSION_HANDLE next;

    (void)state;
    host_start(permit);
    begin_all(slot, &own);
    begin_all(other_slot, &other);
    assert_int_equal(host.functions->C_CloseAllSessions(slot), CKR_OK);
    assert_int_equal(find_one(own.searching), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(finish_digest(own.digesting), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(finish_parts(own.signing), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(host.functions->C_CloseSession(own.signing), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(host.functions->C_GetTokenInfo(slot, &info), CKR_OK);
    assert_int_equal(info.ulSessionCount, 0);
    assert_true((info.flags & CKF_LOGIN_REQUIRED) != 0);
    next = host_open(slot);
    assert_int_equal(sign_with(next, own.key), CKR_KEY_HANDLE_INVALID);
    assert_untouched(&other);
}

/* It may come back, and its sessions would be in the way of the logout. */
static void C_CloseAllSessions_closes_those_of_a_card_that_is_out(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    host.mock->token_insert(slot, false);
    assert_int_not_equal(sign_with(session, key), CKR_OK);
    assert_int_equal(state_of(session), CKS_RO_PUBLIC_SESSION);
    assert_int_equal(host.functions->C_CloseAllSessions(slot), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(host.functions->C_CloseAllSessions(slot), CKR_SLOT_ID_INVALID);
    assert_int_equal(host.functions->C_CloseAllSessions(slot + 50), CKR_SLOT_ID_INVALID);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_tokens, host_reset)
    const struct CMUnitTest tests[] = {
        CASE(after_C_Logout_every_session_is_public_and_does_nothing),
        CASE(after_C_Logout_handles_of_private_objects_are_invalid_for_good),
        CASE(a_login_at_once_after_C_Logout_does_not_bring_them_back),
        CASE(a_logout_that_the_vendor_refuses_is_one_all_the_same),
        CASE(with_the_last_session_the_login_ends),
        CASE(C_CloseAllSessions_closes_those_of_one_token),
        CASE(C_CloseAllSessions_closes_those_of_a_card_that_is_out),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
