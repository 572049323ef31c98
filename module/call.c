// SPDX-License-Identifier: BSD-2-Clause
#include "module/call.h"

#include <string.h>
#include "crypto/verifier.h"
#include "module/audit_only.h"
#include "module/events.h"
#include "module/key_use.h"
#include "module/recover.h"

CK_RV call_slot(struct call *call, CK_SLOT_ID *slot)
{
    call->token = gate_token(call->gate, *slot);
    if (call->token == NULL)
        return CKR_SLOT_ID_INVALID;
    call->vendor = call->token->vendor;
    *slot = call->token->slot;
    call->reached_vendor = true;
    return CKR_OK;
}

CK_RV call_session(struct call *call, const CK_SESSION_HANDLE *session)
{
    struct session *found = session_find(call->gate, *session);

    if (found == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    call->vendor = found->token->vendor;
    if (!session_sees_token(found))
        return CKR_TOKEN_NOT_PRESENT;
    if (call->goes_on && !session_goes_on(found, call->operation))
        return CKR_OPERATION_NOT_INITIALIZED;
    call->session = found;
    call->token = found->token;
    call->readings = call->gate->readings;
    return CKR_OK;
}

CK_RV call_open(struct call *call, CK_SESSION_HANDLE *session)
{
    CK_RV rv = session_open_vendor(call->session);

    call->reached_vendor = true;
    if (rv == CKR_OK)
        *session = call->session->vendor;
    return rv;
}

/* What C_SignRecover signs is not looked at any more: where its digest would have to be, it is refused here. */
static bool is_permitted(const struct call *call, const struct exposed_key *key)
{
    bool signs = call->function == FUNCTION_C_SignRecoverInit;

    return exposed_key_permits(key, call->mechanism, signs) &&
           (!signs || exposed_key_permits_data(key, call->mechanism->mechanism, NULL, 0));
}

static CK_RV check_key(const struct call *call, const struct exposed_object *object)
{
    /* A key that we made is none of the vendor's; a pair that has not proved itself may be another's private key. */
    if (object->source == NULL ||
        (object->class == CKO_PRIVATE_KEY && !token_is_proved(call->token, object)))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    if (call->mechanism != NULL && !is_permitted(call, object->key))
        return CKR_MECHANISM_INVALID;
    if (call->mechanism != NULL && object->class == CKO_PRIVATE_KEY &&
        !gate_permits_raw(call->gate, call->mechanism))
        return CKR_MECHANISM_INVALID;
    return CKR_OK;
}

static bool uses_private_key(const struct call *call, const struct exposed_object *object)
{
    enum function_group group = functions[call->function].group;

    return object->class == CKO_PRIVATE_KEY && (group == GROUP_sign || group == GROUP_decrypt);
}

/* Once, also where the call begins anew. */
static CK_RV begin_use(struct call *call, const struct exposed_object *object)
{
    const struct key_use_request request = {
        call->function, call->mechanism,
        call->mechanism != NULL ? mechanism_digest(call->mechanism, NULL, 0) : DIGEST_NONE};

    if (call->begun || !uses_private_key(call, object))
        return CKR_OK;
    call->begun = true;
    audit_only_note(call->token, object->key, "is used");
    return key_use_begins(call->token, object->key, &request,
                          session_use(call->session, call->function));
}

static void refuse(const struct call *call, const struct exposed_object *object, CK_RV rv)
{
    const struct key_use_request request = {
        call->function, call->mechanism,
        call->mechanism != NULL ? signature_digest(call->mechanism->mechanism) : DIGEST_NONE};

    key_use_refused(call->token, object->key, &request, NULL, rv);
}

CK_RV call_key(struct call *call, CK_OBJECT_HANDLE *key)
{
    struct exposed_object *object = NULL;
    enum function_group group = functions[call->function].group;
    CK_RV rv;

    if (group == GROUP_sign || group == GROUP_decrypt)
        token_log_in_lazily(call->token);
    if (token_refresh(call->token) == CKR_OK)
        object = token_object(call->token, *key);
    if (object == NULL)
        return CKR_KEY_HANDLE_INVALID;
    rv = check_key(call, object);
    if (rv != CKR_OK)
        refuse(call, object, rv);
    else
        rv = begin_use(call, object);
    if (rv != CKR_OK)
        return rv;
    call->wants_login = token_wants_login(call->token, object);
    /* Before the operation: some cards forget its login when they are asked between. */
    if (call->wants_login && token_can_relogin(call->token))
        rv = token_fresh_info(call->token);
    if (rv != CKR_OK)
        return rv;
    object = call->token->stale ? NULL : token_object(call->token, *key); /* the card may have gone while somebody was asked */
    if (object == NULL || object->source == NULL)
        return CKR_KEY_HANDLE_INVALID;
    *key = object->source->vendor;
    return CKR_OK;
}

static enum mechanism_use use_of(enum function_id function)
{
    static const struct {
        enum function_id function;
        enum mechanism_use use;
    } uses[] = {
        {FUNCTION_C_DigestInit, MECHANISM_DIGEST},
        {FUNCTION_C_EncryptInit, MECHANISM_ENCRYPT},
        {FUNCTION_C_DecryptInit, MECHANISM_ENCRYPT},
        {FUNCTION_C_SignRecoverInit, MECHANISM_RECOVER},
        {FUNCTION_C_VerifyRecoverInit, MECHANISM_RECOVER},
    };

    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (uses[i].function == function)
            return uses[i].use;
    }
    return MECHANISM_SIGN;
}

CK_RV call_mechanism(struct call *call, const CK_MECHANISM *mechanism)
{
    call->mechanism = mechanism;
    gate_refresh_policy(call->gate); /* before it is judged by it; keys come after mechanisms */
    events_look(call->gate);
    return gate_check_mechanism(call->gate, mechanism, use_of(call->function));
}

/* Nobody was logged in, or the key lacks its login for this operation: nothing is lost. */
static bool wants_a_login(const struct call *call)
{
    return !call->token->logged_in || call->wants_login ||
           (call->session != NULL && call->session->wants_login);
}

bool call_again(struct call *call, CK_RV rv)
{
    enum loss loss = loss_of(rv);

    if (!call->reached_vendor || loss == LOSS_NONE)
        return false;
    if (loss == LOSS_OPERATION || loss == LOSS_OBJECT ||
        (loss == LOSS_LOGIN && wants_a_login(call)))
        return false;
    if (call->session != NULL)
        session_close_vendor(call->session);
    if (call->tried)
        return false;
    call->tried = true;
    /* Under another configuration the user would have to be asked again. */
    return recover_token(call->token, rv) && !call->goes_on &&
           (!call->begun || call->gate->readings == call->readings);
}

/* Does the call end the operation that it goes on with? An error does, and all that hands out the result (PKCS#11 2.40, 5.2). */
static bool ends_use(const struct call *call, CK_RV rv)
{
    if (!call->goes_on)
        return call->begun && rv != CKR_OK;
    if (rv != CKR_OK)
        return rv != CKR_BUFFER_TOO_SMALL && rv != CKR_OPERATION_NOT_INITIALIZED;
    return !call->asks_size &&
           (call->function == FUNCTION_C_Decrypt || call->function == FUNCTION_C_DecryptFinal ||
            call->function == FUNCTION_C_SignRecover);
}

static void end_use(const struct call *call, CK_RV rv)
{
    enum function_group group = functions[call->function].group;

    if (call->session != NULL && (group == GROUP_sign || group == GROUP_decrypt) &&
        ends_use(call, rv))
        key_use_ended(call->gate, session_use(call->session, call->function),
                      recover_answer_of(call->token, rv));
}

/* An error ends an operation as well; the question for the size of the result does not (PKCS#11 2.40, 5.2). */
static void note_operation(const struct call *call, CK_RV rv)
{
    if (call->session == NULL)
        return;
    if (!call->goes_on && rv == CKR_OK)
        call->session->at_vendor |= call->operation;
    if (!call->goes_on || rv == CKR_BUFFER_TOO_SMALL)
        return;
    if (rv != CKR_OK || (call->ends && !call->asks_size))
        call->session->at_vendor &= ~call->operation;
}

/* The login of the operation, from us if it can be had: the application was told that the key needs none. Else it fails when it goes on. */
static void log_in(const struct call *call)
{
    struct own_pin own;

    call->session->wants_login = true;
    if (token_own_pin(call->token, CKU_CONTEXT_SPECIFIC, &own))
        token_send_own_pin(call->token, call->session->vendor, CKU_CONTEXT_SPECIFIC, &own);
    explicit_bzero(&own, sizeof(own));
}

CK_RV call_end(struct call *call, CK_RV rv)
{
    note_operation(call, rv);
    end_use(call, rv);
    if (call->wants_login && rv == CKR_OK)
        log_in(call);
    /* Its session with the vendor is the application's alone, and so is an operation that is active there. */
    return call->reached_vendor && rv != CKR_OPERATION_ACTIVE ? recover_answer_of(call->token, rv)
                                                              : rv;
}
