// SPDX-License-Identifier: BSD-2-Clause
// Messages: positions, and text that cannot steer a terminal.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "common/message.h"

static void the_parts_of_a_position_that_are_unknown_are_left_out(void **state)
{
    static const struct {
        struct position position;
        const char *text;
    } cases[] = {
        {{NULL, 0, 0}, "x"},     {{NULL, 3, 4}, "x"},       {{"f", 0, 0}, "f: x"},
        {{"f", 3, 0}, "f:3: x"}, {{"f", 3, 4}, "f:3:4: x"}, {{"f", 0, 4}, "f: x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message_list list = {0};

        message_add(&list, SEVERITY_ERROR, cases[i].position, "%s", "x");
        assert_int_equal(list.count, 1);
        assert_string_equal(list.items[0].text, cases[i].text);
        message_list_finish(&list);
    }
}

static void control_characters_are_escaped(void **state)
{
    struct message_list list = {0};

    (void)state;
    message_add(&list, SEVERITY_ERROR, (struct position){"a\nb", 1, 1},
                "\x1b[31m\r\x7f\xc2\x9b\xc3\xa9\xc2\xa0\x9b\xe2\x80\xae");
    assert_string_equal(
        list.items[0].text,
        "a\\x0ab:1:1: \\x1b[31m\\x0d\\x7f\\xc2\\x9b\xc3\xa9\xc2\xa0\\x9b\\xe2\\x80\\xae");
    message_list_finish(&list);
}

static void only_errors_are_counted_as_errors(void **state)
{
    struct message_list list = {0};

    (void)state;
    message_add(&list, SEVERITY_WARNING, (struct position){0}, "a");
    message_add(&list, SEVERITY_ERROR, (struct position){0}, "b");
    message_add(&list, SEVERITY_WARNING, (struct position){0}, "c");
    assert_int_equal(list.count, 3);
    assert_int_equal(list.errors, 1);
    assert_int_equal(list.items[1].severity, SEVERITY_ERROR);
    message_list_finish(&list);
    assert_int_equal(list.count + list.errors, 0);
    assert_null(list.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_a_position_that_are_unknown_are_left_out),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(only_errors_are_counted_as_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
