// SPDX-License-Identifier: BSD-2-Clause
// C_SessionCancel (PKCS#11 3.0, 5.6.5): ends what was begun in a session and not finished.
#include "crypto/encryptor.h"
#include "crypto/verifier.h"
#include "module/key_use.h"
#include "module/session.h"

static void forget_verifier(struct verifier **verifier)
{
    verifier_destroy(*verifier);
    *verifier = NULL;
}

/* What no vendor knows of, and a signature that waits for its context login. */
static void end_ours(struct session *session, CK_FLAGS flags)
{
    if ((flags & CKF_FIND_OBJECTS) != 0)
        session_end_search(session);
    if ((flags & CKF_SIGN) != 0 && session->sign.stage != SIGN_PARTS)
        session_drop_sign(session);
    if ((flags & CKF_VERIFY) != 0)
        forget_verifier(&session->verifier);
    if ((flags & CKF_VERIFY_RECOVER) != 0)
        forget_verifier(&session->recoverer);
    if ((flags & CKF_ENCRYPT) != 0) {
        encryptor_destroy(session->encryptor);
        session->encryptor = NULL;
    }
}

/* What ended of the uses of private keys, and of what C_SignUpdate began: the audit is told. */
static void forget_ended(struct session *session, unsigned operations)
{
    static const struct {
        enum vendor_operation operation;
        enum function_id function;
    } uses[] = {{OPERATION_SIGN, FUNCTION_C_SignFinal},
                {OPERATION_SIGN_RECOVER, FUNCTION_C_SignRecover},
                {OPERATION_DECRYPT, FUNCTION_C_DecryptFinal}};

    session->at_vendor &= ~operations;
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if ((operations & uses[i].operation) != 0)
            key_use_ended(session->token->gate, session_use(session, uses[i].function), CKR_FUNCTION_CANCELED);
    }
    if ((operations & (OPERATION_SIGN_RECOVER | OPERATION_DECRYPT)) != 0)
        session->wants_login = false;
    if ((operations & OPERATION_SIGN) != 0) {
        session->sign = (struct sign_operation){0};
        forget_verifier(&session->prover);
    }
}

/* Those that go on. A session in which nothing else is begun is closed, which ends them for certain; but not the token's, with which the login would go. */
static unsigned end_at_vendor(struct session *session, unsigned operations)
{
    if (operations == session->at_vendor && session->vendor != session->token->session) {
        session_close_vendor(session);
        return 0;
    }
    return vendor_session_end(session->token->vendor, session->vendor, operations);
}

/* What is not active, or is none of the standard's operations, is no error. */
CK_RV gate_C_SessionCancel(struct layer *self, CK_SESSION_HANDLE hSession, CK_FLAGS flags)
{
    struct session *session = session_find(gate_of(self), hSession);
    unsigned begun, left = 0;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    end_ours(session, flags);
    begun = vendor_operations_of(flags) & session->at_vendor;
    if (begun != 0)
        left = end_at_vendor(session, begun);
    forget_ended(session, begun & ~left);
    return left == 0 ? CKR_OK : CKR_OPERATION_CANCEL_FAILED;
}
