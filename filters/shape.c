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

/* The smallest id of those objects; only of the ones visible before login, or of the others. */
static const CK_ATTRIBUTE *smallest_id(const struct object **objects, size_t count, bool is_private)
{
    const CK_ATTRIBUTE *smallest = NULL;

    for (size_t i = 0; i < count; i++) {
        const CK_ATTRIBUTE *id = attributes_find_filled(&objects[i]->attributes, CKA_ID);
        if (id == NULL || object_is_private(objects[i]) != is_private)
            continue;
        if (smallest == NULL || compare_values(id, smallest) < 0)
            smallest = id;
    }
    return smallest;
}

/* What is visible before login comes first, so that the id is the same after it. */
static const CK_ATTRIBUTE *own_id(const struct key_group *group)
{
    const CK_ATTRIBUTE *id = smallest_id(group->public_keys, group->n_public_keys, false);

    if (id == NULL)
        id = smallest_id(group->certificates, group->n_certificates, false);
    if (id == NULL)
        id = smallest_id(group->certificates, group->n_certificates, true);
    if (id == NULL && group->private_key != NULL)
        id = attributes_find_filled(&group->private_key->attributes, CKA_ID);
    if (id == NULL)
        id = smallest_id(group->public_keys, group->n_public_keys, true);
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

static bool has_id(const struct exposed_key *key)
{
    return key->verdict.by_policy && key->group->key != NULL;
}

static bool clashes(const struct exposed_key *keys, size_t count, size_t at)
{
    const CK_ATTRIBUTE *id = own_id(keys[at].group);

    for (size_t i = 0; i < count; i++) {
        const CK_ATTRIBUTE *other = has_id(&keys[i]) ? own_id(keys[i].group) : NULL;
        if (i != at && other != NULL && compare_values(id, other) == 0 &&
            (keys[i].before_login || !keys[at].before_login))
            return true;
    }
    return false;
}

bool shape_ids(struct exposed_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const CK_ATTRIBUTE *id = has_id(&keys[i]) ? own_id(keys[i].group) : NULL;
        bool ok = true;

        if (!has_id(&keys[i]))
            continue;
        if (id == NULL || clashes(keys, count, i))
            ok = set_hash_id(&keys[i]);
        else
            ok = set_id(&keys[i], id->pValue, id->ulValueLen);
        if (!ok)
            return false;
    }
    return true;
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
