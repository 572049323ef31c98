// SPDX-License-Identifier: BSD-2-Clause
#include "module/session.h"

#include <stdlib.h>
#include <string.h>
#include "crypto/encryptor.h"
#include "crypto/verifier.h"
#include "module/key_use.h"
#include "module/recover.h"

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

static void drop_own(struct session *session)
{
    verifier_destroy(session->verifier);
    verifier_destroy(session->recoverer);
    verifier_destroy(session->prover);
    encryptor_destroy(session->encryptor);
    session->verifier = session->recoverer = session->prover = NULL;
    session->encryptor = NULL;
    for (size_t i = 0; i < SESSION_USES; i++) {
        key_use_destroy(session->uses[i]);
        session->uses[i] = NULL;
    }
}

void session_destroy(struct session *session)
{
    if (session == NULL)
        return;
    drop_own(session);
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

bool session_sees_token(struct session *session)
{
    struct token *token = session->token;

    if (!recover_find(token))
        return false;
    token_drop_stale(token);
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

void session_end_operations(struct session *session)
{
    session_drop_sign(session);
    session_end_search(session);
    drop_own(session);
    if (session->at_vendor != 0)
        session_close_vendor(session);
}
