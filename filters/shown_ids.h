// SPDX-License-Identifier: BSD-2-Clause
// The identifiers that an application was shown on a token: a key keeps its own when a login lets more of the token be read.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "crypto/public_key.h"

struct shown_id {
    uint8_t spki_hash[PUBLIC_KEY_HASH_SIZE];
    unsigned char *id; /* owned */
    size_t size;
};

/* A zeroed struct is an empty list. */
struct shown_ids {
    struct shown_id *items; /* owned; sorted by the hash */
    size_t count;
};

/* Copies the id of a key that the list does not have yet. The list is in order again after shown_ids_sort(). False when there is no memory. */
bool shown_ids_add(struct shown_ids *list, const struct public_key *key, const void *id, size_t size);
void shown_ids_sort(struct shown_ids *list);

/* The id that the key was shown under, borrowed; NULL: it never was. list may be NULL. */
const struct shown_id *shown_ids_find(const struct shown_ids *list, const struct public_key *key);

void shown_ids_finish(struct shown_ids *list);
