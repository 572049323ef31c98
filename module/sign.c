// SPDX-License-Identifier: BSD-2-Clause
#include "module/sign.h"

#include <string.h>
#include "common/log.h"
#include "common/names.h"
#include "crypto/verifier.h"
#include "module/audit.h"
#include "module/audit_only.h"
#include "module/events.h"
#include "module/key_use.h"
#include "module/recover.h"

CK_FUNCTION_LIST *sign_vendor(const struct session *session)
{
    return vendor_functions(session->token->vendor);
}

struct exposed_object *sign_key(const struct session *session)
{
    return token_find_object(session->token, CKO_PRIVATE_KEY, session->sign.spki_hash);
}

struct exposed_object *sign_fresh_key(const struct session *session)
{
    token_drop_stale(session->token);
    if (!session->token->exposed && recover_find(session->token) &&
        token_log_in_lazily(session->token))
        token_refresh(session->token);
    return sign_key(session);
}

/* What has the key's place is another one, or needs a login; or the card is out. */
static CK_RV missing_key(const struct token *token)
{
    if (!token->present)
        return CKR_DEVICE_REMOVED;
    return token->login_lost && !token_logged_in(token) ? CKR_USER_NOT_LOGGED_IN
                                                        : CKR_KEY_HANDLE_INVALID;
}

/* A pair that still has to prove itself can do so only by a signature that we can verify. */
static CK_RV check_use(struct token *token, const struct exposed_object *key,
                       const CK_MECHANISM *mechanism)
{
    const struct public_key *public_key = key->key->group->key;
    CK_RV rv = gate_check_mechanism(token->gate, mechanism, MECHANISM_SIGN);

    if (rv != CKR_OK)
        return rv;
    if (!gate_permits_raw(token->gate, mechanism) ||
        !exposed_key_permits(key->key, mechanism, true))
        return CKR_MECHANISM_INVALID;
    if (mechanism->ulParameterLen > PARAMETER_MAX)
        return CKR_MECHANISM_PARAM_INVALID;
    if (!mechanism_fits_key(mechanism->mechanism, public_key->type))
        return CKR_KEY_TYPE_INCONSISTENT;
    if (!token_is_proved(token, key) && !public_key_can_verify(public_key, mechanism))
        return CKR_MECHANISM_INVALID;
    return CKR_OK;
}

static void begin(struct session *session, struct token *token, const struct exposed_object *key,
                  const CK_MECHANISM *mechanism)
{
    struct sign_operation *sign = &session->sign;

    audit_only_note(token, key->key, "is signed with");
    sign->stage = SIGN_DEFERRED;
    sign->mechanism = *mechanism;
    if (mechanism->ulParameterLen > 0)
        memcpy(sign->parameter, mechanism->pParameter, mechanism->ulParameterLen);
    sign->mechanism.pParameter = mechanism->ulParameterLen > 0 ? sign->parameter : NULL;
    sign->always_authenticate = token_wants_login(token, key);
    memcpy(sign->spki_hash, key->key->group->key->spki_hash, sizeof(sign->spki_hash));
}

CK_RV gate_C_SignInit(struct layer *self, CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                      CK_OBJECT_HANDLE hKey)
{
    struct gate *gate = gate_of(self);
    struct session *session = session_find(gate, hSession);
    struct exposed_object *key = NULL;
    CK_RV rv;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    /* Hosts leave operations behind (ssh does after a failed context login): the new one takes its place. */
    session_drop_sign(session);
    if (pMechanism == NULL)
        return CKR_ARGUMENTS_BAD;
    gate_refresh_policy(gate);
    events_look(gate);
    if (session_sees_token(session) && token_log_in_lazily(session->token))
        key = token_object(session->token, hKey);
    if (key == NULL)
        return missing_key(session->token);
    if (key->class != CKO_PRIVATE_KEY)
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    rv = check_use(session->token, key, pMechanism);
    if (rv == CKR_OK)
        begin(session, session->token, key, pMechanism);
    else
        key_use_refused(session->token, key->key,
                        &(struct key_use_request){FUNCTION_C_SignInit, pMechanism,
                                                  signature_digest(pMechanism->mechanism)},
                        NULL, rv);
    return rv;
}

CK_RV sign_start(struct session *session, CK_SESSION_HANDLE vendor_session)
{
    const struct exposed_object *key = sign_key(session);

    if (key == NULL)
        return CKR_KEY_HANDLE_INVALID;
    return sign_vendor(session)->C_SignInit(vendor_session, &session->sign.mechanism,
                                          key->source->vendor);
}

/* On the token's session, where no operation of another of the application's sessions may be met. */
static CK_RV start_on_token(struct session *session)
{
    struct token *token = session->token;
    CK_RV rv = token_open(token);

    if (rv == CKR_OK && sessions_borrow(token))
        return CKR_SESSION_COUNT;
    if (rv == CKR_OK && session_is_in_the_way(session))
        rv = token_renew_session(token);
    return rv == CKR_OK ? sign_start(session, token->session) : rv;
}

/* An always-authenticate key gets its login from us, if it can be had: the application was told that the key needs none. */
static CK_RV start_and_log_in(struct session *session, bool *started)
{
    struct token *token = session->token;
    struct own_pin own = {0};
    bool ours = session->sign.always_authenticate &&
                token_own_pin(token, CKU_CONTEXT_SPECIFIC, &own);
    CK_RV rv = start_on_token(session);

    *started = rv == CKR_OK;
    if (rv == CKR_OK && ours) {
        rv = token_send_own_pin(token, 0, CKU_CONTEXT_SPECIFIC, &own);
        rv = pin_guard_is_refusal(rv) ? CKR_USER_NOT_LOGGED_IN : rv;
        if (rv != CKR_OK && loss_of(rv) == LOSS_NONE)
            token_renew_session(token); /* the operation must not stay */
    }
    explicit_bzero(&own, sizeof(own));
    return rv;
}

/* started: the vendor has the operation; it may be active still if C_Sign fails. */
static CK_RV sign_once(struct session *session, CK_BYTE_PTR data, CK_ULONG data_size,
                       CK_BYTE_PTR signature, CK_ULONG_PTR size, bool *started)
{
    struct token *token = session->token;
    CK_RV rv = CKR_OK;

    *started = session->sign.stage == SIGN_STARTED;
    if (!*started)
        rv = start_and_log_in(session, started);
    if (rv != CKR_OK)
        return rv;
    *size = SIGNATURE_MAX;
    rv = sign_vendor(session)->C_Sign(token->session, data, data_size, signature, size);
    if (rv == CKR_BUFFER_TOO_SMALL) /* which leaves the operation active; there is no more room to give */
        token_renew_session(token);
    return rv;
}

/* An always-authenticate key wants its context login (ssh leaves it out right after a login): nothing is lost, but the operation may
 * still be active. */
static CK_RV drop_unauthenticated(struct session *session)
{
    CK_RV rv = token_renew_session(session->token);

    session->sign.stage = SIGN_DEFERRED;
    return rv == CKR_OK ? CKR_USER_NOT_LOGGED_IN : rv;
}

/* What was recovered may stand for other objects by now; and what was permitted under another configuration has to be asked for again. */
static CK_RV check_again(const struct session *session, unsigned readings)
{
    const struct token *token = session->token;

    if (sign_key(session) == NULL || (token->login_lost && !token_logged_in(token)))
        return missing_key(token); /* though it may be seen before a login */
    return token->gate->readings == readings ? CKR_OK : CKR_FUNCTION_CANCELED;
}

/* What is active of an always-authenticate key is not replayed: its PIN was for that operation. Nor is what failed for want of a login of
 * ours: whether the card has looked at that PIN, nobody knows. */
static CK_RV sign_and_recover(struct session *session, CK_BYTE_PTR data, CK_ULONG data_size,
                              CK_BYTE_PTR signature, CK_ULONG_PTR size)
{
    bool authenticated = session->sign.stage == SIGN_STARTED;
    unsigned readings = session->token->gate->readings;
    struct recovery recovery = {0};
    bool started;
    CK_RV rv = sign_once(session, data, data_size, signature, size, &started);

    while (rv != CKR_OK) {
        CK_RV again;
        if (rv == CKR_USER_NOT_LOGGED_IN && started && session->sign.always_authenticate)
            return drop_unauthenticated(session);
        if (!recover_signature(&recovery, session->token, rv) || authenticated ||
            session->token->own_login_failed)
            return rv;
        again = check_again(session, readings);
        if (again != CKR_OK)
            return again;
        rv = sign_once(session, data, data_size, signature, size, &started);
    }
    session->token->restarted = false;
    return rv;
}

/* Every signature is verified before it is handed out, where the mechanism can be: a private key that does not tell its public key
 * proves by its first one that it belongs to what we show, and no other key that has taken its handle gets by. */
static CK_RV prove(struct session *session, CK_BYTE_PTR data, CK_ULONG data_size,
                   const unsigned char *signature, CK_ULONG size)
{
    struct token *token = session->token;
    const struct exposed_object *key = sign_key(session);
    enum verification outcome;

    if (key == NULL)
        return CKR_KEY_HANDLE_INVALID;
    outcome = public_key_verify(token->gate->crypto, key->key->group->key,
                                &session->sign.mechanism, data, data_size, signature, size);
    if (outcome == CANNOT_VERIFY && token_is_proved(token, key))
        return CKR_OK;
    if (outcome != VERIFIED)
        log_error("a signature does not fit the public key that is shown: it is not handed out");
    return token_note_proof(token, key, outcome == VERIFIED);
}

static CK_RV sign_proved(struct session *session, CK_BYTE_PTR data, CK_ULONG data_size,
                         CK_BYTE_PTR out, CK_ULONG_PTR out_size, CK_ULONG room)
{
    unsigned char signature[SIGNATURE_MAX];
    CK_ULONG size = 0;
    CK_RV rv = sign_and_recover(session, data, data_size, signature, &size);

    if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && size > sizeof(signature)))
        rv = CKR_DEVICE_ERROR;
    if (rv == CKR_OK)
        rv = prove(session, data, data_size, signature, size);
    if (rv == CKR_OK && size > room)
        rv = CKR_DEVICE_ERROR;
    if (rv == CKR_OK) {
        memcpy(out, signature, size);
        *out_size = size;
    }
    explicit_bzero(signature, sizeof(signature));
    return rv;
}

CK_RV sign_answer_size(const struct exposed_object *key, CK_BYTE_PTR signature, CK_ULONG_PTR size,
                       bool *answered)
{
    CK_ULONG needed = public_key_signature_size(key->key->group->key);

    *answered = signature == NULL || *size < needed;
    if (!*answered)
        return CKR_OK;
    *size = needed;
    return signature == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
}

/* The hash that is signed may be in the data alone: ssh hashes by itself. */
static bool is_permitted(const struct exposed_object *key, CK_MECHANISM_TYPE mechanism,
                         const void *data, CK_ULONG size)
{
    const struct verdict *verdict = &key->key->verdict;
    const struct rule *rule = verdict->rule != NULL ? verdict->rule : verdict->narrowing;

    if (exposed_key_permits_data(key->key, mechanism, data, size))
        return true;
    log_error("a signature is refused: its digest is none of the `digests` of %s:%u",
              rule->position.file, rule->position.line);
    return false;
}

/* All that may still refuse the signature, but for the vendor. */
static CK_RV begin_use(struct session *session, const struct exposed_object *key, const void *data,
                       CK_ULONG size, struct key_use **use)
{
    const CK_MECHANISM *mechanism = &session->sign.mechanism;
    const struct key_use_request request = {FUNCTION_C_Sign, mechanism,
                                            mechanism_digest(mechanism, data, size)};

    if (is_permitted(key, mechanism->mechanism, data, size))
        return key_use_begins(session->token, key->key, &request, use);
    key_use_refused(session->token, key->key, &request, "digest", CKR_DATA_INVALID);
    return CKR_DATA_INVALID;
}

CK_RV gate_C_Sign(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData,
                  CK_ULONG ulDataLen, CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen)
{
    struct session *session = session_find(gate_of(self), hSession);
    struct exposed_object *key;
    struct key_use *use = NULL;
    bool answered = false;
    CK_RV rv;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    key = sign_fresh_key(session);
    if (session->sign.stage != SIGN_DEFERRED && session->sign.stage != SIGN_STARTED)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (pulSignatureLen == NULL || (pData == NULL && ulDataLen > 0)) {
        session_drop_sign(session);
        return CKR_ARGUMENTS_BAD;
    }
    if (key == NULL) {
        session_drop_sign(session);
        return missing_key(session->token);
    }
    rv = sign_answer_size(key, pSignature, pulSignatureLen, &answered);
    if (answered)
        return rv;
    rv = begin_use(session, key, pData, ulDataLen, &use);
    if (rv != CKR_OK) {
        session_drop_sign(session);
        return rv;
    }
    rv = sign_proved(session, pData, ulDataLen, pSignature, pulSignatureLen, *pulSignatureLen);
    if (rv != CKR_OK)
        log_info("signing failed: %s", name_of_rv(rv));
    rv = recover_answer_of(session->token, rv);
    key_use_ended(session->token->gate, &use, rv);
    if (session->sign.stage == SIGN_STARTED)
        session->sign.stage = SIGN_DEFERRED; /* C_Sign ended it at the vendor, whatever it answered */
    session_drop_sign(session);
    return rv;
}

CK_RV sign_login(struct session *session, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    struct token *token = session->token;
    CK_RV rv;

    if (session->sign.stage != SIGN_DEFERRED)
        return CKR_OPERATION_NOT_INITIALIZED;
    rv = pin_guard_check(&token->guard, token->gate->crypto, CKU_CONTEXT_SPECIFIC, pin, size);
    if (rv != CKR_OK) {
        audit_login_ended(token, CKU_CONTEXT_SPECIFIC, "login-stopped", rv);
        return rv;
    }
    rv = start_on_token(session);
    if (loss_of(rv) != LOSS_NONE && recover_token(token, rv))
        rv = start_on_token(session);
    if (rv != CKR_OK)
        return recover_answer_of(token, rv);
    session->sign.stage = SIGN_STARTED;
    rv = token_login(token, CKU_CONTEXT_SPECIFIC, pin, size);
    if (rv != CKR_OK)
        session_drop_sign(session);
    return rv;
}
