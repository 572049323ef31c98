// SPDX-License-Identifier: BSD-2-Clause
// The characters that a configuration may have.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "config/text.h"

static void the_first_character_that_is_no_text_is_named_with_its_place(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        unsigned line;
        unsigned column;
        const char *found;
    } cases[] = {
        {"a\0b", 3, 1, 2, "NUL"},
        {"ab\nc\0", 5, 2, 2, "NUL"},
        {"\xc3\xa9\xff", 3, 1, 2, "UTF-8"},
        {"a\n\xc3\xa9\xc3\xa9 \x80", 8, 2, 4, "UTF-8"},
        {"a\rb", 3, 1, 2, "carriage return"},
        {"a\r", 2, 1, 2, "carriage return"},
        {"a\x1b", 2, 1, 2, "control"},
        {"a\x7f", 2, 1, 2, "control"},
        {"a\xc2\x9b", 3, 1, 2, "control"},
        {"# a\xc2\x85"
         "allow: all",
         15, 1, 4, "line end"},
        {"# a\xe2\x80\xa8"
         "allow: all",
         16, 1, 4, "line end"},
        {"# a\xe2\x80\xa9"
         "allow: all",
         16, 1, 4, "line end"},
        {"a\xef\xbb\xbf", 4, 1, 2, "U+FEFF"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text_fault fault = {0};

        assert_false(text_check(cases[i].text, cases[i].size, &fault));
        assert_int_equal(fault.line, cases[i].line);
        assert_int_equal(fault.column, cases[i].column);
        assert_non_null(strstr(fault.found, cases[i].found));
    }
}

static void text_of_every_script_and_both_line_ends_is_text(void **state)
{
    static const char *const texts[] = {"", "a: b\n", "a: b\r\nc: d\r\n", "\t",
                                        "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct text_fault fault;

        assert_true(text_check(texts[i], strlen(texts[i]), &fault));
    }
}

static void a_cursor_counts_characters_and_stops_at_the_end(void **state)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    struct text_cursor cursor = {.text = text, .size = strlen(text)};

    (void)state;
    text_cursor_move(&cursor, 2);
    assert_int_equal(cursor.byte, 3);
    text_cursor_move(&cursor, 1);
    assert_int_equal(cursor.byte, 3);
    text_cursor_move(&cursor, 4);
    assert_int_equal(text_cursor_peek(&cursor), 'z');
    text_cursor_move(&cursor, 99);
    assert_int_equal(cursor.byte, cursor.size);
    assert_int_equal(text_cursor_peek(&cursor), '\0');
}

static void a_comment_is_one_if_text_is_glued_to_its_sign(void **state)
{
    static const struct {
        const char *rest;
        bool comment;
    } cases[] = {
        {" #b", true},    {"  \t#b", true}, {"#b", false},   {" # b", false},   {" #\tb", false},
        {" ## b", false}, {" #", false},    {" #\n", false}, {" #\r\n", false}, {"", false},
        {" ", false},     {" x#b", false},  {"\n#b", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text_cursor cursor = {.text = cases[i].rest, .size = strlen(cases[i].rest)};

        assert_int_equal(text_cursor_at_comment(&cursor), cases[i].comment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_character_that_is_no_text_is_named_with_its_place),
        cmocka_unit_test(text_of_every_script_and_both_line_ends_is_text),
        cmocka_unit_test(a_cursor_counts_characters_and_stops_at_the_end),
        cmocka_unit_test(a_comment_is_one_if_text_is_glued_to_its_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
