// SPDX-License-Identifier: BSD-2-Clause
#include "module/snapshot.h"

#include <stdlib.h>
#include "common/log.h"

/* Each search has the token look at all that is on it, where reading an object is one call. SoftHSM looks at 12 to 16 objects in the
 * time in which it tells of one. */
enum {
    SEARCHES_FEW = 16,       /* so many are made whatever is there */
    OBJECTS_PER_SEARCH = 64, /* a token with fewer is read whole: what is asked of it still follows the rules, not the token */
};

static struct reader reader_of(const struct token *token)
{
    return (struct reader){token->vendor, token->session, token->gate->crypto,
                           policy_certificate_depth(gate_policy(token->gate))};
}

static CK_RV read_class(struct token *token, CK_OBJECT_CLASS class)
{
    const struct reader reader = reader_of(token);
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};

    return reader_search(&reader, &template, 1, &token->objects);
}

static CK_RV read_whole(struct token *token)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PUBLIC_KEY, CKO_CERTIFICATE, CKO_PRIVATE_KEY};
    CK_RV rv = CKR_OK;

    for (size_t i = 0; rv == CKR_OK && i < sizeof(classes) / sizeof(classes[0]); i++)
        rv = read_class(token, classes[i]);
    return rv;
}

static CK_RV pair_now(struct token *token, struct key_groups *groups)
{
    return pair_objects(&token->objects, &token->refused, &token->known, groups) ? CKR_OK
                                                                                 : CKR_HOST_MEMORY;
}

/* The plan's searches. They are run again after login: what they ask for may have been private. */
static CK_RV read_narrow(struct token *token, const struct search_plan *plan)
{
    const struct reader reader = reader_of(token);
    CK_RV rv = CKR_OK;

    for (size_t i = 0; rv == CKR_OK && i < plan->n_narrow; i++)
        rv = reader_search(&reader, plan->narrow[i].items, plan->narrow[i].count, &token->objects);
    return rv;
}

/* A search by one attribute of an object that is there, for objects of a class (or of any: CK_UNAVAILABLE_INFORMATION). */
static CK_RV read_like(struct token *token, CK_OBJECT_CLASS class, const CK_ATTRIBUTE *attribute)
{
    const struct reader reader = reader_of(token);
    CK_ATTRIBUTE template[] = {*attribute, {CKA_CLASS, &class, sizeof(class)}};
    CK_ULONG count = class == CK_UNAVAILABLE_INFORMATION ? 1 : 2;

    return reader_search(&reader, template, count, &token->objects);
}

static const CK_ATTRIBUTE *public_value(const struct public_key *key)
{
    return attributes_find(&key->attributes, key->type == CKK_RSA ? CKA_MODULUS : CKA_EC_POINT);
}

static bool has_object(const struct token *token, CK_OBJECT_CLASS class,
                       const struct public_key *key)
{
    for (size_t i = 0; i < token->objects.count; i++) {
        const struct object *object = token->objects.items[i];
        if (object->class == class && object->key != NULL && public_key_equal(object->key, key))
            return true;
    }
    return false;
}

/* A public key that does not verify may have a certificate that says it signs: then all certificates have to be known. */
static bool has_mute_public_key(const struct token *token)
{
    for (size_t i = 0; i < token->objects.count; i++) {
        bool verifies = true;
        if (token->objects.items[i]->class == CKO_PUBLIC_KEY)
            attributes_bool(&token->objects.items[i]->attributes, CKA_VERIFY, &verifies);
        if (!verifies)
            return true;
    }
    return false;
}

/* A key known by its certificate alone may have a public key object with another id. One that has none takes its id from its
 * certificates, so that all of them have to be known. */
static CK_RV read_public_keys(struct token *token)
{
    size_t count = token->objects.count;
    bool missing = false;
    CK_RV rv = CKR_OK;

    for (size_t i = 0; rv == CKR_OK && i < count; i++) {
        const struct public_key *key = token->objects.items[i]->key;
        if (key == NULL || has_object(token, CKO_PUBLIC_KEY, key))
            continue;
        rv = read_like(token, CKO_PUBLIC_KEY, public_value(key));
        missing = missing || !has_object(token, CKO_PUBLIC_KEY, key);
    }
    missing = missing || has_mute_public_key(token);
    return rv == CKR_OK && missing ? read_class(token, CKO_CERTIFICATE) : rv;
}

/* What was found before a search for certificates. */
struct found_before {
    const struct object_list *objects;
    size_t count;
};

static bool belongs_to_found(const struct object *object, const void *context)
{
    const struct found_before *before = context;

    for (size_t i = 0; i < before->count && object->key != NULL; i++) {
        const struct public_key *key = before->objects->items[i]->key;
        if (key != NULL && public_key_equal(key, object->key))
            return true;
    }
    return false;
}

/* Rules that ask for certificates are asked about each that a key has, whatever its id: those of the keys that were found are kept.
 * The others make no key, but may have issued one that does. */
static CK_RV read_certificates(struct token *token)
{
    const struct found_before before = {&token->objects, token->objects.count};
    CK_RV rv;

    object_list_move(&token->issuers, &token->objects); /* what is known is not read again */
    rv = read_class(token, CKO_CERTIFICATE);
    object_list_split(&token->objects, before.count, belongs_to_found, &before, &token->issuers);
    return rv;
}

struct id_search {
    struct token *token;
    CK_RV rv;
};

static bool read_same_id(const struct object *member, void *context)
{
    struct id_search *search = context;
    const CK_ATTRIBUTE *id = attributes_find_filled(&member->attributes, CKA_ID);

    if (id != NULL)
        search->rv = read_like(search->token, CK_UNAVAILABLE_INFORMATION, id);
    return search->rv == CKR_OK;
}

/* An RSA private key is found by its modulus; another by the ids of its group, as it rarely tells its point. */
static CK_RV read_private_key(struct token *token, const struct key_group *group)
{
    struct id_search search = {token, CKR_OK};

    if (group->key->type == CKK_RSA)
        return read_like(token, CKO_PRIVATE_KEY, public_value(group->key));
    key_group_each(group, read_same_id, &search);
    return search.rv;
}

/* An authority's certificate makes no group, but the private key with its key may be there. */
static CK_RV read_authority_keys(struct token *token)
{
    size_t count = token->objects.count;
    CK_RV rv = CKR_OK;

    for (size_t i = 0; rv == CKR_OK && i < count; i++) {
        const struct object *object = token->objects.items[i];
        if (object->authority && object->key != NULL && object->key->type == CKK_RSA &&
            !has_object(token, CKO_PRIVATE_KEY, object->key))
            rv = read_like(token, CKO_PRIVATE_KEY, public_value(object->key));
    }
    return rv;
}

static CK_RV read_private_keys(struct token *token)
{
    struct key_groups groups;
    CK_RV rv = read_authority_keys(token);

    if (rv == CKR_OK)
        rv = pair_now(token, &groups);

    if (rv != CKR_OK)
        return rv;
    for (size_t i = 0; rv == CKR_OK && i < groups.count; i++) {
        if (groups.items[i].key != NULL && groups.items[i].private_key == NULL)
            rv = read_private_key(token, &groups.items[i]);
    }
    key_groups_finish(&groups);
    return rv;
}

/* With the private keys in sight every group should be whole; one that is not may have its other half anywhere on the token. */
static CK_RV find_doubt(struct token *token)
{
    struct key_groups groups;
    CK_RV rv = pair_now(token, &groups);

    if (rv != CKR_OK)
        return rv;
    for (size_t i = 0; i < groups.count; i++) {
        const struct key_group *group = &groups.items[i];
        if (group->private_key == NULL || group->key == NULL || group->link == LINK_LEFT_OVER)
            token->whole = true;
    }
    key_groups_finish(&groups);
    return CKR_OK;
}

static CK_RV read_with_private(struct token *token)
{
    CK_RV rv = read_private_keys(token);

    if (rv == CKR_OK)
        rv = find_doubt(token);
    if (rv == CKR_OK && token->whole) {
        log_debug("a key group is not complete: reading the whole token");
        rv = read_whole(token);
    }
    return rv;
}

/* Does reading all objects cost less than so many searches? */
static CK_RV is_small_for(struct token *token, size_t searches, bool *small)
{
    const struct reader reader = reader_of(token);
    CK_ULONG count = 0;
    CK_RV rv = CKR_OK;

    *small = false;
    if (searches <= SEARCHES_FEW)
        return CKR_OK;
    rv = reader_count(&reader, &count);
    *small = rv == CKR_OK && count / OBJECTS_PER_SEARCH < searches;
    return rv;
}

CK_RV snapshot_read(struct token *token, const struct search_plan *plan, bool private_visible)
{
    bool small = false;
    CK_RV rv;

    if (plan->whole || token->whole)
        return read_whole(token);
    rv = is_small_for(token, plan->n_narrow, &small);
    if (rv != CKR_OK || small)
        return rv == CKR_OK ? read_whole(token) : rv;
    rv = read_narrow(token, plan);
    if (rv == CKR_OK)
        rv = read_public_keys(token);
    if (rv == CKR_OK && plan->certificates && token->objects.count > 0)
        rv = read_certificates(token);
    if (rv == CKR_OK && private_visible && token->objects.count > 0)
        rv = read_with_private(token);
    return rv;
}
