// SPDX-License-Identifier: BSD-2-Clause
// What depends on the time is decided anew when it has passed: at a listing, a search, a signature.
#include "tests/module/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char by_day[] =
    "allow:\n  - {id: \"01\", when: {time: \"06:00-18:00\"}}\n  - {id: \"02\"}\n";
static CK_SLOT_ID slot;

/* Moves the process to a place on earth where it is that hour now, and some minutes. */
static void make_it(int hour)
{
    time_t now = time(NULL);
    struct tm utc;
    char zone[32];

    assert_non_null(gmtime_r(&now, &utc));
    snprintf(zone, sizeof(zone), "TEST%+d", utc.tm_hour - hour);
    setenv("TZ", zone, 1);
    tzset();
}

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    host_key(slot, "rsa:2048", "02", MOCK_PAIR);
    return 0;
}

static int stop_clock(void **state)
{
    unsetenv("TZ");
    tzset();
    return host_reset(state);
}

static void a_key_of_the_day_is_gone_at_night_and_back_the_next_day(void **state)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE keys[4];

    (void)state;
    make_it(12);
    session = host_start_logged_in(by_day, slot);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, keys, 4), 2);
    make_it(0);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, keys, 4), 1);
    make_it(12);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, keys, 4), 2);
}

/* What was not looked for at night is looked for in the morning. */
static void a_search_narrow_by_night_finds_the_day_s_key_in_the_morning(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    make_it(0);
    session = host_start_logged_in(by_day, slot);
    assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 1);
    make_it(12);
    assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 2);
}

static void a_handle_from_the_day_signs_nothing_at_night(void **state)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE keys[2];

    (void)state;
    make_it(12);
    session = host_start_logged_in(by_day, slot);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, keys, 2), 2);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, keys[0], signature, &size), CKR_OK);
    make_it(0);
    host.mock->forget_calls();
    size = sizeof(signature);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, keys[0], signature, &size),
                     CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, keys[1], signature, &size), CKR_OK);
}

static void a_token_of_the_day_is_not_listed_at_night(void **state)
{
    CK_ULONG count = 0;

    (void)state;
    make_it(12);
    host_start("allow:\n  - {id: \"01\", when: {time: \"06:00-18:00\"}}\n");
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    make_it(0);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 0);
    host_stop();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_token, stop_clock)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_of_the_day_is_gone_at_night_and_back_the_next_day),
        TEST(a_search_narrow_by_night_finds_the_day_s_key_in_the_morning),
        TEST(a_handle_from_the_day_signs_nothing_at_night),
        TEST(a_token_of_the_day_is_not_listed_at_night),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
