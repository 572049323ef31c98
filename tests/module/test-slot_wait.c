// SPDX-License-Identifier: BSD-2-Clause
// C_WaitForSlotEvent: answered by p11gate, for vendors that lack it too, and without holding up other calls.
#include "tests/module/readers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { SOON_MS = 5000, WAITERS_MAX = 2 };

static const char permit[] = "allow: [{id: \"01\"}]\n";
static CK_SLOT_ID shown, hidden;

struct waiter {
    pthread_t thread;
    CK_SLOT_ID slot;
    CK_RV rv;
    atomic_bool done;
};

static struct waiter waiters[WAITERS_MAX];
static size_t n_waiters;

static int make_readers(void **state)
{
    host_reset(state);
    readers_reset();
    n_waiters = 0;
    shown = readers_add("Reader A 00 00", "shown", "01");
    hidden = readers_add("Reader B 00 00", "hidden", "11");
    host.mock->refuse("C_WaitForSlotEvent", 0, CKR_FUNCTION_NOT_SUPPORTED);
    return 0;
}

static void *wait_in_thread(void *context)
{
    struct waiter *waiter = context;

    waiter->rv = host.functions->C_WaitForSlotEvent(0, &waiter->slot, NULL);
    waiter->done = true;
    return NULL;
}

static struct waiter *begin_wait(void)
{
    struct waiter *waiter = &waiters[n_waiters++];

    waiter->slot = 7;
    waiter->done = false;
    assert_int_equal(pthread_create(&waiter->thread, NULL, wait_in_thread, waiter), 0);
    return waiter;
}

/* Until they wait for pcscd. */
static void until_waiting(unsigned count)
{
    long end = readers_clock() + SOON_MS;

    while (pcscd->waiting() < count && readers_clock() < end)
        readers_sleep(5);
    assert_int_equal(pcscd->waiting(), count);
}

static bool is_done(struct waiter *waiter, long milliseconds)
{
    long end = readers_clock() + milliseconds;

    while (!waiter->done && readers_clock() < end)
        readers_sleep(5);
    return waiter->done;
}

static CK_RV end_wait(struct waiter *waiter)
{
    assert_true(is_done(waiter, SOON_MS));
    assert_int_equal(pthread_join(waiter->thread, NULL), 0);
    return waiter->rv;
}

/* No thread is left behind by a test that failed. */
static int check_use(void **state)
{
    (void)state;
    host.functions->C_Finalize(NULL);
    for (size_t i = 0; i < n_waiters; i++)
        is_done(&waiters[i], SOON_MS);
    assert_int_equal(pcscd->misused(), 0);
    assert_int_equal(pcscd->open(), 0);
    return host_reset(state);
}

static CK_RV next_event(CK_SLOT_ID *slot)
{
    return host.functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, slot, NULL);
}

static void nothing_that_was_there_at_the_beginning_is_an_event(void **state)
{
    CK_SLOT_ID slot = 7;

    (void)state;
    host_start(permit);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    assert_int_equal(slot, 7);
    assert_int_equal(host.functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL),
                     CKR_ARGUMENTS_BAD);
    assert_int_equal(host.functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot),
                     CKR_ARGUMENTS_BAD);
}

/* Whoever lists the slots in between has not been told by that. */
static void each_event_is_told_once(void **state)
{
    CK_SLOT_ID slot = 7;
    CK_ULONG count = 0;

    (void)state;
    host_start(permit);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    readers_card(shown, "Reader A 00 00", false);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(next_event(&slot), CKR_OK);
    assert_int_equal(slot, shown);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    readers_card(shown, "Reader A 00 00", true);
    assert_int_equal(next_event(&slot), CKR_OK);
    assert_int_equal(slot, shown);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
}

/* Who waits to keep a listing right has one that is wrong. */
static void what_a_listing_showed_otherwise_is_an_event_though_it_is_over(void **state)
{
    CK_SLOT_ID slot = 7;
    CK_ULONG count = 0;

    (void)state;
    host_start(permit);
    for (int in = 1; in >= 0; in--) {
        readers_card(shown, "Reader A 00 00", in == 1);
        next_event(&slot);
        assert_int_equal(next_event(&slot), CKR_NO_EVENT);
        readers_card(shown, "Reader A 00 00", in == 0);
        assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
        assert_int_equal(count, in == 0);
        slot = 7;
        readers_card(shown, "Reader A 00 00", in == 1);
        assert_int_equal(next_event(&slot), CKR_OK);
        assert_int_equal(slot, shown);
        assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    }
}

static void a_card_that_was_out_between_two_looks_is_an_event(void **state)
{
    CK_SLOT_ID slot = 7;

    (void)state;
    host_start(permit);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    pcscd->card("Reader A 00 00", false);
    pcscd->card("Reader A 00 00", true);
    assert_int_equal(next_event(&slot), CKR_OK);
    assert_int_equal(slot, shown);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
}

static void hidden_slots_are_not_told_of(void **state)
{
    CK_SLOT_ID slot = 7;
    struct waiter *waiter;

    (void)state;
    host_start(permit);
    waiter = begin_wait();
    until_waiting(1);
    readers_card(hidden, "Reader B 00 00", false);
    assert_false(is_done(waiter, 300));
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    readers_card(hidden, "Reader B 00 00", true);
    pcscd->reader("Reader C 00 00", true);
    pcscd->card("Reader C 00 00", true);
    assert_false(is_done(waiter, 300));
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    readers_card(shown, "Reader A 00 00", false);
    assert_int_equal(end_wait(waiter), CKR_OK);
    assert_int_equal(waiter->slot, shown);
}

static void who_waits_is_told_of_a_card_that_goes_and_of_one_that_comes(void **state)
{
    struct waiter *waiter;

    (void)state;
    host_start(permit);
    for (int in = 0; in <= 1; in++) {
        waiter = begin_wait();
        until_waiting(1);
        readers_card(shown, "Reader A 00 00", in == 1);
        assert_true(is_done(waiter, 500));
        assert_int_equal(end_wait(waiter), CKR_OK);
        assert_int_equal(waiter->slot, shown);
        n_waiters = 0;
    }
}

static void one_of_two_that_wait_is_told(void **state)
{
    (void)state;
    host_start(permit);
    begin_wait();
    begin_wait();
    until_waiting(2);
    readers_card(shown, "Reader A 00 00", false);
    while (!waiters[0].done && !waiters[1].done)
        readers_sleep(5);
    readers_sleep(300);
    assert_int_equal(waiters[0].done + waiters[1].done, 1);
    host_stop();
    for (int i = 0; i < 2; i++)
        end_wait(&waiters[i]);
    assert_true((waiters[0].rv == CKR_OK && waiters[1].rv == CKR_CRYPTOKI_NOT_INITIALIZED) ||
                (waiters[1].rv == CKR_OK && waiters[0].rv == CKR_CRYPTOKI_NOT_INITIALIZED));
}

static void other_calls_go_on_while_one_waits(void **state)
{
    struct waiter *waiter;
    CK_SESSION_HANDLE session;
    long begun;

    (void)state;
    host_start(permit);
    waiter = begin_wait();
    until_waiting(1);
    begun = readers_clock();
    session = host_open(shown);
    host_login(session, "1234");
    host_only(session, CKO_PRIVATE_KEY);
    assert_in_range(readers_clock() - begun, 0, 500);
    assert_false(waiter->done);
    host_stop();
    assert_int_equal(end_wait(waiter), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void finalising_ends_all_waiting(void **state)
{
    (void)state;
    host_start(permit);
    begin_wait();
    begin_wait();
    until_waiting(2);
    host_stop();
    for (int i = 0; i < 2; i++) {
        assert_true(is_done(&waiters[i], 500));
        assert_int_equal(end_wait(&waiters[i]), CKR_CRYPTOKI_NOT_INITIALIZED);
    }
}

static void finalising_ends_all_waiting_also_if_it_is_initialised_again_at_once(void **state)
{
    struct waiter *waiter;

    (void)state;
    for (int i = 0; i < 20; i++) {
        host_start(permit);
        waiter = begin_wait();
        readers_sleep(i); /* at whatever point it is */
        if (i == 19)
            until_waiting(1);
        host_stop();
        host_start(permit);
        if (i == 19)
            assert_int_equal(end_wait(waiter), CKR_CRYPTOKI_NOT_INITIALIZED);
        host_stop();
        if (i < 19)
            assert_int_equal(end_wait(waiter), CKR_CRYPTOKI_NOT_INITIALIZED);
        n_waiters = 0;
    }
}

/* After the seconds in which a vendor may still be looking for what pcscd has told of. */
static void no_vendor_is_asked_while_one_waits_for_pcscd(void **state)
{
    (void)state;
    host_start(permit);
    begin_wait();
    until_waiting(1);
    readers_sleep(4000);
    host.mock->forget_calls();
    readers_sleep(2500);
    assert_int_equal(host.mock->calls(), 0);
    readers_card(shown, "Reader A 00 00", false);
    assert_int_equal(end_wait(&waiters[0]), CKR_OK);
}

/* The vendor needs a moment longer than pcscd. */
static void a_vendor_that_knows_the_card_late_is_asked_again(void **state)
{
    (void)state;
    host.mock->token_insert(shown, false);
    pcscd->card("Reader A 00 00", false);
    host_start(permit);
    begin_wait();
    until_waiting(1);
    readers_sleep(4000);
    pcscd->card("Reader A 00 00", true);
    readers_sleep(300);
    assert_false(waiters[0].done);
    host.mock->token_insert(shown, true);
    assert_int_equal(end_wait(&waiters[0]), CKR_OK);
    assert_int_equal(waiters[0].slot, shown);
}

static void without_pcscd_the_vendors_are_asked_now_and_then(void **state)
{
    unsigned asked;

    (void)state;
    pcscd->daemon(false);
    host_start(permit);
    begin_wait();
    readers_sleep(2500);
    asked = host.mock->calls_of("C_GetSlotList");
    assert_in_range(asked, 3, 8); /* three times, with and without the number */
    host.mock->token_insert(shown, false);
    assert_int_equal(end_wait(&waiters[0]), CKR_OK);
    assert_int_equal(waiters[0].slot, shown);
}

/* A slot that pcscd knows nothing of, beside those that it does. */
static void a_vendor_of_which_pcscd_tells_nothing_is_asked_now_and_then(void **state)
{
    CK_SLOT_ID other = host_token("other");

    (void)state;
    host_key(other, "rsa:2048", "21", MOCK_PAIR);
    host_start("allow: [{id: \"21\"}]\n");
    begin_wait();
    until_waiting(1);
    readers_sleep(3000);
    host.mock->token_insert(other, false);
    assert_int_equal(end_wait(&waiters[0]), CKR_OK);
    assert_int_equal(waiters[0].slot, other);
}

static void who_waits_goes_on_when_pcscd_stops_and_comes_back(void **state)
{
    (void)state;
    host_start(permit);
    begin_wait();
    until_waiting(1);
    pcscd->daemon(false);
    readers_sleep(300);
    pcscd->daemon(true);
    until_waiting(1);
    assert_false(waiters[0].done);
    readers_card(shown, "Reader A 00 00", false);
    assert_int_equal(end_wait(&waiters[0]), CKR_OK);
    assert_int_equal(waiters[0].slot, shown);
}

/* pcscd does not wake who waits for a reader that is plugged in; it is found all the same. */
static void a_card_with_a_reader_of_its_own_is_told_of(void **state)
{
    (void)state;
    readers_card(shown, "Reader A 00 00", false);
    pcscd->reader("Reader A 00 00", false);
    host_start(permit);
    begin_wait();
    until_waiting(1);
    readers_sleep(3500);
    pcscd->reader("Reader A 00 00", true);
    readers_card(shown, "Reader A 00 00", true);
    assert_int_equal(end_wait(&waiters[0]), CKR_OK);
    assert_int_equal(waiters[0].slot, shown);
}

static void the_number_that_is_told_is_that_of_the_listing(void **state)
{
    CK_SLOT_ID slots[4], slot = 7;
    CK_ULONG count = 4;

    (void)state;
    host.modules = NULL;
    host.both = true;
    slot = host.mock_2->token_add(&(struct mock_token){.label = "second", .pin = "1234"});
    host.mock_2->key_add(slot, &(struct mock_key){"rsa:2048", "31", "31", "31", MOCK_PAIR});
    host_start("allow: [{id: \"31\"}]\n");
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_int_equal(count, 1);
    assert_int_not_equal(slots[0], slot);
    host.mock_2->token_insert(slot, false);
    assert_int_equal(next_event(&slot), CKR_OK);
    assert_int_equal(slot, slots[0]);
}

/* The seconds in which a vendor may be looking for the card are over. */
static void a_scan_that_failed_has_not_dealt_with_an_event(void **state)
{
    CK_SLOT_ID slot = 7;

    (void)state;
    readers_card(shown, "Reader A 00 00", false);
    host_start(permit);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    readers_card(shown, "Reader A 00 00", true);
    host.mock->refuse("C_GetSlotList", 0, CKR_DEVICE_ERROR);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    readers_sleep(2200);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    host.mock->refuse_none();
    assert_int_equal(next_event(&slot), CKR_OK);
    assert_int_equal(slot, shown);
}

/* What pcscd tells is not taken in while a costly look is not taken again. */
static void who_waits_rests_while_no_look_is_taken(void **state)
{
    CK_SLOT_ID slot = 7;
    unsigned looks;

    (void)state;
    host_start(permit);
    pcscd->delay(150);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    pcscd->delay(0);
    pcscd->card("Reader B 00 00", false);
    looks = pcscd->looks();
    host.mock->forget_calls();
    begin_wait();
    readers_sleep(1000);
    assert_in_range(pcscd->looks() - looks, 0, 3);
    assert_in_range(host.mock->calls_of("C_GetSlotList"), 0, 6);
    readers_card(shown, "Reader A 00 00", false);
    assert_int_equal(end_wait(&waiters[0]), CKR_OK);
    assert_int_equal(waiters[0].slot, shown);
}

/* Two cards change places: each slot has its event. */
static void a_card_that_moves_is_an_event_of_both_slots(void **state)
{
    CK_SLOT_ID told[2] = {0};

    (void)state;
    host_start("allow: [{id: [\"01\", \"11\"]}]\n");
    assert_int_equal(next_event(told), CKR_NO_EVENT);
    host.mock->token_swap(shown, hidden);
    pcscd->card("Reader A 00 00", false);
    pcscd->card("Reader B 00 00", false);
    pcscd->card("Reader A 00 00", true);
    pcscd->card("Reader B 00 00", true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(next_event(&told[i]), CKR_OK);
    assert_int_equal(told[0] + told[1], shown + hidden);
    assert_int_equal(next_event(told), CKR_NO_EVENT);
}

#define WAIT(test) cmocka_unit_test_setup_teardown(test, make_readers, check_use)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WAIT(nothing_that_was_there_at_the_beginning_is_an_event),
        WAIT(each_event_is_told_once),
        WAIT(what_a_listing_showed_otherwise_is_an_event_though_it_is_over),
        WAIT(a_card_that_was_out_between_two_looks_is_an_event),
        WAIT(hidden_slots_are_not_told_of),
        WAIT(who_waits_is_told_of_a_card_that_goes_and_of_one_that_comes),
        WAIT(one_of_two_that_wait_is_told),
        WAIT(other_calls_go_on_while_one_waits),
        WAIT(finalising_ends_all_waiting),
        WAIT(finalising_ends_all_waiting_also_if_it_is_initialised_again_at_once),
        WAIT(no_vendor_is_asked_while_one_waits_for_pcscd),
        WAIT(a_vendor_that_knows_the_card_late_is_asked_again),
        WAIT(without_pcscd_the_vendors_are_asked_now_and_then),
        WAIT(a_vendor_of_which_pcscd_tells_nothing_is_asked_now_and_then),
        WAIT(who_waits_goes_on_when_pcscd_stops_and_comes_back),
        WAIT(a_card_with_a_reader_of_its_own_is_told_of),
        WAIT(the_number_that_is_told_is_that_of_the_listing),
        WAIT(a_scan_that_failed_has_not_dealt_with_an_event),
        WAIT(who_waits_rests_while_no_look_is_taken),
        WAIT(a_card_that_moves_is_an_event_of_both_slots),
    };

    return cmocka_run_group_tests_name("slot_wait", tests, host_load, host_unload);
}
