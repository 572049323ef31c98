// SPDX-License-Identifier: BSD-2-Clause
// The numbers of slots where there are several vendors.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <limits.h>
#include <stdbool.h>
#include "module/slot_ids.h"

static CK_SLOT_ID get(struct slot_ids *ids, size_t place, CK_SLOT_ID slot)
{
    CK_SLOT_ID id = CK_UNAVAILABLE_INFORMATION;

    assert_true(slot_ids_get(ids, place, slot, &id));
    return id;
}

static void a_counted_slot_is_composed_of_place_and_number(void **state)
{
    static const struct {
        size_t place;
        CK_SLOT_ID slot, id;
    } cases[] = {
        {0, 0, 0},
        {0, 5, 5},
        {0, 0xffff, 0xffff},
        {1, 0, 0x10000},
        {1, 5, 0x10005},
        {2, 0xffff, 0x2ffff},
        {0x3fff, 0, 0x3fff0000},
    };
    struct slot_ids ids = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(get(&ids, cases[i].place, cases[i].slot), cases[i].id);
    slot_ids_finish(&ids);
}

/* Slots that vendors number as they like: each pair of place and slot once, in 31 bits, none below
 * the counted ones. */
static void no_two_slots_share_a_number(void **state)
{
    static const CK_SLOT_ID slots[] = {0x10000,    0x10001,     1234567890, 0x7fffffff,
                                       0xffffffff, 0x100000000, ULONG_MAX,  ULONG_MAX - 1};
    enum { N_SLOTS = sizeof(slots) / sizeof(slots[0]), N_PLACES = 16 };
    struct slot_ids ids = {0};
    CK_SLOT_ID seen[N_SLOTS * N_PLACES];
    size_t n = 0;

    (void)state;
    for (size_t place = 0; place < N_PLACES; place++) {
        for (size_t i = 0; i < N_SLOTS; i++) {
            CK_SLOT_ID id = get(&ids, place, slots[i]);
            assert_in_range(id, 0x40000000, INT_MAX);
            for (size_t j = 0; j < n; j++)
                assert_int_not_equal(id, seen[j]);
            seen[n++] = id;
        }
    }
    slot_ids_finish(&ids);
}

/* What one process calls a slot another does too, in whatever order they see them. */
static void the_order_in_which_slots_are_seen_makes_no_difference(void **state)
{
    static const CK_SLOT_ID slots[] = {7, 1234567890, 1234567891, 987654321, 0x10000, 3};
    enum { N = sizeof(slots) / sizeof(slots[0]) };
    struct slot_ids forwards = {0}, backwards = {0};

    (void)state;
    for (size_t i = 0; i < N; i++) {
        get(&forwards, i % 2, slots[i]);
        get(&backwards, (N - 1 - i) % 2, slots[N - 1 - i]);
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(get(&forwards, i % 2, slots[i]), get(&backwards, i % 2, slots[i]));
    slot_ids_finish(&forwards);
    slot_ids_finish(&backwards);
}

/* 0x9e3779b97f4a7c15 is odd: another slot of the same number can be computed. */
static void two_slots_that_meet_in_a_number_are_told_apart(void **state)
{
    const uint64_t inverse = UINT64_C(0xf1de83e19937733d);
    const uint64_t place = UINT64_C(1) << 48;
    struct slot_ids ids = {0};
    CK_SLOT_ID one = 1234567890, other, id;

    (void)state;
    assert_int_equal(inverse * UINT64_C(0x9e3779b97f4a7c15), 1);
    other = ((one + place) * UINT64_C(0x9e3779b97f4a7c15) + 1) * inverse - place;
    id = get(&ids, 1, one);
    assert_int_not_equal(get(&ids, 1, other), id);
    assert_int_equal(get(&ids, 1, other), 0x40000000 | ((id + 1) & 0x3fffffff));
    assert_int_equal(get(&ids, 1, one), id);
    slot_ids_finish(&ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counted_slot_is_composed_of_place_and_number),
        cmocka_unit_test(no_two_slots_share_a_number),
        cmocka_unit_test(the_order_in_which_slots_are_seen_makes_no_difference),
        cmocka_unit_test(two_slots_that_meet_in_a_number_are_told_apart),
    };

    return cmocka_run_group_tests_name("slot_ids", tests, NULL, NULL);
}
