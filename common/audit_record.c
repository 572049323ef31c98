// SPDX-License-Identifier: BSD-2-Clause
#include "common/audit_record.h"

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* LOG_AUTHPRIV | LOG_INFO */
#define PRIORITY "86"

static struct audit_field *field_of(struct audit_record *record, const char *name)
{
    for (size_t i = 0; i < record->count; i++) {
        if (strcmp(record->fields[i].name, name) == 0)
            return &record->fields[i];
    }
    if (record->count == AUDIT_FIELDS_MAX)
        return NULL;
    record->fields[record->count].name = name;
    return &record->fields[record->count++];
}

void audit_record_set_bytes(struct audit_record *record, const char *name, const void *value,
                            size_t size)
{
    static const char left_out[] = "...";
    const size_t mark = sizeof(left_out) - 1, front = (AUDIT_VALUE_MAX - mark) / 2;
    struct audit_field *field = field_of(record, name);

    if (field == NULL)
        return;
    if (size <= AUDIT_VALUE_MAX) {
        field->size = (unsigned char)size;
        if (size > 0)
            memcpy(field->value, value, size);
        return;
    }
    field->size = AUDIT_VALUE_MAX;
    memcpy(field->value, value, front);
    memcpy(field->value + front, left_out, mark);
    memcpy(field->value + front + mark,
           (const char *)value + size - (AUDIT_VALUE_MAX - front - mark),
           AUDIT_VALUE_MAX - front - mark);
}

void audit_record_set(struct audit_record *record, const char *name, const char *value)
{
    audit_record_set_bytes(record, name, value, strlen(value));
}

void audit_record_set_number(struct audit_record *record, const char *name, unsigned long value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", value);
    audit_record_set(record, name, text);
}

const char *audit_record_get(const struct audit_record *record, const char *name, size_t *size)
{
    for (size_t i = 0; i < record->count; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            *size = record->fields[i].size;
            return record->fields[i].value;
        }
    }
    return NULL;
}

static size_t escape(const struct audit_field *field, char *out)
{
    static const char digits[] = "0123456789abcdef";
    char *at = out;

    for (size_t i = 0; i < field->size; i++) {
        unsigned char c = (unsigned char)field->value[i];

        if (c < 0x20 || c > 0x7e) {
            *at++ = '\\';
            *at++ = 'x';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
            continue;
        }
        if (c == '"' || c == '\\')
            *at++ = '\\';
        *at++ = (char)c;
    }
    return (size_t)(at - out);
}

static size_t add(char *out, const char *text)
{
    size_t size = strlen(text);

    memcpy(out, text, size);
    return size;
}

size_t audit_record_text(const struct audit_record *record, char *out)
{
    char *at = out;

    for (size_t i = 0; i < record->count; i++) {
        if (i > 0)
            *at++ = ' ';
        at += add(at, record->fields[i].name);
        at += add(at, "=\"");
        at += escape(&record->fields[i], at);
        *at++ = '"';
    }
    *at = '\0';
    return (size_t)(at - out);
}

size_t audit_record_line(const struct audit_record *record, const struct timespec *now, long pid,
                         char out[AUDIT_TEXT_SIZE])
{
    struct tm utc;
    char *at = out;

    gmtime_r(&now->tv_sec, &utc);
    at += strftime(at, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
    at += snprintf(at, 64, " p11gate[%ld]: ", pid);
    at += audit_record_text(record, at);
    *at++ = '\n';
    return (size_t)(at - out);
}

/* The names are those of the C locale, whatever the host's is. */
size_t audit_record_syslog(const struct audit_record *record, const struct timespec *now, long pid,
                           char out[AUDIT_TEXT_SIZE])
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm local;
    char *at = out;

    localtime_r(&now->tv_sec, &local);
    at += snprintf(at, 128, "<" PRIORITY ">%s %2d %02d:%02d:%02d p11gate[%ld]: ",
                   months[local.tm_mon], local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                   pid);
    at += audit_record_text(record, at);
    return (size_t)(at - out);
}

/* Behind the name: newline, the length in 64 bits with the lowest byte first, the value, newline. So values may have anything in them. The
 * value is there already, in its place. */
static char *close_field(char *at, size_t size)
{
    uint64_t length = htole64(size);

    *at++ = '\n';
    memcpy(at, &length, sizeof(length));
    at += sizeof(length) + size;
    *at++ = '\n';
    return at;
}

static char *value_place(char *at)
{
    return at + 1 + sizeof(uint64_t);
}

static char *add_name(char *at, const char *name)
{
    at += add(at, "P11GATE_");
    for (; *name != '\0'; name++)
        *at++ = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
    return at;
}

size_t audit_record_journal(const struct audit_record *record, char out[AUDIT_DATAGRAM_SIZE])
{
    char *at = out;

    at += add(at, "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=p11gate\nMESSAGE");
    at = close_field(at, audit_record_text(record, value_place(at)));
    for (size_t i = 0; i < record->count; i++) {
        const struct audit_field *field = &record->fields[i];

        at = add_name(at, field->name);
        memcpy(value_place(at), field->value, field->size);
        at = close_field(at, field->size);
    }
    return (size_t)(at - out);
}
