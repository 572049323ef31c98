// SPDX-License-Identifier: BSD-2-Clause
// What is shown of a token, and the handles it is known by.
#include "module/token.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "crypto/crypto.h"
#include "module/audit.h"
#include "module/audit_only.h"
#include "module/trust_log.h"

/* An issued handle outlives the exposure it was issued for: the object is known again by its class and its contents. */
struct carried_handle {
    CK_OBJECT_HANDLE handle;
    CK_OBJECT_CLASS class;
    uint8_t contents[PUBLIC_KEY_HASH_SIZE];
};

/* Of keys the public key, of certificates the certificate. */
static bool contents_of(const struct token *token, const struct exposed_object *object,
                        uint8_t out[PUBLIC_KEY_HASH_SIZE])
{
    const CK_ATTRIBUTE *value;

    if (object->class != CKO_CERTIFICATE) {
        memcpy(out, object->key->group->key->spki_hash, PUBLIC_KEY_HASH_SIZE);
        return true;
    }
    value = exposed_attribute(object, CKA_VALUE);
    return value != NULL && crypto_sha256(token->gate->crypto, value->pValue, value->ulValueLen,
                                          NULL, 0, out);
}

static void carry(struct token *token, const struct exposed_object *object)
{
    struct carried_handle carried = {.handle = object->handle, .class = object->class};
    struct carried_handle *grown;

    if (object->handle == 0)
        return;
    grown = reallocarray(token->carried, token->n_carried + 1, sizeof(*grown));
    if (grown != NULL)
        token->carried = grown;
    if (grown == NULL || !contents_of(token, object, carried.contents)) {
        handles_revoke(&token->gate->objects, object->handle);
        return;
    }
    handles_move(&token->gate->objects, object->handle, NULL);
    grown[token->n_carried++] = carried;
}

static void forget_trust(struct token *token)
{
    if (token->trust != NULL)
        token->decided = trust_memo_span(token->trust);
    trust_memo_destroy(token->trust);
    token->trust = NULL;
}

void token_unexpose(struct token *token)
{
    if (!token->exposed)
        return;
    for (size_t i = 0; i < token->exposure.n_objects; i++)
        carry(token, &token->exposure.objects[i]);
    exposure_finish(&token->exposure);
    forget_trust(token);
    token->exposed = false;
}

void token_settle_dates(struct token *token)
{
    if (token->trust != NULL && !trust_memo_holds(token->trust, time(NULL)))
        token_unexpose(token);
}

static void give_back(struct token *token, struct exposed_object *object)
{
    uint8_t contents[PUBLIC_KEY_HASH_SIZE];

    if (token->n_carried == 0 || !contents_of(token, object, contents))
        return;
    for (size_t i = 0; i < token->n_carried; i++) {
        struct carried_handle *carried = &token->carried[i];
        if (carried->handle == 0 || carried->class != object->class ||
            memcmp(carried->contents, contents, sizeof(contents)) != 0)
            continue;
        object->handle = carried->handle;
        handles_move(&token->gate->objects, carried->handle, object);
        carried->handle = 0;
        return;
    }
}

/* What did not come back is gone; but a login that was lost may be made again, and show it. */
static void drop_carried(struct token *token, bool all_visible)
{
    size_t kept = 0;

    for (size_t i = 0; i < token->n_carried; i++) {
        if (token->carried[i].handle == 0)
            continue;
        if (all_visible)
            handles_revoke(&token->gate->objects, token->carried[i].handle);
        else
            token->carried[kept++] = token->carried[i];
    }
    token->n_carried = kept;
}

static void log_verdicts(const struct token *token)
{
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        const struct exposed_key *key = &token->exposure.keys[i];
        const struct rule *rule = key->verdict.rule;
        char fingerprint[51] = "a key without fingerprint";

        audit_only_note(token, key, "is shown");
        if (audit_withholds(token->gate, &key->verdict))
            continue;
        if (key->group->key != NULL)
            public_key_fingerprint_text(key->group->key, fingerprint);
        log_debug("%s is %s by %s:%u:%u", fingerprint,
                  key->verdict.reason == REASON_ALLOWED ? "shown" : "hidden",
                  rule != NULL ? rule->position.file : "no rule",
                  rule != NULL ? rule->position.line : 0, rule != NULL ? rule->position.column : 0);
    }
}

/* What an application has seen, it asks for again: ssh finds the private key by the public key's id. */
static CK_RV note_ids(struct token *token)
{
    size_t known = token->shown.count;

    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        const struct exposed_key *key = &token->exposure.keys[i];
        const struct shown_ids before = {token->shown.items, known};

        if (key->id != NULL && shown_ids_find(&before, key->group->key) == NULL &&
            !shown_ids_add(&token->shown, key->group->key, key->id, key->id_size))
            return CKR_HOST_MEMORY;
    }
    shown_ids_sort(&token->shown);
    return CKR_OK;
}

/* What is decided by chains and dates is decided as of now. In another moment than before, what was permitted has to be asked for again. */
static CK_RV begin_trust(struct token *token)
{
    const time_t now = time(NULL);

    if (!policy_asks_trust(gate_policy(token->gate)))
        return CKR_OK;
    token->gate->readings += !trust_span_holds(&token->decided, now);
    token->trust = trust_memo_create(token->gate->crypto, token->gate->preset, now);
    if (token->trust == NULL)
        return CKR_HOST_MEMORY;
    trust_memo_add(token->trust, &token->objects);
    trust_memo_add(token->trust, &token->issuers);
    return CKR_OK;
}

CK_RV token_expose(struct token *token)
{
    struct subject subject;

    token_unexpose(token);
    if (begin_trust(token) != CKR_OK)
        return CKR_HOST_MEMORY;
    subject = token_subject(token);
    if (!exposure_build(&token->exposure, &token->objects, &token->refused, &token->known,
                        &token->shown, gate_policy(token->gate), &subject)) {
        forget_trust(token);
        return CKR_HOST_MEMORY;
    }
    token->exposed = true;
    for (size_t i = 0; i < token->exposure.n_objects; i++)
        give_back(token, &token->exposure.objects[i]);
    drop_carried(token, subject.private_visible || !token->login_lost);
    log_verdicts(token);
    trust_log(token);
    audit_exposure(token);
    if (note_ids(token) == CKR_OK)
        return CKR_OK;
    token_unexpose(token);
    return CKR_HOST_MEMORY;
}

void token_forget_objects(struct token *token)
{
    token_unexpose(token);
    object_list_finish(&token->objects);
    object_list_finish(&token->issuers);
    token->read = false;
    token->stale = false;
    token->whole = false;
    token->proved.count = 0; /* by handles that the vendor may use again for others */
}

/* Templates within a value (CKA_WRAP_TEMPLATE and its kin) are pointers of the vendor's. */
static bool holds_pointers(CK_ATTRIBUTE_TYPE type)
{
    return (type & CKF_ARRAY_ATTRIBUTE) != 0 && type != CKA_ALLOWED_MECHANISMS;
}

const CK_ATTRIBUTE *token_attribute(struct token *token, const struct exposed_object *object,
                                    CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *known = exposed_attribute(object, type);
    struct reader reader;

    if (known != NULL || object->source == NULL || reader_asks(type) || holds_pointers(type) ||
        (object->class == CKO_PRIVATE_KEY && reader_is_secret(type)))
        return known;
    if (token->stale || token_open(token) != CKR_OK)
        return NULL;
    reader = (struct reader){token->vendor, token->session,
                             token->gate->crypto, CERTIFICATE_KEY};
    /* The snapshot is ours to extend: only the filters see it as constant. */
    if (reader_attribute(&reader, object->source->vendor, type,
                         (struct attributes *)(uintptr_t)&object->source->attributes) != CKR_OK)
        return NULL;
    return exposed_attribute(object, type);
}

const CK_ATTRIBUTE *token_told_attribute(struct token *token, const struct exposed_object *object,
                                         CK_ATTRIBUTE_TYPE type)
{
    static const CK_BBOOL no = CK_FALSE;
    static const CK_ATTRIBUTE never = {CKA_ALWAYS_AUTHENTICATE, (void *)(uintptr_t)&no, sizeof(no)};

    if (type == CKA_ALWAYS_AUTHENTICATE && object->class == CKO_PRIVATE_KEY && token_can_relogin(token))
        return &never;
    return token_attribute(token, object, type);
}

CK_OBJECT_HANDLE token_object_handle(struct token *token, struct exposed_object *object)
{
    if (object->handle == 0)
        object->handle = handles_issue(&token->gate->objects, token->gate->crypto, object);
    return object->handle;
}

struct exposed_object *token_object(struct token *token, CK_OBJECT_HANDLE handle)
{
    struct exposed_object *object = handles_find(&token->gate->objects, handle);
    uintptr_t first = (uintptr_t)token->exposure.objects;
    uintptr_t end = first + token->exposure.n_objects * sizeof(*token->exposure.objects);

    if (object == NULL || !token->exposed || (uintptr_t)object < first || (uintptr_t)object >= end)
        return NULL;
    return object;
}

struct exposed_object *token_find_object(struct token *token, CK_OBJECT_CLASS class,
                                         const uint8_t spki_hash[PUBLIC_KEY_HASH_SIZE])
{
    for (size_t i = 0; i < token->exposure.n_objects; i++) {
        struct exposed_object *object = &token->exposure.objects[i];
        if (object->class == class &&
            memcmp(object->key->group->key->spki_hash, spki_hash, PUBLIC_KEY_HASH_SIZE) == 0)
            return object;
    }
    return NULL;
}

static bool same_pair(const struct refused_pair *pair, const struct exposed_object *private_key)
{
    return pair->private_key == private_key->source->vendor &&
           memcmp(pair->spki_hash, private_key->key->group->key->spki_hash,
                  sizeof(pair->spki_hash)) == 0;
}

static CK_RV add_pair(struct refused_pairs *list, const struct exposed_object *private_key)
{
    struct refused_pair *grown = reallocarray(list->items, list->count + 1, sizeof(*grown));

    if (grown == NULL)
        return CKR_HOST_MEMORY;
    list->items = grown;
    grown[list->count].private_key = private_key->source->vendor;
    memcpy(grown[list->count].spki_hash, private_key->key->group->key->spki_hash,
           sizeof(grown->spki_hash));
    list->count++;
    return CKR_OK;
}

CK_RV token_note_proof(struct token *token, const struct exposed_object *private_key, bool verified)
{
    if (verified)
        return token_is_proved(token, private_key) ? CKR_OK : add_pair(&token->proved, private_key);
    if (key_group_needs_proof(private_key->key->group) &&
        add_pair(&token->refused, private_key) != CKR_OK)
        return CKR_HOST_MEMORY;
    token_forget_objects(token); /* what stands behind the handle is not what was read */
    return CKR_FUNCTION_FAILED;
}

bool token_is_proved(const struct token *token, const struct exposed_object *private_key)
{
    if (!key_group_needs_proof(private_key->key->group))
        return true;
    for (size_t i = 0; i < token->proved.count; i++) {
        if (same_pair(&token->proved.items[i], private_key))
            return true;
    }
    return false;
}

bool token_wants_login(struct token *token, const struct exposed_object *key)
{
    const CK_ATTRIBUTE *always = key->class == CKO_PRIVATE_KEY
                                     ? token_attribute(token, key, CKA_ALWAYS_AUTHENTICATE)
                                     : NULL;

    return always != NULL && always->ulValueLen == sizeof(CK_BBOOL) &&
           *(const CK_BBOOL *)always->pValue != CK_FALSE;
}
