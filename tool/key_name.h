// SPDX-License-Identifier: BSD-2-Clause
// How a user names a key on the command line: fingerprint, label, CKA_ID in hex, or a file with its public key.
#pragma once

#include "module/token.h"

struct key_name {
    const char *text;       /* borrowed */
    struct public_key *key; /* owned; NULL: the text is no file */
};

/* NULL names every key. False, with the reason on stderr, for a file that holds no public key. */
bool key_name_init(struct key_name *name, struct crypto *crypto, const char *text);
bool key_name_fits(const struct key_name *name, const struct token *token,
                   const struct exposed_key *key);
void key_name_finish(struct key_name *name);
