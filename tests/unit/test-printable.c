// SPDX-License-Identifier: BSD-2-Clause
// Text of others before people: what a terminal could take as a command is made harmless, the rest
// stays as it is.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include "common/printable.h"

static const struct {
    const char *text;
    const char *printable;
} cases[] = {
    {"", ""},
    {"abc", "abc"},
    {"a\n\r\t\x1b[2J\x7f", "a????[2J?"},
    {"\x9b"
     "2J",
     "?2J"},                           /* CSI of an 8-bit terminal */
    {"\x80\x85\x90\x9d\x9f", "?????"}, /* C1, as bytes */
    {"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0",
     "??????\xc2\xa0"}, /* C1, in UTF-8; behind it all is text */
    {"\xc3\x9b\xe2\x82\xac\xf0\x9f\x98\x80\xd0\x9b",
     "\xc3\x9b\xe2\x82\xac\xf0\x9f\x98\x80\xd0\x9b"}, /* bytes of C1 within characters */
    {"\xc3\x1b[31m", "??[31m"},                       /* a character that is cut */
    {"m\xfcller \xc3", "m?ller ?"},                   /* Latin-1 */
    {"\xc0\x8a\xe0\x82\x9b", "?????"},                /* overlong */
    {"\xe2\x80\xae"
     "abc\xe2\x81\xa6",
     "???abc???"},                                         /* the direction of writing */
    {"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf", "?????????"}, /* ends of lines, mark of byte order */
};

static void what_could_steer_a_terminal_becomes_question_marks_and_text_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64];

        snprintf(text, sizeof(text), "%s", cases[i].text);
        printable_make(text);
        assert_string_equal(text, cases[i].printable);
    }
}

static void no_single_byte_outside_of_ASCII_s_text_stays(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        char text[] = {'a', (char)byte, 'b', '\0'};

        printable_make(text);
        assert_int_equal((unsigned char)text[1], byte >= ' ' && byte < 0x7f ? byte : '?');
        assert_int_equal(text[0] == 'a' && text[2] == 'b', 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_steer_a_terminal_becomes_question_marks_and_text_stays),
        cmocka_unit_test(no_single_byte_outside_of_ASCII_s_text_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
