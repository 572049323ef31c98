// SPDX-License-Identifier: BSD-2-Clause
// Several vendor libraries in one list of slots. Both mock vendors count slots from 100, sessions
// from 1, and give their first token the same serial: whatever is mixed up shows.
#include "tests/module/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 0x10000 }; /* the second module's slots begin here */

static const char permit[] = "allow:\n  - id: [\"01\", \"02\"]\n";
static const struct mock_key key_one = {"rsa:2048", "one", "01", "one", MOCK_PAIR};
static const struct mock_key key_two = {"rsa:2048", "two", "02", "two", MOCK_PAIR};

static CK_SLOT_ID one, two; /* as the vendors know them */

static int make_tokens(void **state)
{
    const struct mock_token token = {.label = "same", .pin = "1234"};

    host_reset(state);
    host.both = true;
    one = host.mock->token_add(&token);
    two = host.mock_2->token_add(&token);
    host.mock->key_add(one, &key_one);
    host.mock_2->key_add(two, &key_two);
    assert_int_equal(one, two);
    return 0;
}

/* The slots that are listed, which must be these, in this order; the list ends with 0. */
static void assert_slots(const CK_SLOT_ID *expected)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8, n = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    while (expected[n] != 0)
        n++;
    assert_int_equal(count, n);
    for (CK_ULONG i = 0; i < count; i++)
        assert_int_equal(slots[i], expected[i]);
}

static void assert_both(void)
{
    assert_slots((const CK_SLOT_ID[]){one, two + SECOND, 0});
}

static CK_SESSION_HANDLE log_in(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = host_open(slot);

    host_login(session, "1234");
    return session;
}

static void assert_signs(CK_SESSION_HANDLE session, const struct mock_key *by)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    const struct mock_control *mock = by == &key_one ? host.mock : host.mock_2;

    assert_int_equal(host_sign(session, CKM_RSA_PKCS, key, signature, &size), CKR_OK);
    assert_true(mock->verifies(by, CKM_RSA_PKCS, host_data, sizeof(host_data), signature, size));
}

/* The configuration with another path for the second module. */
static void start_with_second(const char *path)
{
    char kept[4096];

    snprintf(kept, sizeof(kept), "%s", getenv("MOCK_VENDOR_2_SO"));
    setenv("MOCK_VENDOR_2_SO", path, 1);
    host_start(permit);
    setenv("MOCK_VENDOR_2_SO", kept, 1);
}

/* How often the log has a text. */
static unsigned logged(const char *text)
{
    char path[128], line[4096];
    unsigned count = 0;
    FILE *stream;

    snprintf(path, sizeof(path), "%s/log", host.folder);
    stream = fopen(path, "re");
    assert_non_null(stream);
    while (fgets(line, sizeof(line), stream) != NULL)
        count += strstr(line, text) != NULL;
    fclose(stream);
    return count;
}

static void the_tokens_of_both_are_listed_and_each_signs_with_its_own_key(void **state)
{
    CK_SESSION_HANDLE first, second;

    (void)state;
    host_start(permit);
    assert_both();
    first = log_in(one);
    second = log_in(two + SECOND);
    assert_signs(second, &key_two);
    assert_signs(first, &key_one);
    assert_int_equal(host.mock->logins(one), 1);
    assert_int_equal(host.mock_2->logins(two), 1);
    assert_int_equal(host.mock->calls_of("C_Sign"), 1);
    assert_int_equal(host.mock_2->calls_of("C_Sign"), 1);
    host_stop();
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
    assert_int_equal(host.mock_2->calls_of("C_Finalize"), 1);
}

static void every_call_on_a_slot_goes_to_its_vendor(void **state)
{
    CK_SESSION_INFO session_info;
    CK_MECHANISM_INFO mechanism;
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO token_info;
    CK_ULONG count = 0;
    unsigned char random[4];
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit);
    assert_both();
    host.mock->forget_calls();
    assert_int_equal(host.functions->C_GetSlotInfo(two + SECOND, &slot_info), CKR_OK);
    assert_int_equal(host.functions->C_GetTokenInfo(two + SECOND, &token_info), CKR_OK);
    assert_int_equal(host.functions->C_GetMechanismList(two + SECOND, NULL, &count), CKR_OK);
    assert_int_equal(host.functions->C_GetMechanismInfo(two + SECOND, CKM_RSA_PKCS, &mechanism),
                     CKR_OK);
    session = host_open(two + SECOND);
    assert_int_equal(host.functions->C_GetSessionInfo(session, &session_info), CKR_OK);
    assert_int_equal(session_info.slotID, two + SECOND);
    assert_int_equal(host.functions->C_GenerateRandom(session, random, sizeof(random)), CKR_OK);
    assert_int_equal(host.functions->C_CloseAllSessions(two + SECOND), CKR_OK);
    assert_int_equal(host.mock->calls(), 0);
    assert_int_equal(host.functions->C_GetTokenInfo(two, &token_info), CKR_OK);
    assert_int_equal(host.functions->C_GetTokenInfo(two + 2 * SECOND, &token_info),
                     CKR_SLOT_ID_INVALID);
    host_stop();
}

static void a_slot_keeps_its_number(void **state)
{
    (void)state;
    host_start(permit);
    assert_both();
    host.mock->token_insert(one, false);
    assert_slots((const CK_SLOT_ID[]){two + SECOND, 0});
    host.mock->token_insert(one, true);
    host.mock_2->token_insert(two, false);
    assert_slots((const CK_SLOT_ID[]){one, 0});
    host.mock_2->token_insert(two, true);
    assert_both();
    host_stop();
    host.mock->token_insert(one, false); /* the other order */
    host_start(permit);
    assert_slots((const CK_SLOT_ID[]){two + SECOND, 0});
    host.mock->token_insert(one, true);
    assert_both();
    host_stop();
}

static void a_card_is_not_gone_because_another_is_in_the_other_vendor_s_slot(void **state)
{
    const CK_SLOT_ID left =
        host.mock->token_add(&(struct mock_token){.label = "left", .pin = "1234"});
    const CK_SLOT_ID right =
        host.mock_2->token_add(&(struct mock_token){.label = "right", .pin = "1234"});
    CK_SESSION_HANDLE first, second;

    (void)state;
    assert_int_equal(left, right);
    host.mock->key_add(left, &key_one);
    host.mock_2->key_add(right, &key_two);
    host_start(permit);
    first = log_in(left);
    second = log_in(right + SECOND);
    assert_slots((const CK_SLOT_ID[]){one, left, two + SECOND, right + SECOND, 0});
    assert_int_equal(host_token_flags(left) & CKF_LOGIN_REQUIRED, 0);
    assert_int_equal(host_token_flags(right + SECOND) & CKF_LOGIN_REQUIRED, 0);
    assert_signs(first, &key_one);
    assert_signs(second, &key_two);
    host_stop();
}

static void a_wrong_PIN_for_one_token_is_none_for_its_namesake(void **state)
{
    CK_SESSION_HANDLE first, second;

    (void)state;
    host_start(permit);
    first = host_open(one);
    second = host_open(two + SECOND);
    assert_int_equal(host_try_login(first, CKU_USER, "4321"), CKR_PIN_INCORRECT);
    assert_int_equal(host_try_login(first, CKU_USER, "4321"), CKR_PIN_INCORRECT);
    assert_int_equal(host_try_login(second, CKU_USER, "4321"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(one), 1);
    assert_int_equal(host.mock_2->logins(two), 1);
    host_stop();
}

static void a_library_that_cannot_be_loaded_leaves_the_others(void **state)
{
    (void)state;
    start_with_second("/nonexistent/vendor.so");
    assert_slots((const CK_SLOT_ID[]){one, 0});
    assert_signs(log_in(one), &key_one);
    host_stop();
    assert_int_equal(logged("cannot load /nonexistent/vendor.so"), 1);
}

static void a_library_that_cannot_be_initialised_leaves_the_others(void **state)
{
    (void)state;
    host.mock->refuse("C_Initialize", 0, CKR_DEVICE_ERROR);
    host_start(permit);
    assert_slots((const CK_SLOT_ID[]){two + SECOND, 0});
    assert_signs(log_in(two + SECOND), &key_two);
    host_stop();
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    assert_int_equal(logged("first: C_Initialize failed: CKR_DEVICE_ERROR"), 1);
}

static void all_libraries_failing_is_an_error(void **state)
{
    (void)state;
    host.mock->refuse("C_Initialize", 0, CKR_DEVICE_ERROR);
    host.mock_2->refuse("C_Initialize", 0, CKR_HOST_MEMORY);
    host_config(permit);
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_DEVICE_ERROR);
    host.mock_2->refuse_none();
    host_start(permit);
    host_stop();
}

static void a_library_that_is_listed_twice_is_used_once(void **state)
{
    (void)state;
    start_with_second(getenv("MOCK_VENDOR_SO"));
    assert_slots((const CK_SLOT_ID[]){one, 0});
    assert_int_equal(host.mock->calls_of("C_Initialize"), 1);
    host_stop();
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
}

/* Its tokens are away as long as it says nothing; sessions on them live on. */
static void a_vendor_that_cannot_list_its_slots_leaves_the_others(void **state)
{
    CK_SESSION_HANDLE second;

    (void)state;
    host_start(permit);
    assert_both();
    second = log_in(two + SECOND);
    assert_signs(second, &key_two);
    host.mock_2->refuse("C_GetSlotList", 0, CKR_DEVICE_ERROR);
    assert_slots((const CK_SLOT_ID[]){one, 0});
    assert_slots((const CK_SLOT_ID[]){one, 0});
    assert_int_equal(logged("second: C_GetSlotList failed: CKR_DEVICE_ERROR"), 1);
    assert_signs(log_in(one), &key_one);
    host.mock_2->refuse_none();
    assert_both();
    host_login(second, "1234");
    assert_signs(second, &key_two);
    host.mock->refuse("C_GetSlotList", 0, CKR_DEVICE_MEMORY);
    host.mock_2->refuse("C_GetSlotList", 0, CKR_DEVICE_ERROR);
    CK_ULONG count = 0;
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_DEVICE_MEMORY);
    host_stop();
}

static void a_finalised_library_is_initialised_again_and_the_other_keeps_its_login(void **state)
{
    CK_SESSION_HANDLE first, second;
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    host_start(permit);
    first = log_in(one);
    second = log_in(two + SECOND);
    assert_signs(first, &key_one);
    assert_signs(second, &key_two);
    host.mock_2->settings->initialised = false;
    assert_int_equal(
        host_sign(second, CKM_RSA_PKCS, host_only(second, CKO_PRIVATE_KEY), signature, &size),
        CKR_USER_NOT_LOGGED_IN);
    host_login(second, "1234");
    assert_signs(second, &key_two);
    assert_int_equal(host_token_flags(one) & CKF_LOGIN_REQUIRED, 0);
    assert_signs(first, &key_one);
    assert_int_equal(host.mock->logins(one), 1);
    assert_int_equal(host.mock->sessions(), 1);
    assert_int_equal(host.mock->calls_of("C_Initialize"), 1);
    assert_int_equal(host.mock_2->calls_of("C_Initialize"), 2);
    host_stop();
}

static void a_library_of_somebody_else_is_left_as_it_was(void **state)
{
    (void)state;
    host.mock->settings->initialised = true;
    host_start(permit);
    assert_signs(log_in(one), &key_one);
    assert_signs(log_in(two + SECOND), &key_two);
    host_stop();
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    assert_int_equal(host.mock->sessions(), 0);
    assert_int_equal(host.mock_2->calls_of("C_Finalize"), 1);
}

static void init_args_reach_the_library_that_they_are_for(void **state)
{
    CK_C_INITIALIZE_ARGS threads = {.flags = CKF_OS_LOCKING_OK};
    char text[4096];

    (void)state;
    snprintf(text, sizeof(text),
             "modules:\n  - path: %s\n  - {path: %s, init_args: \"configdir='x' flags=readOnly\", "
             "quirks: [serialize]}\n%s",
             getenv("MOCK_VENDOR_SO"), getenv("MOCK_VENDOR_2_SO"), permit);
    host.modules = text;
    host_start("");
    assert_string_equal(host.mock->settings->init_args, "");
    assert_string_equal(host.mock_2->settings->init_args, "configdir='x' flags=readOnly");
    host_stop();
    /* A library without locks gets them as well. */
    host.mock_2->settings->arguments_answer = CKR_CANT_LOCK;
    assert_int_equal(host.functions->C_Initialize(&threads), CKR_OK);
    assert_int_equal(host.mock_2->calls_of("C_Initialize"), 3);
    assert_string_equal(host.mock_2->settings->init_args, "configdir='x' flags=readOnly");
    host_stop();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_tokens, host_reset)
    const struct CMUnitTest tests[] = {
        CASE(the_tokens_of_both_are_listed_and_each_signs_with_its_own_key),
        CASE(every_call_on_a_slot_goes_to_its_vendor),
        CASE(a_slot_keeps_its_number),
        CASE(a_card_is_not_gone_because_another_is_in_the_other_vendor_s_slot),
        CASE(a_wrong_PIN_for_one_token_is_none_for_its_namesake),
        CASE(a_library_that_cannot_be_loaded_leaves_the_others),
        CASE(a_library_that_cannot_be_initialised_leaves_the_others),
        CASE(all_libraries_failing_is_an_error),
        CASE(a_library_that_is_listed_twice_is_used_once),
        CASE(a_vendor_that_cannot_list_its_slots_leaves_the_others),
        CASE(a_finalised_library_is_initialised_again_and_the_other_keeps_its_login),
        CASE(a_library_of_somebody_else_is_left_as_it_was),
        CASE(init_args_reach_the_library_that_they_are_for),
    };

    return cmocka_run_group_tests_name("vendors", tests, host_load, host_unload);
}
