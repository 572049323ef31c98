// SPDX-License-Identifier: BSD-2-Clause
// Encrypting (PKCS#11 2.40, 5.8): by us where the public key is of our making, by the vendor where
// it is the token's.
#include "crypto/encryptor.h"

#include "module/session.h"

CK_RV gate_C_EncryptInit(struct layer *self, CK_SESSION_HANDLE hSession,
                         CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey)
{
    struct gate *gate = gate_of(self);
    struct session *session = session_find(gate, hSession);
    const struct exposed_object *key = session != NULL ? session_made_key(session, hKey) : NULL;
    CK_RV rv;

    if (session != NULL && session->encryptor != NULL)
        return CKR_OPERATION_ACTIVE;
    if (key == NULL)
        return pass_C_EncryptInit(self, hSession, pMechanism, hKey);
    if ((session->at_vendor & OPERATION_ENCRYPT) != 0)
        return CKR_OPERATION_ACTIVE;
    rv = gate_check_made_key(gate, key, pMechanism, MECHANISM_ENCRYPT);
    if (rv != CKR_OK)
        return rv;
    session->encryptor = encryptor_create(gate->crypto, key->key->group->key, pMechanism);
    return session->encryptor != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

static struct session *encrypting_session(struct layer *self, CK_SESSION_HANDLE handle)
{
    struct session *session = session_find(gate_of(self), handle);

    return session != NULL && session->encryptor != NULL ? session : NULL;
}

/* A question for the size leaves the operation active (2.40, 5.2). */
static bool is_over(CK_RV rv, const void *out)
{
    return rv != CKR_BUFFER_TOO_SMALL && (rv != CKR_OK || out != NULL);
}

static CK_RV end(struct session *session, CK_RV rv)
{
    encryptor_destroy(session->encryptor);
    session->encryptor = NULL;
    return rv;
}

static CK_RV encrypt(struct encryptor *encryptor, const void *data, CK_ULONG size, void *out,
                     CK_ULONG *out_size)
{
    CK_ULONG room;

    if (out_size == NULL || (data == NULL && size > 0))
        return CKR_ARGUMENTS_BAD;
    if (size > encryptor_most(encryptor))
        return CKR_DATA_LEN_RANGE;
    room = *out_size;
    *out_size = encryptor_size(encryptor);
    if (out == NULL)
        return CKR_OK;
    if (room < *out_size)
        return CKR_BUFFER_TOO_SMALL;
    return encryptor_run(encryptor, data, size, out) ? CKR_OK : CKR_DATA_INVALID;
}

CK_RV gate_C_Encrypt(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData,
                     CK_ULONG ulDataLen, CK_BYTE_PTR pEncryptedData,
                     CK_ULONG_PTR pulEncryptedDataLen)
{
    struct session *session = encrypting_session(self, hSession);
    CK_RV rv;

    if (session == NULL)
        return pass_C_Encrypt(self, hSession, pData, ulDataLen, pEncryptedData,
                              pulEncryptedDataLen);
    rv = encrypt(session->encryptor, pData, ulDataLen, pEncryptedData, pulEncryptedDataLen);
    return is_over(rv, pEncryptedData) ? end(session, rv) : rv;
}

/* No mechanism of RSA takes its data in parts. */
CK_RV gate_C_EncryptUpdate(struct layer *self, CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
                           CK_ULONG ulPartLen, CK_BYTE_PTR pEncryptedPart,
                           CK_ULONG_PTR pulEncryptedPartLen)
{
    struct session *session = encrypting_session(self, hSession);

    if (session != NULL)
        return end(session, CKR_FUNCTION_NOT_SUPPORTED);
    return pass_C_EncryptUpdate(self, hSession, pPart, ulPartLen, pEncryptedPart,
                                pulEncryptedPartLen);
}

CK_RV gate_C_EncryptFinal(struct layer *self, CK_SESSION_HANDLE hSession,
                          CK_BYTE_PTR pLastEncryptedPart, CK_ULONG_PTR pulLastEncryptedPartLen)
{
    struct session *session = encrypting_session(self, hSession);

    if (session != NULL)
        return end(session, CKR_FUNCTION_NOT_SUPPORTED);
    return pass_C_EncryptFinal(self, hSession, pLastEncryptedPart, pulLastEncryptedPartLen);
}
