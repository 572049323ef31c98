// SPDX-License-Identifier: BSD-2-Clause
// Asks the user whether a key may be used, as ssh-agent does for keys added with `-c`.
#pragma once

#include "module/token.h"

/* Runs $SSH_ASKPASS, or the system's, for a minute at most. noun: "signature". False, logged with the reason, when the user does not consent or
 * cannot be asked. */
bool confirm_use(const struct token *token, const struct exposed_key *key, const char *noun);
