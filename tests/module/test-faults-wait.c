// SPDX-License-Identifier: BSD-2-Clause
// A vendor that fails while an application waits for cards by C_WaitForSlotEvent: each function that a wait calls, with each code.
#include "tests/module/codes.h"
#include "tests/module/readers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/names.h"
#include "caller.gen.h"

/* An application that polls is told of a card once; with a vendor that changes its mind a few times. */
enum { SOON_MS = 5000, A_MOMENT_MS = 20, EVENTS_MAX = 8, CALLS_MAX = 4096, CASES_MIN = 1000 };

static const char reader[] = "Reader A 00 00";
static const char permit[] = "cache: {max_age: 0s}\nallow:\n  - id: \"01\"\n    uri: \"pkcs11:slot-manufacturer=mock\"\n"
                             "login: {keep_pin: {survive_removal: true}}\n";

struct fault {
    bool pcscd; /* tells of cards beside the vendor */
    const char *function;
    unsigned nth; /* 0: each call */
    CK_RV rv;
};

static CK_SLOT_ID shown;
static CK_SESSION_HANDLE session;
static const char *wrong;
static unsigned cases, failures;

static void check(bool good, const char *what)
{
    if (!good && wrong == NULL)
        wrong = what;
}

/* More than any wait needs, whatever fails. */
static void stop_circles(const char *function)
{
    if (host.mock->calls() < CALLS_MAX)
        return;
    fprintf(stderr, "%u vendor calls, and %s after them\n", host.mock->calls(), function);
    abort();
}

static unsigned poll_events(void)
{
    for (unsigned told = 0; told < EVENTS_MAX; told++) {
        CK_SLOT_ID slot = 7;
        CK_RV rv = host.functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL);
        check(rv == CKR_OK || rv == CKR_NO_EVENT, "a wait ends with the code of something else");
        if (rv != CKR_OK)
            return told;
        check(slot == shown, "an event of another slot");
    }
    check(false, "events without an end");
    return EVENTS_MAX;
}

/* One slot is shown, whose holder is logged in; the application has been told of all. */
static void set_up(const struct fault *fault)
{
    host_reset(NULL);
    readers_reset();
    shown = readers_add(reader, "shown", "01");
    readers_add("Reader B 00 00", "hidden", "11");
    pcscd->daemon(fault->pcscd);
    host.quiet = true;
    wrong = NULL;
    session = host_start_logged_in(permit, shown);
    check(poll_events() == 0, "an event of what was there at the beginning");
    host.mock->forget_calls();
    host.mock->settings->calls_back = stop_circles;
    if (fault->function != NULL)
        host.mock->refuse(fault->function, fault->nth, fault->rv);
    cases++;
}

static CK_ULONG list(void)
{
    CK_ULONG count = 0;

    return host.functions->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK ? count : 99;
}

static CK_RV sign(void)
{
    CK_OBJECT_HANDLE found[1] = {0};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    host_find_class(session, CKO_PRIVATE_KEY, found, 1);
    return host_sign(session, CKM_RSA_PKCS, found[0], signature, &size);
}

static void check_remains(void)
{
    host.mock->settings->calls_back = NULL;
    check(!host.mock->settings->initialised && host.mock->sessions() == 0, "something is left behind");
    check(pcscd->misused() == 0 && pcscd->open() == 0, "a connection with pcscd is left, or misused");
}

static void end(void)
{
    check(host.functions->C_Finalize(NULL) == CKR_OK, "C_Finalize fails");
    check_remains();
}

/* No failures: the object is gone, or has no such attribute. What was read so holds until the card is put in anew. */
static bool is_an_answer(const struct fault *fault)
{
    return strcmp(fault->function, "C_GetAttributeValue") == 0 &&
           (fault->rv == CKR_OBJECT_HANDLE_INVALID || fault->rv == CKR_ATTRIBUTE_SENSITIVE ||
            fault->rv == CKR_ATTRIBUTE_TYPE_INVALID || fault->rv == CKR_BUFFER_TOO_SMALL);
}

/* The vendor fails no more: a wait has sent no PIN, tells of each card that goes and comes, and of nothing else; the key can be used. */
static void recover(const struct fault *fault)
{
    CK_ULONG listed;

    host.mock->refuse_none();
    poll_events();
    listed = list();
    check(listed == 1 || is_an_answer(fault), "what came back is not listed");
    readers_card(shown, reader, false);
    check(poll_events() == listed && list() == 0, "a card that goes is told of no more");
    readers_card(shown, reader, true);
    check(poll_events() == 1 && list() == 1, "a card that comes is told of no more");
    check(host.mock->logins(shown) == 1, "a wait has sent a PIN");
    check(sign() == CKR_OK, "no signature is to be had any more");
}

static void report(const struct fault *fault, const char *how)
{
    if (wrong == NULL)
        return;
    print_error("%s, %s, %s, call %u (0: each): %s (%#lx): %s\n", how, fault->pcscd ? "with pcscd" : "without", fault->function,
                fault->nth, name_of_rv(fault->rv), fault->rv, wrong);
    failures++;
}

static void move_card(void)
{
    readers_card(shown, reader, false);
    poll_events();
    readers_card(shown, reader, true);
    poll_events();
    poll_events();
}

static void try_polling(const struct fault *fault)
{
    set_up(fault);
    move_card();
    recover(fault);
    end();
    report(fault, "polling");
}

/* How often a wait calls each function, if nothing fails. */
static void count_calls(bool with_pcscd, unsigned counts[FUNCTION_COUNT])
{
    set_up(&(struct fault){.pcscd = with_pcscd});
    move_card();
    for (int i = 0; i < FUNCTION_COUNT; i++)
        counts[i] = host.mock->calls_of(function_kinds[i].name);
    end();
    assert_null(wrong);
}

static void try_each(bool with_pcscd, bool once)
{
    unsigned counts[FUNCTION_COUNT];

    failures = 0;
    count_calls(with_pcscd, counts);
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        for (unsigned nth = once ? 1 : 0; counts[i] > 0 && nth <= (once ? counts[i] : 0); nth++) {
            for (CK_RV rv = codes_next(CKR_OK); rv <= CKR_VENDOR_DEFINED; rv = codes_next(rv)) {
                if (nth <= 1 || codes_told_apart(rv))
                    try_polling(&(struct fault){with_pcscd, function_kinds[i].name, nth, rv});
            }
        }
    }
    assert_int_equal(failures, 0);
}

static void a_call_that_fails_once_while_an_application_polls_does_no_harm(void **state)
{
    (void)state;
    try_each(false, true);
    try_each(true, true);
}

static void a_function_that_always_fails_while_an_application_polls_does_no_harm(void **state)
{
    (void)state;
    try_each(false, false);
    try_each(true, false);
}

struct waiter {
    pthread_t thread;
    CK_SLOT_ID slot;
    CK_RV rv;
    atomic_bool done;
};

static void *wait_in_thread(void *context)
{
    struct waiter *waiter = context;

    waiter->rv = host.functions->C_WaitForSlotEvent(0, &waiter->slot, NULL);
    waiter->done = true;
    return NULL;
}

static bool is_done(struct waiter *waiter, long milliseconds)
{
    long end_at = readers_clock() + milliseconds;

    while (!waiter->done && readers_clock() < end_at)
        readers_sleep(1);
    return waiter->done;
}

/* Until it waits for pcscd. */
static void begin_wait(struct waiter *waiter)
{
    long end_at = readers_clock() + SOON_MS;

    *waiter = (struct waiter){.slot = 7};
    assert_int_equal(pthread_create(&waiter->thread, NULL, wait_in_thread, waiter), 0);
    while (pcscd->waiting() == 0 && !waiter->done && readers_clock() < end_at)
        readers_sleep(1);
}

/* The code that the wait ends with, soon. */
static CK_RV end_wait(struct waiter *waiter)
{
    bool done = is_done(waiter, SOON_MS);

    check(done, "a wait goes on");
    if (!done)
        host.functions->C_Finalize(NULL); /* else it would for ever */
    assert_int_equal(pthread_join(waiter->thread, NULL), 0);
    check(waiter->rv != CKR_OK || waiter->slot == shown, "an event of another slot");
    return waiter->rv;
}

/* A card that comes is told of at once, or when the vendor fails no more; else the wait ends with C_Finalize. */
static void wait_for_insertion(const struct fault *fault, bool until_it_works)
{
    struct waiter waiter;
    CK_RV rv;

    begin_wait(&waiter);
    readers_card(shown, reader, true);
    if (is_done(&waiter, A_MOMENT_MS) || until_it_works) {
        host.mock->refuse_none();
        check(end_wait(&waiter) == CKR_OK, "a wait for a card that comes ends with another code");
        recover(fault);
        end();
        return;
    }
    check(host.functions->C_Finalize(NULL) == CKR_OK, "C_Finalize fails");
    rv = end_wait(&waiter);
    check(rv == CKR_CRYPTOKI_NOT_INITIALIZED || rv == CKR_OK, "a wait that C_Finalize ends says so by another code");
    check_remains();
}

static void try_blocking(const struct fault *fault)
{
    struct waiter waiter;

    set_up(fault);
    begin_wait(&waiter);
    readers_card(shown, reader, false);
    check(end_wait(&waiter) == CKR_OK, "a wait for a card that goes ends with another code");
    wait_for_insertion(fault, fault->rv == CKR_DEVICE_ERROR); /* which takes up to a second for each function */
    report(fault, "blocking");
}

static void a_function_that_always_fails_ends_no_wait_but_by_an_event_or_C_Finalize(void **state)
{
    unsigned counts[FUNCTION_COUNT];

    (void)state;
    failures = 0;
    count_calls(true, counts);
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        for (CK_RV rv = codes_next(CKR_OK); counts[i] > 0 && rv <= CKR_VENDOR_DEFINED; rv = codes_next(rv)) {
            if (codes_told_apart(rv))
                try_blocking(&(struct fault){true, function_kinds[i].name, 0, rv});
        }
    }
    assert_int_equal(failures, 0);
}

static void the_cases_are_many(void **state)
{
    (void)state;
    print_message("# %u cases of a vendor that fails while an application waits\n", cases);
    assert_true(cases >= CASES_MIN);
}

static int load(void **state)
{
    int rv = host_load(state);

    readers_load();
    return rv;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_call_that_fails_once_while_an_application_polls_does_no_harm, host_reset),
        cmocka_unit_test_teardown(a_function_that_always_fails_while_an_application_polls_does_no_harm, host_reset),
        cmocka_unit_test_teardown(a_function_that_always_fails_ends_no_wait_but_by_an_event_or_C_Finalize, host_reset),
        cmocka_unit_test(the_cases_are_many),
    };

    return cmocka_run_group_tests_name("faults-wait", tests, load, host_unload);
}
