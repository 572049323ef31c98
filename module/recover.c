// SPDX-License-Identifier: BSD-2-Clause
#include "module/recover.h"

#include "common/log.h"
#include "common/names.h"

static const struct {
    CK_RV rv;
    enum loss loss;
} losses[] = {
    {CKR_OBJECT_HANDLE_INVALID, LOSS_OBJECT},    {CKR_KEY_HANDLE_INVALID, LOSS_OBJECT},
    {CKR_SESSION_CLOSED, LOSS_SESSION},          {CKR_SESSION_HANDLE_INVALID, LOSS_SESSION},
    {CKR_DEVICE_REMOVED, LOSS_SESSION},          {CKR_DEVICE_ERROR, LOSS_SESSION},
    {CKR_TOKEN_NOT_PRESENT, LOSS_SESSION},       {CKR_TOKEN_NOT_RECOGNIZED, LOSS_SESSION},
    {CKR_OPERATION_ACTIVE, LOSS_OPERATION},       {CKR_USER_NOT_LOGGED_IN, LOSS_LOGIN},
    {CKR_CRYPTOKI_NOT_INITIALIZED, LOSS_LIBRARY},
};

enum loss loss_of(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        if (losses[i].rv == rv)
            return losses[i].loss;
    }
    return LOSS_NONE;
}

CK_RV recover_answer(CK_RV rv)
{
    if (rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED ||
        rv == CKR_CRYPTOKI_NOT_INITIALIZED || rv == CKR_OPERATION_ACTIVE)
        return CKR_DEVICE_ERROR;
    return rv;
}

bool recover_token(struct token *token, CK_RV rv)
{
    enum loss loss = loss_of(rv);

    if (loss == LOSS_NONE)
        return false;
    log_info("recovering from %s", name_of_rv(rv));
    switch (loss) {
    case LOSS_NONE:
        return false;
    case LOSS_OPERATION:
        return token_renew_session(token) == CKR_OK;
    case LOSS_OBJECT:
        token_forget_objects(token);
        break;
    case LOSS_LOGIN:
        token_lose_session(token);
        return false; /* no PIN is kept that could be sent again */
    case LOSS_SESSION:
        token_lose_session(token);
        if (gate_scan(token->gate) != CKR_OK)
            return false;
        break;
    case LOSS_LIBRARY:
        if (gate_reinitialize(token->gate, token->vendor) != CKR_OK)
            return false;
        break;
    }
    return token->present && token_refresh(token) == CKR_OK;
}
