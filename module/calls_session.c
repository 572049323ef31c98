// SPDX-License-Identifier: BSD-2-Clause
// The functions on sessions and logins (PKCS#11 2.40, 5.6).
#include "common/log.h"
#include "module/audit.h"
#include "module/events.h"
#include "module/session.h"
#include "module/sign.h"

/* Its keys are not to be had before somebody unlocks it, and nobody is asked for a PIN. */
static void say_locked(const struct token *token)
{
    struct gate *gate = token->gate;
    char label[TOKEN_LABEL_SIZE];

    if (!token_is_locked_below(token) || gate->said_locked)
        return;
    gate->said_locked = true;
    log_notice("the token \"%s\" is locked; `p11gate unlock` logs in to it", token_label(token, label));
}

CK_RV gate_C_OpenSession(struct layer *self, CK_SLOT_ID slotID, CK_ULONG flags,
                         CK_VOID_PTR pApplication, CK_NOTIFY Notify, CK_SESSION_HANDLE_PTR phSession)
{
    struct gate *gate = gate_of(self);
    struct token *token;
    struct session *session;

    (void)pApplication; /* callbacks are never handed to the vendor */
    (void)Notify;
    if (phSession == NULL)
        return CKR_ARGUMENTS_BAD;
    if ((flags & CKF_SERIAL_SESSION) == 0)
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    gate_refresh_policy(gate);
    if (gate->config->settings.read_only)
        flags &= ~(CK_FLAGS)CKF_RW_SESSION; /* C_GetSessionInfo says so; ssh, which asks for more than it needs, goes on */
    gate_settle(gate);
    events_look(gate);
    token = gate_token(gate, slotID);
    if (token == NULL)
        return CKR_SLOT_ID_INVALID;
    session = session_create(token, flags);
    if (session == NULL)
        return CKR_HOST_MEMORY;
    session->handle = handles_issue(&gate->sessions, gate->crypto, session);
    if (session->handle == 0) {
        session_close(session);
        return CKR_SESSION_COUNT;
    }
    say_locked(token);
    *phSession = session->handle;
    return CKR_OK;
}

CK_RV gate_C_CloseSession(struct layer *self, CK_SESSION_HANDLE hSession)
{
    struct session *session = session_find(gate_of(self), hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    session_close(session);
    return CKR_OK;
}

struct closing {
    CK_SLOT_ID slot;
    bool any;
};

static void close_if_of(void *pointer, void *context)
{
    struct session *session = pointer;
    struct closing *closing = context;

    if (session->token->shown_slot != closing->slot)
        return;
    closing->any = true;
    session_close(session);
}

/* Of a token that is out, or hidden by now, the sessions live on, and are closed as well. */
CK_RV gate_C_CloseAllSessions(struct layer *self, CK_SLOT_ID slotID)
{
    struct gate *gate = gate_of(self);
    struct closing closing = {slotID, false};

    handles_each(&gate->sessions, close_if_of, &closing);
    return closing.any || gate_token(gate, slotID) != NULL ? CKR_OK : CKR_SLOT_ID_INVALID;
}

static CK_STATE session_state(const struct session *session)
{
    bool writes = (session->flags & CKF_RW_SESSION) != 0;

    if (token_logged_in(session->token))
        return writes ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
    return writes ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
}

CK_RV gate_C_GetSessionInfo(struct layer *self, CK_SESSION_HANDLE hSession, CK_SESSION_INFO *pInfo)
{
    const struct session *session = session_find(gate_of(self), hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (pInfo == NULL)
        return CKR_ARGUMENTS_BAD;
    *pInfo = (CK_SESSION_INFO){
        .slotID = session->token->shown_slot,
        .state = session_state(session),
        .flags = session->flags & (CKF_RW_SESSION | CKF_SERIAL_SESSION),
    };
    return CKR_OK;
}

/* A PIN goes to no token that is not shown at this moment. */
CK_RV gate_C_Login(struct layer *self, CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
                   CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen)
{
    struct gate *gate = gate_of(self);
    struct session *session = session_find(gate, hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (userType != CKU_USER && userType != CKU_CONTEXT_SPECIFIC)
        return CKR_USER_TYPE_INVALID;
    if (pPin == NULL && ulPinLen > 0)
        return CKR_ARGUMENTS_BAD;
    gate_refresh_policy(gate);
    events_look(gate);
    if (!session_sees_token(session)) {
        audit_login_ended(session->token, userType, "login-stopped", CKR_TOKEN_NOT_PRESENT);
        return CKR_TOKEN_NOT_PRESENT;
    }
    if (userType == CKU_USER && token_can_relogin(session->token))
        token_relogin(session->token); /* as CKF_LOGIN_REQUIRED says: then the application's PIN is not needed */
    if (!session_sees_token(session)) /* which may have taken its time */
        return CKR_TOKEN_NOT_PRESENT;
    if (userType == CKU_USER)
        return token_login(session->token, userType, pPin, ulPinLen);
    if (session->wants_login && session->sign.stage == SIGN_NONE)
        return token_login_operation(session->token, session->vendor, pPin, ulPinLen);
    return sign_login(session, pPin, ulPinLen);
}

/* Who the user of a token is has no name here: what logs in again and keeps a login for others knows one. */
CK_RV gate_C_LoginUser(struct layer *self, CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
                       CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen, CK_UTF8CHAR_PTR pUsername,
                       CK_ULONG ulUsernameLen)
{
    const struct session *session = session_find(gate_of(self), hSession);

    (void)pUsername;
    if (ulUsernameLen == 0)
        return gate_C_Login(self, hSession, userType, pPin, ulPinLen);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    audit_login_ended(session->token, userType, "login-stopped", CKR_FUNCTION_NOT_SUPPORTED);
    return CKR_FUNCTION_NOT_SUPPORTED;
}

static void end_if_of(void *pointer, void *context)
{
    struct session *session = pointer;

    if (session->token == context)
        session_end_operations(session);
}

CK_RV gate_C_Logout(struct layer *self, CK_SESSION_HANDLE hSession)
{
    struct gate *gate = gate_of(self);
    struct session *session = session_find(gate, hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    kept_pin_drop(&session->token->kept);
    if (!token_logged_in(session->token))
        return CKR_USER_NOT_LOGGED_IN;
    handles_each(&gate->sessions, end_if_of, session->token);
    return token_logout(session->token);
}
