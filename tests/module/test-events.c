// SPDX-License-Identifier: BSD-2-Clause
// Cards that come and go, where pcscd tells of it: no vendor call has to fail first.
#include "tests/module/audit_file.h"
#include "tests/module/readers.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char permit[] = "allow: [{id: [\"01\", \"11\"]}]\n";
static const char long_name[] = "A reader whose name is longer than the 64 bytes of a slot's description 00 00";
static CK_SLOT_ID one, two;

static int make_readers(void **state)
{
    host_reset(state);
    readers_reset();
    one = readers_add("Reader A 00 00", "one", "01");
    two = readers_add(long_name, "two", "11");
    return 0;
}

static int check_use(void **state)
{
    (void)state;
    host.functions->C_Finalize(NULL);
    assert_int_equal(pcscd->misused(), 0);
    assert_int_equal(pcscd->open(), 0);
    return host_reset(state);
}

static CK_SESSION_HANDLE start(void)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, one);

    host_only(session, CKO_PRIVATE_KEY);
    return session;
}

static CK_ULONG count_listed(void)
{
    CK_ULONG count = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    return count;
}

static bool is_logged_in(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;

    host_find(session, NULL, 0, NULL, 0);
    assert_int_equal(host.functions->C_GetSessionInfo(session, &info), CKR_OK);
    return info.state == CKS_RO_USER_FUNCTIONS;
}

/* The card was out and is in again before anybody has looked; the vendor has noticed nothing. */
static void replug_unnoticed(const char *name)
{
    pcscd->card(name, false);
    pcscd->card(name, true);
}

/* Before any other test: a library that was loaded stays. */
static void libpcsclite_is_not_loaded_where_no_vendor_has_brought_it(void **state)
{
    (void)state;
    one = host_token("one");
    host_key(one, "rsa:2048", "01", MOCK_PAIR);
    start();
    assert_int_equal(count_listed(), 1);
    assert_null(dlopen("libpcsclite.so.1", RTLD_LAZY | RTLD_NOLOAD));
    assert_int_equal(host.mock->calls_of("C_GetSlotInfo"), 0);
    host_stop();
}

static void a_card_that_is_pulled_is_gone_at_the_next_search_without_a_failure(void **state)
{
    CK_SESSION_HANDLE session = start();

    (void)state;
    readers_card(one, "Reader A 00 00", false);
    host.mock->forget_calls();
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    assert_int_equal(host.mock->calls_of("C_Sign") + host.mock->calls_of("C_FindObjectsInit") +
                         host.mock->calls_of("C_GetSessionInfo"),
                     0);
    assert_int_equal(count_listed(), 1);
    readers_card(one, "Reader A 00 00", true);
    assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 1);
    assert_int_equal(count_listed(), 2);
}

/* A vendor may take 100 ms to find out what pcscd has said; it is asked when a card is in. */
static void no_vendor_is_asked_for_a_card_while_all_readers_are_empty(void **state)
{
    CK_SESSION_HANDLE session = start();

    (void)state;
    readers_card(two, long_name, false);
    readers_card(one, "Reader A 00 00", false);
    host.mock->forget_calls();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
        assert_int_equal(host.mock->calls_of("C_GetSlotList") + host.mock->calls_of("C_GetTokenInfo") +
                             host.mock->calls_of("C_OpenSession"),
                         0);
        readers_sleep(1100); /* longer than what was looked for is taken to be out */
    }
    host.mock->token_swap(one, two);
    readers_card(two, long_name, true); /* the card is in the other reader now */
    assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 1);
}

static void a_card_that_was_out_between_two_looks_is_known_by_the_counter(void **state)
{
    CK_SESSION_HANDLE session = start();

    (void)state;
    assert_true(is_logged_in(session));
    replug_unnoticed("Reader A 00 00");
    assert_false(is_logged_in(session));
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 0);
    host_login(session, "1234");
    host_only(session, CKO_PRIVATE_KEY);
}

static void a_signature_begins_with_a_look(void **state)
{
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    (void)state;
    readers_card(one, "Reader A 00 00", false);
    host.mock->forget_calls();
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_DEVICE_REMOVED);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
}

static void events_of_other_readers_leave_a_login_alone(void **state)
{
    CK_SESSION_HANDLE session = start();

    (void)state;
    count_listed();
    replug_unnoticed(long_name);
    readers_card(two, long_name, false);
    pcscd->reader("Reader B 00 00", true);
    pcscd->card("Reader B 00 00", true);
    host.mock->forget_calls();
    assert_true(is_logged_in(session));
    assert_int_equal(host.mock->calls_of("C_OpenSession"), 0);
    assert_int_equal(count_listed(), 1);
}

/* pcscd has told of the insertion after the vendor. */
static void a_card_that_came_in_is_not_one_that_was_out(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    pcscd->card("Reader A 00 00", false);
    session = start();
    pcscd->card("Reader A 00 00", true);
    assert_true(is_logged_in(session));
    replug_unnoticed("Reader A 00 00");
    assert_false(is_logged_in(session));
}

static void the_name_of_a_reader_may_be_longer_than_the_description_of_its_slot(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, two);

    (void)state;
    assert_true(is_logged_in(session));
    replug_unnoticed(long_name);
    assert_false(is_logged_in(session));
}

static void a_reader_that_is_unplugged_takes_its_card_with_it(void **state)
{
    CK_SESSION_HANDLE session = start();

    (void)state;
    pcscd->reader("Reader A 00 00", false);
    assert_false(is_logged_in(session));
}

static void the_counter_may_begin_anew(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    for (int i = 0; i < 0xfffe; i++)
        pcscd->card("Reader A 00 00", i % 2 == 1);
    session = start();
    replug_unnoticed("Reader A 00 00");
    assert_false(is_logged_in(session));
}

/* As cackey: it is asked when a card was taken out somewhere, and what it knows nothing of leaves the login alone. */
static void a_vendor_that_does_not_name_its_readers_is_asked(void **state)
{
    CK_SLOT_ID unnamed = host_token("unnamed");
    CK_SESSION_HANDLE session;

    (void)state;
    host_key(unnamed, "rsa:2048", "01", MOCK_PAIR);
    session = host_start_logged_in(permit, unnamed);
    assert_true(is_logged_in(session));
    host.mock->forget_calls();
    pcscd->card("Reader A 00 00", false);
    assert_true(is_logged_in(session));
    assert_int_equal(host.mock->calls_of("C_GetTokenInfo"), 1);
    pcscd->card("Reader A 00 00", true);
    host.mock->forget_calls();
    assert_true(is_logged_in(session));
    assert_int_equal(host.mock->calls(), 0);
    host.mock->token_insert(unnamed, false);
    pcscd->card("Reader A 00 00", false);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    assert_int_equal(host.mock->calls_of("C_Sign") + host.mock->calls_of("C_FindObjectsInit"), 0);
}

/* The vendor has not noticed that the card is another one. */
static void another_card_in_the_reader_gets_no_pin(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit);
    session = host_open(one);
    host_only(session, CKO_PUBLIC_KEY);
    host.mock->token_swap(one, two);
    replug_unnoticed("Reader A 00 00");
    readers_card(two, long_name, false);
    host.mock->forget_calls();
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.mock->calls_of("C_Login"), 0);
}

static void a_refused_pin_is_forgotten_with_the_insertion_that_only_the_counter_shows(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit);
    session = host_open(one);
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(one), 1);
    replug_unnoticed("Reader A 00 00");
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(one), 2);
}

/* Nobody knows whether the card was out. */
static void a_refused_pin_is_not_forgotten_with_a_restart_of_pcscd(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit);
    session = host_open(one);
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    pcscd->daemon(false);
    pcscd->daemon(true);
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(one), 1);
    host_login(session, "1234");
}

static void restart_unnoticed(const char *name)
{
    (void)name;
    pcscd->daemon(false);
    pcscd->daemon(true);
}

static void (*const changes[])(const char *) = {replug_unnoticed, restart_unnoticed};

static void a_kept_pin_goes_with_a_card_that_was_or_may_have_been_out(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        CK_SESSION_HANDLE session;

        make_readers(state);
        session = host_start_logged_in("allow: [{id: \"01\"}]\nlogin: {keep_pin: {idle: none, max: none}}\n", one);
        host_only(session, CKO_PRIVATE_KEY);
        changes[i]("Reader A 00 00");
        assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 0);
        assert_int_equal(host.mock->logins(one), 1);
    }
}

static void a_kept_pin_that_survives_removals_logs_in_again(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        CK_SESSION_HANDLE session;

        make_readers(state);
        session = host_start_logged_in("allow: [{id: \"01\"}]\nlogin: {keep_pin: {survive_removal: true}}\n", one);
        host_only(session, CKO_PRIVATE_KEY);
        changes[i]("Reader A 00 00");
        host_only(session, CKO_PRIVATE_KEY);
        assert_int_equal(host.mock->logins(one), 2);
    }
}

static void after_a_restart_of_pcscd_the_session_is_a_new_one_and_events_are_told_again(void **state)
{
    CK_SESSION_HANDLE session = start();

    (void)state;
    pcscd->daemon(false);
    pcscd->daemon(true);
    assert_false(is_logged_in(session));
    host_login(session, "1234");
    assert_true(is_logged_in(session));
    replug_unnoticed("Reader A 00 00");
    assert_false(is_logged_in(session));
}

static void without_pcscd_all_goes_on_and_it_is_looked_for_once_a_second(void **state)
{
    long begun = readers_clock();
    CK_SESSION_HANDLE session;

    (void)state;
    pcscd->daemon(false);
    session = start();
    for (int i = 0; i < 20; i++)
        assert_int_equal(count_listed(), 2);
    assert_true(is_logged_in(session));
    assert_in_range(pcscd->connections(), 1, 1 + (readers_clock() - begun) / 1000);
    pcscd->daemon(true);
    readers_sleep(1100);
    assert_true(is_logged_in(session));
    replug_unnoticed("Reader A 00 00");
    assert_false(is_logged_in(session));
}

static void a_pcscd_that_lets_nobody_in_is_said_once(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_remove("log");
    pcscd->refuse(true);
    session = start();
    readers_sleep(1100);
    assert_int_equal(count_listed(), 2);
    assert_in_range(pcscd->connections(), 2, 3);
    assert_int_equal(audit_count("log", "pcscd does not let this program in"), 1);
    pcscd->refuse(false);
    readers_sleep(1100);
    assert_true(is_logged_in(session));
    replug_unnoticed("Reader A 00 00");
    assert_false(is_logged_in(session));
}

static void a_look_that_takes_long_is_not_taken_at_each_call(void **state)
{
    CK_SESSION_HANDLE session = start();
    unsigned before;

    (void)state;
    pcscd->delay(150);
    before = pcscd->looks();
    for (int i = 0; i < 20; i++)
        host_only(session, CKO_PRIVATE_KEY);
    assert_in_range(pcscd->looks() - before, 1, 3);
}

static void an_old_snapshot_is_read_again_only_where_nobody_tells_of_the_card(void **state)
{
    (void)state;
    host_start("allow: [{id: [\"01\", \"11\"]}]\ncache: {max_age: 0s}\n");
    count_listed();
    host.mock->forget_calls();
    count_listed();
    assert_int_equal(host.mock->calls_of("C_FindObjectsInit"), 0);
    pcscd->reader(long_name, false);
    count_listed();
    host.mock->forget_calls();
    count_listed();
    assert_int_equal(host.mock->calls_of("C_FindObjectsInit"), 2); /* one for each value of id */
}

/* Nobody has told the vendor yet that the login has ended. */
static void lose_a_card_that_nobody_uses(CK_SESSION_HANDLE session)
{
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    readers_card(one, "Reader A 00 00", false);
    readers_card(one, "Reader A 00 00", true);
    assert_int_equal(count_listed(), 2);
}

static void a_login_that_the_application_has_ended_is_not_made_again(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(
        "allow: [{id: \"01\"}, {id: \"11\"}]\nlogin: {keep_pin: {survive_removal: true}}\n", one);
    unsigned char random[8];

    (void)state;
    assert_true(is_logged_in(session));
    lose_a_card_that_nobody_uses(session);
    session = host_open(one);
    host.mock->refuse("C_GenerateRandom", 1, CKR_DEVICE_ERROR);
    assert_int_equal(host.functions->C_GenerateRandom(session, random, sizeof(random)), CKR_OK);
    assert_int_equal(host.mock->logins(one), 1);
}

/* Its keys are no more known than after any logout. */
static void of_a_login_that_the_application_has_ended_nothing_is_lost(void **state)
{
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    (void)state;
    lose_a_card_that_nobody_uses(session);
    session = host_open(one);
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_KEY_HANDLE_INVALID);
}

/* The library itself may still think that somebody is logged in. */
static void a_stale_login_of_before_the_application_ended_it_is_not_believed(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host.mock->settings->loses = MOCK_LOSES_UNTIL_LOGOUT;
    session = start();
    lose_a_card_that_nobody_uses(session);
    session = host_open(one);
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    host_login(session, "1234");
    assert_true(is_logged_in(session));
}

/* The card was out, and the library could not be told that the login has ended. */
static void a_login_whose_end_the_library_has_not_taken_in_is_not_believed(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    pcscd->daemon(false);
    host.mock->settings->loses = MOCK_LOSES_UNTIL_LOGOUT;
    session = start();
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    host.mock->token_insert(one, false);
    host.mock->token_insert(one, true);
    host.mock->refuse("C_Logout", 1, CKR_DEVICE_ERROR);
    session = host_open(one);
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->calls_of("C_Logout"), 2);
}

static void swap_at_C_Initialize(const char *function)
{
    if (strcmp(function, "C_Initialize") != 0)
        return;
    host.mock->settings->calls_back = NULL;
    host.mock->token_swap(one, two);
}

/* Its sessions have gone with pcscd, and it numbers its slots anew. */
static void a_refused_pin_is_remembered_where_a_listing_has_a_library_begin_anew(void **state)
{
    char modules[512];
    CK_SESSION_HANDLE session;

    (void)state;
    snprintf(modules, sizeof(modules), "modules: [{path: \"%s\", quirks: [slots-frozen]}]\n",
             getenv("MOCK_VENDOR_SO"));
    host.modules = modules;
    host_start(permit);
    session = host_open(one);
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    pcscd->daemon(false);
    pcscd->daemon(true);
    host.mock->settings->calls_back = swap_at_C_Initialize;
    assert_int_equal(count_listed(), 2);
    assert_null(host.mock->settings->calls_back);
    assert_int_equal(host_try_login(session, CKU_USER, "1111"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->calls_of("C_Login"), 1);
}

static int list_in_child(void)
{
    CK_ULONG count = 0;

    if (host.functions->C_Initialize(NULL) != CKR_OK ||
        host.functions->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_OK || count != 2)
        return 1;
    replug_unnoticed("Reader A 00 00");
    if (host.functions->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_OK || count != 2)
        return 2;
    if (host.functions->C_Finalize(NULL) != CKR_OK)
        return 3;
    return pcscd->misused() != 0 ? 4 : 0;
}

static void a_child_has_a_connection_of_its_own(void **state)
{
    CK_SESSION_HANDLE session = start();
    int status = -1;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(list_in_child());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(is_logged_in(session));
}

#define EVENT(test) cmocka_unit_test_setup_teardown(test, make_readers, check_use)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(libpcsclite_is_not_loaded_where_no_vendor_has_brought_it,
                                        host_reset, host_reset),
        EVENT(a_card_that_is_pulled_is_gone_at_the_next_search_without_a_failure),
        EVENT(no_vendor_is_asked_for_a_card_while_all_readers_are_empty),
        EVENT(a_card_that_was_out_between_two_looks_is_known_by_the_counter),
        EVENT(a_signature_begins_with_a_look),
        EVENT(events_of_other_readers_leave_a_login_alone),
        EVENT(a_card_that_came_in_is_not_one_that_was_out),
        EVENT(the_name_of_a_reader_may_be_longer_than_the_description_of_its_slot),
        EVENT(a_reader_that_is_unplugged_takes_its_card_with_it),
        EVENT(the_counter_may_begin_anew),
        EVENT(a_vendor_that_does_not_name_its_readers_is_asked),
        EVENT(another_card_in_the_reader_gets_no_pin),
        EVENT(a_refused_pin_is_forgotten_with_the_insertion_that_only_the_counter_shows),
        EVENT(a_refused_pin_is_not_forgotten_with_a_restart_of_pcscd),
        EVENT(a_kept_pin_goes_with_a_card_that_was_or_may_have_been_out),
        EVENT(a_kept_pin_that_survives_removals_logs_in_again),
        EVENT(after_a_restart_of_pcscd_the_session_is_a_new_one_and_events_are_told_again),
        EVENT(without_pcscd_all_goes_on_and_it_is_looked_for_once_a_second),
        EVENT(a_pcscd_that_lets_nobody_in_is_said_once),
        EVENT(a_look_that_takes_long_is_not_taken_at_each_call),
        EVENT(a_refused_pin_is_remembered_where_a_listing_has_a_library_begin_anew),
        EVENT(a_login_that_the_application_has_ended_is_not_made_again),
        EVENT(of_a_login_that_the_application_has_ended_nothing_is_lost),
        EVENT(a_stale_login_of_before_the_application_ended_it_is_not_believed),
        EVENT(a_login_whose_end_the_library_has_not_taken_in_is_not_believed),
        EVENT(an_old_snapshot_is_read_again_only_where_nobody_tells_of_the_card),
        EVENT(a_child_has_a_connection_of_its_own),
    };

    return cmocka_run_group_tests_name("events", tests, host_load, host_unload);
}
