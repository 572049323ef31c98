// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/served.h"

#include <stddef.h>
#include <string.h>
#include "common/log.h"
#include "daemon/client.h"
#include "daemon/connections.h"
#include "daemon/keeper.h"
#include "daemon/vendor_child.h"

enum { SESSIONS_MOST = 256 }; /* of a client */

static _Thread_local struct client *own;
static _Thread_local struct layer tracer;

void served_for(struct client *client)
{
    own = client;
}

CK_RV served_begin(enum function_id function, struct layer **top)
{
    if (own->gate == NULL)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    (void)function;
    connection_begin_call();
    gate_begin_call(own->gate);
    *top = &own->gate->layer;
    if (log_traces()) {
        tracer = trace_layer;
        tracer.lower = &own->gate->layer;
        *top = &tracer;
    }
    return CKR_OK;
}

CK_RV served_end(const struct layer *top, CK_RV rv)
{
    (void)top;
    connection_end_call();
    return rv == VENDOR_CHILD_LATE ? CKR_DEVICE_ERROR : rv;
}

/* The arguments are the server's own. */
CK_RV served_C_Initialize(CK_VOID_PTR pInitArgs)
{
    CK_RV rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;

    (void)pInitArgs;
    connection_begin_call();
    if (own->gate == NULL)
        rv = client_open(own);
    connection_end_call();
    return rv;
}

CK_RV served_C_Finalize(CK_VOID_PTR pReserved)
{
    if (pReserved != NULL)
        return CKR_ARGUMENTS_BAD;
    if (own->gate == NULL)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    connection_begin_call();
    client_close(own);
    connection_end_call();
    return CKR_OK;
}

CK_RV served_C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR ppFunctionList)
{
    if (ppFunctionList == NULL)
        return CKR_ARGUMENTS_BAD;
    *ppFunctionList = &served_functions;
    return CKR_OK;
}

static void count_one(void *session, void *count)
{
    (void)session;
    ++*(size_t *)count;
}

/* They are memory of the daemon's. */
CK_RV served_C_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, CK_VOID_PTR pApplication, CK_NOTIFY Notify, CK_SESSION_HANDLE_PTR phSession)
{
    struct layer *top;
    size_t open = 0;
    CK_RV rv = served_begin(FUNCTION_C_OpenSession, &top);

    if (rv != CKR_OK)
        return rv;
    handles_each(&own->gate->sessions, count_one, &open);
    if (open >= SESSIONS_MOST)
        return served_end(top, CKR_SESSION_COUNT);
    return served_end(top, top->C_OpenSession(top, slotID, flags, pApplication, Notify, phSession));
}

/* The slot of a session, if its token is shown. */
static CK_RV slot_of(struct layer *top, CK_SESSION_HANDLE session, CK_SLOT_ID *slot)
{
    CK_SESSION_INFO info = {0};
    CK_TOKEN_INFO token;
    CK_RV rv = top->C_GetSessionInfo(top, session, &info);

    if (rv == CKR_OK)
        rv = top->C_GetTokenInfo(top, info.slotID, &token);
    *slot = info.slotID;
    return rv == CKR_SLOT_ID_INVALID ? CKR_TOKEN_NOT_PRESENT : rv;
}

/* One client's PIN is not to log in all the others: it is compared, and no more. */
CK_RV served_C_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen)
{
    struct layer *top;
    CK_SLOT_ID slot;
    CK_RV rv = served_begin(FUNCTION_C_Login, &top);

    bool begun = rv == CKR_OK;

    if (begun)
        rv = slot_of(top, hSession, &slot);
    if (rv == CKR_OK)
        rv = keeper_compare(slot, pPin, ulPinLen);
    if (rv == CKR_OK && userType != CKU_USER) /* the right one, for a single use */
        rv = top->C_Login(top, hSession, userType, pPin, ulPinLen);
    if (pPin != NULL)
        explicit_bzero(pPin, ulPinLen); /* it is in a buffer of p11-kit's, which is not wiped */
    return begun ? served_end(top, rv) : rv;
}

/* The client is out, as far as it goes. */
CK_RV served_C_Logout(CK_SESSION_HANDLE hSession)
{
    CK_SESSION_INFO info;
    struct layer *top;
    CK_RV rv = served_begin(FUNCTION_C_Logout, &top);

    if (rv == CKR_OK)
        rv = served_end(top, top->C_GetSessionInfo(top, hSession, &info));
    return rv;
}

/* The thread has the client's other calls to answer: it does not wait. */
CK_RV served_C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pReserved)
{
    struct layer *top;
    CK_RV rv = served_begin(FUNCTION_C_WaitForSlotEvent, &top);

    if (rv != CKR_OK)
        return rv;
    if ((flags & CKF_DONT_BLOCK) == 0)
        return served_end(top, CKR_FUNCTION_NOT_SUPPORTED);
    return served_end(top, top->C_WaitForSlotEvent(top, flags, pSlot, pReserved));
}
