// SPDX-License-Identifier: BSD-2-Clause
// The characters of UTF-8.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "common/utf8.h"

static void utf_8_is_decoded_strictly(void **state)
{
    static const struct {
        const char *text;
        int32_t code;
        size_t length;
    } cases[] = {
        {"a", 'a', 1},
        {"\x7f", 0x7f, 1},
        {"\xc2\x80", 0x80, 2},
        {"\xdf\xbf", 0x7ff, 2},
        {"\xe0\xa0\x80", 0x800, 3},
        {"\xed\x9f\xbf", 0xd7ff, 3},
        {"\xee\x80\x80", 0xe000, 3},
        {"\xef\xbf\xbf", 0xffff, 3},
        {"\xf0\x90\x80\x80", 0x10000, 4},
        {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
        {"\xc0\x80", UTF8_INVALID, 1}, /* overlong */
        {"\xc1\xbf", UTF8_INVALID, 1},
        {"\xe0\x9f\xbf", UTF8_INVALID, 1},
        {"\xf0\x8f\xbf\xbf", UTF8_INVALID, 1},
        {"\xed\xa0\x80", UTF8_INVALID, 1}, /* surrogates */
        {"\xed\xbf\xbf", UTF8_INVALID, 1},
        {"\xf4\x90\x80\x80", UTF8_INVALID, 1}, /* beyond Unicode */
        {"\xf5\x80\x80\x80", UTF8_INVALID, 1},
        {"\x80", UTF8_INVALID, 1}, /* out of place */
        {"\xff", UTF8_INVALID, 1},
        {"\xc3", UTF8_INVALID, 1}, /* cut */
        {"\xe2\x82", UTF8_INVALID, 1},
        {"\xf0\x9f\x98", UTF8_INVALID, 1},
        {"\xc3\x28", UTF8_INVALID, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t length = 99;

        assert_int_equal(utf8_decode(cases[i].text, strlen(cases[i].text), &length), cases[i].code);
        assert_int_equal(length, cases[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf_8_is_decoded_strictly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
