// SPDX-License-Identifier: BSD-2-Clause
// Signing part by part (PKCS#11 2.40, 5.11).
#include <string.h>
#include "common/log.h"
#include "crypto/verifier.h"
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

/* The parts are not kept, but they can be hashed again. */
static void watch(struct session *session, const struct exposed_object *key)
{
    verifier_destroy(session->prover);
    session->prover = verifier_create(session->token->gate->crypto, key->key->group->key,
                                      &session->sign.mechanism);
    if (session->prover == NULL || verifier_takes_parts(session->prover))
        return;
    verifier_destroy(session->prover);
    session->prover = NULL;
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
        watch(session, key);
        session->sign.stage = SIGN_PARTS;
        session->at_vendor |= OPERATION_SIGN;
        return rv;
    }
    if (loss_of(rv) != LOSS_NONE) {
        session_close_vendor(session);
        recover_token(session->token, rv); /* for the next attempt; the host begins anew */
    }
    return recover_answer_of(session->token, rv);
}

static CK_RV go_on(struct session *session)
{
    const struct exposed_object *key = sign_fresh_key(session); /* which may end what was begun */

    if (session->sign.stage == SIGN_NONE || session->sign.stage == SIGN_STARTED)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (key == NULL)
        return CKR_KEY_HANDLE_INVALID;
    return session->sign.stage == SIGN_DEFERRED ? begin(session, key) : CKR_OK;
}

/* A use that cannot go on has ended. */
static CK_RV enter(struct gate *gate, CK_SESSION_HANDLE handle, struct session **session)
{
    CK_RV rv;

    *session = session_find(gate, handle);
    if (*session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    rv = go_on(*session);
    if (rv == CKR_OK)
        return rv;
    end(*session, rv);
    if ((*session)->sign.stage != SIGN_STARTED) /* which is another operation's */
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
    if (rv == CKR_OK && session->prover != NULL &&
        !verifier_add(session->prover, pPart, ulPartLen))
        rv = CKR_FUNCTION_FAILED;
    if (rv != CKR_OK) {
        end(session, rv);
        session_drop_sign(session);
    }
    return recover_answer_of(session->token, rv);
}

static CK_RV prove(struct session *session, const struct exposed_object *key,
                   const unsigned char *signature, CK_ULONG size)
{
    if (size == public_key_signature_size(key->key->group->key) &&
        (session->prover == NULL || verifier_finish(session->prover, signature, size)))
        return CKR_OK;
    log_error("a signature does not fit the public key that is shown: it is not handed out");
    return token_note_proof(session->token, key, false);
}

/* *size: room in, size out. */
static CK_RV finish(struct session *session, const struct exposed_object *key, CK_BYTE_PTR out,
                    CK_ULONG_PTR out_size)
{
    unsigned char signature[SIGNATURE_MAX];
    CK_ULONG size = sizeof(signature);
    CK_RV rv = sign_vendor(session)->C_SignFinal(session->vendor, signature, &size);

    if (loss_of(rv) != LOSS_NONE || rv == CKR_BUFFER_TOO_SMALL) /* which leaves it active */
        session_close_vendor(session);
    if (rv == CKR_BUFFER_TOO_SMALL)
        rv = CKR_DEVICE_ERROR;
    if (rv == CKR_OK)
        rv = prove(session, key, signature, size);
    if (rv == CKR_OK) {
        memcpy(out, signature, size);
        *out_size = size;
    }
    explicit_bzero(signature, sizeof(signature));
    return rv;
}

CK_RV gate_C_SignFinal(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
                       CK_ULONG_PTR pulSignatureLen)
{
    const struct exposed_object *key;
    struct session *session;
    bool answered = false;
    CK_RV rv = enter(gate_of(self), hSession, &session);

    if (rv != CKR_OK)
        return rv;
    if (pulSignatureLen == NULL) {
        end(session, CKR_ARGUMENTS_BAD);
        session_drop_sign(session);
        return CKR_ARGUMENTS_BAD;
    }
    key = sign_key(session);
    rv = sign_answer_size(key, pSignature, pulSignatureLen, &answered);
    if (answered)
        return rv;
    rv = finish(session, key, pSignature, pulSignatureLen);
    end(session, rv);
    session->sign = (struct sign_operation){0}; /* over, at the vendor too */
    session->at_vendor &= ~(unsigned)OPERATION_SIGN;
    return recover_answer_of(session->token, rv);
}
