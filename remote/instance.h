// SPDX-License-Identifier: BSD-2-Clause
// The instances: a CK_FUNCTION_LIST has no argument that would tell one from the other, so that
// each has functions of its own.
#pragma once

#include <stdatomic.h>
#include "remote/connection.h"

struct remote {
    atomic_flag used;
    struct remote_options options;
    char *path; /* owned */
    struct connection connection;
};

extern struct remote remote_instances[REMOTE_MOST];

/* Made by generate.py: one of them in p11gate.so, which should be small, REMOTE_MOST in programs. */
extern const size_t remote_most;
extern CK_FUNCTION_LIST remote_lists[];
CK_RV send_C_Finalize(struct remote *remote, CK_VOID_PTR pReserved);
CK_RV send_C_GenerateRandom(struct remote *remote, CK_SESSION_HANDLE hSession,
                            CK_BYTE_PTR pRandomData, CK_ULONG ulRandomLen);
CK_RV send_C_Login(struct remote *remote, CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
                   CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen);
CK_RV send_C_WaitForSlotEvent(struct remote *remote, CK_FLAGS flags, CK_SLOT_ID_PTR pSlot,
                              CK_VOID_PTR pReserved);

/* Written by hand. */
CK_RV remote_C_Initialize(struct remote *remote, CK_VOID_PTR pInitArgs);
CK_RV remote_C_Finalize(struct remote *remote, CK_VOID_PTR pReserved);
CK_RV remote_C_GetFunctionList(struct remote *remote, CK_FUNCTION_LIST_PTR_PTR ppFunctionList);
CK_RV remote_C_GenerateRandom(struct remote *remote, CK_SESSION_HANDLE hSession,
                              CK_BYTE_PTR pRandomData, CK_ULONG ulRandomLen);
CK_RV remote_C_Login(struct remote *remote, CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
                     CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen);
CK_RV remote_C_GetFunctionStatus(struct remote *remote, CK_SESSION_HANDLE hSession);
CK_RV remote_C_CancelFunction(struct remote *remote, CK_SESSION_HANDLE hSession);
CK_RV remote_C_WaitForSlotEvent(struct remote *remote, CK_FLAGS flags, CK_SLOT_ID_PTR pSlot,
                                CK_VOID_PTR pReserved);
