// SPDX-License-Identifier: BSD-2-Clause
#include "filters/shown_ids.h"

#include <stdlib.h>
#include <string.h>

bool shown_ids_add(struct shown_ids *list, const struct public_key *key, const void *id, size_t size)
{
    struct shown_id *grown = reallocarray(list->items, list->count + 1, sizeof(*grown));
    unsigned char *copy;

    if (grown == NULL)
        return false;
    list->items = grown;
    copy = malloc(size + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, id, size);
    memcpy(grown[list->count].spki_hash, key->spki_hash, PUBLIC_KEY_HASH_SIZE);
    grown[list->count].id = copy;
    grown[list->count++].size = size;
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct shown_id *x = a, *y = b;
    return memcmp(x->spki_hash, y->spki_hash, PUBLIC_KEY_HASH_SIZE);
}

void shown_ids_sort(struct shown_ids *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), compare);
}

const struct shown_id *shown_ids_find(const struct shown_ids *list, const struct public_key *key)
{
    struct shown_id wanted;

    if (list == NULL || list->count == 0)
        return NULL;
    memcpy(wanted.spki_hash, key->spki_hash, PUBLIC_KEY_HASH_SIZE);
    return bsearch(&wanted, list->items, list->count, sizeof(wanted), compare);
}

void shown_ids_finish(struct shown_ids *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].id);
    free(list->items);
    *list = (struct shown_ids){0};
}
