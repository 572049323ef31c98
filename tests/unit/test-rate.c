// SPDX-License-Identifier: BSD-2-Clause
// max_signatures_per_minute, counted.
#include "daemon/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { FIRST_USER = 1000, LONG_AFTER = 1000000 };

static const uint8_t one[RATE_KEY_SIZE] = {1};

static unsigned uses(uid_t user, const uint8_t *key, unsigned most, unsigned tries, time_t now)
{
    unsigned permitted = 0;

    for (unsigned i = 0; i < tries; i++)
        permitted += rate_permits(user, key, most, now);
    return permitted;
}

static void within_any_minute_there_are_no_more(void **state)
{
    time_t at[600] = {0};
    size_t count = 0;

    (void)state;
    for (time_t now = 1000; now < 1000 + 600; now++) {
        if (rate_permits(FIRST_USER, one, 7, now))
            at[count++] = now;
    }
    assert_true(count >= 7 * 9); /* nearly as many as there may be */
    for (size_t i = 7; i < count; i++)
        assert_true(at[i] - at[i - 7] > RATE_SPAN);
}

static void a_minute_later_all_of_them_are_there_again(void **state)
{
    (void)state;
    assert_int_equal(5, uses(FIRST_USER + 1, one, 5, 9, 2000));
    assert_int_equal(0, uses(FIRST_USER + 1, one, 5, 9, 2000 + RATE_SPAN));
    assert_int_equal(5, uses(FIRST_USER + 1, one, 5, 9, 2000 + RATE_SPAN + 1));
}

static void each_user_and_each_key_has_its_own(void **state)
{
    static const uint8_t other[RATE_KEY_SIZE] = {1, [RATE_KEY_SIZE - 1] = 1};

    (void)state;
    assert_int_equal(3, uses(FIRST_USER + 2, one, 3, 9, 3000));
    assert_int_equal(3, uses(FIRST_USER + 2, other, 3, 9, 3000));
    assert_int_equal(3, uses(FIRST_USER + 3, one, 3, 9, 3000));
}

static void another_limit_counts_what_was_used_before(void **state)
{
    (void)state;
    assert_int_equal(3, uses(FIRST_USER + 4, one, 3, 9, 4000));
    assert_int_equal(2, uses(FIRST_USER + 4, one, 5, 9, 4001));
    assert_int_equal(0, uses(FIRST_USER + 4, one, 2, 9, 4002));
}

static void who_comes_late_takes_nothing_back(void **state)
{
    (void)state;
    assert_int_equal(2, uses(FIRST_USER + 200, one, 4, 2, 6001));
    assert_int_equal(1, uses(FIRST_USER + 200, one, 4, 1, 6000));
    assert_int_equal(1, uses(FIRST_USER + 200, one, 4, 9, 6001));
}

static void a_second_of_all_that_may_be_does_not_overflow(void **state)
{
    (void)state;
    assert_int_equal(10000, uses(FIRST_USER + 5, one, 10000, 10001, 5000));
}

static void too_many_keys_at_a_time_are_refused_and_old_ones_make_room(void **state)
{
    uint8_t key[RATE_KEY_SIZE] = {0};
    unsigned permitted = 0;

    (void)state;
    for (unsigned i = 0; i < RATE_MOST_OF_USER + 3; i++) {
        memcpy(key, &i, sizeof(i));
        permitted += rate_permits(FIRST_USER + 6, key, 1, LONG_AFTER);
    }
    assert_int_equal(RATE_MOST_OF_USER, permitted);
    for (unsigned i = 0; i < RATE_MOST; i++) {
        memcpy(key, &i, sizeof(i));
        permitted += rate_permits(FIRST_USER + 7 + i % 64, key, 1, LONG_AFTER);
    }
    assert_int_equal(RATE_MOST, permitted);
    assert_false(rate_permits(FIRST_USER + 100, one, 1, LONG_AFTER));
    assert_true(rate_permits(FIRST_USER + 100, one, 1, LONG_AFTER + RATE_SPAN + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_any_minute_there_are_no_more),
        cmocka_unit_test(a_minute_later_all_of_them_are_there_again),
        cmocka_unit_test(each_user_and_each_key_has_its_own),
        cmocka_unit_test(another_limit_counts_what_was_used_before),
        cmocka_unit_test(who_comes_late_takes_nothing_back),
        cmocka_unit_test(a_second_of_all_that_may_be_does_not_overflow),
        cmocka_unit_test(too_many_keys_at_a_time_are_refused_and_old_ones_make_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
