// SPDX-License-Identifier: BSD-2-Clause
// C_WaitForSlotEvent where it blocks: in the application's thread, without the lock of all calls.
#pragma once

#include "module/functions.h"

CK_RV entry_C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pReserved);

/* C_Finalize: all that wait answer CKR_CRYPTOKI_NOT_INITIALIZED, also if C_Initialize follows before they have seen it. */
void slot_wait_end_all(void);

/* In the child: the threads that waited are the parent's. */
void slot_wait_after_fork(void);
