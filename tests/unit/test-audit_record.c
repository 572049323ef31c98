// SPDX-License-Identifier: BSD-2-Clause
// The forms of a record of the audit: whatever stands in a value, it stays a value.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/audit_record.h"

static char out[AUDIT_DATAGRAM_SIZE];
static const struct timespec moment = {.tv_sec = 1767225600}; /* the first of January 2026, UTC */

static const struct {
    const char *value;
    size_t size;
    const char *text;
} values[] = {
    {"", 0, "label=\"\""},
    {"ssh key 1", 9, "label=\"ssh key 1\""},
    {"a\" uid=\"0", 9, "label=\"a\\\" uid=\\\"0\""},
    {"a\\", 2, "label=\"a\\\\\""},
    {"a\\\" event=\"", 11, "label=\"a\\\\\\\" event=\\\"\""},
    {"a\nb\r\tc", 6, "label=\"a\\x0ab\\x0d\\x09c\""},
    {"a\0b", 3, "label=\"a\\x00b\""},
    {"\x1b[2J\x7f", 5, "label=\"\\x1b[2J\\x7f\""},
    {"\xc2\x9b" "31m", 5, "label=\"\\xc2\\x9b31m\""},
    {"M\xc3\xbcller", 7, "label=\"M\\xc3\\xbcller\""},
    {"\xe2\x80\xae" "x", 4, "label=\"\\xe2\\x80\\xaex\""}, /* which would turn the direction of writing */
};

static void no_value_makes_a_field_or_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct audit_record record = {0};
        char expected[128];

        audit_record_set(&record, "event", "key-shown");
        audit_record_set_bytes(&record, "label", values[i].value, values[i].size);
        snprintf(expected, sizeof(expected), "event=\"key-shown\" %s", values[i].text);
        assert_int_equal(audit_record_text(&record, out), strlen(expected));
        assert_string_equal(out, expected);
    }
}

static void a_field_that_is_set_again_has_the_new_value_in_its_old_place(void **state)
{
    struct audit_record record = {0};
    size_t size = 0;

    (void)state;
    audit_record_set(&record, "event", "sign-begins");
    audit_record_set_number(&record, "uid", 4294967295UL);
    audit_record_set(&record, "event", "sign-made");
    audit_record_text(&record, out);
    assert_string_equal(out, "event=\"sign-made\" uid=\"4294967295\"");
    assert_memory_equal(audit_record_get(&record, "event", &size), "sign-made", 9);
    assert_int_equal(size, 9);
    assert_null(audit_record_get(&record, "label", &size));
}

static void of_a_value_that_is_too_long_the_middle_is_left_out(void **state)
{
    struct audit_record record = {0};
    char path[1000];
    size_t size = 0;
    const char *kept;

    (void)state;
    memset(path, 'x', sizeof(path));
    memcpy(path, "/home", 5);
    memcpy(path + sizeof(path) - 5, ":12:5", 5);
    audit_record_set_bytes(&record, "rule", path, sizeof(path));
    kept = audit_record_get(&record, "rule", &size);
    assert_int_equal(size, AUDIT_VALUE_MAX);
    assert_memory_equal(kept, "/homex", 6);
    assert_memory_equal(kept + size - 6, "x:12:5", 6);
    assert_memory_equal(kept + 126, "...", 3);
}

/* Of bytes that take four each. */
static void the_largest_record_has_room_in_each_form(void **state)
{
    static char names[AUDIT_FIELDS_MAX + 1][8];
    struct audit_record record = {0};
    char value[AUDIT_VALUE_MAX];

    (void)state;
    memset(value, '\n', sizeof(value));
    for (size_t i = 0; i <= AUDIT_FIELDS_MAX; i++) { /* one more than there is room for */
        snprintf(names[i], sizeof(names[i]), "field%c", (char)('a' + i));
        audit_record_set_bytes(&record, names[i], value, sizeof(value));
    }
    assert_int_equal(record.count, AUDIT_FIELDS_MAX);
    assert_true(audit_record_line(&record, &moment, 4194304, out) <= AUDIT_TEXT_SIZE);
    assert_true(audit_record_syslog(&record, &moment, 4194304, out) < AUDIT_TEXT_SIZE);
    assert_true(audit_record_journal(&record, out) <= AUDIT_DATAGRAM_SIZE);
}

static void a_line_of_a_file_has_the_time_the_process_and_a_newline(void **state)
{
    struct audit_record record = {0};
    size_t size;

    (void)state;
    audit_record_set(&record, "event", "key-shown");
    size = audit_record_line(&record, &moment, 42, out);
    out[size] = '\0';
    assert_string_equal(out, "2026-01-01T00:00:00Z p11gate[42]: event=\"key-shown\"\n");
}

static void a_datagram_for_syslog_is_of_authpriv_and_has_the_local_time(void **state)
{
    struct audit_record record = {0};
    size_t size;

    (void)state;
    setenv("TZ", "UTC-2", 1);
    tzset();
    audit_record_set(&record, "event", "key-shown");
    size = audit_record_syslog(&record, &moment, 42, out);
    assert_int_equal(size, strlen(out));
    assert_string_equal(out, "<86>Jan  1 02:00:00 p11gate[42]: event=\"key-shown\"");
    unsetenv("TZ");
    tzset();
}

/* NAME, newline, length, value, newline: what the journal's native protocol has for values with newlines. */
static const char *expect_field(const char *at, const char *name, const char *value, size_t size)
{
    uint64_t length = htole64(size);

    assert_memory_equal(at, name, strlen(name));
    at += strlen(name);
    assert_int_equal(*at++, '\n');
    assert_memory_equal(at, &length, sizeof(length));
    at += sizeof(length);
    assert_memory_equal(at, value, size);
    assert_int_equal(at[size], '\n');
    return at + size + 1;
}

static void a_datagram_for_the_journal_has_the_values_as_they_are(void **state)
{
    static const char head[] = "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=p11gate\n";
    static const char text[] = "rule_name=\"a\\x0a_UID=0\"";
    struct audit_record record = {0};
    size_t size;
    const char *at = out + strlen(head);

    (void)state;
    audit_record_set(&record, "rule_name", "a\n_UID=0");
    size = audit_record_journal(&record, out);
    assert_memory_equal(out, head, strlen(head));
    at = expect_field(at, "MESSAGE", text, strlen(text));
    at = expect_field(at, "P11GATE_RULE_NAME", "a\n_UID=0", 8);
    assert_ptr_equal(at, out + size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_makes_a_field_or_a_line),
        cmocka_unit_test(a_field_that_is_set_again_has_the_new_value_in_its_old_place),
        cmocka_unit_test(of_a_value_that_is_too_long_the_middle_is_left_out),
        cmocka_unit_test(the_largest_record_has_room_in_each_form),
        cmocka_unit_test(a_line_of_a_file_has_the_time_the_process_and_a_newline),
        cmocka_unit_test(a_datagram_for_syslog_is_of_authpriv_and_has_the_local_time),
        cmocka_unit_test(a_datagram_for_the_journal_has_the_values_as_they_are),
    };

    return cmocka_run_group_tests_name("audit_record", tests, NULL, NULL);
}
