// SPDX-License-Identifier: BSD-2-Clause
// Writing a configuration file in one step, so that there is never half of one.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include "module/token.h"

/* Writes text as a quoted YAML scalar in which % is no sign of a substitution. */
void config_file_quoted(FILE *out, const void *text, size_t size);

/* Writes one allow rule for a key: its fingerprint, and its CKA_ID if it has one; with the token's serial (its label, if it has none) when the key was seen only after login.
 * False, with the reason on stderr, when the token has neither. */
bool config_file_rule(FILE *out, const struct token *token, const struct exposed_key *key);

/* May config_file_write() put something there? False with the reason on stderr. */
bool config_file_is_free(const char *path, bool force);

/* Puts text into path with mode 0600, making its folders with 0700. A file that exists is kept as PATH.old with force, and is an error without.
 * False with the reason on stderr; the old file is then unchanged. */
bool config_file_write(const char *path, const char *text, bool force);
