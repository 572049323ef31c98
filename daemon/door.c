// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/door.h"

#include <pthread.h>
#include <stddef.h>
#include "common/log.h"
#include "daemon/connections.h"
#include "daemon/client.h"
#include "daemon/keeper.h"
#include "daemon/trunk.h"
#include "daemon/turn.h"
#include "module/entry.h"

CK_FUNCTION_LIST door_functions;

/* Held during a use of a private key. The trunk takes one call at a time as well, but asks nobody who waited for it whether he is still there. */
static pthread_mutex_t uses = PTHREAD_MUTEX_INITIALIZER;

/* The slots of sessions that this thread's client has used. To ask the trunk each time would be to wait for the other clients' signatures. */
enum { KNOWN_MAX = 8 };

static _Thread_local struct known_session {
    CK_SESSION_HANDLE session; /* 0: free */
    CK_SLOT_ID slot;
} known_sessions[KNOWN_MAX];
static _Thread_local size_t next_known;

static bool find_slot(CK_SESSION_HANDLE session, CK_SLOT_ID *slot)
{
    CK_SESSION_INFO info;

    for (size_t i = 0; i < KNOWN_MAX; i++) {
        if (known_sessions[i].session == session) {
            *slot = known_sessions[i].slot;
            return true;
        }
    }
    if (trunk()->C_GetSessionInfo(session, &info) != CKR_OK)
        return false;
    *slot = info.slotID;
    known_sessions[next_known++ % KNOWN_MAX] = (struct known_session){session, info.slotID};
    return true;
}

static void forget(CK_SESSION_HANDLE session)
{
    for (size_t i = 0; i < KNOWN_MAX; i++) {
        if (known_sessions[i].session == session)
            known_sessions[i].session = 0;
    }
    turn_leave(session);
}

static CK_RV door_C_Initialize(CK_VOID_PTR arguments)
{
    (void)arguments;
    return CKR_CRYPTOKI_ALREADY_INITIALIZED;
}

static CK_RV door_C_Finalize(CK_VOID_PTR reserved)
{
    (void)reserved;
    return CKR_OK;
}

/* What comes here is a PIN of the configured source, which was decided upon by the policy for the client's user, and for the token to which the session is
 * bound. */
static CK_RV log_in(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_TOKEN_INFO token;
    CK_SLOT_ID slot;

    if (!entry_find_token(session, &slot, &token))
        return CKR_SESSION_HANDLE_INVALID;
    return keeper_unlock_by_source(slot, &token, pin, size, client_user());
}

/* Or one for a single use. */
static CK_RV log_in_for_one(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_SLOT_ID slot;
    CK_RV rv;

    if (!find_slot(session, &slot))
        return CKR_SESSION_HANDLE_INVALID;
    turn_take(slot, session);
    rv = trunk()->C_Login(session, user, pin, size);
    if (rv == CKR_OK)
        turn_limit(slot, session);
    else
        turn_leave(session);
    return rv;
}

static CK_RV door_C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    return user == CKU_USER ? log_in(session, pin, size) : log_in_for_one(session, user, pin, size);
}

/* The login is of all. */
static CK_RV door_C_Logout(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV door_C_CloseSession(CK_SESSION_HANDLE session)
{
    forget(session);
    return trunk()->C_CloseSession(session);
}

/* A card would go on for clients that have given up, and let the others wait until they give up, too. */
CK_RV door_begin_use(CK_SESSION_HANDLE session, CK_SLOT_ID *slot)
{
    if (!find_slot(session, slot))
        return CKR_SESSION_HANDLE_INVALID;
    turn_begin_use(*slot, session);
    pthread_mutex_lock(&uses);
    if (connection_is_there())
        return CKR_OK;
    log_info("a use of a key is left out: its client has gone");
    return door_end_use(session, *slot, CKR_FUNCTION_CANCELED, true);
}

CK_RV door_end_use(CK_SESSION_HANDLE session, CK_SLOT_ID slot, CK_RV rv, bool ends)
{
    pthread_mutex_unlock(&uses);
    turn_end_use(slot, session, rv != CKR_BUFFER_TOO_SMALL && (ends || rv != CKR_OK));
    if (rv == CKR_OK)
        keeper_note_use(slot);
    return rv;
}

void door_init(void)
{
    door_functions = *trunk();
    door_functions.C_Initialize = door_C_Initialize;
    door_functions.C_Finalize = door_C_Finalize;
    door_functions.C_Login = door_C_Login;
    door_functions.C_Logout = door_C_Logout;
    door_functions.C_CloseSession = door_C_CloseSession;
    door_set_uses(&door_functions);
}
