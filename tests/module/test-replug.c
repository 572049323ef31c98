// SPDX-License-Identifier: BSD-2-Clause
// A card that is pulled out and put back below a session that lives on, as ssh-agent's does: with each library's way to lose it.
#include "tests/module/agent.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TAKES_A_LOOK = 1100 * 1000 /* microseconds, after which a token that is out is looked for again */ };

static const char permit_and_keep[] = AGENT_PERMITS
    "login: {keep_pin: {idle: none, max: none, survive_removal: true}}\n";

/* Out, a signature that fails, in, and one that succeeds: nothing is asked of anybody. */
static void lives_through_a_pull(enum mock_loss loses)
{
    agent_start(loses, NULL);
    assert_int_equal(agent_sign(), CKR_OK);
    agent_pull();
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    agent_insert();
    usleep(TAKES_A_LOOK);
    assert_int_equal(agent_sign(), CKR_OK);
    assert_int_equal(host.mock->sessions(), 1);
    host_stop();
}

static void lives_through_a_quick_pull(enum mock_loss loses)
{
    agent_start(loses, NULL);
    assert_int_equal(agent_sign(), CKR_OK);
    for (int i = 0; i < 3; i++) {
        agent_pull();
        agent_insert();
        assert_int_equal(agent_sign(), CKR_OK);
        assert_int_equal(host.mock->sessions(), 1);
    }
    host_stop();
}

/* One right PIN after each return, and none by itself. */
static void asks_for_the_PIN_after_a_pull(enum mock_loss loses, bool quick)
{
    agent_start(loses, "1234");
    assert_int_equal(agent_sign(), CKR_OK);
    agent_pull();
    if (!quick)
        assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    agent_insert();
    if (!quick)
        usleep(TAKES_A_LOOK);
    assert_int_equal(agent_sign(), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.mock->logins(agent.slot), 1);
    assert_true((host_token_flags(agent.slot) & CKF_LOGIN_REQUIRED) != 0);
    host_login(agent.session, "1234");
    assert_int_equal(agent_sign(), CKR_OK);
    assert_int_equal(host.mock->sessions(), 1);
    host_stop();
}

/* Nobody is asked for anything. */
static void needs_no_PIN_that_is_kept(enum mock_loss loses)
{
    agent_start_with(permit_and_keep, loses, "1234");
    assert_int_equal(agent_sign(), CKR_OK);
    agent_pull();
    agent_insert();
    assert_int_equal(agent_sign(), CKR_OK);
    agent_pull();
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    agent_insert();
    usleep(TAKES_A_LOOK);
    assert_int_equal(agent_sign(), CKR_OK);
    assert_int_equal(host.mock->sessions(), 1);
    assert_int_equal(host_token_flags(agent.slot) & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED), 0);
    host_stop();
}

#define LIBRARY(name, loses)                                                                       \
    static void name##_that_loses_a_card_signs_again_when_it_is_back(void **state)                 \
    {                                                                                              \
        (void)state;                                                                               \
        lives_through_a_pull(loses);                                                               \
    }                                                                                              \
    static void name##_that_loses_a_card_for_a_moment_signs_on(void **state)                       \
    {                                                                                              \
        (void)state;                                                                               \
        lives_through_a_quick_pull(loses);                                                         \
    }                                                                                              \
    static void name##_that_lost_a_card_wants_the_PIN_once(void **state)                           \
    {                                                                                              \
        (void)state;                                                                               \
        asks_for_the_PIN_after_a_pull(loses, false);                                               \
    }                                                                                              \
    static void name##_that_lost_a_card_for_a_moment_wants_the_PIN_once(void **state)              \
    {                                                                                              \
        (void)state;                                                                               \
        asks_for_the_PIN_after_a_pull(loses, true);                                                \
    }                                                                                              \
    static void name##_that_loses_a_card_signs_on_by_a_PIN_that_is_kept(void **state)              \
    {                                                                                              \
        (void)state;                                                                               \
        needs_no_PIN_that_is_kept(loses);                                                          \
    }

LIBRARY(OpenSC, MOCK_LOSES_AS_OPENSC)
LIBRARY(ykcs11, MOCK_LOSES_AS_YKCS11)
LIBRARY(a_slow_ykcs11, MOCK_LOSES_AS_YKCS11_SLOW)
LIBRARY(coolkey, MOCK_LOSES_SESSIONS)
LIBRARY(cackey, MOCK_LOSES_AS_CACKEY)
LIBRARY(a_quick_cackey, MOCK_LOSES_AS_CACKEY_QUICK)


/* The signature is under way: the library has begun it. */
static void pull_at_C_Sign(const char *function)
{
    if (strcmp(function, "C_Sign") == 0) {
        host.mock->settings->calls_back = NULL;
        agent_pull();
    }
}

static void pull_and_insert_at_C_Sign(const char *function)
{
    if (strcmp(function, "C_Sign") == 0) {
        pull_at_C_Sign(function);
        agent_insert();
    }
}

static void a_card_that_goes_during_a_signature_is_said_to_be_out(void **state)
{
    (void)state;
    agent_start(MOCK_LOSES_AS_OPENSC, NULL);
    host.mock->settings->calls_back = pull_at_C_Sign;
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    host_stop();
}

static void a_card_that_is_back_during_a_signature_signs(void **state)
{
    (void)state;
    agent_start(MOCK_LOSES_AS_OPENSC, NULL);
    host.mock->settings->calls_back = pull_and_insert_at_C_Sign;
    assert_int_equal(agent_sign(), CKR_OK);
    host_stop();
}

static void change_at_C_Sign(const char *function)
{
    if (strcmp(function, "C_Sign") == 0)
        host_config("allow:\n  - {id: [\"01\", \"11\"], use: {confirm: true}}\n");
    pull_and_insert_at_C_Sign(function);
}

static void narrow_at_C_Sign(const char *function)
{
    if (strcmp(function, "C_Sign") == 0)
        host_config("allow:\n  - id: \"11\"\n");
    pull_and_insert_at_C_Sign(function);
}

static void what_the_policy_says_meanwhile_holds_for_the_replay(void **state)
{
    (void)state;
    agent_start(MOCK_LOSES_AS_OPENSC, NULL);
    host.mock->settings->calls_back = change_at_C_Sign;
    assert_int_equal(agent_sign(), CKR_FUNCTION_CANCELED);
    host_config(AGENT_PERMITS);
    host.mock->settings->calls_back = narrow_at_C_Sign;
    assert_int_equal(agent_sign(), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_Sign"), 2);
    host_stop();
}

static void wait_at_C_Sign(const char *function)
{
    if (strcmp(function, "C_Sign") == 0)
        usleep(MOCK_SHORT_LIFE * 1000 * 1000 + TAKES_A_LOOK);
    pull_and_insert_at_C_Sign(function);
}

/* The second rule wants to be asked. */
static const char dated[] = "allow:\n  - {id: \"02\", certificate: {valid: now}}\n"
                            "  - {id: \"02\", use: {confirm: true}}\n";

static void what_a_date_has_changed_meanwhile_holds_for_the_replay(void **state)
{
    static const struct mock_key key = {"ec:P-256", "dated", "02", "02",
                                        MOCK_PAIR | MOCK_CERTIFICATE | MOCK_SHORT_LIVED};
    unsigned char signature[64];
    CK_ULONG size = sizeof(signature);

    (void)state;
    agent_start(MOCK_LOSES_AS_OPENSC, NULL);
    host.mock->key_add(agent.slot, &key);
    host_config(dated);
    host.mock->settings->calls_back = wait_at_C_Sign;
    assert_int_equal(host_sign(agent.session, CKM_ECDSA, host_only(agent.session, CKO_PRIVATE_KEY),
                               signature, &size),
                     CKR_FUNCTION_CANCELED);
    assert_int_equal(host.mock->calls_of("C_Sign"), 1);
    host_stop();
}

static void a_login_that_the_card_forgot_is_ended_before_the_next(void **state)
{
    (void)state;
    asks_for_the_PIN_after_a_pull(MOCK_LOSES_UNTIL_LOGOUT, true);
    assert_int_equal(host.mock->calls_of("C_Logout"), 1);
    assert_int_equal(host.mock->calls_of("C_Login"), 3);
}

static void a_login_that_was_never_lost_is_not_ended(void **state)
{
    (void)state;
    agent_start(MOCK_LOSES_SESSIONS, NULL);
    host.mock->refuse("C_Login", 1, CKR_USER_ALREADY_LOGGED_IN);
    host_try_login(agent.session, CKU_USER, "1234");
    assert_int_equal(host.mock->calls_of("C_Logout"), 0);
    host_stop();
}

static void a_library_that_stays_lost_is_started_anew(void **state)
{
    (void)state;
    lives_through_a_quick_pull(MOCK_LOSES_UNTIL_FINALIZE);
    assert_int_equal(host.mock->calls_of("C_Initialize"), 1 + 3);
}

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned lines_with(const char *text)
{
    char path[128], line[1024];
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

static void a_token_that_is_out_costs_a_listing_a_second_and_no_other_token_a_call(void **state)
{
    static const char *const look[] = {"C_GetSlotList", "C_GetSlotList", NULL};
    CK_SLOT_ID two = host_token("two");
    double began, work;

    (void)state;
    host_key(two, "ec:P-256", "11", MOCK_PAIR);
    agent_start(MOCK_LOSES_AS_OPENSC, "1234");
    assert_int_equal(agent_sign(), CKR_OK);
    agent_pull();
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    host.mock->forget_calls();
    began = seconds(CLOCK_MONOTONIC);
    work = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < 50; i++)
        assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    assert_true(seconds(CLOCK_PROCESS_CPUTIME_ID) - work < 50 * 0.02);
    assert_true(host.mock->calls() <= 2 * (unsigned)(seconds(CLOCK_MONOTONIC) - began + 0.1));
    usleep(TAKES_A_LOOK);
    host.mock->forget_calls();
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    host_assert_calls(look);
    assert_int_equal(lines_with("the token \"one"), 1);
    host_stop();
}

static void a_token_is_named_without_what_its_label_is_filled_up_with(void **state)
{
    (void)state;
    agent_start(MOCK_LOSES_AS_OPENSC, "1234");
    agent_pull();
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    assert_int_equal(lines_with("login to \"one\": CKR_OK"), 1);
    assert_int_equal(lines_with("the token \"one\" is out"), 1);
    host_stop();
}

static void a_listing_sees_a_card_that_is_back_at_once(void **state)
{
    CK_ULONG count = 0;

    (void)state;
    agent_start(MOCK_LOSES_AS_OPENSC, NULL);
    agent_pull();
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    agent_insert();
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(agent_sign(), CKR_OK);
    host_stop();
}

static void another_key_under_the_same_id_does_not_sign(void **state)
{
    static const struct mock_key other = {"ec:P-256", "other", "01", "01", MOCK_PAIR};
    CK_OBJECT_HANDLE key;
    unsigned before;

    (void)state;
    agent_start(MOCK_LOSES_AS_OPENSC, NULL);
    key = host_only(agent.session, CKO_PRIVATE_KEY);
    assert_int_equal(agent_sign_with(key), CKR_OK);
    agent_pull();
    host.mock->key_replace(agent.slot, &other, true);
    agent_insert();
    before = host.mock->calls_of("C_Sign");
    assert_int_equal(agent_sign_with(key), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_Sign"), before + 1); /* the one that met the loss */
    host_stop();
}

static void another_token_in_the_slot_is_neither_signed_with_nor_logged_in(void **state)
{
    CK_SLOT_ID two = host_token("two");

    (void)state;
    host.mock->key_add(two, &agent_key);
    host.mock->token_insert(two, false);
    agent_start(MOCK_LOSES_AS_OPENSC, "1234");
    assert_int_equal(agent_sign(), CKR_OK);
    agent_pull();
    host.mock->token_swap(agent.slot, two);
    host.mock->token_insert(agent.slot, true); /* "two", where "one" was */
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    assert_int_equal(host_try_login(agent.session, CKU_USER, "1234"), CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.mock->logins(agent.slot), 0);
    host_stop();
}

/* coolkey's and cackey's cards have no serial number: two of one label are the same by name. */
static void swap_a_card_without_a_number(const struct mock_key *key)
{
    CK_SLOT_ID two = host.mock->token_add(
        &(struct mock_token){.label = "one", .pin = "1234", .tries = 3, .nameless = true});

    host.mock->key_add(two, key);
    host.mock->key_add(two, &agent_authority);
    host.mock->token_insert(two, false);
    /* a denial by label has the whole card read, the authority's key too */
    agent_start_with("deny: [{label: every}]\nallow: [{id: \"01\"}]\n"
               "login: {keep_pin: {idle: none, max: none, survive_removal: true}}\n",
               MOCK_LOSES_AS_CACKEY, "1234");
    assert_int_equal(agent_sign(), CKR_OK);
    agent_pull();
    host.mock->token_swap(agent.slot, two);
    host.mock->token_insert(agent.slot, true);
}

static void another_card_without_a_number_gets_no_PIN_that_is_kept(void **state)
{
    static const struct mock_key other = {"ec:P-256", "other", "01", "01", MOCK_PAIR};

    (void)state;
    swap_a_card_without_a_number(&other);
    assert_int_not_equal(agent_sign(), CKR_OK);
    assert_int_not_equal(agent_sign(), CKR_OK);
    assert_int_equal(host.mock->logins(agent.slot), 0);
    host_stop();
}

/* Programs that are told so ask, and the PIN that they get is that of the card that is there. */
static void another_card_without_a_number_is_said_to_want_its_PIN(void **state)
{
    static const struct mock_key other = {"ec:P-256", "other", "01", "01", MOCK_PAIR};
    CK_ULONG count = 0;

    (void)state;
    swap_a_card_without_a_number(&other);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    agent_sign();
    assert_true((host_token_flags(agent.slot) & CKF_LOGIN_REQUIRED) != 0);
    assert_int_equal(host.mock->logins(agent.slot), 0);
    host_login(agent.session, "1234");
    assert_int_equal(host.mock->logins(agent.slot), 1);
    host_stop();
}

/* The agent lists no slots: nobody tells that the other card is gone. */
static void a_card_is_found_again_where_another_has_been_seen(void **state)
{
    CK_SLOT_ID two = host_token("two");

    (void)state;
    host.mock->token_insert(two, false);
    agent_start_with(permit_and_keep, MOCK_LOSES_AS_CACKEY, "1234");
    agent_pull();
    host.mock->token_swap(agent.slot, two);
    host.mock->token_insert(agent.slot, true);
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    host.mock->token_insert(agent.slot, false);
    host.mock->token_swap(agent.slot, two);
    agent_insert();
    usleep(TAKES_A_LOOK);
    assert_int_equal(agent_sign(), CKR_OK);
    host_stop();
}

/* Nobody has used or listed the other one meanwhile. */
static void a_card_is_found_where_another_is_taken_to_be(void **state)
{
    CK_SLOT_ID two = host_token("two");
    CK_RV rv = CKR_DEVICE_REMOVED;

    (void)state;
    host_key(two, "ec:P-256", "11", MOCK_PAIR);
    agent_start(MOCK_LOSES_AS_OPENSC, NULL);
    agent_pull();
    assert_int_equal(agent_sign(), CKR_DEVICE_REMOVED);
    host.mock->token_insert(two, false);
    host.mock->token_swap(agent.slot, two);
    host.mock->token_insert(two, true); /* "one", where "two" was */
    for (int i = 0; i < 6 && rv != CKR_OK; i++) {
        usleep(TAKES_A_LOOK);
        rv = agent_sign();
    }
    assert_int_equal(rv, CKR_OK);
    host_stop();
}

static void a_card_without_a_number_is_known_again_by_its_keys(void **state)
{
    (void)state;
    swap_a_card_without_a_number(&agent_key);
    assert_int_equal(agent_sign(), CKR_OK);
    assert_int_equal(host.mock->logins(agent.slot), 1);
    host_stop();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, agent_reset, host_reset)
#define CASES(name)                                                                                \
    CASE(name##_that_loses_a_card_signs_again_when_it_is_back),                                    \
        CASE(name##_that_loses_a_card_for_a_moment_signs_on),                                      \
        CASE(name##_that_lost_a_card_wants_the_PIN_once),                                          \
        CASE(name##_that_lost_a_card_for_a_moment_wants_the_PIN_once),                             \
        CASE(name##_that_loses_a_card_signs_on_by_a_PIN_that_is_kept)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASES(OpenSC),
        CASES(ykcs11),
        CASES(a_slow_ykcs11),
        CASES(coolkey),
        CASES(cackey),
        CASES(a_quick_cackey),
        CASE(a_card_that_goes_during_a_signature_is_said_to_be_out),
        CASE(a_card_that_is_back_during_a_signature_signs),
        CASE(what_the_policy_says_meanwhile_holds_for_the_replay),
        CASE(a_login_that_the_card_forgot_is_ended_before_the_next),
        CASE(a_login_that_was_never_lost_is_not_ended),
        CASE(a_library_that_stays_lost_is_started_anew),
        CASE(a_token_that_is_out_costs_a_listing_a_second_and_no_other_token_a_call),
        CASE(a_listing_sees_a_card_that_is_back_at_once),
        CASE(another_key_under_the_same_id_does_not_sign),
        CASE(another_token_in_the_slot_is_neither_signed_with_nor_logged_in),
        CASE(another_card_without_a_number_gets_no_PIN_that_is_kept),
        CASE(another_card_without_a_number_is_said_to_want_its_PIN),
        CASE(what_a_date_has_changed_meanwhile_holds_for_the_replay),
        CASE(a_token_is_named_without_what_its_label_is_filled_up_with),
        CASE(a_card_is_found_again_where_another_has_been_seen),
        CASE(a_card_is_found_where_another_is_taken_to_be),
        CASE(a_card_without_a_number_is_known_again_by_its_keys),
    };

    return cmocka_run_group_tests_name("replug", tests, host_load, host_unload);
}
