// SPDX-License-Identifier: BSD-2-Clause
// The guard of PINs (policy.md 6), seen from the vendor's side.
#include "tests/module/ssh.h"

#include <stdio.h>
#include <string.h>

/* Nothing else in a log looks like these. */
static const char right_pin[] = "right-zebra-71", wrong_pin[] = "wrong-heron-82",
                  other_wrong_pin[] = "wrong-otter-93";

static struct {
    CK_SLOT_ID shown, hidden;
    CK_SESSION_HANDLE session; /* on the shown token */
} made;

/* Key 01 is permitted; the other token has none that is. */
static void start(const struct mock_token *token, unsigned objects)
{
    host_reset(NULL);
    made.shown = host.mock->token_add(token);
    made.hidden = host.mock->token_add(&(struct mock_token){.label = "hidden", .pin = "other"});
    host.mock->key_add(made.shown, &(struct mock_key){"rsa:2048", "one", "01", "one", objects});
    host.mock->key_add(made.hidden, &(struct mock_key){"rsa:2048", "two", "02", "two", MOCK_PAIR});
    host_start("allow:\n  - id: \"01\"\n");
    made.session = host_open(made.shown);
}

static const struct mock_token plain = {.label = "shown", .pin = right_pin};

static CK_RV try_pin(const char *pin)
{
    return host_try_login(made.session, CKU_USER, pin);
}

static void the_same_wrong_pin_is_sent_once_and_answered_as_the_vendor_did(void **state)
{
    static const CK_RV codes[] = {CKR_PIN_INCORRECT, CKR_GENERAL_ERROR, CKR_PIN_LEN_RANGE,
                                  CKR_VENDOR_DEFINED | 7};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        start(&plain, MOCK_PAIR);
        host.mock->settings->wrong_pin = codes[i];
        for (int repeat = 0; repeat < 8; repeat++)
            assert_int_equal(try_pin(wrong_pin), codes[i]);
        assert_int_equal(host.mock->logins(made.shown), 1);
    }
}

static void a_different_pin_is_passed_on_and_remembered_as_well(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    for (int repeat = 0; repeat < 3; repeat++) {
        assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
        assert_int_equal(try_pin(other_wrong_pin), CKR_PIN_INCORRECT);
        assert_int_equal(try_pin(""), CKR_PIN_INCORRECT);
    }
    assert_int_equal(host.mock->logins(made.shown), 3);
}

static void the_right_pin_after_a_wrong_one_logs_in(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    assert_int_equal(host.mock->logins(made.shown), 2);
    host_only(made.session, CKO_PRIVATE_KEY);
}

static void a_wrong_pin_is_forgotten_after_a_success(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    assert_int_equal(host.functions->C_Logout(made.session), CKR_OK);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(made.shown), 3);
}

static void a_wrong_pin_is_forgotten_by_C_Finalize(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    host_stop();
    host_start("allow:\n  - id: \"01\"\n");
    made.session = host_open(made.shown);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(made.shown), 2);
}

static void a_wrong_pin_is_remembered_over_sessions_and_searches(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(host.functions->C_CloseSession(made.session), CKR_OK);
    made.session = host_open(made.shown);
    host_only(made.session, CKO_PUBLIC_KEY);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(made.shown), 1);
}

static void a_wrong_pin_is_remembered_while_the_card_does_not_answer(void **state)
{
    CK_ULONG count = 0;

    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    host.mock->refuse("C_GetTokenInfo", 0, CKR_FUNCTION_FAILED);
    host.functions->C_GetSlotList(CK_TRUE, NULL, &count);
    host.mock->refuse_none();
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(made.shown), 1);
}

static void a_logout_that_the_vendor_refuses_makes_no_other_pin_good(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    host.mock->refuse("C_Logout", 0, CKR_FUNCTION_FAILED);
    assert_int_not_equal(host.functions->C_Logout(made.session), CKR_OK);
    host.mock->refuse_none();
    assert_true((host_token_flags(made.shown) & CKF_LOGIN_REQUIRED) != 0);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(try_pin(right_pin), CKR_OK);
}

static void a_wrong_pin_is_forgotten_when_the_card_is_inserted_again(void **state)
{
    CK_ULONG count = 0;

    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    host.mock->token_insert(made.shown, false);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 0);
    host.mock->token_insert(made.shown, true);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(made.shown), 2);
}

/* Codes of a failed C_Login that say nothing about the PIN (policy.md 6). */
static bool is_innocent(CK_RV rv)
{
    static const CK_RV codes[] = {0x100, 0x102, 0x103, 0x104, 0x02, 0x30, 0x31, 0x32, 0x50,
                                  0x54,  0x91,  0xb0,  0xb3,  0xb8, 0xe0, 0xe1, 0x190};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == rv)
            return true;
    }
    return false;
}

static void check_code(CK_RV code)
{
    CK_RV rv;

    start(&plain, MOCK_PAIR);
    host.mock->refuse("C_Login", 0, code);
    rv = try_pin(wrong_pin);
    if (!is_innocent(code))
        assert_int_equal(rv, code);
    assert_int_not_equal(rv, CKR_OK);
    host.mock->refuse_none();
    host.functions->C_Logout(made.session); /* after CKR_USER_ALREADY_LOGGED_IN */
    rv = try_pin(wrong_pin);
    if (host.mock->logins(made.shown) != (is_innocent(code) ? 1 : 0))
        fail_msg("after 0x%lx the PIN was %s", code,
                 is_innocent(code) ? "remembered" : "sent again");
    assert_int_equal(rv, is_innocent(code) ? CKR_PIN_INCORRECT : code);
}

static void
every_code_of_a_failed_login_is_remembered_but_those_that_say_something_else(void **state)
{
    (void)state;
    for (CK_RV code = 1; code <= 0x201; code++)
        check_code(code);
    check_code(CKR_VENDOR_DEFINED);
    check_code(CKR_VENDOR_DEFINED | 0xa0);
    check_code(CK_UNAVAILABLE_INFORMATION);
}

static void no_pin_at_all_is_never_remembered(void **state)
{
    const struct mock_token keypad = {
        .label = "shown", .pin = right_pin, .flags = CKF_PROTECTED_AUTHENTICATION_PATH};

    (void)state;
    start(&keypad, MOCK_PAIR);
    host.mock->settings->keypad = CKR_PIN_INCORRECT;
    for (int repeat = 0; repeat < 3; repeat++)
        assert_int_equal(try_pin(NULL), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(made.shown), 3);
    assert_int_equal(try_pin(""), CKR_PIN_INCORRECT); /* an empty PIN is a PIN */
    assert_int_equal(try_pin(""), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(made.shown), 4);
    host.mock->settings->keypad = CKR_OK;
    assert_int_equal(try_pin(NULL), CKR_OK);
    assert_int_equal(try_pin(NULL), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(host.mock->logins(made.shown), 5);
}

static void a_pin_goes_to_no_token_that_is_not_shown(void **state)
{
    struct ssh_provider provider;
    CK_SESSION_HANDLE session;

    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(
        host.functions->C_OpenSession(made.hidden, CKF_SERIAL_SESSION, NULL, NULL, &session),
        CKR_SLOT_ID_INVALID);
    host_stop();
    ssh_add_provider(&provider, right_pin);
    assert_int_equal(provider.n_slots, 1);
    assert_int_equal(host.mock->logins(made.shown), 1);
    assert_int_equal(host.mock->logins(made.hidden), 0);
}

/* The token was shown when its session was opened, and is not any more. */
static void a_pin_goes_to_no_token_that_was_hidden_meanwhile(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    host_config("allow:\n  - id: \"02\"\n");
    assert_int_not_equal(try_pin(right_pin), CKR_OK);
    host_config("allow: [");
    assert_int_not_equal(try_pin(right_pin), CKR_OK);
    assert_int_equal(host.mock->logins(made.shown), 0);
}

static void only_users_log_in(void **state)
{
    static const CK_USER_TYPE others[] = {CKU_SO, 3, CK_UNAVAILABLE_INFORMATION};

    (void)state;
    start(&plain, MOCK_PAIR);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(host_try_login(made.session, others[i], right_pin), CKR_USER_TYPE_INVALID);
    assert_int_equal(host.mock->calls_of("C_Login"), 0);
}

static void login_is_required_but_while_logged_in(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    assert_true((host_token_flags(made.shown) & CKF_LOGIN_REQUIRED) != 0);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_true((host_token_flags(made.shown) & CKF_LOGIN_REQUIRED) != 0);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    assert_true((host_token_flags(made.shown) & CKF_LOGIN_REQUIRED) == 0);
    assert_int_equal(host.functions->C_Logout(made.session), CKR_OK);
    assert_true((host_token_flags(made.shown) & CKF_LOGIN_REQUIRED) != 0);
    assert_int_equal(host.functions->C_Logout(made.session), CKR_USER_NOT_LOGGED_IN);
}

static void a_login_while_logged_in_costs_no_call_and_compares_nothing(void **state)
{
    CK_SESSION_HANDLE other;

    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    other = host_open(made.shown);
    host.mock->forget_calls();
    assert_int_equal(try_pin(right_pin), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(try_pin(wrong_pin), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(try_pin(NULL), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(host_try_login(other, CKU_USER, wrong_pin), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(host.mock->calls(), 0);
}

/* The vendor is told late; the application sees none of that. */
static void a_login_ends_with_the_last_session(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(made.session), CKR_OK);
    assert_true((host_token_flags(made.shown) & CKF_LOGIN_REQUIRED) != 0);
    made.session = host_open(made.shown);
    assert_int_equal(host.mock->calls_of("C_Logout"), 1);
    assert_int_equal(host_find_class(made.session, CKO_PRIVATE_KEY, NULL, 0), 0);
    assert_int_equal(try_pin(wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    assert_int_equal(host.mock->logins(made.shown), 3);
    host_only(made.session, CKO_PRIVATE_KEY);
}

static void the_try_counter_is_shown_as_the_token_has_it(void **state)
{
    const struct mock_token three_tries = {.label = "shown", .pin = right_pin, .tries = 3};
    const CK_FLAGS all = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;

    (void)state;
    start(&three_tries, MOCK_PAIR);
    assert_int_equal(host_token_flags(made.shown) & all, 0);
    try_pin(wrong_pin);
    assert_int_equal(host_token_flags(made.shown) & all, CKF_USER_PIN_COUNT_LOW);
    try_pin(wrong_pin);
    assert_int_equal(host_token_flags(made.shown) & all, CKF_USER_PIN_COUNT_LOW);
    try_pin(other_wrong_pin);
    assert_int_equal(host_token_flags(made.shown) & all,
                     CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
    try_pin("a third one");
    assert_int_equal(host_token_flags(made.shown) & all, CKF_USER_PIN_LOCKED);
    assert_int_equal(try_pin(right_pin), CKR_PIN_LOCKED);
}

/* What "ssh" does with eight keys that the server accepts: the user types the same PIN eight times.
 */
static void ssh_with_eight_keys_and_one_wrong_pin_is_one_login(void **state)
{
    struct ssh_provider provider;
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);
    CK_SLOT_ID slot;

    (void)state;
    host_reset(NULL);
    slot = host.mock->token_add(&plain);
    for (int i = 1; i <= 8; i++) {
        char id[8];
        snprintf(id, sizeof(id), "%02d", i);
        host.mock->key_add(slot, &(struct mock_key){"ec:P-256", id, id, id, MOCK_PAIR});
    }
    host_config("allow: all\n");
    ssh_add_provider(&provider, NULL);
    assert_int_equal(provider.n_keys, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(ssh_sign(&provider, i, wrong_pin, signature, &size), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_int_equal(ssh_sign(&provider, 0, right_pin, signature, &size), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
}

/* Key 01 wants a login for each signature. The session is logged in, the snapshot warm. */
static CK_OBJECT_HANDLE start_with_context_login(CK_RV *begun)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key;

    start(&plain, MOCK_PAIR | MOCK_ALWAYS_AUTHENTICATE);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    key = host_only(made.session, CKO_PRIVATE_KEY);
    host.mock->forget_calls();
    *begun = host.functions->C_SignInit(made.session, &mechanism, key);
    return key;
}

static void a_context_login_comes_between_the_vendors_SignInit_and_Sign(void **state)
{
    static const char *const calls[] = {"C_SignInit", "C_Login", "C_Sign", NULL};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_BBOOL always = CK_FALSE;
    CK_ATTRIBUTE wanted = {CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always)};
    CK_RV begun;
    CK_OBJECT_HANDLE key = start_with_context_login(&begun);

    (void)state;
    assert_int_equal(begun, CKR_OK);
    assert_int_equal(host.functions->C_GetAttributeValue(made.session, key, &wanted, 1), CKR_OK);
    assert_int_equal(always, CK_TRUE);
    assert_int_equal(host.mock->calls(), 0);
    assert_int_equal(host_try_login(made.session, CKU_CONTEXT_SPECIFIC, right_pin), CKR_OK);
    assert_int_equal(
        host.functions->C_Sign(made.session, host_data, sizeof(host_data), signature, &size),
        CKR_OK);
    host_assert_calls(calls);
    assert_int_equal(size, 256);
}

/* There is one session with the vendor: the later operation takes it, and the earlier one is over. */
static void a_context_login_of_another_session_signs_nothing_of_this_one(void **state)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_RV begun;
    CK_OBJECT_HANDLE key = start_with_context_login(&begun);
    CK_SESSION_HANDLE other = host_open(made.shown);

    (void)state;
    assert_int_equal(host_try_login(made.session, CKU_CONTEXT_SPECIFIC, right_pin), CKR_OK);
    assert_int_equal(host.functions->C_SignInit(other, &mechanism, key), CKR_OK);
    assert_int_equal(host_try_login(other, CKU_CONTEXT_SPECIFIC, right_pin), CKR_OK);
    assert_int_equal(
        host.functions->C_Sign(made.session, host_data, sizeof(host_data), signature, &size),
        CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.mock->calls_of("C_Sign"), 0);
    assert_int_equal(host.functions->C_Sign(other, host_data, sizeof(host_data), signature, &size),
                     CKR_OK);
}

static void a_wrong_pin_of_a_context_login_is_sent_once_and_leaves_the_session_usable(void **state)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_RV begun;
    CK_OBJECT_HANDLE key = start_with_context_login(&begun);
    unsigned before = host.mock->logins(made.shown);

    (void)state;
    for (int repeat = 0; repeat < 3; repeat++) {
        assert_int_equal(host.functions->C_SignInit(made.session, &mechanism, key), CKR_OK);
        assert_int_equal(host_try_login(made.session, CKU_CONTEXT_SPECIFIC, wrong_pin),
                         CKR_PIN_INCORRECT);
    }
    assert_int_equal(host.mock->logins(made.shown), before + 1);
    assert_int_equal(host_only(made.session, CKO_PRIVATE_KEY), key);
    assert_int_equal(host.functions->C_SignInit(made.session, &mechanism, key), CKR_OK);
    assert_int_equal(host_try_login(made.session, CKU_CONTEXT_SPECIFIC, right_pin), CKR_OK);
    assert_int_equal(
        host.functions->C_Sign(made.session, host_data, sizeof(host_data), signature, &size),
        CKR_OK);
}

static void a_context_login_without_a_signature_is_refused(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR | MOCK_ALWAYS_AUTHENTICATE);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    host.mock->forget_calls();
    assert_int_equal(host_try_login(made.session, CKU_CONTEXT_SPECIFIC, right_pin),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.mock->calls_of("C_Login"), 0);
}

/* An agent's way: no context login at all. The vendor refuses, and the next signature of another
 * key works. */
static void a_signature_without_its_context_login_poisons_nothing(void **state)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_OBJECT_HANDLE found[2];

    (void)state;
    start(&plain, MOCK_PAIR | MOCK_ALWAYS_AUTHENTICATE);
    host.mock->key_add(made.shown,
                       &(struct mock_key){"rsa:2048", "three", "03", "three", MOCK_PAIR});
    host_config("allow:\n  - id: \"01\"\n  - id: \"03\"\n");
    assert_int_equal(try_pin(right_pin), CKR_OK);
    assert_int_equal(host_find_class(made.session, CKO_PRIVATE_KEY, found, 2), 2);
    assert_int_not_equal(host_sign(made.session, CKM_RSA_PKCS, found[0], signature, &size), CKR_OK);
    if (host.mock->logins(made.shown) == 1 &&
        (host_token_flags(made.shown) & CKF_LOGIN_REQUIRED) != 0)
        assert_int_equal(try_pin(right_pin), CKR_OK);
    size = sizeof(signature);
    assert_int_equal(host_find_class(made.session, CKO_PRIVATE_KEY, found, 2), 2);
    assert_int_equal(host_sign(made.session, CKM_RSA_PKCS, found[1], signature, &size), CKR_OK);
}

static void a_token_that_needs_no_login_is_asked_for_no_pin(void **state)
{
    const struct mock_token open_token = {.label = "shown"};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    start(&open_token, MOCK_PAIR);
    assert_true((host_token_flags(made.shown) & CKF_LOGIN_REQUIRED) == 0);
    assert_int_equal(host_sign(made.session, CKM_RSA_PKCS, host_only(made.session, CKO_PRIVATE_KEY),
                               signature, &size),
                     CKR_OK);
    assert_int_equal(host.mock->calls_of("C_Login"), 0);
}

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;

    assert_int_equal(host.functions->C_GetSessionInfo(session, &info), CKR_OK);
    assert_int_equal(info.slotID, made.shown);
    return info.state;
}

static void sessions_tell_their_state_without_asking_the_vendor(void **state)
{
    CK_SESSION_HANDLE writing;

    (void)state;
    start(&plain, MOCK_PAIR);
    assert_int_equal(host.functions->C_OpenSession(made.shown, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                                   NULL, NULL, &writing),
                     CKR_OK);
    assert_int_equal(state_of(made.session), CKS_RO_PUBLIC_SESSION);
    assert_int_equal(state_of(writing), CKS_RW_PUBLIC_SESSION);
    assert_int_equal(try_pin(right_pin), CKR_OK);
    assert_int_equal(state_of(made.session), CKS_RO_USER_FUNCTIONS);
    assert_int_equal(state_of(writing), CKS_RW_USER_FUNCTIONS);
    assert_int_equal(host.mock->calls_of("C_GetSessionInfo"), 0);
}

static bool log_holds(const char *text)
{
    char path[128], line[4096];
    bool found = false;
    FILE *stream;

    snprintf(path, sizeof(path), "%s/log", host.folder);
    stream = fopen(path, "re");
    assert_non_null(stream);
    while (!found && fgets(line, sizeof(line), stream) != NULL)
        found = strstr(line, text) != NULL;
    fclose(stream);
    return found;
}

static void no_pin_is_ever_in_the_log(void **state)
{
    (void)state;
    start(&plain, MOCK_PAIR);
    host_stop();
    host.traces = true;
    host_start("allow:\n  - id: \"01\"\n");
    made.session = host_open(made.shown);
    try_pin(wrong_pin);
    try_pin(wrong_pin);
    try_pin(right_pin);
    host_stop();
    assert_true(log_holds("C_Login"));
    assert_false(log_holds("zebra"));
    assert_false(log_holds("heron"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_same_wrong_pin_is_sent_once_and_answered_as_the_vendor_did,
                                  host_reset),
        cmocka_unit_test_teardown(a_different_pin_is_passed_on_and_remembered_as_well, host_reset),
        cmocka_unit_test_teardown(the_right_pin_after_a_wrong_one_logs_in, host_reset),
        cmocka_unit_test_teardown(a_wrong_pin_is_forgotten_after_a_success, host_reset),
        cmocka_unit_test_teardown(a_wrong_pin_is_forgotten_by_C_Finalize, host_reset),
        cmocka_unit_test_teardown(a_wrong_pin_is_remembered_over_sessions_and_searches, host_reset),
        cmocka_unit_test_teardown(a_wrong_pin_is_remembered_while_the_card_does_not_answer,
                                  host_reset),
        cmocka_unit_test_teardown(a_logout_that_the_vendor_refuses_makes_no_other_pin_good,
                                  host_reset),
        cmocka_unit_test_teardown(a_wrong_pin_is_forgotten_when_the_card_is_inserted_again,
                                  host_reset),
        cmocka_unit_test_teardown(
            every_code_of_a_failed_login_is_remembered_but_those_that_say_something_else,
            host_reset),
        cmocka_unit_test_teardown(no_pin_at_all_is_never_remembered, host_reset),
        cmocka_unit_test_teardown(a_pin_goes_to_no_token_that_is_not_shown, host_reset),
        cmocka_unit_test_teardown(a_pin_goes_to_no_token_that_was_hidden_meanwhile, host_reset),
        cmocka_unit_test_teardown(only_users_log_in, host_reset),
        cmocka_unit_test_teardown(login_is_required_but_while_logged_in, host_reset),
        cmocka_unit_test_teardown(a_login_while_logged_in_costs_no_call_and_compares_nothing,
                                  host_reset),
        cmocka_unit_test_teardown(a_login_ends_with_the_last_session, host_reset),
        cmocka_unit_test_teardown(the_try_counter_is_shown_as_the_token_has_it, host_reset),
        cmocka_unit_test_teardown(ssh_with_eight_keys_and_one_wrong_pin_is_one_login, host_reset),
        cmocka_unit_test_teardown(a_context_login_comes_between_the_vendors_SignInit_and_Sign,
                                  host_reset),
        cmocka_unit_test_teardown(a_context_login_of_another_session_signs_nothing_of_this_one,
                                  host_reset),
        cmocka_unit_test_teardown(
            a_wrong_pin_of_a_context_login_is_sent_once_and_leaves_the_session_usable, host_reset),
        cmocka_unit_test_teardown(a_context_login_without_a_signature_is_refused, host_reset),
        cmocka_unit_test_teardown(a_signature_without_its_context_login_poisons_nothing,
                                  host_reset),
        cmocka_unit_test_teardown(a_token_that_needs_no_login_is_asked_for_no_pin, host_reset),
        cmocka_unit_test_teardown(sessions_tell_their_state_without_asking_the_vendor, host_reset),
        cmocka_unit_test_teardown(no_pin_is_ever_in_the_log, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
