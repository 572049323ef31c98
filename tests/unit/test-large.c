// SPDX-License-Identifier: BSD-2-Clause
// Who may be at a large message, and who waits.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>
#include "daemon/large.h"

enum { ALL = 8, OF_USER = 4, WAITING = 3 };

static atomic_uint taken;

static void rest(void)
{
    const struct timespec moment = {.tv_nsec = 20 * 1000 * 1000};

    nanosleep(&moment, NULL);
}

static void *take(void *user)
{
    large_take((uid_t)(uintptr_t)user);
    atomic_fetch_add(&taken, 1);
    return NULL;
}

static void start(pthread_t threads[WAITING], uid_t user)
{
    for (size_t i = 0; i < WAITING; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, take, (void *)(uintptr_t)user));
}

/* One for each that is given back, and no more: nobody comes in by chance while we look. */
static void assert_each_waits(pthread_t threads[WAITING], uid_t giver, uid_t user)
{
    for (unsigned i = 0; i < WAITING; i++) {
        rest();
        assert_int_equal(i, atomic_load(&taken));
        large_give_back(giver);
        while (atomic_load(&taken) == i)
            rest();
    }
    for (size_t i = 0; i < WAITING; i++) {
        pthread_join(threads[i], NULL);
        large_give_back(user);
    }
    atomic_store(&taken, 0);
}

static void a_user_has_half_of_the_turns(void **state)
{
    pthread_t threads[WAITING];

    (void)state;
    for (size_t i = 0; i < OF_USER; i++)
        large_take(1);
    start(threads, 1);
    large_take(2); /* does not wait */
    large_give_back(2);
    assert_each_waits(threads, 1, 1);
    for (size_t i = 0; i < OF_USER - WAITING; i++)
        large_give_back(1);
}

static void all_users_have_no_more_than_there_are(void **state)
{
    pthread_t threads[WAITING];

    (void)state;
    for (size_t i = 0; i < ALL; i++)
        large_take((uid_t)(i % 2));
    start(threads, 2);
    assert_each_waits(threads, 1, 2);
    for (size_t i = 0; i < OF_USER; i++)
        large_give_back(0);
    for (size_t i = 0; i < OF_USER - WAITING; i++)
        large_give_back(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_has_half_of_the_turns),
        cmocka_unit_test(all_users_have_no_more_than_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
