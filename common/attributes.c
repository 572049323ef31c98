// SPDX-License-Identifier: BSD-2-Clause
#include "common/attributes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static CK_ATTRIBUTE *find(const struct attributes *list, CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < list->count; i++) {
        if (list->items[i].type == type)
            return &list->items[i];
    }
    return NULL;
}

static CK_ATTRIBUTE *append(struct attributes *list, CK_ATTRIBUTE_TYPE type)
{
    CK_ATTRIBUTE *grown = reallocarray(list->items, list->count + 1, sizeof(*grown));
    if (grown == NULL)
        return NULL;
    list->items = grown;
    grown[list->count] = (CK_ATTRIBUTE){.type = type};
    return &grown[list->count++];
}

bool attributes_set(struct attributes *list, CK_ATTRIBUTE_TYPE type, const void *value,
                    CK_ULONG length)
{
    void *copy = malloc(length > 0 ? length : 1);
    CK_ATTRIBUTE *item = find(list, type);

    if (copy != NULL && item == NULL)
        item = append(list, type);
    if (copy == NULL || item == NULL) {
        free(copy);
        return false;
    }
    if (length > 0)
        memcpy(copy, value, length);
    free(item->pValue);
    item->pValue = copy;
    item->ulValueLen = length;
    return true;
}

bool attributes_set_bool(struct attributes *list, CK_ATTRIBUTE_TYPE type, bool value)
{
    CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;
    return attributes_set(list, type, &byte, sizeof(byte));
}

bool attributes_set_ulong(struct attributes *list, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
    return attributes_set(list, type, &value, sizeof(value));
}

bool attributes_copy(struct attributes *to, const struct attributes *from)
{
    for (CK_ULONG i = 0; i < from->count; i++) {
        const CK_ATTRIBUTE *item = &from->items[i];
        if (!attributes_set(to, item->type, item->pValue, item->ulValueLen))
            return false;
    }
    return true;
}

const CK_ATTRIBUTE *attributes_find(const struct attributes *list, CK_ATTRIBUTE_TYPE type)
{
    return find(list, type);
}

const CK_ATTRIBUTE *attributes_find_filled(const struct attributes *list, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *item = find(list, type);
    return item != NULL && item->ulValueLen > 0 ? item : NULL;
}

bool attributes_bool(const struct attributes *list, CK_ATTRIBUTE_TYPE type, bool *value)
{
    const CK_ATTRIBUTE *item = find(list, type);
    CK_BBOOL byte;

    if (item == NULL || item->ulValueLen != sizeof(byte))
        return false;
    memcpy(&byte, item->pValue, sizeof(byte));
    *value = byte != CK_FALSE;
    return true;
}

bool attributes_ulong(const struct attributes *list, CK_ATTRIBUTE_TYPE type, CK_ULONG *value)
{
    const CK_ATTRIBUTE *item = find(list, type);

    if (item == NULL || item->ulValueLen != sizeof(*value))
        return false;
    memcpy(value, item->pValue, sizeof(*value));
    return true;
}

static bool matches_one(const struct attributes *list, const CK_ATTRIBUTE *wanted)
{
    const CK_ATTRIBUTE *item = find(list, wanted->type);

    if (item == NULL || item->ulValueLen != wanted->ulValueLen)
        return false;
    return item->ulValueLen == 0 || memcmp(item->pValue, wanted->pValue, item->ulValueLen) == 0;
}

bool attributes_match(const struct attributes *list, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        if (!matches_one(list, &template[i]))
            return false;
    }
    return true;
}

CK_RV attribute_answer(const CK_ATTRIBUTE *value, CK_ATTRIBUTE *wanted)
{
    if (value == NULL) {
        wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    if (wanted->pValue != NULL && wanted->ulValueLen < value->ulValueLen) {
        wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return CKR_BUFFER_TOO_SMALL;
    }
    if (wanted->pValue != NULL && value->ulValueLen > 0)
        memcpy(wanted->pValue, value->pValue, value->ulValueLen);
    wanted->ulValueLen = value->ulValueLen;
    return CKR_OK;
}

void attributes_finish(struct attributes *list)
{
    for (CK_ULONG i = 0; i < list->count; i++)
        free(list->items[i].pValue);
    free(list->items);
    *list = (struct attributes){0};
}
