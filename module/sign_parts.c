// SPDX-License-Identifier: BSD-2-Clause
// Signing part by part (PKCS#11 2.40, 5.11).
#include "module/key_use.h"
#include "module/recover.h"
#include "module/sign.h"

static void end(struct session *session, CK_RV rv)
{
    key_use_ended(session->token->gate, session_use(session, FUNCTION_C_SignFinal),
                  recover_answer_of(session->token, rv));
}

/* Part by part only with a pair that has proved itself: what was signed is not kept, so it could not be verified. Nor could the hash
 * in it be judged, where the data is one. */
static bool is_permitted(const struct session *session, const struct exposed_object *key)
{
    return !session->sign.always_authenticate && token_is_proved(session->token, key) &&
           exposed_key_permits_data(key->key, session->sign.mechanism.mechanism, NULL, 0);
}

static CK_RV begin_use(struct session *session, const struct exposed_object *key)
{
    const struct key_use_request request = {FUNCTION_C_SignUpdate, &session->sign.mechanism,
                                            mechanism_digest(&session->sign.mechanism, NULL, 0)};

    if (is_permitted(session, key))
        return key_use_begins(session->token, key->key, &request,
                              session_use(session, FUNCTION_C_SignFinal));
    key_use_refused(session->token, key->key, &request, "in parts", CKR_FUNCTION_NOT_SUPPORTED);
    return CKR_FUNCTION_NOT_SUPPORTED;
}

static CK_RV begin(struct session *session, const struct exposed_object *key)
{
    CK_RV rv = begin_use(session, key);

    if (rv != CKR_OK)
        return rv;
    rv = session_open_vendor(session);
    if (rv == CKR_OK)
        rv = sign_start(session, session->vendor);
    if (rv == CKR_OK) {
        session->sign.stage = SIGN_PARTS;
        session->at_vendor |= OPERATION_SIGN;
        return rv;
    }
    end(session, rv);
    if (loss_of(rv) != LOSS_NONE) {
        session_close_vendor(session);
        recover_token(session->token, rv); /* for the next attempt; the host begins anew */
    }
    return recover_answer_of(session->token, rv);
}

static CK_RV enter(struct gate *gate, CK_SESSION_HANDLE handle, struct session **session)
{
    const struct exposed_object *key;
    CK_RV rv = CKR_OK;

    *session = session_find(gate, handle);
    if (*session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    key = sign_fresh_key(*session);
    if ((*session)->sign.stage == SIGN_NONE || (*session)->sign.stage == SIGN_STARTED)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (key == NULL)
        rv = CKR_KEY_HANDLE_INVALID;
    else if ((*session)->sign.stage == SIGN_DEFERRED)
        rv = begin(*session, key);
    if (rv != CKR_OK)
        session_drop_sign(*session);
    return rv;
}

CK_RV gate_C_SignUpdate(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
                        CK_ULONG ulPartLen)
{
    struct session *session;
    CK_RV rv = enter(gate_of(self), hSession, &session);

    if (rv != CKR_OK)
        return rv;
    rv = sign_vendor(session)->C_SignUpdate(session->vendor, pPart, ulPartLen);
    if (rv != CKR_OK) {
        end(session, rv);
        session_drop_sign(session);
    }
    return recover_answer_of(session->token, rv);
}

CK_RV gate_C_SignFinal(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
                       CK_ULONG_PTR pulSignatureLen)
{
    struct session *session;
    CK_RV rv = enter(gate_of(self), hSession, &session);

    if (rv != CKR_OK)
        return rv;
    if (pulSignatureLen == NULL) {
        end(session, CKR_ARGUMENTS_BAD);
        session_drop_sign(session);
        return CKR_ARGUMENTS_BAD;
    }
    rv = sign_vendor(session)->C_SignFinal(session->vendor, pSignature, pulSignatureLen);
    if (rv != CKR_BUFFER_TOO_SMALL && !(rv == CKR_OK && pSignature == NULL)) {
        end(session, rv);
        session->sign = (struct sign_operation){0}; /* over, at the vendor too */
        session->at_vendor &= ~(unsigned)OPERATION_SIGN;
    }
    if (loss_of(rv) != LOSS_NONE)
        session_close_vendor(session);
    return recover_answer_of(session->token, rv);
}
