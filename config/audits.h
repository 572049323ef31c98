// SPDX-License-Identifier: BSD-2-Clause
// Reads where the audit goes, and looks whether what two files say of audits and confirmations can be done.
#pragma once

#include "config/schema.h"

struct config;

/* Into struct settings. */
field_reader audit_read;
field_reader audit_read_required;

/* Errors, once all files are read: an audit that is required and goes nowhere; one, or a confirmation, where the preset in force passes
 * calls unseen. */
void audits_check(struct reader *reader, const struct config *config);
