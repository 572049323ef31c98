// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/door.h"

#include <stddef.h>
#include "common/log.h"
#include "daemon/keeper.h"
#include "daemon/trunk.h"
#include "daemon/turn.h"

CK_FUNCTION_LIST door_functions;

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
    turn_end(session);
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

/* The token of a session of the client's. The session is bound to it: as long as the session is there, so is that token. */
static CK_RV token_of(CK_SESSION_HANDLE session, CK_SLOT_ID *slot, CK_TOKEN_INFO *token)
{
    CK_SESSION_INFO info;
    CK_RV rv = trunk()->C_GetSessionInfo(session, &info);

    *slot = info.slotID;
    if (rv == CKR_OK)
        rv = trunk()->C_GetTokenInfo(*slot, token);
    if (rv == CKR_OK)
        rv = trunk()->C_GetSessionInfo(session, &info);
    return rv == CKR_OK && info.slotID != *slot ? CKR_DEVICE_REMOVED : rv;
}

/* What comes here is a PIN of the configured source, which was decided upon by the policy for the client's user. */
static CK_RV log_in(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_TOKEN_INFO token;
    CK_SLOT_ID slot;
    CK_RV rv = token_of(session, &slot, &token);

    return rv == CKR_OK ? keeper_unlock(slot, &token, pin, size, KEEPER_NOBODY) : rv;
}

/* Or one for a single use. */
static CK_RV log_in_for_one(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_RV rv;

    if (!turn_take(session))
        return CKR_FUNCTION_REJECTED;
    rv = trunk()->C_Login(session, user, pin, size);
    if (rv == CKR_OK)
        turn_limit(session);
    else
        turn_end(session);
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

CK_RV door_begin_use(CK_SESSION_HANDLE session)
{
    if (turn_wait(session))
        return CKR_OK;
    log_notice("a use of a key is refused: another client's login is for its own operation alone, and that does not come");
    return CKR_FUNCTION_REJECTED;
}

CK_RV door_end_use(CK_SESSION_HANDLE session, CK_RV rv, bool ends)
{
    CK_SLOT_ID slot;

    if (rv == CKR_BUFFER_TOO_SMALL)
        return rv;
    if (ends || rv != CKR_OK)
        turn_end(session);
    if (rv == CKR_OK && find_slot(session, &slot))
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
