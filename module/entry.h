// SPDX-License-Identifier: BSD-2-Clause
// The way in: the exported symbols, the function list, initialisation, forks, and the lock that all calls take.
#pragma once

#include <stdbool.h>
#include "module/functions.h"

/* Begins a call: CKR_OK with the top layer, and the lock held unless the layer takes none; or CKR_CRYPTOKI_NOT_INITIALIZED with neither. */
CK_RV entry_begin(enum function_id function, struct layer **top);

/* Ends it; returns rv. */
CK_RV entry_end(const struct layer *top, CK_RV rv);

CK_RV entry_C_Initialize(CK_VOID_PTR pInitArgs);
CK_RV entry_C_Finalize(CK_VOID_PTR pReserved);

/* Did C_Initialize come back to us from a call of ours, since this was last asked? */
bool entry_was_reentered(void);

/* The list that applications get; made from the function table. */
extern CK_FUNCTION_LIST entry_functions;
