// SPDX-License-Identifier: BSD-2-Clause
#include "module/slot_ids.h"

#include <stdint.h>
#include <stdlib.h>

/* Nearly all vendors count their slots: those numbers can be told from ours. The others (SoftHSM
 * makes numbers of serials) are mixed. */
enum { COUNTED_MAX = 0xffff, COUNTED_PLACES = 0x3fff, MIXED = 0x40000000, MIXED_MASK = 0x3fffffff };

struct slot_id {
    size_t place;
    CK_SLOT_ID slot;
    CK_SLOT_ID id;
};

static CK_SLOT_ID preferred(size_t place, CK_SLOT_ID slot)
{
    uint64_t mixed;

    if (slot <= COUNTED_MAX && place <= COUNTED_PLACES)
        return place * (COUNTED_MAX + 1) + slot;
    /* By 2^64 divided by the golden ratio, which spreads neighbours far. */
    mixed = ((uint64_t)slot + ((uint64_t)place << 48)) * UINT64_C(0x9e3779b97f4a7c15);
    return MIXED | (CK_SLOT_ID)(mixed >> 34);
}

static bool is_taken(const struct slot_ids *ids, CK_SLOT_ID id)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (ids->items[i].id == id)
            return true;
    }
    return false;
}

bool slot_ids_get(struct slot_ids *ids, size_t place, CK_SLOT_ID slot, CK_SLOT_ID *id)
{
    struct slot_id added = {place, slot, preferred(place, slot)};
    struct slot_id *grown;

    for (size_t i = 0; i < ids->count; i++) {
        if (ids->items[i].place == place && ids->items[i].slot == slot) {
            *id = ids->items[i].id;
            return true;
        }
    }
    grown = reallocarray(ids->items, ids->count + 1, sizeof(*grown));
    if (grown == NULL)
        return false;
    ids->items = grown;
    while (is_taken(ids, added.id))
        added.id = MIXED | ((added.id + 1) & MIXED_MASK);
    grown[ids->count++] = added;
    *id = added.id;
    return true;
}

void slot_ids_finish(struct slot_ids *ids)
{
    free(ids->items);
    *ids = (struct slot_ids){0};
}
