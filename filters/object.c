// SPDX-License-Identifier: BSD-2-Clause
#include "filters/object.h"

#include <stdlib.h>

bool object_read_certificate(struct object *object, struct crypto *crypto,
                             enum certificate_depth depth, const void *der, size_t size)
{
    struct certificate *certificate = certificate_parse(crypto, depth, der, size);

    if (certificate == NULL)
        return false;
    object->key = certificate->key;
    object->content = certificate->content;
    certificate->key = NULL;
    object->x509 = certificate->x509;
    certificate->content = NULL;
    certificate->x509 = NULL;
    object->authority = certificate->authority;
    object->usage = certificate->usage;
    certificate_destroy(certificate);
    return true;
}

bool object_list_add(struct object_list *list, struct object *object)
{
    struct object **grown = reallocarray(list->items, list->count + 1, sizeof(struct object *));

    if (grown == NULL) {
        object_destroy(object);
        return false;
    }
    list->items = grown;
    list->items[list->count++] = object;
    return true;
}

const struct object *object_list_find(const struct object_list *list, CK_OBJECT_HANDLE vendor)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->vendor == vendor)
            return list->items[i];
    }
    return NULL;
}

void object_destroy(struct object *object)
{
    if (object == NULL)
        return;
    attributes_finish(&object->attributes);
    public_key_destroy(object->key);
    certificate_content_destroy(object->content);
    certificate_release(object->x509);
    free(object);
}

void object_list_finish(struct object_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        object_destroy(list->items[i]);
    free(list->items);
    *list = (struct object_list){0};
}

void object_list_move(struct object_list *list, struct object_list *to)
{
    for (size_t i = 0; i < list->count; i++)
        object_list_add(to, list->items[i]);
    list->count = 0;
}

void object_list_split(struct object_list *list, size_t from,
                       bool (*keep)(const struct object *object, const void *context),
                       const void *context, struct object_list *others)
{
    size_t kept = from;

    for (size_t i = from; i < list->count; i++) {
        if (keep(list->items[i], context))
            list->items[kept++] = list->items[i];
        else
            object_list_add(others, list->items[i]);
    }
    list->count = kept < list->count ? kept : list->count;
}

const CK_ATTRIBUTE *object_id(const struct object *object)
{
    return attributes_find(&object->attributes, CKA_ID);
}

const CK_ATTRIBUTE *object_label(const struct object *object)
{
    return attributes_find(&object->attributes, CKA_LABEL);
}

bool object_is_private(const struct object *object)
{
    bool value = object->class == CKO_PRIVATE_KEY;
    attributes_bool(&object->attributes, CKA_PRIVATE, &value);
    return value;
}
