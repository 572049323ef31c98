// SPDX-License-Identifier: BSD-2-Clause
// C_SessionCancel (PKCS#11 3.0, 5.6.8): ends what was begun in a session and not finished.
#include "crypto/encryptor.h"
#include "crypto/verifier.h"
#include "module/key_use.h"
#include "module/session.h"

static void forget_verifier(struct verifier **verifier)
{
    verifier_destroy(*verifier);
    *verifier = NULL;
}

/* What no vendor knows of. */
static void end_ours(struct session *session, CK_FLAGS flags)
{
    if ((flags & CKF_FIND_OBJECTS) != 0)
        session_end_search(session);
    if ((flags & CKF_VERIFY) != 0)
        forget_verifier(&session->verifier);
    if ((flags & CKF_VERIFY_RECOVER) != 0)
        forget_verifier(&session->recoverer);
    if ((flags & CKF_ENCRYPT) != 0) {
        encryptor_destroy(session->encryptor);
        session->encryptor = NULL;
    }
}

/* The audit is told that the use of a key has ended. */
static void end_uses(struct session *session, CK_FLAGS flags)
{
    static const struct {
        CK_FLAGS flag;
        enum function_id function;
    } uses[] = {{CKF_SIGN, FUNCTION_C_SignFinal},
                {CKF_SIGN_RECOVER, FUNCTION_C_SignRecover},
                {CKF_DECRYPT, FUNCTION_C_DecryptFinal}};

    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if ((flags & uses[i].flag) != 0)
            key_use_ended(session->token->gate, session_use(session, uses[i].function), CKR_FUNCTION_CANCELED);
    }
}

/* A signature in parts is ended with the vendor's operations. */
static void end_sign(struct session *session)
{
    if (session->sign.stage == SIGN_PARTS)
        session->sign = (struct sign_operation){0};
    session_drop_sign(session);
    forget_verifier(&session->prover);
}

/* What nothing else is begun beside is closed, which ends it for certain. */
static CK_RV end_at_vendor(struct session *session, unsigned operations)
{
    operations &= session->at_vendor;
    if (operations == 0)
        return CKR_OK;
    if (operations == session->at_vendor) {
        session_close_vendor(session);
        return CKR_OK;
    }
    if (!vendor_session_end(session->token->vendor, session->vendor, operations))
        return CKR_OPERATION_CANCEL_FAILED;
    session->at_vendor &= ~operations;
    return CKR_OK;
}

/* What is not active, or is none of the standard's operations, is no error. */
CK_RV gate_C_SessionCancel(struct layer *self, CK_SESSION_HANDLE hSession, CK_FLAGS flags)
{
    struct session *session = session_find(gate_of(self), hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    end_ours(session, flags);
    end_uses(session, flags);
    if ((flags & CKF_SIGN) != 0)
        end_sign(session);
    return end_at_vendor(session, vendor_operations_of(flags));
}
