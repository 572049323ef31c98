// SPDX-License-Identifier: BSD-2-Clause
// Which key pair made a signature.
#include "tests/mock/internal.h"

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

static bool verify_raw(EVP_PKEY *pair, int padding, const void *data, size_t data_size,
                       const void *signature, size_t size)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
    bool ok = EVP_PKEY_verify_init(context) == 1 &&
              (padding == 0 || EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1) &&
              EVP_PKEY_verify(context, signature, size, data, data_size) == 1;

    EVP_PKEY_CTX_free(context);
    return ok;
}

static bool verify_ecdsa(EVP_PKEY *pair, const void *data, size_t data_size,
                         const unsigned char *signature, size_t size)
{
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    unsigned char *der = NULL;
    int der_size;
    bool ok;

    ECDSA_SIG_set0(numbers, BN_bin2bn(signature, (int)(size / 2), NULL),
                   BN_bin2bn(signature + size / 2, (int)(size / 2), NULL));
    der_size = i2d_ECDSA_SIG(numbers, &der);
    ok = verify_raw(pair, 0, data, data_size, der, (size_t)der_size);
    OPENSSL_free(der);
    ECDSA_SIG_free(numbers);
    return ok;
}

static bool verify_digested(EVP_PKEY *pair, const EVP_MD *digest, const void *data,
                            size_t data_size, const void *signature, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit(context, NULL, digest, NULL, pair) == 1 &&
              EVP_DigestVerify(context, signature, size, data, data_size) == 1;

    EVP_MD_CTX_free(context);
    return ok;
}

bool oracle_verifies(const struct mock_key *key, CK_MECHANISM_TYPE mechanism, const void *data,
                     size_t data_size, const void *signature, size_t size)
{
    EVP_PKEY *pair = key_pair(key->type, key->name);

    switch (mechanism) {
    case CKM_RSA_PKCS:
        return verify_raw(pair, RSA_PKCS1_PADDING, data, data_size, signature, size);
    case CKM_SHA256_RSA_PKCS:
        return verify_digested(pair, EVP_sha256(), data, data_size, signature, size);
    case CKM_ECDSA:
        return verify_ecdsa(pair, data, data_size, signature, size);
    case CKM_EDDSA:
        return verify_digested(pair, NULL, data, data_size, signature, size);
    default:
        return false;
    }
}
