// SPDX-License-Identifier: BSD-2-Clause
// Real signatures.
#include "tests/mock/internal.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

enum { SIGNATURE_MAX = 2048 };

void sign_end(struct session *session)
{
    free(session->data);
    session->data = NULL;
    session->data_size = 0;
    session->signer = NULL;
    session->authenticated = false;
}

static bool fits(CK_MECHANISM_TYPE mechanism, const struct object *object)
{
    CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;

    attributes_ulong(&object->attributes, CKA_KEY_TYPE, &type);
    switch (mechanism) {
    case CKM_RSA_PKCS:
    case CKM_SHA256_RSA_PKCS:
        return type == CKK_RSA;
    case CKM_ECDSA:
        return type == CKK_EC;
    case CKM_EDDSA:
        return type == 0x40UL; /* CKK_EC_EDWARDS */
    default:
        return false;
    }
}

CK_RV mock_C_SignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                      CK_OBJECT_HANDLE hKey)
{
    struct session *session = session_at(hSession);
    struct object *object;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->signer != NULL || (settings.one_operation && session->digest != NULL))
        return CKR_OPERATION_ACTIVE;
    object = session_object(session, hKey);
    if (object == NULL || object->class != CKO_PRIVATE_KEY)
        return CKR_KEY_HANDLE_INVALID;
    if (!session->token->logged_in && session->token->described.pin != NULL)
        return CKR_USER_NOT_LOGGED_IN;
    if (loss_at_sign_init(session->token) != CKR_OK)
        return loss_at_sign_init(session->token);
    if (!fits(pMechanism->mechanism, object))
        return CKR_MECHANISM_INVALID;
    session->signer = object;
    session->mechanism = pMechanism->mechanism;
    return CKR_OK;
}

/* DER to r||s (PKCS#11 2.40, 2.3.1). */
static size_t flatten(EVP_PKEY *key, unsigned char *signature, size_t size)
{
    const unsigned char *der = signature;
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &der, (long)size);
    int half = (EVP_PKEY_get_bits(key) + 7) / 8;

    BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, half);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + half, half);
    ECDSA_SIG_free(numbers);
    return (size_t)half * 2;
}

static size_t sign_raw(EVP_PKEY *key, const void *data, size_t data_size, unsigned char *signature)
{
    size_t size = SIGNATURE_MAX;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool ok = EVP_PKEY_sign_init(context) == 1 &&
              (!EVP_PKEY_is_a(key, "RSA") ||
               EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1) &&
              EVP_PKEY_sign(context, signature, &size, data, data_size) == 1;

    EVP_PKEY_CTX_free(context);
    return ok ? size : 0;
}

static size_t sign_digested(EVP_PKEY *key, const EVP_MD *digest, const void *data, size_t data_size,
                            unsigned char *signature)
{
    size_t size = SIGNATURE_MAX;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = EVP_DigestSignInit(context, NULL, digest, NULL, key) == 1 &&
              EVP_DigestSign(context, signature, &size, data, data_size) == 1;

    EVP_MD_CTX_free(context);
    return ok ? size : 0;
}

/* 0: the data does not fit the mechanism. */
static size_t make_signature(const struct session *session, const void *data, size_t data_size,
                             unsigned char *signature)
{
    EVP_PKEY *key = session->signer->key;
    size_t size;

    switch (session->mechanism) {
    case CKM_SHA256_RSA_PKCS:
        return sign_digested(key, EVP_sha256(), data, data_size, signature);
    case CKM_EDDSA:
        return sign_digested(key, NULL, data, data_size, signature);
    case CKM_ECDSA:
        size = sign_raw(key, data, data_size, signature);
        return size > 0 ? flatten(key, signature, size) : 0;
    default:
        return sign_raw(key, data, data_size, signature);
    }
}

static CK_RV check(const struct session *session)
{
    bool always = false;

    if (session->signer == NULL)
        return CKR_OPERATION_NOT_INITIALIZED;
    attributes_bool(&session->signer->attributes, CKA_ALWAYS_AUTHENTICATE, &always);
    if (always && !session->authenticated)
        return CKR_USER_NOT_LOGGED_IN;
    return session->signer->key != NULL ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV sign(struct session *session, const void *data, size_t data_size, CK_BYTE_PTR out,
                  CK_ULONG_PTR out_size)
{
    unsigned char signature[SIGNATURE_MAX];
    CK_ULONG room = *out_size;
    CK_RV rv = check(session);

    if (rv == CKR_OK)
        rv = loss_at_sign(session->token);
    if (rv == CKR_OK) {
        *out_size = make_signature(session, data, data_size, signature);
        if (*out_size == 0)
            rv = CKR_DATA_LEN_RANGE;
        else if (out == NULL)
            return CKR_OK;
        else if (room < *out_size)
            return CKR_BUFFER_TOO_SMALL;
    }
    if (rv == CKR_OK) {
        memcpy(out, signature, *out_size);
        garbage_in_signature(out, room, out_size);
    }
    sign_end(session);
    return rv;
}

CK_RV mock_C_Sign(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                  CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen)
{
    struct session *session = session_at(hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    return sign(session, pData, ulDataLen, pSignature, pulSignatureLen);
}

CK_RV mock_C_SignUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen)
{
    struct session *session = session_at(hSession);
    unsigned char *grown;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->signer == NULL)
        return CKR_OPERATION_NOT_INITIALIZED;
    grown = realloc(session->data, session->data_size + ulPartLen + 1);
    if (grown == NULL)
        return CKR_HOST_MEMORY;
    session->data = grown;
    if (ulPartLen > 0)
        memcpy(session->data + session->data_size, pPart, ulPartLen);
    session->data_size += ulPartLen;
    return CKR_OK;
}

CK_RV mock_C_SignFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
                       CK_ULONG_PTR pulSignatureLen)
{
    struct session *session = session_at(hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    return sign(session, session->data, session->data_size, pSignature, pulSignatureLen);
}

CK_RV mock_C_GenerateRandom(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pRandomData,
                            CK_ULONG ulRandomLen)
{
    if (session_at(hSession) == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (pRandomData == NULL)
        return CKR_ARGUMENTS_BAD;
    memset(pRandomData, 4, ulRandomLen);
    return CKR_OK;
}
