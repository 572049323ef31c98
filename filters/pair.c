// SPDX-License-Identifier: BSD-2-Clause
#include "filters/pair.h"

#include <stdlib.h>
#include <string.h>

/* A private key that does not tell its public key. */
struct mute_key {
    const struct object *object;
    bool linked; /* to a group */
};

struct pairing {
    const struct object_list *objects;
    const struct refused_pairs *refused;
    const struct known_keys *known;
    struct key_groups *groups;
    struct mute_key *mutes; /* owned */
    size_t n_mutes;
};

static bool append(const struct object ***list, size_t *count, const struct object *object)
{
    const struct object **grown = reallocarray(*list, *count + 1, sizeof(*grown));

    if (grown == NULL)
        return false;
    *list = grown;
    grown[(*count)++] = object;
    return true;
}

static struct key_group *group_add(struct key_groups *groups, const struct public_key *key)
{
    struct key_group *grown = reallocarray(groups->items, groups->count + 1, sizeof(*grown));

    if (grown == NULL)
        return NULL;
    groups->items = grown;
    grown[groups->count] = (struct key_group){.key = key};
    return &grown[groups->count++];
}

static struct key_group *group_of(struct key_groups *groups, const struct public_key *key)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (groups->items[i].key != NULL && public_key_equal(groups->items[i].key, key))
            return &groups->items[i];
    }
    return NULL;
}

/* Of two private key objects with one key, one that is seen before login stays the one after it. */
static bool add_private_key(struct key_group *group, const struct object *object)
{
    const struct object *spare = object;

    if (group->private_key == NULL ||
        (object_is_private(group->private_key) && !object_is_private(object))) {
        spare = group->private_key;
        group->private_key = object;
        group->link = LINK_KEY;
    }
    return spare == NULL || append(&group->spare_keys, &group->n_spare_keys, spare);
}

/* An object that tells its public key goes to that key's group. */
static bool add_known(struct key_groups *groups, const struct object *object)
{
    struct key_group *group = group_of(groups, object->key);

    if (group == NULL)
        group = group_add(groups, object->key);
    if (group == NULL)
        return false;
    if (object->class == CKO_PUBLIC_KEY)
        return append(&group->public_keys, &group->n_public_keys, object);
    if (object->class == CKO_CERTIFICATE)
        return append(&group->certificates, &group->n_certificates, object);
    return add_private_key(group, object);
}

static bool makes_group(const struct object *object)
{
    return object->key != NULL && !(object->class == CKO_CERTIFICATE && object->authority);
}

static bool add_all_known(struct pairing *pairing)
{
    const struct object_list *objects = pairing->objects;

    for (size_t i = 0; i < objects->count; i++) {
        if (makes_group(objects->items[i]) && !add_known(pairing->groups, objects->items[i]))
            return false;
    }
    return true;
}

/* An authority's certificate belongs to a group only if a key object of the token carries its key. */
static bool add_authorities(struct pairing *pairing)
{
    for (size_t i = 0; i < pairing->objects->count; i++) {
        const struct object *object = pairing->objects->items[i];
        struct key_group *group;

        if (object->key == NULL || makes_group(object))
            continue;
        group = group_of(pairing->groups, object->key);
        if (group != NULL && (group->private_key != NULL || group->n_public_keys > 0) &&
            !append(&group->certificates, &group->n_certificates, object))
            return false;
    }
    return true;
}

static const unsigned char *modulus_of(const struct attributes *list, size_t *size)
{
    const CK_ATTRIBUTE *modulus = attributes_find_filled(list, CKA_MODULUS);
    const unsigned char *bytes = modulus != NULL ? modulus->pValue : NULL;

    *size = modulus != NULL ? modulus->ulValueLen : 0;
    for (; *size > 0 && *bytes == 0; (*size)--)
        bytes++;
    return bytes;
}

/* Is either modulus untold, or are both the same? */
static bool moduli_agree(const struct attributes *a, const struct attributes *b)
{
    size_t a_size, b_size;
    const unsigned char *x = modulus_of(a, &a_size), *y = modulus_of(b, &b_size);

    return x == NULL || y == NULL || (a_size == b_size && memcmp(x, y, a_size) == 0);
}

static bool is_refused(const struct pairing *pairing, const struct public_key *key,
                       const struct object *private_key)
{
    for (size_t i = 0; i < pairing->refused->count; i++) {
        const struct refused_pair *pair = &pairing->refused->items[i];
        if (pair->private_key == private_key->vendor &&
            memcmp(pair->spki_hash, key->spki_hash, sizeof(pair->spki_hash)) == 0)
            return true;
    }
    return false;
}

/* Could the public key be the private key's, from what that tells? */
static bool key_is_like(const struct public_key *key, const struct object *private_key)
{
    return key->type == private_key->key_type &&
           (private_key->curve == CURVE_NONE || key->curve == private_key->curve) &&
           moduli_agree(&key->attributes, &private_key->attributes);
}

/* Could one public key be that of either? */
static bool are_rivals(const struct object *a, const struct object *b)
{
    return a->key_type == b->key_type &&
           (a->curve == b->curve || a->curve == CURVE_NONE || b->curve == CURVE_NONE) &&
           moduli_agree(&a->attributes, &b->attributes);
}

static bool same_kind(const struct key_group *group, const struct object *private_key)
{
    return key_is_like(group->key, private_key);
}

static bool same_id(const struct object *a, const struct object *b)
{
    const CK_ATTRIBUTE *x = object_id(a), *y = object_id(b);

    return x != NULL && y != NULL && x->ulValueLen > 0 && x->ulValueLen == y->ulValueLen &&
           memcmp(x->pValue, y->pValue, x->ulValueLen) == 0;
}

static bool group_has_id_of(const struct key_group *group, const struct object *private_key)
{
    for (size_t i = 0; i < group->n_public_keys; i++) {
        if (same_id(group->public_keys[i], private_key))
            return true;
    }
    for (size_t i = 0; i < group->n_certificates; i++) {
        if (same_id(group->certificates[i], private_key))
            return true;
    }
    return false;
}

static bool is_free(const struct key_group *group)
{
    return group->key != NULL && group->private_key == NULL;
}

static bool collect_mutes(struct pairing *pairing)
{
    pairing->mutes = calloc(pairing->objects->count + 1, sizeof(*pairing->mutes));
    if (pairing->mutes == NULL)
        return false;
    for (size_t i = 0; i < pairing->objects->count; i++) {
        const struct object *object = pairing->objects->items[i];
        if (object->class == CKO_PRIVATE_KEY && object->key == NULL)
            pairing->mutes[pairing->n_mutes++].object = object;
    }
    return true;
}

static void make_link(struct key_group *group, struct mute_key *mute, enum link link)
{
    group->private_key = mute->object;
    group->link = link;
    mute->linked = true;
}

/* The free groups that could be the private key's: how many, and the last of them. */
static size_t free_groups(const struct pairing *pairing, const struct object *like,
                          struct key_group **last)
{
    size_t count = 0;

    for (size_t i = 0; i < pairing->groups->count; i++) {
        struct key_group *group = &pairing->groups->items[i];
        if (is_free(group) && same_kind(group, like)) {
            *last = group;
            count++;
        }
    }
    return count;
}

/* A private RSA key may tell its modulus and keep its exponent (PKCS#11 2.40 mechanisms, 2.1.3): the modulus is enough, unless two
 * public keys have it (anybody can write one with another exponent). */
static void link_by_modulus(struct pairing *pairing)
{
    for (size_t i = 0; i < pairing->n_mutes; i++) {
        struct mute_key *mute = &pairing->mutes[i];
        struct key_group *group = NULL;

        if (attributes_find_filled(&mute->object->attributes, CKA_MODULUS) != NULL &&
            free_groups(pairing, mute->object, &group) == 1)
            make_link(group, mute, LINK_KEY);
    }
}

/* Exactly one mute private key of the group's kind carries an id of the group: more than one is no link at all. */
static struct mute_key *only_by_id(const struct pairing *pairing, const struct key_group *group)
{
    struct mute_key *found = NULL;

    for (size_t i = 0; i < pairing->n_mutes; i++) {
        struct mute_key *mute = &pairing->mutes[i];
        if (mute->linked || !same_kind(group, mute->object) ||
            !group_has_id_of(group, mute->object))
            continue;
        if (found != NULL)
            return NULL;
        found = mute;
    }
    return found;
}

static size_t groups_with_id_of(const struct pairing *pairing, const struct object *private_key)
{
    size_t count = 0;

    for (size_t i = 0; i < pairing->groups->count; i++) {
        const struct key_group *group = &pairing->groups->items[i];
        if (is_free(group) && same_kind(group, private_key) && group_has_id_of(group, private_key))
            count++;
    }
    return count;
}

/* The links are all found before one is made, so that their order does not matter. */
static bool link_by_id(struct pairing *pairing)
{
    struct mute_key **found = calloc(pairing->groups->count + 1, sizeof(*found));

    if (found == NULL)
        return false;
    for (size_t i = 0; i < pairing->groups->count; i++) {
        struct key_group *group = &pairing->groups->items[i];
        if (is_free(group))
            found[i] = only_by_id(pairing, group);
        if (found[i] != NULL && (groups_with_id_of(pairing, found[i]->object) != 1 ||
                                 is_refused(pairing, group->key, found[i]->object)))
            found[i] = NULL;
    }
    for (size_t i = 0; i < pairing->groups->count; i++) {
        if (found[i] != NULL)
            make_link(&pairing->groups->items[i], found[i], LINK_ID);
    }
    free(found);
    return true;
}

/* Is another private key left that could be meant instead? */
static bool has_rival(const struct pairing *pairing, const struct mute_key *mute)
{
    for (size_t i = 0; i < pairing->n_mutes; i++) {
        const struct mute_key *other = &pairing->mutes[i];
        if (other != mute && !other->linked && are_rivals(other->object, mute->object))
            return true;
    }
    return false;
}

/* A key that the policy names by a file and that the token does not show: the only one of the kind, or NULL. */
static const struct public_key *only_known_key(const struct pairing *pairing,
                                               const struct object *like)
{
    const struct public_key *found = NULL;

    for (size_t i = 0; i < pairing->known->count; i++) {
        const struct public_key *key = pairing->known->items[i];
        if (!key_is_like(key, like) || group_of(pairing->groups, key) != NULL ||
            (found != NULL && public_key_equal(found, key)))
            continue;
        if (found != NULL)
            return NULL;
        found = key;
    }
    return found;
}

/* The group for a private key that is the last of its kind; *group stays NULL when there is none or more than one. */
static bool find_left_over(struct pairing *pairing, const struct object *object,
                           struct key_group **group)
{
    size_t count = free_groups(pairing, object, group);
    const struct public_key *known;

    if (count > 0) {
        if (count > 1 || is_refused(pairing, (*group)->key, object))
            *group = NULL;
        return true;
    }
    known = only_known_key(pairing, object);
    if (known == NULL || is_refused(pairing, known, object))
        return true;
    *group = group_add(pairing->groups, known);
    return *group != NULL;
}

static bool link_left_over(struct pairing *pairing)
{
    for (size_t i = 0; i < pairing->n_mutes; i++) {
        struct mute_key *mute = &pairing->mutes[i];
        struct key_group *group = NULL;

        if (mute->linked || has_rival(pairing, mute))
            continue;
        if (!find_left_over(pairing, mute->object, &group))
            return false;
        if (group != NULL)
            make_link(group, mute, LINK_LEFT_OVER);
    }
    return true;
}

/* What is still alone makes a group without a public key: it can be counted and explained, never shown. */
static bool add_alone(struct pairing *pairing)
{
    for (size_t i = 0; i < pairing->n_mutes; i++) {
        struct key_group *group;

        if (pairing->mutes[i].linked)
            continue;
        group = group_add(pairing->groups, NULL);
        if (group == NULL)
            return false;
        group->private_key = pairing->mutes[i].object;
    }
    return true;
}

static bool link_all(struct pairing *pairing)
{
    if (!add_all_known(pairing) || !add_authorities(pairing) || !collect_mutes(pairing))
        return false;
    link_by_modulus(pairing);
    return link_by_id(pairing) && link_left_over(pairing) && add_alone(pairing);
}

bool pair_objects(const struct object_list *objects, const struct refused_pairs *refused,
                  const struct known_keys *known, struct key_groups *groups)
{
    struct pairing pairing = {objects, refused, known, groups, NULL, 0};
    bool ok;

    *groups = (struct key_groups){0};
    ok = link_all(&pairing);
    free(pairing.mutes);
    if (!ok)
        key_groups_finish(groups);
    return ok;
}

void key_groups_finish(struct key_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        free(groups->items[i].spare_keys);
        free(groups->items[i].public_keys);
        free(groups->items[i].certificates);
    }
    free(groups->items);
    *groups = (struct key_groups){0};
}

bool key_group_needs_proof(const struct key_group *group)
{
    return group->link == LINK_ID || group->link == LINK_LEFT_OVER;
}

void key_group_each(const struct key_group *group,
                    bool (*visit)(const struct object *member, void *context), void *context)
{
    if (group->private_key != NULL && !visit(group->private_key, context))
        return;
    for (size_t i = 0; i < group->n_spare_keys; i++) {
        if (!visit(group->spare_keys[i], context))
            return;
    }
    for (size_t i = 0; i < group->n_public_keys; i++) {
        if (!visit(group->public_keys[i], context))
            return;
    }
    for (size_t i = 0; i < group->n_certificates; i++) {
        if (!visit(group->certificates[i], context))
            return;
    }
}
