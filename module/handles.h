// SPDX-License-Identifier: BSD-2-Clause
// Handles are capabilities: only what we issued is ever accepted. A handle is a random number above 65535 with the place in the
// table in its low bits, so that looking one up is one comparison, and none that is stale or guessed fits.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <p11-kit/pkcs11.h>

struct crypto;

/* A zeroed struct is an empty table. */
struct handles {
    struct handle_entry *entries; /* owned */
    size_t count;
    size_t first_free; /* no place before it is free */
};

/* Issues a handle for a pointer that is not NULL; 0 when the table is full or there is no memory. */
CK_ULONG handles_issue(struct handles *table, struct crypto *crypto, void *pointer);

/* The pointer, or NULL when the handle was never issued or is revoked. */
void *handles_find(const struct handles *table, CK_ULONG handle);

/* Points an issued handle elsewhere. */
void handles_move(struct handles *table, CK_ULONG handle, void *pointer);
void handles_revoke(struct handles *table, CK_ULONG handle);

/* Calls visit with each pointer; visit may revoke its own handle. */
void handles_each(struct handles *table, void (*visit)(void *pointer, void *context), void *context);
void handles_finish(struct handles *table);
