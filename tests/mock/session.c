// SPDX-License-Identifier: BSD-2-Clause
// Sessions and logins.
#include "tests/mock/internal.h"

#include <stdlib.h>
#include <string.h>

static struct session sessions[SESSIONS_MAX]; /* the handle is the index + 1 */

struct session *session_at(CK_SESSION_HANDLE handle)
{
    if (handle == 0 || handle > SESSIONS_MAX || sessions[handle - 1].token == NULL)
        return NULL;
    return &sessions[handle - 1];
}

unsigned session_count(const struct token *token)
{
    unsigned count = 0;

    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (sessions[i].token != NULL && (token == NULL || sessions[i].token == token))
            count++;
    }
    return count;
}

/* With the last session of a token the login ends (PKCS#11 2.40, 5.6). */
static void close_session(struct session *session)
{
    struct token *token = session->token;

    sign_end(session);
    digest_end(session);
    free(session->found);
    *session = (struct session){0};
    loss_see_sessions(token);
    if (session_count(token) == 0 && !loss_is_lasting(token))
        token->logged_in = false;
}

void session_close_all(const struct token *token)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (sessions[i].token != NULL && (token == NULL || sessions[i].token == token))
            close_session(&sessions[i]);
    }
}

bool session_sees(const struct session *session, const struct object *object)
{
    bool is_private = false;

    attributes_bool(&object->attributes, CKA_PRIVATE, &is_private);
    return !is_private || session->token->logged_in || session->token->described.pin == NULL;
}

struct object *session_object(const struct session *session, CK_OBJECT_HANDLE handle)
{
    const struct token *token = session->token;

    for (size_t i = 0; i < token->n_objects; i++) {
        if (token->objects[i]->handle == handle)
            return session_sees(session, token->objects[i]) ? token->objects[i] : NULL;
    }
    return NULL;
}

CK_RV mock_C_OpenSession(CK_SLOT_ID slotID, CK_ULONG flags, CK_VOID_PTR pApplication,
                         CK_NOTIFY Notify, CK_SESSION_HANDLE_PTR phSession)
{
    struct token *token = token_at(slotID);
    size_t i = 0;

    settings.notified = settings.notified || pApplication != NULL || Notify != NULL;
    if (token == NULL)
        return CKR_SLOT_ID_INVALID;
    if (!token->present)
        return CKR_TOKEN_NOT_PRESENT;
    if ((flags & CKF_SERIAL_SESSION) == 0)
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    if ((flags & CKF_RW_SESSION) == 0 && settings.read_only_answer != CKR_OK)
        return settings.read_only_answer;
    if ((flags & CKF_RW_SESSION) != 0 && (token->described.flags & CKF_WRITE_PROTECTED) != 0)
        return CKR_TOKEN_WRITE_PROTECTED;
    while (i < SESSIONS_MAX && sessions[i].token != NULL)
        i++;
    if (i == SESSIONS_MAX ||
        (settings.session_limit > 0 && session_count(NULL) >= settings.session_limit))
        return settings.limit_answer;
    settings.session_flags = flags;
    sessions[i] = (struct session){.token = token, .flags = flags};
    *phSession = i + 1;
    garbage_in_session(phSession);
    return CKR_OK;
}

CK_RV mock_C_CloseSession(CK_SESSION_HANDLE hSession)
{
    struct session *session = session_at(hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    close_session(session);
    return CKR_OK;
}

CK_RV mock_C_CloseAllSessions(CK_SLOT_ID slotID)
{
    const struct token *token = token_at(slotID);

    if (token == NULL)
        return CKR_SLOT_ID_INVALID;
    session_close_all(token);
    return CKR_OK;
}

CK_RV mock_C_GetSessionInfo(CK_SESSION_HANDLE hSession, CK_SESSION_INFO *pInfo)
{
    const struct session *session = session_at(hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    *pInfo = (CK_SESSION_INFO){.flags = session->flags};
    for (CK_ULONG i = 0; i < TOKENS_MAX; i++) {
        if (tokens[i] == session->token)
            pInfo->slotID = FIRST_SLOT + i;
    }
    pInfo->state = session->token->logged_in ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION;
    return CKR_OK;
}

static CK_RV check_pin(struct token *token, const unsigned char *pin, CK_ULONG size)
{
    const char *right = token->described.pin;

    if (token->described.tries > 0 && token->wrong_pins >= token->described.tries)
        return CKR_PIN_LOCKED;
    if (pin == NULL && (token->described.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0)
        return settings.keypad;
    if (pin == NULL)
        return CKR_ARGUMENTS_BAD;
    if (right == NULL || size != strlen(right) || memcmp(pin, right, size) != 0) {
        token->wrong_pins++;
        return settings.wrong_pin;
    }
    token->wrong_pins = 0;
    return CKR_OK;
}

/* Login for one signature (PKCS#11 2.40, 5.6): only between C_SignInit and C_Sign. */
static CK_RV login_for_signature(struct session *session, const unsigned char *pin, CK_ULONG size)
{
    CK_RV rv = session->signer == NULL ? CKR_OPERATION_NOT_INITIALIZED : CKR_OK;

    if (rv == CKR_OK)
        rv = check_pin(session->token, pin, size);
    if (rv == CKR_OK)
        session->authenticated = true;
    return rv;
}

CK_RV mock_C_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR_PTR pPin,
                   CK_ULONG ulPinLen)
{
    struct session *session = session_at(hSession);
    CK_RV rv;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    session->token->logins++;
    if (userType == CKU_CONTEXT_SPECIFIC)
        return login_for_signature(session, pPin, ulPinLen);
    if (userType != CKU_USER)
        return CKR_USER_TYPE_INVALID;
    rv = loss_at_login(session->token);
    if (rv != CKR_OK)
        return rv;
    if (session->token->logged_in)
        return CKR_USER_ALREADY_LOGGED_IN;
    rv = check_pin(session->token, pPin, ulPinLen);
    session->token->logged_in = rv == CKR_OK;
    return rv;
}

CK_RV mock_C_SessionCancel(CK_SESSION_HANDLE hSession, CK_FLAGS flags)
{
    struct session *session = session_at(hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (settings.cancels_nothing)
        return CKR_OK;
    if ((flags & CKF_DIGEST) != 0)
        digest_end(session);
    if ((flags & CKF_SIGN) != 0)
        sign_end(session);
    return CKR_OK;
}

CK_RV mock_C_Logout(CK_SESSION_HANDLE hSession)
{
    struct session *session = session_at(hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (!session->token->logged_in)
        return CKR_USER_NOT_LOGGED_IN;
    session->token->logged_in = false;
    loss_see_logout(session->token);
    return CKR_OK;
}
