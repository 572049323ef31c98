// SPDX-License-Identifier: BSD-2-Clause
// A card that is pulled out and put back below a session that lives on, as ssh-agent's does: with each library's way to lose it.
#include "tests/module/host.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TAKES_A_LOOK = 1100 * 1000 /* microseconds, after which a token that is out is looked for again */ };

static const struct mock_key key_one = {"ec:P-256", "01", "01", "01", MOCK_PAIR};
/* cackey has keys of authorities on all its cards. */
static const struct mock_key authority = {"ec:P-256", "every", "77", "every", MOCK_PAIR};
static const char permit[] = "allow:\n  - id: [\"01\", \"11\"]\n";
static CK_SLOT_ID slot;
static CK_SESSION_HANDLE session;

static int reset(void **state)
{
    host_reset(state);
    host_remove("log");
    return 0;
}

static const char permit_and_keep[] =
    "allow:\n  - id: [\"01\", \"11\"]\n"
    "login: {keep_pin: {idle: none, max: none, survive_removal: true}}\n";

/* pin: NULL for a token that needs none, which comes back without anybody's help. */
static void start_with(const char *config, enum mock_loss loses, const char *pin)
{
    bool as_coolkey = loses == MOCK_LOSES_SESSIONS, as_cackey = loses == MOCK_LOSES_AS_CACKEY;
    struct mock_key key = key_one;

    key.objects |= as_coolkey ? MOCK_SEEN_BEFORE_LOGIN : 0;
    host.mock->settings->loses = loses;
    slot = host.mock->token_add(&(struct mock_token){
        .label = "one", .pin = pin, .tries = 3, .nameless = as_coolkey || as_cackey});
    host.mock->key_add(slot, &key);
    if (as_cackey)
        host.mock->key_add(slot, &authority);
    host_start(config);
    session = host_open(slot);
    if (pin != NULL)
        host_login(session, pin);
}

static void start(enum mock_loss loses, const char *pin)
{
    start_with(permit, loses, pin);
}

/* Every signature that is handed out is a good one. */
static CK_RV sign(CK_OBJECT_HANDLE key)
{
    unsigned char signature[64];
    CK_ULONG size = sizeof(signature);
    CK_RV rv = host_sign(session, CKM_ECDSA, key, signature, &size);

    if (rv == CKR_OK)
        assert_true(host.mock->verifies(&key_one, CKM_ECDSA, host_data, sizeof(host_data),
                                        signature, size));
    return rv;
}

static CK_RV find_and_sign(void)
{
    CK_OBJECT_HANDLE key = 0;

    host_find_class(session, CKO_PRIVATE_KEY, &key, 1);
    return sign(key);
}

static void pull(void)
{
    host.mock->token_insert(slot, false);
}

static void insert(void)
{
    host.mock->token_insert(slot, true);
}

/* Out, a signature that fails, in, and one that succeeds: nothing is asked of anybody. */
static void lives_through_a_pull(enum mock_loss loses)
{
    start(loses, NULL);
    assert_int_equal(find_and_sign(), CKR_OK);
    pull();
    assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    insert();
    usleep(TAKES_A_LOOK);
    assert_int_equal(find_and_sign(), CKR_OK);
    assert_int_equal(host.mock->sessions(), 1);
    host_stop();
}

static void lives_through_a_quick_pull(enum mock_loss loses)
{
    start(loses, NULL);
    assert_int_equal(find_and_sign(), CKR_OK);
    for (int i = 0; i < 3; i++) {
        pull();
        insert();
        assert_int_equal(find_and_sign(), CKR_OK);
        assert_int_equal(host.mock->sessions(), 1);
    }
    host_stop();
}

/* One right PIN after each return, and none by itself. */
static void asks_for_the_PIN_after_a_pull(enum mock_loss loses, bool quick)
{
    start(loses, "1234");
    assert_int_equal(find_and_sign(), CKR_OK);
    pull();
    if (!quick)
        assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    insert();
    if (!quick)
        usleep(TAKES_A_LOOK);
    assert_int_equal(find_and_sign(), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
    host_login(session, "1234");
    assert_int_equal(find_and_sign(), CKR_OK);
    assert_int_equal(host.mock->sessions(), 1);
    host_stop();
}

/* Nobody is asked for anything. */
static void needs_no_PIN_that_is_kept(enum mock_loss loses)
{
    start_with(permit_and_keep, loses, "1234");
    assert_int_equal(find_and_sign(), CKR_OK);
    pull();
    insert();
    assert_int_equal(find_and_sign(), CKR_OK);
    pull();
    assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    insert();
    usleep(TAKES_A_LOOK);
    assert_int_equal(find_and_sign(), CKR_OK);
    assert_int_equal(host.mock->sessions(), 1);
    assert_int_equal(host_token_flags(slot) & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED), 0);
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
        pull();
    }
}

static void pull_and_insert_at_C_Sign(const char *function)
{
    if (strcmp(function, "C_Sign") == 0) {
        pull_at_C_Sign(function);
        insert();
    }
}

static void a_card_that_goes_during_a_signature_is_said_to_be_out(void **state)
{
    (void)state;
    start(MOCK_LOSES_AS_OPENSC, NULL);
    host.mock->settings->calls_back = pull_at_C_Sign;
    assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    host_stop();
}

static void a_card_that_is_back_during_a_signature_signs(void **state)
{
    (void)state;
    start(MOCK_LOSES_AS_OPENSC, NULL);
    host.mock->settings->calls_back = pull_and_insert_at_C_Sign;
    assert_int_equal(find_and_sign(), CKR_OK);
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
    start(MOCK_LOSES_AS_OPENSC, NULL);
    host.mock->settings->calls_back = change_at_C_Sign;
    assert_int_equal(find_and_sign(), CKR_FUNCTION_CANCELED);
    host_config(permit);
    host.mock->settings->calls_back = narrow_at_C_Sign;
    assert_int_equal(find_and_sign(), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_Sign"), 2);
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
    start(MOCK_LOSES_SESSIONS, NULL);
    host.mock->refuse("C_Login", 1, CKR_USER_ALREADY_LOGGED_IN);
    host_try_login(session, CKU_USER, "1234");
    assert_int_equal(host.mock->calls_of("C_Logout"), 0);
    host_stop();
}

static void a_library_that_stays_lost_is_started_anew(void **state)
{
    (void)state;
    lives_through_a_quick_pull(MOCK_LOSES_UNTIL_FINALIZE);
    assert_int_equal(host.mock->calls_of("C_Initialize"), 1 + 3);
}

static void a_library_is_started_anew_once_until_a_signature_succeeds(void **state)
{
    (void)state;
    start(MOCK_LOSES_SESSIONS, NULL);
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    for (int i = 0; i < 3; i++)
        assert_int_equal(find_and_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
    host.mock->refuse_none();
    assert_int_equal(find_and_sign(), CKR_OK);
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    assert_int_equal(find_and_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 2);
    host_stop();
}

static void a_library_of_somebody_else_s_is_neither_started_anew_nor_are_his_sessions_closed(
    void **state)
{
    (void)state;
    host.mock->settings->initialised = true;
    start(MOCK_LOSES_SESSIONS, NULL);
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    assert_int_equal(find_and_sign(), CKR_DEVICE_ERROR);
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
    start(MOCK_LOSES_SESSIONS, NULL);
    second = host_open(two);
    host_login(second, "1234");
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    assert_int_equal(find_and_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    assert_int_equal(host_find_class(second, CKO_PRIVATE_KEY, NULL, 0), 1);
    host_stop();
}

static const CK_RV say_nothing[] = {CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED,
                                    CKR_OPERATION_NOT_INITIALIZED, CKR_VENDOR_DEFINED | 0x4321};

static void a_signature_that_fails_without_a_reason_is_tried_again_in_a_new_session(void **state)
{
    for (size_t i = 0; i < sizeof(say_nothing) / sizeof(say_nothing[0]); i++) {
        reset(state);
        start(MOCK_LOSES_SESSIONS, "1234");
        host.mock->refuse("C_Sign", 1, say_nothing[i]);
        assert_int_equal(find_and_sign(), CKR_OK);
        assert_int_equal(host.mock->calls_of("C_Sign"), 2);
        assert_int_equal(host.mock->calls_of("C_OpenSession"), 2);
        assert_int_equal(host.mock->logins(slot), 1);
        host_stop();
    }
}

static void a_signature_that_fails_twice_without_a_reason_costs_no_login(void **state)
{
    for (size_t i = 0; i < sizeof(say_nothing) / sizeof(say_nothing[0]); i++) {
        reset(state);
        start(MOCK_LOSES_SESSIONS, "1234");
        host.mock->refuse("C_Sign", 0, say_nothing[i]);
        assert_int_equal(find_and_sign(), say_nothing[i]);
        assert_int_equal(host.mock->calls_of("C_Sign"), 2);
        assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
        host.mock->refuse_none();
        assert_int_equal(find_and_sign(), CKR_OK);
        assert_int_equal(host.mock->logins(slot), 1);
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
        reset(state);
        start(MOCK_LOSES_SESSIONS, "1234");
        host.mock->refuse("C_Sign", 0, codes[i]);
        assert_int_equal(find_and_sign(), codes[i]);
        assert_int_equal(host.mock->calls_of("C_Sign"), 1);
        assert_int_equal(host.mock->logins(slot), 1);
        host_stop();
    }
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
    start(MOCK_LOSES_AS_OPENSC, "1234");
    assert_int_equal(find_and_sign(), CKR_OK);
    pull();
    assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    host.mock->forget_calls();
    began = seconds(CLOCK_MONOTONIC);
    work = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < 50; i++)
        assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    assert_true(seconds(CLOCK_PROCESS_CPUTIME_ID) - work < 50 * 0.02);
    assert_true(host.mock->calls() <= 2 * (unsigned)(seconds(CLOCK_MONOTONIC) - began + 0.1));
    usleep(TAKES_A_LOOK);
    host.mock->forget_calls();
    assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    host_assert_calls(look);
    assert_int_equal(lines_with("the token \"one"), 1);
    host_stop();
}

static void a_listing_sees_a_card_that_is_back_at_once(void **state)
{
    CK_ULONG count = 0;

    (void)state;
    start(MOCK_LOSES_AS_OPENSC, NULL);
    pull();
    assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    insert();
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(find_and_sign(), CKR_OK);
    host_stop();
}

static void another_key_under_the_same_id_does_not_sign(void **state)
{
    static const struct mock_key other = {"ec:P-256", "other", "01", "01", MOCK_PAIR};
    CK_OBJECT_HANDLE key;
    unsigned before;

    (void)state;
    start(MOCK_LOSES_AS_OPENSC, NULL);
    key = host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(sign(key), CKR_OK);
    pull();
    host.mock->key_replace(slot, &other, true);
    insert();
    before = host.mock->calls_of("C_Sign");
    assert_int_equal(sign(key), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_Sign"), before + 1); /* the one that met the loss */
    host_stop();
}

static void another_token_in_the_slot_is_neither_signed_with_nor_logged_in(void **state)
{
    CK_SLOT_ID two = host_token("two");

    (void)state;
    host.mock->key_add(two, &key_one);
    host.mock->token_insert(two, false);
    start(MOCK_LOSES_AS_OPENSC, "1234");
    assert_int_equal(find_and_sign(), CKR_OK);
    pull();
    host.mock->token_swap(slot, two);
    host.mock->token_insert(slot, true); /* "two", where "one" was */
    assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.mock->logins(slot), 0);
    host_stop();
}

/* coolkey's and cackey's cards have no serial number: two of one label are the same by name. */
static void swap_a_card_without_a_number(const struct mock_key *key)
{
    CK_SLOT_ID two = host.mock->token_add(
        &(struct mock_token){.label = "one", .pin = "1234", .tries = 3, .nameless = true});

    host.mock->key_add(two, key);
    host.mock->key_add(two, &authority);
    host.mock->token_insert(two, false);
    /* a denial by label has the whole card read, the authority's key too */
    start_with("deny: [{label: every}]\nallow: [{id: \"01\"}]\n"
               "login: {keep_pin: {idle: none, max: none, survive_removal: true}}\n",
               MOCK_LOSES_AS_CACKEY, "1234");
    assert_int_equal(find_and_sign(), CKR_OK);
    pull();
    host.mock->token_swap(slot, two);
    host.mock->token_insert(slot, true);
}

static void another_card_without_a_number_gets_no_PIN_that_is_kept(void **state)
{
    static const struct mock_key other = {"ec:P-256", "other", "01", "01", MOCK_PAIR};

    (void)state;
    swap_a_card_without_a_number(&other);
    assert_int_not_equal(find_and_sign(), CKR_OK);
    assert_int_not_equal(find_and_sign(), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 0);
    host_stop();
}

/* The agent lists no slots: nobody tells that the other card is gone. */
static void a_card_is_found_again_where_another_has_been_seen(void **state)
{
    CK_SLOT_ID two = host_token("two");

    (void)state;
    host.mock->token_insert(two, false);
    start_with(permit_and_keep, MOCK_LOSES_AS_CACKEY, "1234");
    pull();
    host.mock->token_swap(slot, two);
    host.mock->token_insert(slot, true);
    assert_int_equal(find_and_sign(), CKR_DEVICE_REMOVED);
    host.mock->token_insert(slot, false);
    host.mock->token_swap(slot, two);
    insert();
    usleep(TAKES_A_LOOK);
    assert_int_equal(find_and_sign(), CKR_OK);
    host_stop();
}

static void a_card_without_a_number_is_known_again_by_its_keys(void **state)
{
    (void)state;
    swap_a_card_without_a_number(&key_one);
    assert_int_equal(find_and_sign(), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
    host_stop();
}

static void a_library_that_loses_its_readers_by_it_is_not_started_anew(void **state)
{
    (void)state;
    host.mock->settings->manufacturer = "U.S. Government";
    host.mock->settings->description = "CACKey";
    start(MOCK_LOSES_SESSIONS, NULL);
    host.mock->refuse("C_Sign", 0, CKR_DEVICE_ERROR);
    assert_int_equal(find_and_sign(), CKR_DEVICE_ERROR);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    host_stop();
}

static void a_session_that_the_library_would_not_close_keeps_no_card_dead(void **state)
{
    (void)state;
    start(MOCK_LOSES_AS_YKCS11, NULL);
    pull();
    insert();
    host.mock->refuse("C_CloseSession", 1, CKR_DEVICE_REMOVED);
    assert_int_equal(find_and_sign(), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    host_stop();
}

static void a_call_that_wants_the_login_that_was_lost_is_not_made_without_it(void **state)
{
    unsigned char random[8];

    (void)state;
    start(MOCK_LOSES_SESSIONS, "1234");
    host.mock->refuse("C_GenerateRandom", 1, CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.functions->C_GenerateRandom(session, random, sizeof(random)),
                     CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.mock->calls_of("C_GenerateRandom"), 1);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
    host_stop();
}

static void a_search_that_somebody_left_active_is_got_over(void **state)
{
    (void)state;
    host.mock->refuse("C_FindObjectsInit", 1, CKR_OPERATION_ACTIVE);
    start(MOCK_LOSES_SESSIONS, "1234");
    assert_int_equal(find_and_sign(), CKR_OK);
    host_stop();
}

static void a_login_that_is_found_lost_while_reading_is_asked_for_again(void **state)
{
    (void)state;
    start(MOCK_LOSES_SESSIONS, "1234");
    host.mock->refuse("C_FindObjectsInit", 1, CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(find_and_sign(), CKR_USER_NOT_LOGGED_IN);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
    host_login(session, "1234");
    assert_int_equal(find_and_sign(), CKR_OK);
    host_stop();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, reset, host_reset)
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
        CASE(a_library_is_started_anew_once_until_a_signature_succeeds),
        CASE(a_library_of_somebody_else_s_is_neither_started_anew_nor_are_his_sessions_closed),
        CASE(no_other_token_loses_its_login_to_a_library_that_is_started_anew),
        CASE(a_signature_that_fails_without_a_reason_is_tried_again_in_a_new_session),
        CASE(a_signature_that_fails_twice_without_a_reason_costs_no_login),
        CASE(a_signature_that_is_refused_with_a_reason_is_not_tried_again),
        CASE(a_token_that_is_out_costs_a_listing_a_second_and_no_other_token_a_call),
        CASE(a_listing_sees_a_card_that_is_back_at_once),
        CASE(another_key_under_the_same_id_does_not_sign),
        CASE(another_token_in_the_slot_is_neither_signed_with_nor_logged_in),
        CASE(another_card_without_a_number_gets_no_PIN_that_is_kept),
        CASE(a_card_is_found_again_where_another_has_been_seen),
        CASE(a_card_without_a_number_is_known_again_by_its_keys),
        CASE(a_library_that_loses_its_readers_by_it_is_not_started_anew),
        CASE(a_session_that_the_library_would_not_close_keeps_no_card_dead),
        CASE(a_call_that_wants_the_login_that_was_lost_is_not_made_without_it),
        CASE(a_search_that_somebody_left_active_is_got_over),
        CASE(a_login_that_is_found_lost_while_reading_is_asked_for_again),
    };

    return cmocka_run_group_tests_name("replug", tests, host_load, host_unload);
}
