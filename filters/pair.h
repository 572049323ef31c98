// SPDX-License-Identifier: BSD-2-Clause
// Key groups: which private key, public keys and certificates of a token belong to one key (policy.md 3).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "filters/object.h"

enum link {
    LINK_NONE,    /* no private key object was seen */
    LINK_KEY,     /* the private key told its public key */
    LINK_ID,      /* same type, curve and CKA_ID: to be proved by the first signature */
    LINK_LEFT_OVER, /* the one private key and the one public key that were left: to be proved as well */
};

/* All pointers are borrowed from the object list. */
struct key_group {
    const struct object *private_key;   /* NULL: none was seen */
    enum link link;
    const struct object **spare_keys;   /* owned array; private key objects with the same key: asked for id and label, never shown */
    size_t n_spare_keys;
    const struct object **public_keys;  /* owned array */
    size_t n_public_keys;
    const struct object **certificates; /* owned array */
    size_t n_certificates;
    const struct public_key *key; /* NULL: a private key that no one knows the public key of */
};

/* A zeroed struct is an empty list. */
struct key_groups {
    struct key_group *items; /* owned */
    size_t count;
};

/* What pairing must not do again: pairs whose signature did not verify. */
struct refused_pair {
    CK_OBJECT_HANDLE private_key; /* the vendor's handle */
    uint8_t spki_hash[PUBLIC_KEY_HASH_SIZE];
};

struct refused_pairs {
    struct refused_pair *items; /* owned */
    size_t count;
};

/* Public keys that the policy names by file; a token may hold the private key alone. Borrowed. */
struct known_keys {
    const struct public_key **items; /* owned array */
    size_t count;
};

/* Groups in the order in which their first object stands in the list. Certificates of authorities join groups and never make one.
 * False when there is no memory (groups is then empty). */
bool pair_objects(const struct object_list *objects, const struct refused_pairs *refused,
                  const struct known_keys *known, struct key_groups *groups);
void key_groups_finish(struct key_groups *groups);

/* Must the first signature be verified before it is handed out? */
bool key_group_needs_proof(const struct key_group *group);

/* Calls visit for each member; stops when it returns false. */
void key_group_each(const struct key_group *group,
                    bool (*visit)(const struct object *member, void *context), void *context);
