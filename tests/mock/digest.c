// SPDX-License-Identifier: BSD-2-Clause
// Digests, as an operation that needs no key.
#include "tests/mock/internal.h"

#include <string.h>

enum { DIGEST_SIZE = 32 };

void digest_end(struct session *session)
{
    EVP_MD_CTX_free(session->digest);
    session->digest = NULL;
}

CK_RV mock_C_DigestInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism)
{
    struct session *session = session_at(hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->digest != NULL || (settings.one_operation && session->signer != NULL))
        return CKR_OPERATION_ACTIVE;
    if (pMechanism->mechanism != CKM_SHA256)
        return CKR_MECHANISM_INVALID;
    session->digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(session->digest, EVP_sha256(), NULL);
    return CKR_OK;
}

static CK_RV begin(CK_SESSION_HANDLE handle, struct session **session)
{
    *session = session_at(handle);
    if (*session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    return (*session)->digest != NULL ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV mock_C_DigestUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen)
{
    struct session *session;
    CK_RV rv = begin(hSession, &session);

    if (rv == CKR_OK)
        EVP_DigestUpdate(session->digest, pPart, ulPartLen);
    return rv;
}

CK_RV mock_C_DigestFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pDigest, CK_ULONG_PTR pulDigestLen)
{
    struct session *session;
    CK_ULONG room = *pulDigestLen;
    CK_RV rv = begin(hSession, &session);

    if (rv != CKR_OK)
        return rv;
    *pulDigestLen = DIGEST_SIZE;
    if (pDigest == NULL)
        return CKR_OK;
    if (room < DIGEST_SIZE)
        return CKR_BUFFER_TOO_SMALL;
    EVP_DigestFinal_ex(session->digest, pDigest, NULL);
    digest_end(session);
    return CKR_OK;
}
