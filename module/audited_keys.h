// SPDX-License-Identifier: BSD-2-Clause
// What the audit was told of the keys of a token, so that it is told again only what changed.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct audited_key {
    uint8_t key[32];
    uint8_t said[32];
};

/* A zeroed struct is empty. */
struct audited_keys {
    struct audited_key *items; /* owned */
    size_t count;
};
