// SPDX-License-Identifier: BSD-2-Clause
// What stands on a token: the objects of key pairs.
#include "tests/mock/internal.h"

#include <stdlib.h>
#include <string.h>

static CK_OBJECT_HANDLE last_handle;

static size_t from_hex(const char *hex, unsigned char *bytes, size_t room)
{
    size_t size = strlen(hex) / 2;

    if (size > room || strlen(hex) % 2 != 0)
        record_wrong("not an id", hex);
    for (size_t i = 0; i < size; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return size;
}

static void put_bool(struct attributes *list, CK_ATTRIBUTE_TYPE type, bool value)
{
    CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;
    key_put(list, type, &byte, sizeof(byte));
}

static void put_common(struct attributes *list, CK_OBJECT_CLASS class, const struct mock_key *key)
{
    unsigned char id[256];
    size_t id_size = from_hex(key->id, id, sizeof(id));

    key_put(list, CKA_CLASS, &class, sizeof(class));
    key_put(list, CKA_ID, id, id_size);
    key_put(list, CKA_LABEL, key->label, strlen(key->label));
    put_bool(list, CKA_TOKEN, true);
    put_bool(list, CKA_PRIVATE,
             (class == CKO_PRIVATE_KEY && (key->objects & MOCK_SEEN_BEFORE_LOGIN) == 0) ||
                 (key->objects & MOCK_ALL_PRIVATE) != 0);
}

static void put_private_key(struct attributes *list, const struct mock_key *key)
{
    put_bool(list, CKA_SIGN, (key->objects & MOCK_NO_SIGN) == 0);
    put_bool(list, CKA_ALWAYS_AUTHENTICATE, (key->objects & MOCK_ALWAYS_AUTHENTICATE) != 0);
    put_bool(list, CKA_SENSITIVE, true);
    put_bool(list, CKA_EXTRACTABLE, false);
    put_bool(list, CKA_NEVER_EXTRACTABLE, true);
    put_bool(list, CKA_LOCAL, true);
    if ((key->objects & MOCK_NO_POINT) != 0) {
        key_put(list, CKA_PUBLIC_KEY_INFO, NULL, 0);
        key_put(list, CKA_EC_POINT, NULL, 0);
    }
}

/* The half of a key pair that both of its objects tell. A random modulus is the same in both. */
static void put_key(struct attributes *list, const struct mock_key *key,
                    const struct attributes *random)
{
    if (random->count > 0) {
        if (!attributes_copy(list, random))
            record_wrong("no memory", "attributes");
    } else {
        key_put_public(list, key_pair(key->type, key->name));
    }
}

static void fill(struct object *object, const struct mock_key *key, const struct attributes *random)
{
    attributes_finish(&object->attributes);
    object->key = random->count > 0 ? NULL : key_pair(key->type, key->name);
    put_common(&object->attributes, object->class, key);
    if (object->class == CKO_CERTIFICATE) {
        key_put_certificate(&object->attributes, object->key, key->label,
                            (key->objects & MOCK_SHORT_LIVED) != 0 ? MOCK_SHORT_LIFE : 86400);
        return;
    }
    put_key(&object->attributes, key, random);
    if (object->class == CKO_PRIVATE_KEY)
        put_private_key(&object->attributes, key);
    else
        put_bool(&object->attributes, CKA_VERIFY, true);
}

static CK_OBJECT_HANDLE add(struct token *token, CK_OBJECT_CLASS class, const struct mock_key *key,
                            const struct attributes *random)
{
    struct object *object = calloc(1, sizeof(*object));

    token->objects = reallocarray(token->objects, token->n_objects + 1, sizeof(struct object *));
    if (object == NULL || token->objects == NULL)
        record_wrong("no memory", key->label);
    object->class = class;
    object->handle = ++last_handle;
    fill(object, key, random);
    token->objects[token->n_objects++] = object;
    return object->handle;
}

struct mock_handles object_add_key(CK_SLOT_ID slot, const struct mock_key *key)
{
    struct token *token = token_at(slot);
    struct mock_handles handles = {0};
    struct attributes random = {0};

    if (strcmp(key->type, "rsa:random") == 0)
        key_put_random_rsa(&random);
    if ((key->objects & MOCK_PUBLIC_KEY) != 0)
        handles.public_key = add(token, CKO_PUBLIC_KEY, key, &random);
    if ((key->objects & MOCK_CERTIFICATE) != 0)
        handles.certificate = add(token, CKO_CERTIFICATE, key, &random);
    if ((key->objects & MOCK_PRIVATE_KEY) != 0)
        handles.private_key = add(token, CKO_PRIVATE_KEY, key, &random);
    attributes_finish(&random);
    return handles;
}

void object_replace_key(CK_SLOT_ID slot, const struct mock_key *key, bool keeps_handles)
{
    struct token *token = token_at(slot);
    struct attributes none = {0};
    unsigned char id[256];
    CK_ATTRIBUTE wanted = {CKA_ID, id, from_hex(key->id, id, sizeof(id))};

    for (size_t i = 0; i < token->n_objects; i++) {
        struct object *object = token->objects[i];
        if (!attributes_match(&object->attributes, &wanted, 1))
            continue;
        fill(object, key, &none);
        if (!keeps_handles)
            object->handle = ++last_handle;
    }
}

static struct object *find(CK_OBJECT_HANDLE handle)
{
    for (size_t t = 0; t < TOKENS_MAX && tokens[t] != NULL; t++) {
        for (size_t i = 0; i < tokens[t]->n_objects; i++) {
            if (tokens[t]->objects[i]->handle == handle)
                return tokens[t]->objects[i];
        }
    }
    record_wrong("no such object", "a test's handle");
}

void object_set(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG size)
{
    key_put(&find(object)->attributes, type, value, size);
}

void object_refuse(CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, CK_RV rv)
{
    struct object *object = find(handle);

    if (object->n_refused == REFUSED_MAX)
        record_wrong("too many", "refused attributes");
    object->refused[object->n_refused].type = type;
    object->refused[object->n_refused++].rv = rv;
}

void object_destroy_all(struct token *token)
{
    for (size_t i = 0; i < token->n_objects; i++) {
        attributes_finish(&token->objects[i]->attributes);
        free(token->objects[i]);
    }
    free(token->objects);
}

void object_reset(void)
{
    last_handle = 0;
}
