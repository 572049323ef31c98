// SPDX-License-Identifier: BSD-2-Clause
// Findings of p11gate doctor: what was found, how bad it is, and what to do.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum finding_kind { FINDING_OK, FINDING_NOTE, FINDING_WARNING, FINDING_PROBLEM };

struct finding {
    enum finding_kind kind;
    char *text;   /* owned; what was found */
    char *advice; /* owned; what to do, "" where there is nothing */
};

/* A zeroed struct is an empty report. */
struct report {
    struct finding *items; /* owned */
    size_t count;
    FILE *told;      /* borrowed; each finding is written to it at once as well; NULL: to nobody */
    bool incomplete; /* there was no memory for a finding */
};

/* printf into memory of the caller's; NULL without memory. */
char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Takes over both texts; advice may be NULL for nothing to do. */
void report_add(struct report *report, enum finding_kind kind, char *text, char *advice);

/* From one process to another. Reading takes whole findings only, and adds them; true when the end was reached, where report_write_end()
 * stands, which also tells whether the report is incomplete. */
void report_write(const struct finding *finding, FILE *out);
void report_write_end(const struct report *report, FILE *out);
bool report_read(struct report *report, const char *text, size_t size);

void report_finish(struct report *report);
