// SPDX-License-Identifier: BSD-2-Clause
#include "module/handles.h"

#include <limits.h>
#include <stdlib.h>
#include "crypto/crypto.h"

enum { INDEX_BITS = 20, TABLE_MAX = 1 << INDEX_BITS };

struct handle_entry {
    CK_ULONG handle; /* 0: free */
    void *pointer;
};

static struct handle_entry *find_free(struct handles *table)
{
    struct handle_entry *grown;

    for (; table->first_free < table->count; table->first_free++) {
        if (table->entries[table->first_free].handle == 0)
            return &table->entries[table->first_free];
    }
    if (table->count >= TABLE_MAX)
        return NULL;
    size_t count = table->count == 0 ? 16 : table->count * 2;
    grown = reallocarray(table->entries, count, sizeof(*grown));
    if (grown == NULL)
        return NULL;
    for (size_t i = table->count; i < count; i++)
        grown[i] = (struct handle_entry){0};
    table->entries = grown;
    grown += table->count;
    table->count = count;
    return grown;
}

CK_ULONG handles_issue(struct handles *table, struct crypto *crypto, void *pointer)
{
    struct handle_entry *entry = find_free(table);
    CK_ULONG random = 0;

    if (entry == NULL)
        return 0;
    /* The top bit stays clear: some hosts keep handles in signed numbers. */
    do {
        if (!crypto_random(crypto, &random, sizeof(random)))
            return 0;
        random = (random & (ULONG_MAX >> 1)) >> INDEX_BITS;
    } while (random == 0);
    entry->handle = random << INDEX_BITS | (CK_ULONG)(entry - table->entries);
    entry->pointer = pointer;
    return entry->handle;
}

static struct handle_entry *find(const struct handles *table, CK_ULONG handle)
{
    size_t index = handle & (TABLE_MAX - 1);

    if (handle == 0 || index >= table->count || table->entries[index].handle != handle)
        return NULL;
    return &table->entries[index];
}

void *handles_find(const struct handles *table, CK_ULONG handle)
{
    const struct handle_entry *entry = find(table, handle);
    return entry != NULL ? entry->pointer : NULL;
}

void handles_move(struct handles *table, CK_ULONG handle, void *pointer)
{
    struct handle_entry *entry = find(table, handle);

    if (entry != NULL)
        entry->pointer = pointer;
}

void handles_revoke(struct handles *table, CK_ULONG handle)
{
    struct handle_entry *entry = find(table, handle);

    if (entry == NULL)
        return;
    *entry = (struct handle_entry){0};
    if ((size_t)(entry - table->entries) < table->first_free)
        table->first_free = (size_t)(entry - table->entries);
}

void handles_each(struct handles *table, void (*visit)(void *pointer, void *context), void *context)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].handle != 0)
            visit(table->entries[i].pointer, context);
    }
}

void handles_finish(struct handles *table)
{
    free(table->entries);
    *table = (struct handles){0};
}
