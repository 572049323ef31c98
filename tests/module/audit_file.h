// SPDX-License-Identifier: BSD-2-Clause
// Reads a file of the audit in the host's folder.
#pragma once

#include <stddef.h>

/* The values of event, a blank between them; static. Each line must be whole, and nothing but fields. */
const char *audit_events(const char *name);

/* The value of a field, as it is written, in the last line with that event; static; NULL: there is no such line, or field. */
const char *audit_value(const char *name, const char *event, const char *field);

/* How often the text stands in the file. */
unsigned audit_count(const char *name, const char *text);
