// SPDX-License-Identifier: BSD-2-Clause
// The tokens as the verbs see them: through the same stack as the module.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "module/gate.h"
#include "module/token.h"

/* Opens the gate with the configuration that is in force and lists the slots. NULL with the reason on stderr. */
struct gate *tokens_open(void);

/* Opens it with everything allowed, for choosing keys: what `p11gate init` needs. NULL with the reason on stderr unless quiet. */
struct gate *tokens_open_all(const char *module, bool quiet);

/* Opens it with a configuration that is taken over. NULL with the reason on stderr unless quiet. */
struct gate *tokens_open_with(struct config *config, bool quiet);

/* Is there something in the slot that could hold keys? */
bool token_is_usable(const struct token *token);

/* How many of them there are. */
size_t tokens_count(const struct gate *gate);

/* True when there is none, which is said on stderr, with what to do. */
bool tokens_say_none(const struct gate *gate);

/* Asks for the PIN and logs in, if the token wants it. False with the reason on stderr. Whether the token may get a PIN at all is the
 * caller's to know. */
bool tokens_log_in(struct token *token);

/* Reads a token for a listing: all of it, or what the policy needs. False with the reason on stderr. */
bool tokens_read(struct token *token, bool all);

/* Gets a token ready for a listing: of what the policy shows, or of all that is there; logged in to if it may be sent a PIN. True when
 * it is to be listed; *ok becomes false when something failed, with the reason on stderr. */
bool tokens_prepare(struct token *token, bool all, bool login, bool *ok);

/* Does the token show keys only after login? (It was read, and is not logged in.) */
bool token_is_shy(const struct token *token);
