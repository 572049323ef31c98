// SPDX-License-Identifier: BSD-2-Clause
// Verifying a PKCS#11 signature with a public key.
#include "common/constants.h"
#include "crypto/internal.h"

#include <string.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

enum scheme { SCHEME_RSA_RAW, SCHEME_RSA, SCHEME_ECDSA, SCHEME_EDDSA };

struct verifier {
    CK_MECHANISM_TYPE mechanism;
    CK_KEY_TYPE type;
    enum scheme scheme;
    const char *digest; /* NULL: the data is what is signed */
};

static const struct verifier verifiers[] = {
    {CKM_RSA_PKCS, CKK_RSA, SCHEME_RSA_RAW, NULL},
    {CKM_SHA1_RSA_PKCS, CKK_RSA, SCHEME_RSA, "SHA1"},
    {CKM_SHA224_RSA_PKCS, CKK_RSA, SCHEME_RSA, "SHA2-224"},
    {CKM_SHA256_RSA_PKCS, CKK_RSA, SCHEME_RSA, "SHA2-256"},
    {CKM_SHA384_RSA_PKCS, CKK_RSA, SCHEME_RSA, "SHA2-384"},
    {CKM_SHA512_RSA_PKCS, CKK_RSA, SCHEME_RSA, "SHA2-512"},
    {CKM_ECDSA, CKK_EC, SCHEME_ECDSA, NULL},
    {CKM_ECDSA_SHA1, CKK_EC, SCHEME_ECDSA, "SHA1"},
    {CKM_ECDSA_SHA224, CKK_EC, SCHEME_ECDSA, "SHA2-224"},
    {CKM_ECDSA_SHA256, CKK_EC, SCHEME_ECDSA, "SHA2-256"},
    {CKM_ECDSA_SHA384, CKK_EC, SCHEME_ECDSA, "SHA2-384"},
    {CKM_ECDSA_SHA512, CKK_EC, SCHEME_ECDSA, "SHA2-512"},
    {CKM_EDDSA, CKK_EC_EDWARDS, SCHEME_EDDSA, NULL},
};

static const struct verifier *find(CK_MECHANISM_TYPE mechanism, CK_KEY_TYPE type)
{
    for (size_t i = 0; i < sizeof(verifiers) / sizeof(verifiers[0]); i++) {
        if (verifiers[i].mechanism == mechanism && verifiers[i].type == type)
            return &verifiers[i];
    }
    return NULL;
}

/* r||s to DER. The size is 0 when it is not a signature. The caller frees *der by OPENSSL_free. */
static size_t ecdsa_to_der(const unsigned char *signature, size_t size, unsigned char **der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, (int)(size / 2), NULL);
    BIGNUM *s = BN_bin2bn(signature + size / 2, (int)(size / 2), NULL);
    int der_size = 0;

    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair's now */
        der_size = i2d_ECDSA_SIG(pair, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return der_size > 0 ? (size_t)der_size : 0;
}

static bool verify_digested(struct crypto *crypto, EVP_PKEY *key, const char *digest,
                            const void *data, size_t data_size, const void *signature, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL &&
              EVP_DigestVerifyInit_ex(context, NULL, digest, crypto->context, NULL, key, NULL) == 1 &&
              EVP_DigestVerify(context, signature, size, data, data_size) == 1;

    EVP_MD_CTX_free(context);
    return ok;
}

/* CKM_ECDSA: the data is the hash; one longer than the order is cut (FIPS 186-4, 6.4), which OpenSSL does by itself. */
static bool verify_hash(struct crypto *crypto, EVP_PKEY *key, const void *data, size_t data_size,
                        const void *signature, size_t size)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(crypto->context, key, NULL);
    bool ok = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
              EVP_PKEY_verify(context, signature, size, data, data_size) == 1;

    EVP_PKEY_CTX_free(context);
    return ok;
}

/* CKM_RSA_PKCS: what stands in the padding must be the data. */
static bool verify_recovered(struct crypto *crypto, EVP_PKEY *key, const void *data,
                             size_t data_size, const void *signature, size_t size)
{
    unsigned char recovered[2048];
    size_t recovered_size = sizeof(recovered);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(crypto->context, key, NULL);
    bool ok = context != NULL && EVP_PKEY_verify_recover_init(context) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_get_size(key) <= (int)sizeof(recovered) &&
              EVP_PKEY_verify_recover(context, recovered, &recovered_size, signature, size) == 1 &&
              recovered_size == data_size &&
              (data_size == 0 || memcmp(recovered, data, data_size) == 0);

    EVP_PKEY_CTX_free(context);
    return ok;
}

static bool verify_ecdsa(struct crypto *crypto, EVP_PKEY *key, const struct verifier *how,
                         const void *data, size_t data_size, const void *signature, size_t size)
{
    unsigned char *der = NULL;
    size_t der_size = ecdsa_to_der(signature, size, &der);
    bool ok = false;

    if (der_size > 0 && how->digest == NULL)
        ok = verify_hash(crypto, key, data, data_size, der, der_size);
    else if (der_size > 0)
        ok = verify_digested(crypto, key, how->digest, data, data_size, der, der_size);
    OPENSSL_free(der);
    return ok;
}

bool public_key_can_verify(const struct public_key *key, const CK_MECHANISM *mechanism)
{
    return find(mechanism->mechanism, key->type) != NULL && mechanism->ulParameterLen == 0;
}

enum verification public_key_verify(struct crypto *crypto, const struct public_key *key,
                                    const CK_MECHANISM *mechanism, const void *data, size_t data_size,
                                    const void *signature, size_t size)
{
    const struct verifier *how = find(mechanism->mechanism, key->type);
    EVP_PKEY *openssl;
    bool ok = false;

    if (how == NULL || mechanism->ulParameterLen != 0)
        return CANNOT_VERIFY;
    if (size != public_key_signature_size(key))
        return NOT_VERIFIED;
    ERR_set_mark();
    openssl = public_key_to_openssl(crypto, key);
    if (openssl == NULL) {
        ERR_pop_to_mark();
        return NOT_VERIFIED;
    }
    switch (how->scheme) {
    case SCHEME_RSA_RAW:
        ok = verify_recovered(crypto, openssl, data, data_size, signature, size);
        break;
    case SCHEME_ECDSA:
        ok = verify_ecdsa(crypto, openssl, how, data, data_size, signature, size);
        break;
    case SCHEME_RSA:
    case SCHEME_EDDSA:
        ok = verify_digested(crypto, openssl, how->digest, data, data_size, signature, size);
        break;
    }
    EVP_PKEY_free(openssl);
    ERR_pop_to_mark();
    return ok ? VERIFIED : NOT_VERIFIED;
}
