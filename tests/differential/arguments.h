// SPDX-License-Identifier: BSD-2-Clause
// Random arguments, right ones and wrong ones, by the kinds that the function table tells.
#pragma once

#include "world.h"

/* Arguments, and what they point to. */
struct drawn {
    struct call_arguments call;
    CK_MECHANISM mechanism;
    CK_C_INITIALIZE_ARGS initialization;
    CK_ATTRIBUTE attributes[ATTRIBUTES_MAX];
    unsigned char values[ATTRIBUTES_MAX][256];
    CK_BYTE data[ROOM], buffer[ROOM];
    unsigned char info[ROOM];
    CK_ULONG size, slots[SLOTS_MAX], mechanisms[256], objects[OBJECTS_MAX];
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;
    bool made_at_random; /* the object or key that is drawn was */
    bool random_output;  /* the mechanism gives another output each time, or no two libraries' */
};

void arguments_draw(struct drawn *drawn, struct world *world, enum function_id function);
