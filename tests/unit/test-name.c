// SPDX-License-Identifier: BSD-2-Clause
// The text of a name, and object identifiers by their names.
#include "tests/unit/config_fixture.h"

#include <stdlib.h>
#include "crypto/certificate_content.h"
#include "crypto/name.h"

static void the_text_of_a_name_begins_with_the_last_and_sorts_what_stands_together(void **state)
{
    struct name name = {0};
    bool readable = false;
    char *text;

    (void)state;
    assert_true(name_add(&name, 0, "2.5.4.6", "FI"));
    assert_true(name_add(&name, 1, "0.9.2342.19200300.100.1.1", "#1 "));
    assert_true(name_add(&name, 1, "1.2.3", "a,b\x01"));
    assert_true(name_add(&name, 1, "0.9.2342.19200300.100.1.1", "0"));
    text = name_text(&name, &readable);
    assert_true(readable);
    assert_string_equal(text, "UID=\\#1\\ +UID=0+1.2.3=a\\,b\\01,C=FI");
    free(text);
    assert_true(name_add(&name, 2, "2.5.4.3", NULL));
    assert_null(name_text(&name, &readable));
    assert_false(readable);
    name_finish(&name);
}

static void an_oid_is_numbers_with_dots(void **state)
{
    static const char *const right[] = {"1.2", "2.5.4.3", "0.9.2342.19200300.100.1.1", "1.0.1"};
    static const char *const wrong[] = {"",     "1",    "1.",  ".1",   "1..2", "3.1",
                                        "1.02", "1.2.", "1.a", "12.3", "1.2 "};

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_true(oid_is_valid(right[i]));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(oid_is_valid(wrong[i]));
    assert_string_equal(oid_from_name(OID_NAME, "cn"), "2.5.4.3");
    assert_string_equal(oid_from_name(OID_EXTENDED_KEY_USAGE, "clientAuth"), "1.3.6.1.5.5.7.3.2");
    assert_null(oid_from_name(OID_EXTENDED_KEY_USAGE, "clientauth"));
    assert_null(oid_from_name(OID_NAME, "clientAuth"));
    assert_string_equal(oid_name(OID_NAME, "2.5.4.3"), "CN");
    assert_string_equal(oid_name(OID_NAME, "1.2.3"), "1.2.3");
}

static void a_serial_number_is_decimal_or_hexadecimal(void **state)
{
    static const struct {
        const char *text;
        size_t size; /* 0: none */
        unsigned char bytes[9];
    } examples[] = {
        {"0", 1, {0}},
        {"0x0", 1, {0}},
        {"00:00", 1, {0}},
        {"123456", 3, {0x01, 0xe2, 0x40}},
        {"000123456", 3, {0x01, 0xe2, 0x40}},
        {"0x1E240", 3, {0x01, 0xe2, 0x40}},
        {"0X01e240", 3, {0x01, 0xe2, 0x40}},
        {"01:E2:40", 3, {0x01, 0xe2, 0x40}},
        {"00:01:e2:40", 3, {0x01, 0xe2, 0x40}},
        {"18446744073709551616", 9, {1}},
        {"", 0, {0}},
        {"-1", 0, {0}},
        {"0x", 0, {0}},
        {"1E240", 0, {0}},
        {"01:", 0, {0}},
        {":01", 0, {0}},
        {"1:02", 0, {0}},
        {"01:2", 0, {0}},
        {"0x01:02", 0, {0}},
        {" 1", 0, {0}},
        {"1 ", 0, {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        uint8_t bytes[SERIAL_MAX];
        size_t size = 0;

        if (serial_parse(examples[i].text, bytes, &size) != (examples[i].size > 0))
            fail_msg("\"%s\"", examples[i].text);
        assert_int_equal(size, examples[i].size);
        assert_memory_equal(bytes, examples[i].bytes, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_a_name_begins_with_the_last_and_sorts_what_stands_together),
        cmocka_unit_test(an_oid_is_numbers_with_dots),
        cmocka_unit_test(a_serial_number_is_decimal_or_hexadecimal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
