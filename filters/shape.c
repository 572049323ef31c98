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

/* One that a login hid keeps its id from the others: theirs must not change by it. */
static bool has_id(const struct exposed_key *key)
{
    return (key->verdict.by_policy || key->before_login) && key->group->key != NULL;
}

static bool is_hash_id(const struct exposed_key *key, const CK_ATTRIBUTE *id)
{
    return id->ulValueLen == PUBLIC_KEY_ID_SIZE &&
           memcmp(id->pValue, key->group->key->spki_hash, PUBLIC_KEY_ID_SIZE) == 0;
}

static bool clashes(const struct exposed_key *keys, const CK_ATTRIBUTE *const *ids, size_t count,
                    size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (i == at || !has_id(&keys[i]) || (keys[at].before_login && !keys[i].before_login))
            continue;
        if ((ids[i] != NULL && compare_values(ids[at], ids[i]) == 0) ||
            is_hash_id(&keys[i], ids[at]))
            return true;
    }
    return false;
}

bool shape_ids(struct exposed_key *keys, size_t count)
{
    const CK_ATTRIBUTE **ids = calloc(count + 1, sizeof(*ids));
    bool ok = ids != NULL;

    for (size_t i = 0; ok && i < count; i++)
        ids[i] = own_id(keys[i].group);
    for (size_t i = 0; ok && i < count; i++) {
        if (!keys[i].verdict.by_policy || keys[i].group->key == NULL)
            continue;
        if (ids[i] == NULL || clashes(keys, ids, count, i))
            ok = set_hash_id(&keys[i]);
        else
            ok = set_id(&keys[i], ids[i]->pValue, ids[i]->ulValueLen);
    }
    free(ids);
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

/* The source's label, else the private key's or a certificate's: a made public key shows what the user knows. */
static const CK_ATTRIBUTE *own_label(const struct exposed_object *object)
{
    const struct key_group *group = object->key->group;
    const CK_ATTRIBUTE *label = NULL;

    if (object->source != NULL)
        return object_label(object->source);
    for (size_t i = 0; i < group->n_certificates && label == NULL; i++)
        label = attributes_find_filled(&group->certificates[i]->attributes, CKA_LABEL);
    if (label == NULL && group->private_key != NULL)
        label = object_label(group->private_key);
    return label;
}

bool shape_object(struct exposed_object *object)
{
    const struct rule *rule = object->key->verdict.rule;
    const char *wanted = rule != NULL ? rule->use.show_label : NULL;
    const CK_ATTRIBUTE *label = own_label(object);
    const void *bytes = label != NULL ? label->pValue : "";
    size_t size = label != NULL ? label->ulValueLen : 0;

    if (wanted != NULL) {
        bytes = wanted;
        size = strlen(wanted);
    }
    return attributes_set(&object->attributes, CKA_ID, object->key->id, object->key->id_size) &&
           attributes_set(&object->attributes, CKA_LABEL, bytes, shape_label_size(bytes, size));
}
