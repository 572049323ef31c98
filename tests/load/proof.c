// SPDX-License-Identifier: BSD-2-Clause
#include "tests/load/proof.h"

#include <stdio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include "tests/load/signer.h"

EVP_PKEY *proof_key(const char *path)
{
    FILE *file = fopen(path, "re");
    EVP_PKEY *key = file != NULL ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

    if (file != NULL)
        fclose(file);
    return key;
}

/* PKCS#11 has r and s side by side. The caller frees; 0: it is none. */
static int ecdsa_to_der(const unsigned char *raw, size_t size, unsigned char **der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, (int)(size / 2), NULL),
           *s = BN_bin2bn(raw + size / 2, (int)(size / 2), NULL);
    int made = 0;

    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1)
        made = i2d_ECDSA_SIG(pair, der);
    ECDSA_SIG_free(pair);
    return made;
}

static bool verify(EVP_PKEY *key, const unsigned char *hash, const unsigned char *signature,
                   size_t size)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool holds = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                 EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
                 EVP_PKEY_verify(context, signature, size, hash, SIGNER_HASH_SIZE) == 1;

    EVP_PKEY_CTX_free(context);
    return holds;
}

bool proof_holds(EVP_PKEY *key, const unsigned char *hash, const unsigned char *signature,
                 size_t size)
{
    unsigned char *der = NULL;
    int der_size;
    bool holds;

    if (EVP_PKEY_base_id(key) != EVP_PKEY_EC)
        return verify(key, hash, signature, size);
    der_size = ecdsa_to_der(signature, size, &der);
    holds = der_size > 0 && verify(key, hash, der, (size_t)der_size);
    OPENSSL_free(der);
    return holds;
}
