// SPDX-License-Identifier: BSD-2-Clause
// What each selector asks of a subject.
#include "filters/decide.h"

#include <stdio.h>
#include <string.h>

static enum truth from_bool(bool value)
{
    return value ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth any_pattern(const struct selector *selector, const void *value, size_t size)
{
    enum truth result = TRUTH_FALSE;

    for (size_t i = 0; i < selector->n_patterns && result != TRUTH_TRUE; i++)
        result = truth_or(result, pattern_match(selector->patterns[i], value, size));
    return result;
}

/* CK_TOKEN_INFO and its kin pad with blanks; some vendors with NUL. */
static enum truth match_padded(const struct selector *selector, const CK_UTF8CHAR *text, size_t size)
{
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0'))
        size--;
    return any_pattern(selector, text, size);
}

static enum truth match_version(const struct selector *selector, const CK_VERSION *version)
{
    char text[16];
    int size = snprintf(text, sizeof(text), "%u.%u", version->major, version->minor);

    return any_pattern(selector, text, (size_t)size);
}

static enum truth any_number(const struct selector *selector, uint64_t value)
{
    for (size_t i = 0; i < selector->n_numbers; i++) {
        if (number_holds(&selector->numbers[i], value))
            return TRUTH_TRUE;
    }
    return TRUTH_FALSE;
}

/* Any member's value counts; a member without one may carry any. */
struct members {
    const struct selector *selector;
    CK_ATTRIBUTE_TYPE type;
    enum truth result;
};

static bool match_member(const struct object *member, void *context)
{
    struct members *members = context;
    const CK_ATTRIBUTE *value = attributes_find_filled(&member->attributes, members->type);
    enum truth one = TRUTH_UNKNOWN;

    if (value != NULL)
        one = any_pattern(members->selector, value->pValue, value->ulValueLen);
    members->result = truth_or(members->result, one);
    return true;
}

static enum truth match_members(const struct selector *selector, const struct key_group *group,
                                CK_ATTRIBUTE_TYPE type)
{
    struct members members = {selector, type, TRUTH_FALSE};

    key_group_each(group, match_member, &members);
    return members.result;
}

static enum truth match_reference(const struct pattern *pattern, const struct object *member,
                                  CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *value = attributes_find_filled(&member->attributes, type);

    if (pattern == NULL)
        return TRUTH_TRUE;
    if (value == NULL)
        return TRUTH_UNKNOWN;
    return pattern_match(pattern, value->pValue, value->ulValueLen);
}

struct references {
    const struct object_reference *wanted;
    enum truth result;
};

static bool match_object(const struct object *member, void *context)
{
    struct references *references = context;
    const struct object_reference *wanted = references->wanted;
    enum truth one = from_bool(!wanted->has_class || wanted->class == member->class);

    one = truth_and(one, match_reference(wanted->id, member, CKA_ID));
    one = truth_and(one, match_reference(wanted->label, member, CKA_LABEL));
    references->result = truth_or(references->result, one);
    return true;
}

/* The private key that is not visible yet is presumed to be there with the same id and label. */
static enum truth match_presumed(const struct object_reference *wanted,
                                 const struct key_group *group)
{
    struct object_reference any_class = *wanted;
    struct references references = {&any_class, TRUTH_FALSE};

    any_class.has_class = false;
    key_group_each(group, match_object, &references);
    return references.result;
}

static enum truth match_uri_object(const struct selector *selector, const struct subject *subject)
{
    struct references references = {&selector->object, TRUTH_FALSE};
    const struct key_group *group = subject->group;

    key_group_each(group, match_object, &references);
    if (references.result != TRUTH_TRUE && group->private_key == NULL &&
        !subject->private_visible && selector->object.has_class &&
        selector->object.class == CKO_PRIVATE_KEY)
        return match_presumed(&selector->object, group);
    return references.result;
}

static enum truth match_fingerprint(const struct selector *selector, const struct public_key *key)
{
    if (key == NULL || !key->has_fingerprint)
        return TRUTH_UNKNOWN;
    for (size_t i = 0; i < selector->n_hashes; i++) {
        if (memcmp(selector->hashes[i], key->fingerprint, sizeof(key->fingerprint)) == 0)
            return TRUTH_TRUE;
    }
    return TRUTH_FALSE;
}

static enum truth match_public_key(const struct selector *selector, const struct public_key *key)
{
    if (key == NULL)
        return TRUTH_UNKNOWN;
    for (size_t i = 0; i < selector->n_keys; i++) {
        if (public_key_equal(selector->keys[i], key))
            return TRUTH_TRUE;
    }
    return TRUTH_FALSE;
}

static enum truth match_type(const struct selector *selector, const struct public_key *key)
{
    const char *name;

    if (key == NULL)
        return TRUTH_UNKNOWN;
    name = public_key_type_name(key);
    return any_pattern(selector, name, strlen(name));
}

static enum truth match_private_bool(const struct selector *selector,
                                     const struct key_group *group, CK_ATTRIBUTE_TYPE type)
{
    bool value;

    if (group->private_key == NULL ||
        !attributes_bool(&group->private_key->attributes, type, &value))
        return TRUTH_UNKNOWN;
    return from_bool(value == selector->boolean);
}

/* Before login CKA_SIGN is presumed, where it would be read after it. */
static enum truth match_sign(const struct selector *selector, const struct subject *subject)
{
    if (subject->group->private_key != NULL || subject->private_visible)
        return match_private_bool(selector, subject->group, CKA_SIGN);
    return from_bool(key_group_signs(subject->group) == selector->boolean);
}

static enum truth match_key(const struct selector *selector, const struct subject *subject)
{
    const struct key_group *group = subject->group;
    const struct public_key *key = group->key;

    switch ((int)selector->kind) {
    case SELECTOR_ID:
        return match_members(selector, group, CKA_ID);
    case SELECTOR_LABEL:
        return match_members(selector, group, CKA_LABEL);
    case SELECTOR_OBJECT:
        return match_uri_object(selector, subject);
    case SELECTOR_FINGERPRINT:
        return match_fingerprint(selector, key);
    case SELECTOR_PUBLIC_KEY:
        return match_public_key(selector, key);
    case SELECTOR_KEY_TYPE:
        return match_type(selector, key);
    case SELECTOR_KEY_BITS:
        return key != NULL ? any_number(selector, key->bits) : TRUTH_UNKNOWN;
    case SELECTOR_KEY_CURVE:
        return key != NULL ? any_number(selector, (uint64_t)key->curve) : TRUTH_UNKNOWN;
    case SELECTOR_KEY_SIGN:
        return match_sign(selector, subject);
    case SELECTOR_KEY_ALWAYS_AUTHENTICATE:
        return match_private_bool(selector, group, CKA_ALWAYS_AUTHENTICATE);
    case SELECTOR_KEY_NEVER_EXTRACTABLE:
        return match_private_bool(selector, group, CKA_NEVER_EXTRACTABLE);
    case SELECTOR_KEY_LOCAL:
        return match_private_bool(selector, group, CKA_LOCAL);
    }
    return TRUTH_UNKNOWN;
}

static enum truth match_token(const struct selector *selector, const CK_TOKEN_INFO *token)
{
    if (token == NULL)
        return TRUTH_UNKNOWN;
    if (selector->kind == SELECTOR_TOKEN_LABEL)
        return match_padded(selector, token->label, sizeof(token->label));
    if (selector->kind == SELECTOR_TOKEN_SERIAL)
        return match_padded(selector, token->serialNumber, sizeof(token->serialNumber));
    if (selector->kind == SELECTOR_TOKEN_MANUFACTURER)
        return match_padded(selector, token->manufacturerID, sizeof(token->manufacturerID));
    return match_padded(selector, token->model, sizeof(token->model));
}

static enum truth match_slot(const struct selector *selector, const CK_SLOT_INFO *slot)
{
    if (slot == NULL)
        return TRUTH_UNKNOWN;
    if (selector->kind == SELECTOR_SLOT_DESCRIPTION)
        return match_padded(selector, slot->slotDescription, sizeof(slot->slotDescription));
    return match_padded(selector, slot->manufacturerID, sizeof(slot->manufacturerID));
}

static enum truth match_library(const struct selector *selector, const CK_INFO *library)
{
    if (library == NULL)
        return TRUTH_UNKNOWN;
    if (selector->kind == SELECTOR_LIBRARY_VERSION)
        return match_version(selector, &library->libraryVersion);
    if (selector->kind == SELECTOR_LIBRARY_DESCRIPTION)
        return match_padded(selector, library->libraryDescription,
                            sizeof(library->libraryDescription));
    return match_padded(selector, library->manufacturerID, sizeof(library->manufacturerID));
}

/* Text of the process; NULL: unknown. */
static enum truth match_text(const struct selector *selector, const char *text)
{
    return text != NULL ? any_pattern(selector, text, strlen(text)) : TRUTH_UNKNOWN;
}

static enum truth match_groups(const struct selector *selector, const struct circumstances *process)
{
    enum truth result = TRUTH_FALSE;

    if (process->groups == NULL)
        return TRUTH_UNKNOWN;
    for (size_t i = 0; i < process->n_groups; i++)
        result = truth_or(result, match_text(selector, process->groups[i]));
    return result;
}

static enum truth match_time(const struct selector *selector, const struct circumstances *now)
{
    if (!now->has_time)
        return TRUTH_UNKNOWN;
    for (size_t i = 0; i < selector->n_windows; i++) {
        const struct time_window *window = &selector->windows[i];
        if (window->days[now->weekday % 7] && now->minute >= window->from &&
            now->minute < window->to)
            return TRUTH_TRUE;
    }
    return TRUTH_FALSE;
}

static enum truth match_all(const struct selector *selector, const struct subject *subject)
{
    enum truth result = TRUTH_TRUE;

    for (size_t i = 0; i < selector->n_children && result != TRUTH_FALSE; i++)
        result = truth_and(result, selector_match(&selector->children[i], subject));
    return result;
}

static enum truth match_any(const struct selector *selector, const struct subject *subject)
{
    enum truth result = TRUTH_FALSE;

    for (size_t i = 0; i < selector->n_children && result != TRUTH_TRUE; i++)
        result = truth_or(result, selector_match(&selector->children[i], subject));
    return result;
}

enum truth selector_match(const struct selector *selector, const struct subject *subject)
{
    switch (selector->kind) {
    case SELECTOR_ALL:
        return match_all(selector, subject);
    case SELECTOR_ANY:
        return match_any(selector, subject);
    case SELECTOR_NOT:
        return selector->n_children == 1
                   ? truth_not(selector_match(&selector->children[0], subject))
                   : TRUTH_UNKNOWN;
    case SELECTOR_TOKEN_LABEL:
    case SELECTOR_TOKEN_SERIAL:
    case SELECTOR_TOKEN_MANUFACTURER:
    case SELECTOR_TOKEN_MODEL:
        return match_token(selector, subject->token);
    case SELECTOR_SLOT_DESCRIPTION:
    case SELECTOR_SLOT_MANUFACTURER:
        return match_slot(selector, subject->slot);
    case SELECTOR_LIBRARY_DESCRIPTION:
    case SELECTOR_LIBRARY_MANUFACTURER:
    case SELECTOR_LIBRARY_VERSION:
        return match_library(selector, subject->library);
    case SELECTOR_SLOT_ID:
        return subject->token != NULL ? any_number(selector, subject->slot_id) : TRUTH_UNKNOWN;
    case SELECTOR_WHEN_USER:
        return match_text(selector, subject->circumstances.user);
    case SELECTOR_WHEN_GROUP:
        return match_groups(selector, &subject->circumstances);
    case SELECTOR_WHEN_HOST:
        return match_text(selector, subject->circumstances.host);
    case SELECTOR_WHEN_TIME:
        return match_time(selector, &subject->circumstances);
    case SELECTOR_ID:
    case SELECTOR_LABEL:
    case SELECTOR_OBJECT:
    case SELECTOR_FINGERPRINT:
    case SELECTOR_PUBLIC_KEY:
    case SELECTOR_KEY_TYPE:
    case SELECTOR_KEY_BITS:
    case SELECTOR_KEY_CURVE:
    case SELECTOR_KEY_SIGN:
    case SELECTOR_KEY_ALWAYS_AUTHENTICATE:
    case SELECTOR_KEY_NEVER_EXTRACTABLE:
    case SELECTOR_KEY_LOCAL:
        break;
    case SELECTOR_CERTIFICATE_PRESENT:
    case SELECTOR_CERTIFICATE_SELF_SIGNED:
    case SELECTOR_CERTIFICATE_SHA256:
    case SELECTOR_CERTIFICATE_CA:
    case SELECTOR_CERTIFICATE_VALID:
    case SELECTOR_CERTIFICATE_SUBJECT:
    case SELECTOR_CERTIFICATE_ISSUER:
    case SELECTOR_CERTIFICATE_DIRECTORY:
    case SELECTOR_CERTIFICATE_OTHER:
    case SELECTOR_CERTIFICATE_EMAIL:
    case SELECTOR_CERTIFICATE_UPN:
    case SELECTOR_CERTIFICATE_DNS:
    case SELECTOR_CERTIFICATE_URI:
    case SELECTOR_CERTIFICATE_IP:
    case SELECTOR_CERTIFICATE_KERBEROS:
    case SELECTOR_CERTIFICATE_REGISTERED_ID:
    case SELECTOR_CERTIFICATE_SERIAL:
    case SELECTOR_CERTIFICATE_KEY_USAGE:
    case SELECTOR_CERTIFICATE_EXTENDED_KEY_USAGE:
    case SELECTOR_CERTIFICATE_POLICY:
    case SELECTOR_CERTIFICATE_SIGNATURE:
        return selector_match_certificate(selector, subject);
    }
    return subject->group != NULL ? match_key(selector, subject) : TRUTH_UNKNOWN;
}
