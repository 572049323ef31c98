// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/encryptor.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include "crypto/digest.h"
#include "crypto/internal.h"

enum { PKCS1_OVERHEAD = 11 }; /* RFC 8017, 7.2.1 */

struct encryptor {
    size_t size, most;
    bool is_number;        /* no padding: zeros before the data */
    EVP_PKEY *key;         /* owned */
    EVP_PKEY_CTX *context; /* owned */
};

static bool oaep_fits(const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_OAEP_PARAMS *oaep = mechanism->pParameter;

    return mechanism->ulParameterLen == sizeof(*oaep) && oaep != NULL &&
           digest_from_mechanism(oaep->hashAlg) != DIGEST_NONE &&
           digest_from_mgf(oaep->mgf) != DIGEST_NONE;
}

static bool can_encrypt(const struct public_key *key, const CK_MECHANISM *mechanism)
{
    if (key->type != CKK_RSA)
        return false;
    if (mechanism->mechanism == CKM_RSA_PKCS_OAEP)
        return oaep_fits(mechanism);
    return (mechanism->mechanism == CKM_RSA_PKCS || mechanism->mechanism == CKM_RSA_X_509) &&
           mechanism->ulParameterLen == 0;
}

static size_t overhead(const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_OAEP_PARAMS *oaep = mechanism->pParameter;

    if (mechanism->mechanism == CKM_RSA_X_509)
        return 0;
    if (mechanism->mechanism == CKM_RSA_PKCS)
        return PKCS1_OVERHEAD;
    return 2 * digest_size(digest_from_mechanism(oaep->hashAlg)) + 2; /* RFC 8017, 7.1.1 */
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

    if (mechanism->mechanism != CKM_RSA_PKCS_OAEP)
        return EVP_PKEY_CTX_set_rsa_padding(context, mechanism->mechanism == CKM_RSA_PKCS
                                                         ? RSA_PKCS1_PADDING
                                                         : RSA_NO_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md_name(
               context, digest_name(digest_from_mechanism(oaep->hashAlg)), NULL) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest_name(digest_from_mgf(oaep->mgf)),
                                             NULL) == 1 &&
           set_label(context, oaep);
}

static bool begin(struct encryptor *encryptor, struct crypto *crypto, const struct public_key *key,
                  const CK_MECHANISM *mechanism)
{
    size_t less = overhead(mechanism);

    encryptor->is_number = mechanism->mechanism == CKM_RSA_X_509;
    encryptor->size = public_key_signature_size(key);
    encryptor->most = encryptor->size > less ? encryptor->size - less : 0;
    encryptor->key = public_key_to_openssl(crypto, key);
    if (encryptor->key == NULL)
        return false;
    encryptor->context = EVP_PKEY_CTX_new_from_pkey(crypto->context, encryptor->key, NULL);
    return encryptor->context != NULL && EVP_PKEY_encrypt_init(encryptor->context) == 1 &&
           set_padding(encryptor->context, mechanism);
}

struct encryptor *encryptor_create(struct crypto *crypto, const struct public_key *key,
                                   const CK_MECHANISM *mechanism)
{
    struct encryptor *encryptor =
        can_encrypt(key, mechanism) ? calloc(1, sizeof(*encryptor)) : NULL;
    bool ok;

    if (encryptor == NULL)
        return NULL;
    ERR_set_mark();
    ok = begin(encryptor, crypto, key, mechanism);
    ERR_pop_to_mark();
    if (!ok) {
        encryptor_destroy(encryptor);
        return NULL;
    }
    return encryptor;
}

void encryptor_destroy(struct encryptor *encryptor)
{
    if (encryptor == NULL)
        return;
    EVP_PKEY_CTX_free(encryptor->context);
    EVP_PKEY_free(encryptor->key);
    free(encryptor);
}

size_t encryptor_size(const struct encryptor *encryptor)
{
    return encryptor->size;
}

size_t encryptor_most(const struct encryptor *encryptor)
{
    return encryptor->most;
}

bool encryptor_run(struct encryptor *encryptor, const void *data, size_t size, void *out)
{
    unsigned char padded[PUBLIC_KEY_MODULUS_MAX] = {0};
    size_t written = encryptor->size;
    bool ok;

    if (size > encryptor->most || encryptor->size > sizeof(padded))
        return false;
    if (encryptor->is_number) {
        if (size > 0)
            memcpy(padded + encryptor->size - size, data, size);
        data = padded;
        size = encryptor->size;
    }
    ERR_set_mark();
    ok = EVP_PKEY_encrypt(encryptor->context, out, &written, data, size) == 1 &&
         written == encryptor->size;
    ERR_pop_to_mark();
    explicit_bzero(padded, sizeof(padded));
    return ok;
}
