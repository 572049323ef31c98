// SPDX-License-Identifier: BSD-2-Clause
// The keys of the tokens present and what a configuration makes of them, kept when the tokens are closed.
#pragma once

#include <stdbool.h>
#include "module/gate.h"
#include "module/token.h"

/* The texts are fit for a terminal; all owned. */
struct listed_key {
    CK_TOKEN_INFO token;
    uint8_t spki_hash[PUBLIC_KEY_HASH_SIZE];
    char *token_text; /* label and serial */
    char *text;       /* type, fingerprint */
    char *label;
    char *why;     /* it is shown or hidden */
    char *options; /* of its use, but for order and label */
    char *json;    /* members of an object */
    bool shown;
    bool audited; /* shown because of audit_only alone */
    long order; /* what it is sorted by within its token */

    /* what listed_keys_pair() adds */
    const struct listed_key *other; /* borrowed; the same key in the other list; NULL: it is not there */
    size_t place; /* from 1, among the keys of its token that both lists show; equals share one */
};

/* A zeroed struct is an empty list. */
struct listed_keys {
    struct listed_key *items; /* owned */
    size_t count;
};

/* Adds all keys that have a public key, hidden ones too. False, with the reason on stderr, when something failed. */
bool listed_keys_read(struct listed_keys *list, struct gate *gate, bool login);

/* Finds the same keys of the same tokens in two lists, and their places. */
void listed_keys_pair(struct listed_keys *a, struct listed_keys *b);
void listed_keys_finish(struct listed_keys *list);
