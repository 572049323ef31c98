// SPDX-License-Identifier: BSD-2-Clause
#include "module/call.h"

#include "filters/mechanism.h"
#include "module/recover.h"

CK_RV call_slot(struct call *call, CK_SLOT_ID *slot)
{
    call->token = gate_token(call->gate, *slot);
    if (call->token == NULL)
        return CKR_SLOT_ID_INVALID;
    call->vendor = vendor_functions(call->token->vendor);
    *slot = call->token->slot;
    call->reached_vendor = true;
    return CKR_OK;
}

CK_RV call_session(struct call *call, const CK_SESSION_HANDLE *session)
{
    struct session *found = session_find(call->gate, *session);

    if (found == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    call->vendor = vendor_functions(found->token->vendor);
    if (!session_sees_token(found))
        return CKR_TOKEN_NOT_PRESENT;
    /* Without a session of its own there is no operation that could go on. */
    if (found->vendor == 0 && functions[call->function].how == HOW_continue)
        return CKR_OPERATION_NOT_INITIALIZED;
    call->session = found;
    call->token = found->token;
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

CK_RV call_key(struct call *call, CK_OBJECT_HANDLE *key)
{
    struct exposed_object *object = NULL;

    gate_refresh_policy(call->gate);
    if (token_refresh(call->token) == CKR_OK)
        object = token_object(call->token, *key);
    if (object == NULL)
        return CKR_KEY_HANDLE_INVALID;
    /* A key that we made is none of the vendor's; its usage flags are all FALSE. */
    if (object->source == NULL)
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    *key = object->source->vendor;
    return CKR_OK;
}

CK_RV call_mechanism(struct call *call, const CK_MECHANISM *mechanism)
{
    bool digests = functions[call->function].group == GROUP_digest;

    if (mechanism == NULL)
        return CKR_ARGUMENTS_BAD;
    return mechanism_check(mechanism, digests ? MECHANISM_DIGEST : MECHANISM_SIGN);
}

bool call_again(struct call *call, CK_RV rv, bool may_repeat)
{
    enum loss loss = loss_of(rv);

    if (!call->reached_vendor || loss == LOSS_NONE)
        return false;
    if (loss == LOSS_OPERATION || loss == LOSS_OBJECT || loss == LOSS_LOGIN)
        return false;
    if (call->session != NULL)
        session_close_vendor(call->session);
    if (call->tried || !may_repeat)
        return false;
    call->tried = true;
    return recover_token(call->token, rv);
}

CK_RV call_end(struct call *call, CK_RV rv)
{
    return call->reached_vendor ? recover_answer(rv) : rv;
}
