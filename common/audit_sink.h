// SPDX-License-Identifier: BSD-2-Clause
// Where the audit goes: a file, the system's log, or its journal. Nothing is kept open in between: hosts close what they do not know.
#pragma once

#include <stdbool.h>
#include "common/audit_record.h"

enum audit_kind { AUDIT_NONE, AUDIT_FILE, AUDIT_SYSLOG, AUDIT_JOURNAL };

/* How long a log that takes nothing at the moment is waited for. */
enum { AUDIT_PATIENCE_MS = 100 };

/* A zeroed struct is none. */
struct audit_sink {
    enum audit_kind kind;
    const char *path; /* borrowed; of a file */
};

/* Writes the record, in one write. patience: in milliseconds. 0, or an errno: nothing, or a part that cannot be taken for a line, was written.
 * EAGAIN: the log did not take it in time. */
int audit_sink_write(const struct audit_sink *sink, const struct audit_record *record, long pid,
                     int patience);

/* For messages: the file, or the socket. */
const char *audit_sink_name(const struct audit_sink *sink);
