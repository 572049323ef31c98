// SPDX-License-Identifier: BSD-2-Clause
#include "filters/exposure.h"

#include <stdlib.h>
#include "filters/shape.h"
#include "filters/synthesize.h"

static bool is_public(const struct object *member, void *context)
{
    bool *found = context;

    if (member->class != CKO_PRIVATE_KEY && !object_is_private(member) && !member->authority)
        *found = true;
    return !*found;
}

static void decide_all(struct exposure *exposure, const struct policy *policy,
                       const struct subject *token)
{
    for (size_t i = 0; i < exposure->groups.count; i++) {
        struct exposed_key *key = &exposure->keys[i];
        struct subject subject = *token;

        key->group = &exposure->groups.items[i];
        subject.group = key->group;
        key->verdict = policy_decide(policy, &subject);
        key_group_each(key->group, is_public, &key->before_login);
        if (key->verdict.reason == REASON_ALLOWED)
            exposure->n_visible++;
    }
    exposure->n_keys = exposure->groups.count;
}

/* By order, then by the place of the group on the token. */
static int compare_keys(const void *a, const void *b)
{
    const struct exposed_key *x = a, *y = b;

    if (x->verdict.order != y->verdict.order)
        return x->verdict.order < y->verdict.order ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

static bool add_object(struct exposure *exposure, const struct exposed_key *key,
                       CK_OBJECT_CLASS class, const struct object *source)
{
    struct exposed_object object = {.class = class, .source = source, .key = key};
    struct exposed_object *grown =
        reallocarray(exposure->objects, exposure->n_objects + 1, sizeof(*grown));

    if (grown == NULL)
        return false;
    exposure->objects = grown;
    if ((source == NULL && !synthesize_public_key(key->group, &object.attributes)) ||
        !shape_object(&object)) {
        attributes_finish(&object.attributes);
        return false;
    }
    grown[exposure->n_objects++] = object;
    return true;
}

/* The token's own public key object, one that is visible before login first; NULL: one has to be made. */
static const struct object *own_public_key(const struct key_group *group)
{
    for (size_t i = 0; i < group->n_public_keys; i++) {
        if (!object_is_private(group->public_keys[i]))
            return group->public_keys[i];
    }
    return group->n_public_keys > 0 ? group->public_keys[0] : NULL;
}

static bool add_key(struct exposure *exposure, const struct exposed_key *key)
{
    const struct key_group *group = key->group;

    if (!add_object(exposure, key, CKO_PUBLIC_KEY, own_public_key(group)))
        return false;
    for (size_t i = 0; i < group->n_certificates; i++) {
        if (!add_object(exposure, key, CKO_CERTIFICATE, group->certificates[i]))
            return false;
    }
    return group->private_key == NULL ||
           add_object(exposure, key, CKO_PRIVATE_KEY, group->private_key);
}

static bool add_visible(struct exposure *exposure)
{
    for (size_t i = 0; i < exposure->n_keys; i++) {
        const struct exposed_key *key = &exposure->keys[i];
        if (key->verdict.reason == REASON_ALLOWED && !add_key(exposure, key))
            return false;
    }
    return true;
}

bool exposure_build(struct exposure *exposure, const struct object_list *objects,
                    const struct refused_pairs *refused, const struct known_keys *known,
                    const struct policy *policy, const struct subject *subject)
{
    *exposure = (struct exposure){0};
    if (!pair_objects(objects, refused, known, &exposure->groups))
        return false;
    exposure->keys = calloc(exposure->groups.count + 1, sizeof(*exposure->keys));
    if (exposure->keys == NULL)
        goto fail;
    decide_all(exposure, policy, subject);
    if (!shape_ids(exposure->keys, exposure->n_keys))
        goto fail;
    qsort(exposure->keys, exposure->n_keys, sizeof(*exposure->keys), compare_keys);
    if (!add_visible(exposure))
        goto fail;
    return true;
fail:
    exposure_finish(exposure);
    return false;
}

void exposure_finish(struct exposure *exposure)
{
    for (size_t i = 0; i < exposure->n_objects; i++)
        attributes_finish(&exposure->objects[i].attributes);
    for (size_t i = 0; exposure->keys != NULL && i < exposure->n_keys; i++)
        free(exposure->keys[i].id);
    free(exposure->objects);
    free(exposure->keys);
    key_groups_finish(&exposure->groups);
    *exposure = (struct exposure){0};
}

const CK_ATTRIBUTE *exposed_attribute(const struct exposed_object *object, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *own = attributes_find(&object->attributes, type);

    if (own != NULL || object->source == NULL)
        return own;
    return attributes_find(&object->source->attributes, type);
}

static bool collect(const struct selector *selector, struct known_keys *known)
{
    for (size_t i = 0; i < selector->n_keys; i++) {
        const struct public_key **grown =
            reallocarray(known->items, known->count + 1, sizeof(*grown));
        if (grown == NULL)
            return false;
        known->items = grown;
        grown[known->count++] = selector->keys[i];
    }
    for (size_t i = 0; i < selector->n_children; i++) {
        if (!collect(&selector->children[i], known))
            return false;
    }
    return true;
}

bool policy_known_keys(const struct policy *policy, struct known_keys *known)
{
    *known = (struct known_keys){0};
    for (size_t i = 0; i < policy->allow.count; i++) {
        if (!collect(&policy->allow.rules[i].condition, known)) {
            free(known->items);
            *known = (struct known_keys){0};
            return false;
        }
    }
    return true;
}
