// SPDX-License-Identifier: BSD-2-Clause
// One event of the audit: fields with names of ours and values of anybody's, and the forms in which it is written down. No value can make a
// field or a line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum {
    AUDIT_FIELDS_MAX = 24,
    AUDIT_VALUE_MAX = 255,                     /* bytes of a value that are kept */
    AUDIT_TEXT_SIZE = AUDIT_FIELDS_MAX * 1280, /* room for any record as text, with what stands before it */
    AUDIT_DATAGRAM_SIZE = 2 * AUDIT_TEXT_SIZE, /* and with each field by itself */
};

struct audit_field {
    const char *name; /* of ours: a-z and _ */
    unsigned char size;
    char value[AUDIT_VALUE_MAX];
};

/* A zeroed struct is empty. */
struct audit_record {
    struct audit_field fields[AUDIT_FIELDS_MAX];
    size_t count;
};

/* Adds a field, or gives it another value. Of a value that is too long the middle is left out ("..."): of paths with a line behind them the
 * end matters. name is borrowed for good. */
void audit_record_set(struct audit_record *record, const char *name, const char *value);
void audit_record_set_bytes(struct audit_record *record, const char *name, const void *value,
                            size_t size);
void audit_record_set_number(struct audit_record *record, const char *name, unsigned long value);

/* The field's value with its size, not terminated; NULL: there is none. */
const char *audit_record_get(const struct audit_record *record, const char *name, size_t *size);

/* NAME="VALUE" for each, a blank between them. In values " and \ have a \ before them, and what is no printable ASCII is \xHH. Terminated,
 * in AUDIT_TEXT_SIZE bytes at most; the length. */
size_t audit_record_text(const struct audit_record *record, char *out);

/* The forms: a line of a file, with its newline; a datagram for /dev/log (RFC 3164 as syslog(3) sends it: facility authpriv, no host); one
 * for the journal, by its native protocol. The length. */
size_t audit_record_line(const struct audit_record *record, const struct timespec *now, long pid,
                         char out[AUDIT_TEXT_SIZE]);
size_t audit_record_syslog(const struct audit_record *record, const struct timespec *now, long pid,
                           char out[AUDIT_TEXT_SIZE]);
size_t audit_record_journal(const struct audit_record *record, char out[AUDIT_DATAGRAM_SIZE]);
