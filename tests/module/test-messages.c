// SPDX-License-Identifier: BSD-2-Clause
// What PKCS#11 3.0 added beside C_SessionCancel: C_LoginUser, and messages, under the same rules as all else.
#include "tests/module/ssh.h"

#include <stdio.h>
#include <string.h>

static const char permit_one[] = "allow:\n  - id: \"01\"\n";
static const char *const presets[] = {"ssh", "read-only", "transparent"};

enum { N_PRESETS = sizeof(presets) / sizeof(presets[0]) };

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    return 0;
}

static void start_under(const char *preset, const char *more)
{
    char text[256];

    snprintf(text, sizeof(text), "preset: %s\n%s%s", preset, permit_one, more);
    host_start(text);
}

static CK_RV login_user(CK_SESSION_HANDLE session, const char *pin, const char *user)
{
    char copies[2][32];

    snprintf(copies[0], sizeof(copies[0]), "%s", pin);
    snprintf(copies[1], sizeof(copies[1]), "%s", user);
    return host.functions_3_0->C_LoginUser(session, CKU_USER, (CK_UTF8CHAR *)copies[0], strlen(pin),
                                           (CK_UTF8CHAR *)copies[1], strlen(user));
}

/* A PIN that was refused is not sent again, by whichever function. */
static void a_login_without_a_name_is_that_of_C_Login(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit_one);
    session = host_open(slot);
    assert_int_equal(login_user(session, "9999", ""), CKR_PIN_INCORRECT);
    assert_int_equal(login_user(session, "9999", ""), CKR_PIN_INCORRECT);
    assert_int_equal(host_try_login(session, CKU_USER, "9999"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_int_equal(login_user(session, "1234", ""), CKR_OK);
    host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(host.mock->calls_of("C_LoginUser"), 0);
    host_stop();
}

static void a_login_by_name_sends_no_PIN_unless_it_is_the_vendors_to_decide(void **state)
{
    (void)state;
    for (size_t p = 0; p < N_PRESETS; p++) {
        CK_SESSION_HANDLE session;

        host.mock->forget_calls();
        start_under(presets[p], "");
        session = host_open(slot);
        assert_int_equal(login_user(session, "1234", "alice"), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(host.mock->logins(slot), 0);
        assert_int_equal(host.mock->calls_of("C_LoginUser"), strcmp(presets[p], "transparent") == 0);
        assert_int_equal(login_user(session + 1, "1234", "alice"), CKR_SESSION_HANDLE_INVALID);
        host_stop();
    }
}

static void no_PIN_goes_to_a_token_that_is_not_shown(void **state)
{
    CK_SLOT_ID hidden = host_token("hidden");
    CK_SESSION_HANDLE session;

    (void)state;
    host_key(hidden, "rsa:2048", "02", MOCK_PAIR);
    host_config("preset: transparent\nallow: all\n");
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_OK);
    session = host_open(hidden);
    host_config("preset: transparent\nallow:\n  - id: \"01\"\n");
    assert_int_equal(login_user(session, "1234", "alice"), CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.mock->calls_of("C_LoginUser"), 0);
    host_stop();
}

/* What `functions` refuses by its group, it refuses of 3.0 as well; and what begins messages with what begins the same without. */
static void what_is_refused_is_refused_of_messages(void **state)
{
    static const char *const denied[] = {"functions: {deny: [sign]}\n", "functions: {deny: [C_SignInit]}\n"};
    CK_MECHANISM mechanism = {CKM_AES_GCM, NULL, 0};

    (void)state;
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
        CK_SESSION_HANDLE session;
        host.mock->forget_calls();
        start_under("transparent", denied[i]);
        session = host_open(slot);
        host_login(session, "1234");
        assert_int_equal(host.functions_3_0->C_MessageSignInit(session, &mechanism, host_only(session, CKO_PRIVATE_KEY)),
                         CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(host.functions_3_0->C_MessageVerifyFinal(session), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(host.mock->calls_of("C_MessageSignInit"), 0);
        assert_int_equal(host.mock->calls_of("C_MessageVerifyFinal"), 1);
        host_stop();
    }
}

static CK_RV begin_messages(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = {type, NULL, 0};

    return host.functions_3_0->C_MessageSignInit(session, &mechanism, key);
}

static CK_RV sign_message(CK_SESSION_HANDLE session)
{
    unsigned char signature[16];
    CK_ULONG size = sizeof(signature);

    return host.functions_3_0->C_SignMessage(session, NULL, 0, host_data, 5, signature, &size);
}

/* A key that is hidden meanwhile is used for no further message. */
static void rules_hold_for_each_message(void **state)
{
    CK_SESSION_HANDLE session, other;
    CK_OBJECT_HANDLE key;

    (void)state;
    start_under("transparent", "");
    session = host_open(slot);
    other = host_open(slot);
    host_login(session, "1234");
    key = host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(sign_message(session), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(begin_messages(session, CKM_AES_GCM, key), CKR_OK);
    assert_int_equal(sign_message(session), CKR_OK);
    assert_int_equal(sign_message(other), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.mock->calls_of("C_SignMessage"), 1);
    host_config("preset: transparent\nallow:\n  - id: \"77\"\n");
    assert_int_equal(sign_message(session), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_SignMessage"), 1);
    host_config("preset: transparent\nallow:\n  - id: \"01\"\n");
    assert_int_equal(sign_message(session), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    assert_int_equal(sign_message(session), CKR_SESSION_HANDLE_INVALID);
    host_stop();
}

/* The parameters of each message are its mechanism's: of one that is not known they may name any object. */
static void messages_use_mechanisms_that_are_known(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        CK_RV rv;
    } cases[] = {{CKM_AES_GCM, CKR_OK}, {CKM_AES_CCM, CKR_OK}, {0x4021, CKR_OK}, {0x4022, CKR_OK}, {0x4020, CKR_MECHANISM_INVALID},
                 {CKM_RSA_PKCS, CKR_MECHANISM_INVALID}, {CKM_VENDOR_DEFINED | 1, CKR_MECHANISM_INVALID}};
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;

    (void)state;
    start_under("transparent", "");
    session = host_open(slot);
    host_login(session, "1234");
    key = host_only(session, CKO_PRIVATE_KEY);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(begin_messages(session, cases[i].type, key), cases[i].rv);
    host_stop();
}

/* 3.0 ends an operation so; the vendor knows of it or not. */
static void without_a_mechanism_there_is_no_key_to_look_at(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start_under("transparent", "");
    session = host_open(slot);
    host_login(session, "1234");
    assert_int_equal(begin_messages(session, CKM_AES_GCM, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
    assert_int_equal(host.functions_3_0->C_MessageSignInit(session, NULL, 0), CKR_OK);
    assert_int_equal(sign_message(session), CKR_OPERATION_NOT_INITIALIZED);
    host.mock->forget_calls();
    host.functions->C_SignInit(session, NULL, 0);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 1);
    host.functions->C_DecryptInit(session, NULL, 12345);
    assert_int_equal(host.mock->calls_of("C_DecryptInit"), 0);
    host_stop();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_token, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_login_without_a_name_is_that_of_C_Login),
        TEST(a_login_by_name_sends_no_PIN_unless_it_is_the_vendors_to_decide),
        TEST(no_PIN_goes_to_a_token_that_is_not_shown),
        TEST(what_is_refused_is_refused_of_messages),
        TEST(rules_hold_for_each_message),
        TEST(messages_use_mechanisms_that_are_known),
        TEST(without_a_mechanism_there_is_no_key_to_look_at),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
