// SPDX-License-Identifier: BSD-2-Clause
// What an application may see of one token: paired, decided, synthesized, shaped. Built from the objects read and the policy alone.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "filters/decide.h"
#include "filters/object.h"
#include "filters/pair.h"
#include "filters/policy.h"
#include "filters/shown_ids.h"

/* One key group and what was decided on it. */
struct exposed_key {
    struct key_group *group; /* borrowed from the exposure's groups */
    struct key_group shown;  /* of it, what is shown where the key is: not its other certificates; n_certificates of an owned array, the rest borrowed */
    struct verdict verdict;
    bool before_login; /* it is shown before login, as far as its public objects go */
    unsigned char *id; /* owned; the CKA_ID that all its objects carry; NULL while it is hidden by policy */
    size_t id_size;
};

struct exposed_object {
    CK_OBJECT_CLASS class;
    const struct object *source;       /* borrowed; NULL: made by p11gate */
    struct attributes attributes;      /* owned; before the source's own, all there is without a source */
    const struct exposed_key *key;     /* borrowed */
    CK_OBJECT_HANDLE handle;           /* the application's; module/ issues it */
};

/* A zeroed struct is an empty exposure. */
struct exposure {
    struct key_groups groups;       /* owned */
    struct exposed_key *keys;       /* owned; one a group, in the order of listings */
    size_t n_keys;
    struct exposed_object *objects; /* owned; of the visible keys: for each public key, certificates, private key */
    size_t n_objects;
    size_t n_visible; /* keys that are shown */
    bool encrypts;    /* public keys that we make do */
};

/* subject->group is ignored. shown: ids that stay (NULL: none). The result borrows from objects, known and policy. False when there is no memory: the exposure is then empty. */
bool exposure_build(struct exposure *exposure, const struct object_list *objects,
                    const struct refused_pairs *refused, const struct known_keys *known,
                    const struct shown_ids *shown, const struct policy *policy,
                    const struct subject *subject);
void exposure_finish(struct exposure *exposure);

/* The value that the application is told, borrowed; NULL when neither we nor what was read has it. */
const CK_ATTRIBUTE *exposed_attribute(const struct exposed_object *object, CK_ATTRIBUTE_TYPE type);

/* Do the rules that show the key permit it this mechanism, whose parameters were checked, to sign with (signs) or for another use? */
bool exposed_key_permits(const struct exposed_key *key, const CK_MECHANISM *mechanism, bool signs);

/* Do they permit a signature of this data? */
bool exposed_key_permits_data(const struct exposed_key *key, CK_MECHANISM_TYPE mechanism,
                              const void *data, size_t size);

/* The public keys of the policy's public_key selectors, not of one that narrows it: that must not help a key to be shown. known->items is allocated. False when there is no memory. */
bool policy_known_keys(const struct policy *policy, struct known_keys *known);
