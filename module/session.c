// SPDX-License-Identifier: BSD-2-Clause
#include "module/session.h"

#include <stdlib.h>
#include <string.h>
#include "crypto/encryptor.h"
#include "crypto/verifier.h"
#include "module/key_use.h"
#include "module/vendor_session.h"

struct session *session_create(struct token *token, CK_FLAGS flags)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL)
        return NULL;
    session->token = token;
    session->flags = flags;
    token->n_sessions++;
    token->n_rw_sessions += (flags & CKF_RW_SESSION) != 0;
    return session;
}

void session_destroy(struct session *session)
{
    if (session == NULL)
        return;
    verifier_destroy(session->verifier);
    verifier_destroy(session->recoverer);
    encryptor_destroy(session->encryptor);
    for (size_t i = 0; i < SESSION_USES; i++)
        key_use_destroy(session->uses[i]);
    free(session->found);
    free(session);
}

struct key_use **session_use(struct session *session, enum function_id function)
{
    enum { PARTS, RECOVERY, DECRYPTION };

    if (functions[function].group == GROUP_decrypt)
        return &session->uses[DECRYPTION];
    if (function == FUNCTION_C_SignRecover || function == FUNCTION_C_SignRecoverInit)
        return &session->uses[RECOVERY];
    return &session->uses[PARTS];
}

static void forget_vendor(struct session *session)
{
    session->vendor = 0;
    session->at_vendor = 0;
    session->wants_login = false;
}

void session_close_vendor(struct session *session)
{
    if (session->vendor != 0)
        vendor_functions(session->token->vendor)->C_CloseSession(session->vendor);
    forget_vendor(session);
}

/* The login ends with the last session (PKCS#11 2.40, 5.6.3). The vendor hears of it before the next one, or by C_Finalize:
 * most hosts close their session only to finalise. */
static void leave_token(struct token *token, CK_FLAGS flags)
{
    token->n_sessions--;
    token->n_rw_sessions -= (flags & CKF_RW_SESSION) != 0;
    if (token->n_sessions == 0 && token->logged_in)
        token->logout_pending = true;
}

void session_close(struct session *session)
{
    struct gate *gate = session->token->gate;

    session_drop_sign(session);
    session_close_vendor(session);
    leave_token(session->token, session->flags);
    handles_revoke(&gate->sessions, session->handle);
    session_destroy(session);
}

struct session *session_find(struct gate *gate, CK_SESSION_HANDLE handle)
{
    return handles_find(&gate->sessions, handle);
}

CK_RV session_open_vendor(struct session *session)
{
    struct token *token = session->token;
    CK_SESSION_HANDLE opened = 0;
    CK_RV rv;

    if (session->vendor != 0)
        return CKR_OK;
    rv = token_open(token); /* the login hangs on the token's session: it comes first */
    if (rv != CKR_OK)
        return rv;
    rv = vendor_session_open(token, &opened);
    if (rv != CKR_OK)
        return rv;
    gate_own_session(token->gate, token->vendor, opened, NULL);
    session->vendor = opened;
    return CKR_OK;
}

struct number_search {
    const struct vendor *vendor;
    CK_SESSION_HANDLE number;
};

static void disown(void *pointer, void *context)
{
    struct session *session = pointer;
    const struct number_search *search = context;

    if (session->token->vendor != search->vendor || session->vendor != search->number)
        return;
    forget_vendor(session);
    if (session->sign.stage == SIGN_PARTS)
        session->sign = (struct sign_operation){0};
}

void sessions_disown(struct gate *gate, const struct vendor *vendor, CK_SESSION_HANDLE number)
{
    struct number_search search = {vendor, number};

    handles_each(&gate->sessions, disown, &search);
}

static void forget_started(void *pointer, void *context)
{
    struct session *session = pointer;

    if (session->token == context && session->sign.stage == SIGN_STARTED)
        session->sign = (struct sign_operation){0};
}

void sessions_forget_started(struct gate *gate, const struct token *token)
{
    handles_each(&gate->sessions, forget_started, (void *)(uintptr_t)token);
}

struct other_search {
    const struct session *than;
    bool found;
};

static void find_other_started(void *pointer, void *context)
{
    const struct session *session = pointer;
    struct other_search *search = context;

    if (session != search->than && session->token == search->than->token &&
        session->sign.stage == SIGN_STARTED)
        search->found = true;
}

bool session_is_in_the_way(struct session *session)
{
    struct other_search search = {session, false};

    handles_each(&session->token->gate->sessions, find_other_started, &search);
    return search.found;
}

bool session_sees_token(struct session *session)
{
    struct token *token = session->token;

    if (!token->present)
        gate_scan(token->gate);
    return token_is_visible(token);
}

const struct exposed_object *session_made_key(struct session *session, CK_OBJECT_HANDLE handle)
{
    const struct exposed_object *object = NULL;

    gate_refresh_policy(session->token->gate);
    if (session_sees_token(session))
        object = token_object(session->token, handle);
    return object != NULL && object->source == NULL ? object : NULL;
}

static void lose_vendor(void *pointer, void *context)
{
    struct session *session = pointer;

    if (session->token != context)
        return;
    forget_vendor(session);
    if (session->sign.stage == SIGN_PARTS || session->sign.stage == SIGN_STARTED)
        session->sign = (struct sign_operation){0};
}

void sessions_lose_vendor(struct gate *gate, const struct token *token)
{
    handles_each(&gate->sessions, lose_vendor, (void *)(uintptr_t)token);
}

static void close_if_of(void *pointer, void *context)
{
    struct session *session = pointer;

    if (session->token == context)
        session_close_vendor(session);
}

void sessions_close_vendor(struct gate *gate, const struct token *token)
{
    handles_each(&gate->sessions, close_if_of, (void *)(uintptr_t)token);
}

void session_drop_sign(struct session *session)
{
    enum sign_stage stage = session->sign.stage;

    session->sign = (struct sign_operation){0};
    if (stage == SIGN_STARTED)
        token_renew_session(session->token);
    else if (stage == SIGN_PARTS)
        session_close_vendor(session);
}

void session_end_search(struct session *session)
{
    free(session->found);
    session->found = NULL;
    session->n_found = 0;
    session->at = 0;
    session->searching = false;
}
