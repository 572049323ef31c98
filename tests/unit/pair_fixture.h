// SPDX-License-Identifier: BSD-2-Clause
// Tokens in words, and the key groups that they make: before and after login, with RSA keys and
// with EC keys.
#pragma once

#include "tests/unit/filters_fixture.h"

struct pair_example {
    const char *objects;
    const char *before, *after; /* the groups; NULL: those of after without the private keys */
};

void pair_expect(struct fixture_token *token, const char *objects, const char *expected);

/* Each as it stands, and with keys of the other type where the same holds of these: an EC private
 * key that tells nothing has an empty CKA_PUBLIC_KEY_INFO and no point, as SoftHSM's. */
void pair_check(const struct pair_example *examples, size_t count);

#define PAIR_CHECK(examples) pair_check(examples, sizeof(examples) / sizeof((examples)[0]))
