// SPDX-License-Identifier: BSD-2-Clause
#include "filters/shape.h"

#include <stdlib.h>
#include <string.h>

static int compare_values(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b)
{
    size_t shorter = a->ulValueLen < b->ulValueLen ? a->ulValueLen : b->ulValueLen;
    int order = memcmp(a->pValue, b->pValue, shorter);

    if (order != 0)
        return order;
    return (a->ulValueLen > b->ulValueLen) - (a->ulValueLen < b->ulValueLen);
}

/* An authority's certificate is a member only when a key object is seen. */
static bool seen_before_login(const struct object *object)
{
    return !object_is_private(object) && !object->authority;
}

static bool any_seen(const struct object *const *objects, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (seen_before_login(objects[i]))
            return true;
    }
    return false;
}

static const CK_ATTRIBUTE *smallest_id(const struct object *const *objects, size_t count,
                                       bool seen_only)
{
    const CK_ATTRIBUTE *smallest = NULL;

    for (size_t i = 0; i < count; i++) {
        const CK_ATTRIBUTE *id = attributes_find_filled(&objects[i]->attributes, CKA_ID);
        if (id == NULL || (seen_only && !seen_before_login(objects[i])))
            continue;
        if (smallest == NULL || compare_values(id, smallest) < 0)
            smallest = id;
    }
    return smallest;
}

/* Of a group of which anything is seen before login, that alone counts, even if its id is empty: the id stays what it was. */
static const CK_ATTRIBUTE *own_id(const struct key_group *group)
{
    const struct object *private_key = group->private_key;
    const CK_ATTRIBUTE *id = NULL;

    if (any_seen(group->public_keys, group->n_public_keys))
        return smallest_id(group->public_keys, group->n_public_keys, true);
    if (any_seen(group->certificates, group->n_certificates))
        return smallest_id(group->certificates, group->n_certificates, true);
    if (private_key != NULL && !object_is_private(private_key))
        return attributes_find_filled(&private_key->attributes, CKA_ID);
    id = smallest_id(group->certificates, group->n_certificates, false);
    if (id == NULL && private_key != NULL)
        id = attributes_find_filled(&private_key->attributes, CKA_ID);
    if (id == NULL)
        id = smallest_id(group->public_keys, group->n_public_keys, false);
    return id;
}

static bool set_id(struct exposed_key *key, const void *id, size_t size)
{
    unsigned char *copy = malloc(size);

    if (copy == NULL)
        return false;
    memcpy(copy, id, size);
    free(key->id);
    key->id = copy;
    key->id_size = size;
    return true;
}

static bool set_hash_id(struct exposed_key *key)
{
    return set_id(key, key->group->key->spki_hash, PUBLIC_KEY_ID_SIZE);
}

/* What a key would be shown under if no other had the same. */
struct candidate {
    const void *id; /* borrowed; NULL: it has none */
    size_t size;
    bool kept; /* it was shown under it before */
};

struct carrier_search {
    const struct shown_id *shown;
    bool found;
};

static bool carries(const struct object *member, void *context)
{
    struct carrier_search *search = context;
    const CK_ATTRIBUTE *id = attributes_find_filled(&member->attributes, CKA_ID);

    if (id != NULL && id->ulValueLen == search->shown->size &&
        memcmp(id->pValue, search->shown->id, search->shown->size) == 0)
        search->found = true;
    return !search->found;
}

/* An id that no member carries any more was changed on the token. */
static bool is_still_right(const struct key_group *group, const struct shown_id *shown)
{
    struct carrier_search search = {shown, false};

    if (shown->size == PUBLIC_KEY_ID_SIZE &&
        memcmp(shown->id, group->key->spki_hash, PUBLIC_KEY_ID_SIZE) == 0)
        return true;
    key_group_each(group, carries, &search);
    return search.found;
}

static struct candidate candidate_of(const struct key_group *group, const struct shown_ids *list)
{
    const struct shown_id *shown =
        group->key != NULL ? shown_ids_find(list, group->key) : NULL;
    const CK_ATTRIBUTE *id;

    if (shown != NULL && is_still_right(group, shown))
        return (struct candidate){shown->id, shown->size, true};
    id = own_id(group);
    return id != NULL ? (struct candidate){id->pValue, id->ulValueLen, false}
                      : (struct candidate){NULL, 0, false};
}

/* One that a login hid keeps its id from the others: theirs must not change by it. */
static bool has_id(const struct exposed_key *key)
{
    return (key->verdict.by_policy || key->before_login) && key->group->key != NULL;
}

static bool is_hash_id(const struct exposed_key *key, const struct candidate *candidate)
{
    return candidate->size == PUBLIC_KEY_ID_SIZE &&
           memcmp(candidate->id, key->group->key->spki_hash, PUBLIC_KEY_ID_SIZE) == 0;
}

static bool same_candidate(const struct candidate *a, const struct candidate *b)
{
    return a->id != NULL && b->id != NULL && a->size == b->size &&
           memcmp(a->id, b->id, a->size) == 0;
}

static bool clashes(const struct exposed_key *keys, const struct candidate *candidates,
                    size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (i == at || !has_id(&keys[i]) ||
            (candidates[at].kept && !(candidates[i].kept && i < at)) ||
            (keys[at].before_login && !keys[i].before_login && !candidates[i].kept))
            continue;
        if (same_candidate(&candidates[at], &candidates[i]) ||
            is_hash_id(&keys[i], &candidates[at]))
            return true;
    }
    return false;
}

bool shape_ids(struct exposed_key *keys, size_t count, const struct shown_ids *shown)
{
    struct candidate *candidates = calloc(count + 1, sizeof(*candidates));
    bool ok = candidates != NULL;

    for (size_t i = 0; ok && i < count; i++)
        candidates[i] = candidate_of(&keys[i].shown, shown);
    for (size_t i = 0; ok && i < count; i++) {
        if (!keys[i].verdict.by_policy || keys[i].group->key == NULL)
            continue;
        if (candidates[i].id == NULL || clashes(keys, candidates, count, i))
            ok = set_hash_id(&keys[i]);
        else
            ok = set_id(&keys[i], candidates[i].id, candidates[i].size);
    }
    free(candidates);
    return ok;
}

size_t shape_label_size(const void *label, size_t size)
{
    const unsigned char *bytes = label;

    if (size <= LABEL_MAX)
        return size;
    size = LABEL_MAX;
    while (size > 0 && (bytes[size] & 0xc0) == 0x80)
        size--;
    return size;
}

static bool has_key_s_id(const struct object *object, const struct exposed_key *key)
{
    const CK_ATTRIBUTE *id = attributes_find_filled(&object->attributes, CKA_ID);

    return id != NULL && id->ulValueLen == key->id_size &&
           memcmp(id->pValue, key->id, key->id_size) == 0;
}

/* Of several labels that of the certificate which gave the id, else the smallest: the order on the token is chance. */
static const CK_ATTRIBUTE *certificate_label(const struct exposed_key *key)
{
    const struct key_group *group = &key->shown;
    const CK_ATTRIBUTE *best = NULL;
    bool best_has_id = false;

    for (size_t i = 0; i < group->n_certificates; i++) {
        const struct object *certificate = group->certificates[i];
        const CK_ATTRIBUTE *label = attributes_find_filled(&certificate->attributes, CKA_LABEL);
        bool has_id = has_key_s_id(certificate, key);

        if (label == NULL || (best_has_id && !has_id))
            continue;
        if (best == NULL || has_id != best_has_id || compare_values(label, best) < 0)
            best = label;
        best_has_id = has_id;
    }
    return best;
}

/* The source's label, else a certificate's or the private key's: a made public key shows what the user knows. */
static const CK_ATTRIBUTE *own_label(const struct exposed_object *object)
{
    const struct key_group *group = object->key->group;
    const CK_ATTRIBUTE *label;

    if (object->source != NULL)
        return object_label(object->source);
    label = certificate_label(object->key);
    if (label == NULL && group->private_key != NULL)
        label = object_label(group->private_key);
    return label;
}

/* A label with a newline would make a second line of `ssh-keygen -D`, and so perhaps of an authorized_keys. */
static bool set_label(struct attributes *list, const void *text, size_t size)
{
    unsigned char label[LABEL_MAX];

    size = shape_label_size(text, size);
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = ((const unsigned char *)text)[i];
        label[i] = byte < ' ' || byte == 0x7f ? '?' : byte;
    }
    return attributes_set(list, CKA_LABEL, label, size);
}

bool shape_object(struct exposed_object *object)
{
    const char *wanted = verdict_label(&object->key->verdict);
    const CK_ATTRIBUTE *label = own_label(object);
    const void *bytes = label != NULL ? label->pValue : "";
    size_t size = label != NULL ? label->ulValueLen : 0;

    if (wanted != NULL) {
        bytes = wanted;
        size = strlen(wanted);
    }
    return attributes_set(&object->attributes, CKA_ID, object->key->id, object->key->id_size) &&
           set_label(&object->attributes, bytes, size);
}
