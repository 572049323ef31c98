// SPDX-License-Identifier: BSD-2-Clause
// Verifying (PKCS#11 2.40, 5.12): by us where the public key is of our making, by the vendor where
// it is the token's.
#include "crypto/verifier.h"

#include <string.h>
#include "module/session.h"

/* The verifier for a key of our making. *verifier is the caller's. */
static CK_RV begin(const struct gate *gate, const struct exposed_object *key,
                   const CK_MECHANISM *mechanism, enum mechanism_use use,
                   struct verifier **verifier)
{
    CK_RV rv = gate_check_made_key(gate, key, mechanism, use);

    if (rv != CKR_OK)
        return rv;
    *verifier = verifier_create(gate->crypto, key->key->group->key, mechanism);
    return *verifier != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV gate_C_VerifyInit(struct layer *self, CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                        CK_OBJECT_HANDLE hKey)
{
    struct gate *gate = gate_of(self);
    struct session *session = session_find(gate, hSession);
    const struct exposed_object *key = session != NULL ? session_made_key(session, hKey) : NULL;

    if (session != NULL && session->verifier != NULL)
        return CKR_OPERATION_ACTIVE;
    if (key == NULL)
        return pass_C_VerifyInit(self, hSession, pMechanism, hKey);
    if ((session->at_vendor & OPERATION_VERIFY) != 0)
        return CKR_OPERATION_ACTIVE;
    session->verifies_in_parts = false;
    return begin(gate, key, pMechanism, MECHANISM_SIGN, &session->verifier);
}

static struct session *verifying_session(struct layer *self, CK_SESSION_HANDLE handle)
{
    struct session *session = session_find(gate_of(self), handle);

    return session != NULL && session->verifier != NULL ? session : NULL;
}

static CK_RV end(struct session *session, CK_RV rv)
{
    verifier_destroy(session->verifier);
    session->verifier = NULL;
    return rv;
}

static CK_RV verify(struct verifier *verifier, const void *data, CK_ULONG data_size,
                    const void *signature, CK_ULONG size)
{
    if ((data == NULL && data_size > 0) || (signature == NULL && size > 0))
        return CKR_ARGUMENTS_BAD;
    if (!verifier_takes_data(verifier, data_size))
        return CKR_DATA_LEN_RANGE;
    if (size != verifier_signature_size(verifier))
        return CKR_SIGNATURE_LEN_RANGE;
    return verifier_verify(verifier, data, data_size, signature, size) ? CKR_OK
                                                                       : CKR_SIGNATURE_INVALID;
}

CK_RV gate_C_Verify(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData,
                    CK_ULONG ulDataLen, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen)
{
    struct session *session = verifying_session(self, hSession);

    if (session == NULL)
        return pass_C_Verify(self, hSession, pData, ulDataLen, pSignature, ulSignatureLen);
    if (session->verifies_in_parts) /* which C_VerifyFinal alone ends */
        return CKR_OPERATION_NOT_INITIALIZED;
    return end(session, verify(session->verifier, pData, ulDataLen, pSignature, ulSignatureLen));
}

CK_RV gate_C_VerifyUpdate(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
                          CK_ULONG ulPartLen)
{
    struct session *session = verifying_session(self, hSession);

    if (session == NULL)
        return pass_C_VerifyUpdate(self, hSession, pPart, ulPartLen);
    if (pPart == NULL && ulPartLen > 0)
        return end(session, CKR_ARGUMENTS_BAD);
    if (!verifier_takes_parts(session->verifier))
        return end(session, CKR_FUNCTION_NOT_SUPPORTED);
    session->verifies_in_parts = true;
    if (!verifier_add(session->verifier, pPart, ulPartLen))
        return end(session, CKR_FUNCTION_FAILED);
    return CKR_OK;
}

static CK_RV finish(struct verifier *verifier, const void *signature, CK_ULONG size)
{
    if (signature == NULL && size > 0)
        return CKR_ARGUMENTS_BAD;
    if (!verifier_takes_parts(verifier))
        return CKR_FUNCTION_NOT_SUPPORTED;
    if (size != verifier_signature_size(verifier))
        return CKR_SIGNATURE_LEN_RANGE;
    return verifier_finish(verifier, signature, size) ? CKR_OK : CKR_SIGNATURE_INVALID;
}

CK_RV gate_C_VerifyFinal(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
                         CK_ULONG ulSignatureLen)
{
    struct session *session = verifying_session(self, hSession);

    if (session == NULL)
        return pass_C_VerifyFinal(self, hSession, pSignature, ulSignatureLen);
    return end(session, finish(session->verifier, pSignature, ulSignatureLen));
}

CK_RV gate_C_VerifyRecoverInit(struct layer *self, CK_SESSION_HANDLE hSession,
                               CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey)
{
    struct gate *gate = gate_of(self);
    struct session *session = session_find(gate, hSession);
    const struct exposed_object *key = session != NULL ? session_made_key(session, hKey) : NULL;

    if (session != NULL && session->recoverer != NULL)
        return CKR_OPERATION_ACTIVE;
    if (key == NULL)
        return pass_C_VerifyRecoverInit(self, hSession, pMechanism, hKey);
    if ((session->at_vendor & OPERATION_VERIFY_RECOVER) != 0)
        return CKR_OPERATION_ACTIVE;
    return begin(gate, key, pMechanism, MECHANISM_RECOVER, &session->recoverer);
}

static CK_RV recover(struct verifier *verifier, const void *signature, CK_ULONG size,
                     unsigned char *out, CK_ULONG *out_size)
{
    unsigned char data[PUBLIC_KEY_MODULUS_MAX];
    size_t data_size = 0;
    CK_ULONG room;

    if (out_size == NULL || (signature == NULL && size > 0))
        return CKR_ARGUMENTS_BAD;
    if (size != verifier_signature_size(verifier))
        return CKR_SIGNATURE_LEN_RANGE;
    if (!verifier_recover(verifier, signature, size, data, &data_size))
        return CKR_SIGNATURE_INVALID;
    room = *out_size;
    *out_size = data_size;
    if (out == NULL)
        return CKR_OK;
    if (room < data_size)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(out, data, data_size);
    return CKR_OK;
}

/* A question for the size leaves the operation active (2.40, 5.2). */
static bool is_over(CK_RV rv, const void *out)
{
    return rv != CKR_BUFFER_TOO_SMALL && (rv != CKR_OK || out != NULL);
}

CK_RV gate_C_VerifyRecover(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
                           CK_ULONG ulSignatureLen, CK_BYTE_PTR pData, CK_ULONG_PTR pulDataLen)
{
    struct session *session = session_find(gate_of(self), hSession);
    bool ours = session != NULL && session->recoverer != NULL;
    CK_RV rv;

    if (!ours)
        return pass_C_VerifyRecover(self, hSession, pSignature, ulSignatureLen, pData, pulDataLen);
    rv = recover(session->recoverer, pSignature, ulSignatureLen, pData, pulDataLen);
    if (!is_over(rv, pData))
        return rv;
    verifier_destroy(session->recoverer);
    session->recoverer = NULL;
    return rv;
}
