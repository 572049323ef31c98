// SPDX-License-Identifier: BSD-2-Clause
// The preset transparent where rules hide something: each argument that leads to an object or a token is looked at before the vendor sees
// it. What is shown keeps the vendor's handles and answers.
#pragma once

#include <stdbool.h>
#include "module/direct.h"

/* One call; made by the functions of the table. */
struct filter_call {
    struct direct *direct;
    enum function_id function;
    CK_SESSION_HANDLE session;
    CK_SLOT_ID slot; /* that the session is on */
    CK_OBJECT_HANDLE key; /* the last that was looked at */
    bool cancels; /* without a mechanism an operation is ended (PKCS#11 3.0, 5.8.1 and others); there is no key then */
};

/* CKR_FUNCTION_NOT_SUPPORTED for what the configuration refuses. */
CK_RV filter_function(const struct filter_call *call);

/* Each: CKR_OK where the vendor may see the argument, or the standard's error for one that is not valid. filter_session comes first. */
CK_RV filter_session(struct filter_call *call, CK_SESSION_HANDLE session);
CK_RV filter_slot(struct filter_call *call, CK_SLOT_ID slot);
CK_RV filter_mechanism(struct filter_call *call, const CK_MECHANISM *mechanism);
CK_RV filter_object(struct filter_call *call, CK_OBJECT_HANDLE object);
CK_RV filter_key(struct filter_call *call, CK_OBJECT_HANDLE key);

/* The same of the key with which the session's messages began: CKR_OPERATION_NOT_INITIALIZED where none did since there are rules. */
CK_RV filter_message(struct filter_call *call);

/* After the vendor: what may have changed objects or login makes that the token is read again. Returns rv. */
CK_RV filter_end(const struct filter_call *call, CK_RV rv);

/* What was seen of the tokens is no longer true; and is freed. The lock is held, or not needed any more. */
void filter_forget(struct direct *direct);
void filter_finish(struct direct *direct);

CK_RV filter_C_GetSlotList(struct layer *self, CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList,
                           CK_ULONG_PTR pulCount);
CK_RV filter_C_InitToken(struct layer *self, CK_SLOT_ID slotID, CK_UTF8CHAR_PTR pPin,
                         CK_ULONG ulPinLen, CK_UTF8CHAR_PTR pLabel);
CK_RV filter_C_OpenSession(struct layer *self, CK_SLOT_ID slotID, CK_FLAGS flags,
                           CK_VOID_PTR pApplication, CK_NOTIFY Notify,
                           CK_SESSION_HANDLE_PTR phSession);
CK_RV filter_C_FindObjects(struct layer *self, CK_SESSION_HANDLE hSession,
                           CK_OBJECT_HANDLE_PTR phObject, CK_ULONG ulMaxObjectCount,
                           CK_ULONG *pulObjectCount);
CK_RV filter_C_WaitForSlotEvent(struct layer *self, CK_FLAGS flags, CK_SLOT_ID_PTR pSlot,
                                CK_VOID_PTR pReserved);
