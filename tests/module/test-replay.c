// SPDX-License-Identifier: BSD-2-Clause
// Which failures are worth another try, and what is done before it: a new session, a listing, the library begun anew.
#include "tests/module/agent.h"

#include <string.h>

static void a_library_is_started_anew_once_until_a_signature_succeeds(void **state)
{
    (void)state;
    agent_start(MOCK_LOSES_SESSIONS, NULL);
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    for (int i = 0; i < 3; i++)
        assert_int_equal(agent_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
    host.mock->refuse_none();
    assert_int_equal(agent_sign(), CKR_OK);
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    assert_int_equal(agent_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 2);
    host_stop();
}

static void a_library_of_somebody_else_s_is_neither_started_anew_nor_are_his_sessions_closed(
    void **state)
{
    (void)state;
    host.mock->settings->initialised = true;
    agent_start(MOCK_LOSES_SESSIONS, NULL);
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    assert_int_equal(agent_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    assert_int_equal(host.mock->calls_of("C_CloseAllSessions"), 0);
    host_stop();
}

static void no_other_token_loses_its_login_to_a_library_that_is_started_anew(void **state)
{
    CK_SLOT_ID two = host_token("two");
    CK_SESSION_HANDLE second;

    (void)state;
    host_key(two, "ec:P-256", "11", MOCK_PAIR);
    agent_start(MOCK_LOSES_SESSIONS, NULL);
    second = host_open(two);
    host_login(second, "1234");
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    assert_int_equal(agent_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    assert_int_equal(host_find_class(second, CKO_PRIVATE_KEY, NULL, 0), 1);
    host_stop();
}

static const CK_RV say_nothing[] = {CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED,
                                    CKR_OPERATION_NOT_INITIALIZED, CKR_VENDOR_DEFINED | 0x4321};

static void a_signature_that_fails_without_a_reason_is_tried_again_in_a_new_session(void **state)
{
    for (size_t i = 0; i < sizeof(say_nothing) / sizeof(say_nothing[0]); i++) {
        agent_reset(state);
        agent_start(MOCK_LOSES_SESSIONS, "1234");
        host.mock->refuse("C_Sign", 1, say_nothing[i]);
        assert_int_equal(agent_sign(), CKR_OK);
        assert_int_equal(host.mock->calls_of("C_Sign"), 2);
        assert_int_equal(host.mock->calls_of("C_OpenSession"), 2);
        assert_int_equal(host.mock->logins(agent.slot), 1);
        host_stop();
    }
}

static void a_signature_that_fails_twice_without_a_reason_costs_no_login(void **state)
{
    for (size_t i = 0; i < sizeof(say_nothing) / sizeof(say_nothing[0]); i++) {
        agent_reset(state);
        agent_start(MOCK_LOSES_SESSIONS, "1234");
        host.mock->refuse("C_Sign", 0, say_nothing[i]);
        assert_int_equal(agent_sign(), say_nothing[i]);
        assert_int_equal(host.mock->calls_of("C_Sign"), 2);
        assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
        host.mock->refuse_none();
        assert_int_equal(agent_sign(), CKR_OK);
        assert_int_equal(host.mock->logins(agent.slot), 1);
        host_stop();
    }
}

static void a_signature_that_is_refused_with_a_reason_is_not_tried_again(void **state)
{
    static const CK_RV codes[] = {
        CKR_DATA_INVALID,      CKR_DATA_LEN_RANGE,      CKR_FUNCTION_CANCELED,
        CKR_FUNCTION_REJECTED, CKR_PIN_INCORRECT,       CKR_PIN_LOCKED,
        CKR_PIN_EXPIRED,       CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_INVALID,
        CKR_HOST_MEMORY,       CKR_FUNCTION_NOT_SUPPORTED,
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        agent_reset(state);
        agent_start(MOCK_LOSES_SESSIONS, "1234");
        host.mock->refuse("C_Sign", 0, codes[i]);
        assert_int_equal(agent_sign(), codes[i]);
        assert_int_equal(host.mock->calls_of("C_Sign"), 1);
        assert_int_equal(host.mock->logins(agent.slot), 1);
        host_stop();
    }
}

static void a_library_that_loses_its_readers_by_it_is_not_started_anew(void **state)
{
    (void)state;
    host.mock->settings->manufacturer = "U.S. Government";
    host.mock->settings->description = "CACKey";
    agent_start(MOCK_LOSES_SESSIONS, NULL);
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    assert_int_equal(agent_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    host_stop();
}

static void a_session_that_the_library_would_not_close_keeps_no_card_dead(void **state)
{
    (void)state;
    agent_start(MOCK_LOSES_AS_YKCS11, NULL);
    agent_pull();
    agent_insert();
    host.mock->refuse("C_CloseSession", 1, CKR_DEVICE_REMOVED);
    assert_int_equal(agent_sign(), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    host_stop();
}

static void a_call_that_wants_the_login_that_was_lost_is_not_made_without_it(void **state)
{
    unsigned char random[8];

    (void)state;
    agent_start(MOCK_LOSES_SESSIONS, "1234");
    host.mock->refuse("C_GenerateRandom", 1, CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.functions->C_GenerateRandom(agent.session, random, sizeof(random)),
                     CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.mock->calls_of("C_GenerateRandom"), 1);
    assert_true((host_token_flags(agent.slot) & CKF_LOGIN_REQUIRED) != 0);
    host_stop();
}

static void a_search_that_somebody_left_active_is_got_over(void **state)
{
    (void)state;
    host.mock->refuse("C_FindObjectsInit", 1, CKR_OPERATION_ACTIVE);
    agent_start(MOCK_LOSES_SESSIONS, "1234");
    assert_int_equal(agent_sign(), CKR_OK);
    host_stop();
}

static void a_login_that_is_found_lost_while_reading_is_asked_for_again(void **state)
{
    (void)state;
    agent_start(MOCK_LOSES_SESSIONS, "1234");
    host.mock->refuse("C_FindObjectsInit", 1, CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(agent_sign(), CKR_USER_NOT_LOGGED_IN);
    assert_true((host_token_flags(agent.slot) & CKF_LOGIN_REQUIRED) != 0);
    host_login(agent.session, "1234");
    assert_int_equal(agent_sign(), CKR_OK);
    host_stop();
}

static CK_SLOT_ID other;

/* The library numbers its slots anew. */
static void swap_at_C_Initialize(const char *function)
{
    if (strcmp(function, "C_Initialize") != 0)
        return;
    host.mock->settings->calls_back = NULL;
    host.mock->token_swap(agent.slot, other);
}

static void fail_signatures(void)
{
    host.mock->refuse("C_Sign", 1, CKR_DEVICE_ERROR);
    host.mock->refuse("C_Sign", 2, CKR_DEVICE_ERROR);
}

static void finalise(void)
{
    host.mock->settings->initialised = false;
}

/* By us, or by somebody else. */
static void (*const restarts[])(void) = {fail_signatures, finalise};

static void a_refused_pin_is_remembered_where_a_library_numbers_its_slots_anew(void **state)
{
    for (size_t i = 0; i < sizeof(restarts) / sizeof(restarts[0]); i++) {
        CK_SESSION_HANDLE second;

        agent_reset(state);
        other = host_token("two");
        host_key(other, "ec:P-256", "11", MOCK_PAIR);
        agent_start(MOCK_LOSES_SESSIONS, NULL);
        second = host_open(other);
        assert_int_equal(host_try_login(second, CKU_USER, "1111"), CKR_PIN_INCORRECT);
        restarts[i]();
        host.mock->settings->calls_back = swap_at_C_Initialize;
        assert_int_equal(agent_sign(), CKR_OK);
        assert_int_equal(host.mock->calls_of("C_Initialize"), 2);
        assert_int_equal(host_try_login(second, CKU_USER, "1111"), CKR_PIN_INCORRECT);
        assert_int_equal(host.mock->calls_of("C_Login"), 1);
        host_login(second, "1234");
        host_stop();
    }
}

static CK_ULONG count_listed(void)
{
    CK_ULONG count = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    return count;
}

static void pull_at_C_Initialize(const char *function)
{
    if (strcmp(function, "C_Initialize") == 0)
        agent_pull();
}

/* It was out for certain: a PIN that survives no removal is gone, and what was refused may be sent. */
static void a_card_that_is_out_once_the_library_has_begun_anew_is_a_card_that_was_out(void **state)
{
    (void)state;
    agent_start_with(AGENT_PERMITS "login: {keep_pin: {idle: none, max: none}}\n",
                     MOCK_LOSES_SESSIONS, "1234");
    finalise();
    host.mock->settings->calls_back = pull_at_C_Initialize;
    assert_int_equal(count_listed(), 0);
    host.mock->settings->calls_back = NULL;
    agent_insert();
    assert_int_equal(count_listed(), 1);
    assert_int_not_equal(agent_sign(), CKR_OK);
    assert_int_equal(host.mock->logins(agent.slot), 1);
    assert_int_equal(host_try_login(agent.session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    finalise();
    host.mock->settings->calls_back = pull_at_C_Initialize;
    assert_int_equal(count_listed(), 0);
    host.mock->settings->calls_back = NULL;
    agent_insert();
    assert_int_equal(count_listed(), 1);
    assert_int_equal(host_try_login(agent.session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(agent.slot), 3);
    host_stop();
}

static void a_library_that_begins_anew_costs_no_kept_pin_and_is_no_event(void **state)
{
    CK_SLOT_ID slot = 7;

    (void)state;
    agent_start_with(AGENT_PERMITS "login: {keep_pin: {idle: none, max: none}}\n",
                     MOCK_LOSES_SESSIONS, "1234");
    assert_int_equal(host.functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
    finalise();
    assert_int_equal(agent_sign(), CKR_OK);
    assert_int_equal(host.mock->logins(agent.slot), 2);
    assert_int_equal(host.functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
    host_stop();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, agent_reset, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_library_is_started_anew_once_until_a_signature_succeeds),
        CASE(a_library_of_somebody_else_s_is_neither_started_anew_nor_are_his_sessions_closed),
        CASE(no_other_token_loses_its_login_to_a_library_that_is_started_anew),
        CASE(a_signature_that_fails_without_a_reason_is_tried_again_in_a_new_session),
        CASE(a_signature_that_fails_twice_without_a_reason_costs_no_login),
        CASE(a_signature_that_is_refused_with_a_reason_is_not_tried_again),
        CASE(a_library_that_loses_its_readers_by_it_is_not_started_anew),
        CASE(a_session_that_the_library_would_not_close_keeps_no_card_dead),
        CASE(a_call_that_wants_the_login_that_was_lost_is_not_made_without_it),
        CASE(a_search_that_somebody_left_active_is_got_over),
        CASE(a_login_that_is_found_lost_while_reading_is_asked_for_again),
        CASE(a_refused_pin_is_remembered_where_a_library_numbers_its_slots_anew),
        CASE(a_card_that_is_out_once_the_library_has_begun_anew_is_a_card_that_was_out),
        CASE(a_library_that_begins_anew_costs_no_kept_pin_and_is_no_event),
    };

    return cmocka_run_group_tests_name("replay", tests, host_load, host_unload);
}
