// SPDX-License-Identifier: BSD-2-Clause
// The numbers by which applications know the slots of several vendors (policy.md 7).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <p11-kit/pkcs11.h>

/* A zeroed struct is an empty table. */
struct slot_ids {
    struct slot_id *items; /* owned */
    size_t count;
};

/* The number of a vendor's slot, at the vendor's place in the list of modules: the same whenever it is asked for and, but for two slots
 * that meet in one number by chance, in every process. No two slots share one; all fit in an int. False when there is no memory. */
bool slot_ids_get(struct slot_ids *ids, size_t place, CK_SLOT_ID slot, CK_SLOT_ID *id);

void slot_ids_finish(struct slot_ids *ids);
