// SPDX-License-Identifier: BSD-2-Clause
// The functions that a client calls over its socket: each is answered by the client's own stack, which the thread that serves it knows.
#pragma once

#include "module/functions.h"

struct client;

/* From here on the calling thread serves that client. */
void served_for(struct client *client);

/* Begins a call: CKR_OK with the client's top layer, or CKR_CRYPTOKI_NOT_INITIALIZED. */
CK_RV served_begin(enum function_id function, struct layer **top);

/* Ends it; returns rv, as clients are to have it. */
CK_RV served_end(const struct layer *top, CK_RV rv);

/* Written by hand. */
CK_RV served_C_Initialize(CK_VOID_PTR pInitArgs);
CK_RV served_C_Finalize(CK_VOID_PTR pReserved);
CK_RV served_C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR ppFunctionList);
CK_RV served_C_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, CK_VOID_PTR pApplication, CK_NOTIFY Notify, CK_SESSION_HANDLE_PTR phSession);
CK_RV served_C_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen);
CK_RV served_C_Logout(CK_SESSION_HANDLE hSession);
CK_RV served_C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pReserved);

/* The list that p11-kit's server calls; made from the function table. */
extern CK_FUNCTION_LIST served_functions;
