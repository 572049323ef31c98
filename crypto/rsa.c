// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/rsa.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include "crypto/digest.h"
#include "crypto/internal.h"

enum { PKCS1_OVERHEAD = 11 }; /* RFC 8017, 7.2.1 */

static bool oaep_fits(const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_OAEP_PARAMS *oaep = mechanism->pParameter;

    return mechanism->ulParameterLen == sizeof(*oaep) && oaep != NULL &&
           digest_from_mechanism(oaep->hashAlg) != DIGEST_NONE &&
           digest_from_mgf(oaep->mgf) != DIGEST_NONE;
}

bool rsa_can_encrypt(const struct public_key *key, const CK_MECHANISM *mechanism)
{
    if (key->type != CKK_RSA)
        return false;
    if (mechanism->mechanism == CKM_RSA_PKCS_OAEP)
        return oaep_fits(mechanism);
    return mechanism->mechanism == CKM_RSA_PKCS && mechanism->ulParameterLen == 0;
}

size_t rsa_encrypts_at_most(const struct public_key *key, const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_OAEP_PARAMS *oaep = mechanism->pParameter;
    size_t size = public_key_signature_size(key), overhead = PKCS1_OVERHEAD;

    if (mechanism->mechanism == CKM_RSA_PKCS_OAEP) /* RFC 8017, 7.1.1 */
        overhead = 2 * digest_size(digest_from_mechanism(oaep->hashAlg)) + 2;
    return size > overhead ? size - overhead : 0;
}

/* The label is OpenSSL's once it has taken it. */
static bool set_label(EVP_PKEY_CTX *context, const CK_RSA_PKCS_OAEP_PARAMS *oaep)
{
    void *label;

    if (oaep->ulSourceDataLen == 0)
        return true;
    label = OPENSSL_memdup(oaep->pSourceData, oaep->ulSourceDataLen);
    if (label != NULL &&
        EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, (int)oaep->ulSourceDataLen) == 1)
        return true;
    OPENSSL_free(label);
    return false;
}

static bool set_padding(EVP_PKEY_CTX *context, const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_OAEP_PARAMS *oaep = mechanism->pParameter;

    if (mechanism->mechanism == CKM_RSA_PKCS)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md_name(
               context, digest_name(digest_from_mechanism(oaep->hashAlg)), NULL) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest_name(digest_from_mgf(oaep->mgf)),
                                             NULL) == 1 &&
           set_label(context, oaep);
}

bool rsa_encrypt(struct crypto *crypto, const struct public_key *key, const CK_MECHANISM *mechanism,
                 const void *data, size_t size, void *out)
{
    size_t room = public_key_signature_size(key), written = room;
    EVP_PKEY *openssl;
    EVP_PKEY_CTX *context = NULL;
    bool ok;

    ERR_set_mark();
    openssl = public_key_to_openssl(crypto, key);
    if (openssl != NULL)
        context = EVP_PKEY_CTX_new_from_pkey(crypto->context, openssl, NULL);
    ok = context != NULL && EVP_PKEY_encrypt_init(context) == 1 &&
         set_padding(context, mechanism) &&
         EVP_PKEY_encrypt(context, out, &written, data, size) == 1 && written == room;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(openssl);
    ERR_pop_to_mark();
    return ok;
}

bool rsa_recover(struct crypto *crypto, const struct public_key *key, const void *signature,
                 size_t size, void *out, size_t *out_size)
{
    size_t recovered = PUBLIC_KEY_MODULUS_MAX;
    EVP_PKEY *openssl;
    EVP_PKEY_CTX *context = NULL;
    bool ok;

    if (key->type != CKK_RSA)
        return false;
    ERR_set_mark();
    openssl = public_key_to_openssl(crypto, key);
    if (openssl != NULL)
        context = EVP_PKEY_CTX_new_from_pkey(crypto->context, openssl, NULL);
    ok = context != NULL && EVP_PKEY_verify_recover_init(context) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_verify_recover(context, out, &recovered, signature, size) == 1;
    if (ok)
        *out_size = recovered;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(openssl);
    ERR_pop_to_mark();
    return ok;
}
