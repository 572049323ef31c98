// SPDX-License-Identifier: BSD-2-Clause
// The keys that `p11gate init` offers, and which of them are chosen.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "module/token.h"

struct candidate {
    const struct token *token;     /* borrowed */
    const struct exposed_key *key; /* borrowed */
    bool chosen;
};

/* A zeroed struct is an empty list. */
struct choice {
    struct candidate *items; /* owned */
    size_t count;
};

/* Adds the keys of a token that could be shown: those that sign, and that ssh has a fingerprint for. False without memory. */
bool choice_add(struct choice *choice, const struct token *token);

/* Prints the keys, numbered from 1, and which token they are on. */
void choice_print(const struct choice *choice);

/* Chooses by fingerprint. False with the reason on stderr when no key has it. */
bool choice_by_fingerprint(struct choice *choice, const char *fingerprint);

/* Asks for numbers on standard input, until they make sense. False when nothing was chosen. */
bool choice_ask(struct choice *choice);
void choice_finish(struct choice *choice);
