// SPDX-License-Identifier: BSD-2-Clause
// What lists of permitted and refused names let through.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "filters/access.h"

static void deny_goes_before_allow_and_no_allow_is_all(void **state)
{
    static const struct {
        bool limited;
        unsigned long allow; /* 0: the list is empty */
        unsigned long deny;
        bool permits; /* 1 */
    } cases[] = {
        {false, 0, 0, true}, {false, 0, 2, true},  {false, 0, 1, false}, {true, 0, 0, false},
        {true, 1, 0, true},  {true, 2, 0, false},  {true, 1, 1, false},  {true, 1, 2, true},
        {false, 2, 0, true}, {false, 1, 1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct access access = {.limited = cases[i].limited};

        if (cases[i].allow != 0)
            assert_true(access_list_add(&access.allow, cases[i].allow, (struct position){0}));
        if (cases[i].deny != 0)
            assert_true(access_list_add(&access.deny, cases[i].deny, (struct position){0}));
        assert_int_equal(access_permits(&access, 1), cases[i].permits);
        access_finish(&access);
        assert_true(access_permits(&access, 1));
    }
}

static void a_list_has_what_was_added_with_its_place(void **state)
{
    struct access_list list = {0};
    struct access access;

    (void)state;
    for (unsigned long i = 0; i < 100; i++)
        assert_true(access_list_add(&list, i * 2, (struct position){.line = (unsigned)i}));
    assert_int_equal(list.count, 100);
    assert_true(access_list_has(&list, 198));
    assert_false(access_list_has(&list, 199));
    assert_int_equal(list.items[7].position.line, 7);
    access = (struct access){.allow = list};
    access_finish(&access);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deny_goes_before_allow_and_no_allow_is_all),
        cmocka_unit_test(a_list_has_what_was_added_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
