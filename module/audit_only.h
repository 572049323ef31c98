// SPDX-License-Identifier: BSD-2-Clause
// What `audit_only: true` writes down: the keys that the policy would hide, and their use.
#pragma once

#include "module/token.h"

/* One line in the log at any level when the policy would hide the key; nothing otherwise. done: what happened to it, as "is shown". */
void audit_only_note(const struct token *token, const struct exposed_key *key, const char *done);
