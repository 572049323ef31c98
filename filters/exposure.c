// SPDX-License-Identifier: BSD-2-Clause
#include "filters/exposure.h"

#include <stdlib.h>
#include "filters/mechanism.h"
#include "filters/shape.h"
#include "filters/synthesize.h"

/* Copies those that are visible before login; without the authorities where those make no key. */
static size_t copy_public(const struct object **to, const struct object *const *from, size_t count,
                          bool authorities)
{
    size_t copied = 0;

    for (size_t i = 0; i < count; i++) {
        if (!object_is_private(from[i]) && (authorities || !from[i]->authority))
            to[copied++] = from[i];
    }
    return copied;
}

/* Is the key shown before login? Known after it as well, from the group without what is private. False when there is no memory. */
static bool decide_before_login(const struct key_group *group, const struct policy *policy,
                                const struct subject *token, bool *shown)
{
    size_t room = group->n_spare_keys + group->n_public_keys + group->n_certificates + 1;
    const struct object **members = calloc(room, sizeof(*members));
    struct key_group view = {.key = group->key, .spare_keys = members};
    struct subject subject = *token;
    bool has_key;

    if (members == NULL)
        return false;
    if (group->private_key != NULL && !object_is_private(group->private_key))
        view.private_key = group->private_key;
    view.n_spare_keys = copy_public(members, group->spare_keys, group->n_spare_keys, true);
    view.public_keys = members + view.n_spare_keys;
    view.n_public_keys = copy_public(view.public_keys, group->public_keys, group->n_public_keys, true);
    view.certificates = view.public_keys + view.n_public_keys;
    has_key = view.private_key != NULL || view.n_public_keys > 0;
    view.n_certificates =
        copy_public(view.certificates, group->certificates, group->n_certificates, has_key);
    subject.group = &view;
    subject.private_visible = false;
    *shown = (has_key || view.n_certificates > 0) &&
             policy_decide(policy, &subject).reason == REASON_ALLOWED;
    free(members);
    return true;
}

/* The certificates that the policy shows the key by; of a hidden key all of them. False when there is no memory. */
static bool choose_certificates(struct exposed_key *key, const struct policy *policy,
                                const struct subject *subject)
{
    const struct key_group *group = key->group;

    key->shown = *group;
    key->shown.n_certificates = 0;
    key->shown.certificates = calloc(group->n_certificates + 1, sizeof(*group->certificates));
    if (key->shown.certificates == NULL)
        return false;
    for (size_t i = 0; i < group->n_certificates; i++) {
        if (!key->verdict.by_policy ||
            policy_shows_certificate(policy, subject, group->certificates[i]))
            key->shown.certificates[key->shown.n_certificates++] = group->certificates[i];
    }
    return true;
}

static bool decide_all(struct exposure *exposure, const struct policy *policy,
                       const struct subject *token)
{
    for (size_t i = 0; i < exposure->groups.count; i++) {
        struct exposed_key *key = &exposure->keys[i];
        struct subject subject = *token;

        key->group = &exposure->groups.items[i];
        subject.group = key->group;
        key->verdict = policy_decide(policy, &subject);
        exposure->n_keys++;
        if (!choose_certificates(key, policy, &subject) ||
            !decide_before_login(key->group, policy, token, &key->before_login))
            return false;
        if (key->verdict.reason == REASON_ALLOWED)
            exposure->n_visible++;
    }
    return true;
}

/* By order, that of the user's file first, then by the place of the group on the token. */
static int compare_keys(const void *a, const void *b)
{
    const struct exposed_key *x = a, *y = b;

    if (x->verdict.order != y->verdict.order)
        return x->verdict.order < y->verdict.order ? -1 : 1;
    if (x->verdict.system_order != y->verdict.system_order)
        return x->verdict.system_order < y->verdict.system_order ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

/* What is shown of a public key object: the values that were decided on, in the standard's form, whatever form the token has them in. */
static bool set_public_values(const struct exposure *exposure, const struct key_group *group,
                              struct exposed_object *object)
{
    if (object->source == NULL)
        return synthesize_public_key(group, exposure->encrypts, &object->attributes);
    return attributes_copy(&object->attributes, &group->key->attributes);
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
    if ((class == CKO_PUBLIC_KEY && !set_public_values(exposure, &key->shown, &object)) ||
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

static bool hides_certificates(const struct exposed_key *key)
{
    return key->verdict.rule != NULL && key->verdict.rule->use.hides_certificate;
}

static bool add_key(struct exposure *exposure, const struct exposed_key *key)
{
    const struct key_group *group = &key->shown;

    if (!add_object(exposure, key, CKO_PUBLIC_KEY, own_public_key(group)))
        return false;
    for (size_t i = 0; i < group->n_certificates && !hides_certificates(key); i++) {
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
                    const struct shown_ids *shown, const struct policy *policy,
                    const struct subject *subject)
{
    *exposure = (struct exposure){.encrypts = subject->preset != PRESET_SSH};
    if (!pair_objects(objects, refused, known, &exposure->groups))
        return false;
    exposure->keys = calloc(exposure->groups.count + 1, sizeof(*exposure->keys));
    if (exposure->keys == NULL)
        goto fail;
    if (!decide_all(exposure, policy, subject) ||
        !shape_ids(exposure->keys, exposure->n_keys, shown))
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
    for (size_t i = 0; exposure->keys != NULL && i < exposure->n_keys; i++) {
        free(exposure->keys[i].shown.certificates);
        free(exposure->keys[i].id);
    }
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

/* A raw operation with the private key signs whatever it is called. */
static bool use_permits(const struct rule *rule, const CK_MECHANISM *mechanism, bool signs)
{
    if (rule == NULL)
        return true;
    if (!mechanism_permitted(&rule->use.mechanisms, mechanism))
        return false;
    return (!signs && mechanism->mechanism != CKM_RSA_X_509) ||
           mechanism_digest_permitted(&rule->use.digests, mechanism);
}

bool exposed_key_permits(const struct exposed_key *key, const CK_MECHANISM *mechanism, bool signs)
{
    return use_permits(key->verdict.rule, mechanism, signs) &&
           use_permits(key->verdict.narrowing, mechanism, signs);
}

static bool use_permits_data(const struct rule *rule, CK_MECHANISM_TYPE mechanism, const void *data,
                             size_t size)
{
    return rule == NULL || mechanism_data_permitted(&rule->use.digests, mechanism, data, size);
}

static bool verdict_permits_data(const struct verdict *verdict, CK_MECHANISM_TYPE mechanism,
                                 const void *data, size_t size)
{
    return use_permits_data(verdict->rule, mechanism, data, size) &&
           use_permits_data(verdict->narrowing, mechanism, data, size);
}

/* What is longer than the key's order is cut to it (FIPS 186-4, 6.4), and may be the hash that it is cut to. */
bool exposed_key_permits_data(const struct exposed_key *key, CK_MECHANISM_TYPE mechanism,
                              const void *data, size_t size)
{
    size_t order = public_key_signature_size(key->group->key) / 2;

    return verdict_permits_data(&key->verdict, mechanism, data, size) &&
           (mechanism != CKM_ECDSA || size <= order ||
            verdict_permits_data(&key->verdict, mechanism, data, order));
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
