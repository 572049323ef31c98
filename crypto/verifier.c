// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/verifier.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include "common/constants.h"
#include "crypto/internal.h"

/* What is raw gets the hash; the others get the message. */
enum scheme {
    SCHEME_RSA_NUMBER,
    SCHEME_RSA_RAW,
    SCHEME_RSA,
    SCHEME_PSS_RAW,
    SCHEME_PSS,
    SCHEME_ECDSA_RAW,
    SCHEME_ECDSA,
    SCHEME_EDDSA,
};

struct method {
    CK_MECHANISM_TYPE mechanism;
    CK_KEY_TYPE type;
    enum scheme scheme;
    enum digest digest;
};

static const struct method methods[] = {
    {CKM_RSA_X_509, CKK_RSA, SCHEME_RSA_NUMBER, DIGEST_NONE},
    {CKM_RSA_PKCS, CKK_RSA, SCHEME_RSA_RAW, DIGEST_NONE},
    {CKM_SHA1_RSA_PKCS, CKK_RSA, SCHEME_RSA, DIGEST_SHA1},
    {CKM_SHA224_RSA_PKCS, CKK_RSA, SCHEME_RSA, DIGEST_SHA224},
    {CKM_SHA256_RSA_PKCS, CKK_RSA, SCHEME_RSA, DIGEST_SHA256},
    {CKM_SHA384_RSA_PKCS, CKK_RSA, SCHEME_RSA, DIGEST_SHA384},
    {CKM_SHA512_RSA_PKCS, CKK_RSA, SCHEME_RSA, DIGEST_SHA512},
    {CKM_RSA_PKCS_PSS, CKK_RSA, SCHEME_PSS_RAW, DIGEST_NONE},
    {CKM_SHA1_RSA_PKCS_PSS, CKK_RSA, SCHEME_PSS, DIGEST_SHA1},
    {CKM_SHA224_RSA_PKCS_PSS, CKK_RSA, SCHEME_PSS, DIGEST_SHA224},
    {CKM_SHA256_RSA_PKCS_PSS, CKK_RSA, SCHEME_PSS, DIGEST_SHA256},
    {CKM_SHA384_RSA_PKCS_PSS, CKK_RSA, SCHEME_PSS, DIGEST_SHA384},
    {CKM_SHA512_RSA_PKCS_PSS, CKK_RSA, SCHEME_PSS, DIGEST_SHA512},
    {CKM_ECDSA, CKK_EC, SCHEME_ECDSA_RAW, DIGEST_NONE},
    {CKM_ECDSA_SHA1, CKK_EC, SCHEME_ECDSA, DIGEST_SHA1},
    {CKM_ECDSA_SHA224, CKK_EC, SCHEME_ECDSA, DIGEST_SHA224},
    {CKM_ECDSA_SHA256, CKK_EC, SCHEME_ECDSA, DIGEST_SHA256},
    {CKM_ECDSA_SHA384, CKK_EC, SCHEME_ECDSA, DIGEST_SHA384},
    {CKM_ECDSA_SHA512, CKK_EC, SCHEME_ECDSA, DIGEST_SHA512},
    {CKM_EDDSA, CKK_EC_EDWARDS, SCHEME_EDDSA, DIGEST_NONE},
};

enum { N_METHODS = sizeof(methods) / sizeof(methods[0]) };

struct verifier {
    const struct method *method;
    size_t signature_size;
    size_t hash_size;      /* of the data of SCHEME_PSS_RAW */
    EVP_PKEY *key;         /* owned */
    EVP_PKEY_CTX *raw;     /* owned; of raw schemes */
    EVP_MD_CTX *digesting; /* owned; of the others */
};

enum digest signature_digest(CK_MECHANISM_TYPE mechanism)
{
    for (size_t i = 0; i < N_METHODS; i++) {
        if (methods[i].mechanism == mechanism)
            return methods[i].digest;
    }
    return DIGEST_NONE;
}

static bool is_pss(const struct method *method)
{
    return method->scheme == SCHEME_PSS || method->scheme == SCHEME_PSS_RAW;
}

static bool is_raw(const struct method *method)
{
    return method->digest == DIGEST_NONE && method->scheme != SCHEME_EDDSA;
}

/* The data is got out of the signature, to be compared. */
static bool recovers(const struct method *method)
{
    return method->scheme == SCHEME_RSA_RAW || method->scheme == SCHEME_RSA_NUMBER;
}

/* The parameters of PSS must say the hash that the mechanism's name says. */
static bool pss_parameters_fit(const struct method *method, const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_PSS_PARAMS *pss = mechanism->pParameter;

    return mechanism->ulParameterLen == sizeof(*pss) && pss != NULL &&
           digest_from_mechanism(pss->hashAlg) != DIGEST_NONE &&
           digest_from_mgf(pss->mgf) != DIGEST_NONE && pss->sLen <= PUBLIC_KEY_MODULUS_MAX &&
           (method->digest == DIGEST_NONE || digest_mechanism(method->digest) == pss->hashAlg);
}

static const struct method *find(const CK_MECHANISM *mechanism, CK_KEY_TYPE type)
{
    for (size_t i = 0; i < N_METHODS; i++) {
        const struct method *method = &methods[i];
        if (method->mechanism != mechanism->mechanism || method->type != type)
            continue;
        if (is_pss(method))
            return pss_parameters_fit(method, mechanism) ? method : NULL;
        return mechanism->ulParameterLen == 0 ? method : NULL;
    }
    return NULL;
}

static bool set_pss(EVP_PKEY_CTX *context, const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_PSS_PARAMS *pss = mechanism->pParameter;

    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest_name(digest_from_mgf(pss->mgf)),
                                             NULL) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, (int)pss->sLen) == 1;
}

static bool begin_digesting(struct verifier *verifier, struct crypto *crypto,
                            const CK_MECHANISM *mechanism)
{
    EVP_PKEY_CTX *context = NULL; /* the digest context's */

    verifier->digesting = EVP_MD_CTX_new();
    return verifier->digesting != NULL &&
           EVP_DigestVerifyInit_ex(verifier->digesting, &context,
                                   digest_name(verifier->method->digest), crypto->context, NULL,
                                   verifier->key, NULL) == 1 &&
           (!is_pss(verifier->method) || set_pss(context, mechanism));
}

static bool set_hash(struct verifier *verifier, struct crypto *crypto,
                     const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_PSS_PARAMS *pss = mechanism->pParameter;
    enum digest digest = digest_from_mechanism(pss->hashAlg);
    EVP_MD *hash = EVP_MD_fetch(crypto->context, digest_name(digest), NULL);
    bool ok = hash != NULL && EVP_PKEY_CTX_set_signature_md(verifier->raw, hash) == 1;

    verifier->hash_size = digest_size(digest);

    EVP_MD_free(hash);
    return ok;
}

static bool begin_recovering(const struct verifier *verifier)
{
    int padding = verifier->method->scheme == SCHEME_RSA_RAW ? RSA_PKCS1_PADDING : RSA_NO_PADDING;

    return EVP_PKEY_verify_recover_init(verifier->raw) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(verifier->raw, padding) == 1;
}

static bool begin_raw(struct verifier *verifier, struct crypto *crypto,
                      const CK_MECHANISM *mechanism)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(crypto->context, verifier->key, NULL);

    verifier->raw = context;
    if (context == NULL)
        return false;
    if (recovers(verifier->method))
        return begin_recovering(verifier);
    if (EVP_PKEY_verify_init(context) != 1)
        return false;
    return verifier->method->scheme != SCHEME_PSS_RAW ||
           (set_pss(context, mechanism) && set_hash(verifier, crypto, mechanism));
}

struct verifier *verifier_create(struct crypto *crypto, const struct public_key *key,
                                 const CK_MECHANISM *mechanism)
{
    const struct method *method = find(mechanism, key->type);
    struct verifier *verifier = method != NULL ? calloc(1, sizeof(*verifier)) : NULL;
    bool ok;

    if (verifier == NULL)
        return NULL;
    ERR_set_mark();
    verifier->method = method;
    verifier->signature_size = public_key_signature_size(key);
    verifier->key = public_key_to_openssl(crypto, key);
    ok = verifier->key != NULL && (is_raw(method) ? begin_raw(verifier, crypto, mechanism)
                                                  : begin_digesting(verifier, crypto, mechanism));
    ERR_pop_to_mark();
    if (!ok) {
        verifier_destroy(verifier);
        return NULL;
    }
    return verifier;
}

void verifier_destroy(struct verifier *verifier)
{
    if (verifier == NULL)
        return;
    EVP_MD_CTX_free(verifier->digesting);
    EVP_PKEY_CTX_free(verifier->raw);
    EVP_PKEY_free(verifier->key);
    free(verifier);
}

size_t verifier_signature_size(const struct verifier *verifier)
{
    return verifier->signature_size;
}

bool verifier_takes_data(const struct verifier *verifier, size_t size)
{
    enum { PKCS1_OVERHEAD = 11 }; /* RFC 8017, 9.2 */

    if (verifier->method->scheme == SCHEME_RSA_RAW)
        return size <= verifier->signature_size &&
               size + PKCS1_OVERHEAD <= verifier->signature_size;
    if (verifier->method->scheme == SCHEME_RSA_NUMBER)
        return size <= verifier->signature_size;
    return verifier->method->scheme != SCHEME_PSS_RAW || size == verifier->hash_size;
}

bool verifier_takes_parts(const struct verifier *verifier)
{
    return verifier->method->digest != DIGEST_NONE;
}

bool verifier_add(struct verifier *verifier, const void *data, size_t size)
{
    bool ok;

    ERR_set_mark();
    ok = verifier_takes_parts(verifier) &&
         EVP_DigestVerifyUpdate(verifier->digesting, data, size) == 1;
    ERR_pop_to_mark();
    return ok;
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

/* The end of all schemes; data is NULL after parts. A hash longer than an ECDSA key's order is cut
 * (FIPS 186-4, 6.4), which OpenSSL does by itself. */
static bool check(struct verifier *verifier, const void *data, size_t data_size,
                  const void *signature, size_t size, bool in_parts)
{
    if (verifier->raw != NULL)
        return EVP_PKEY_verify(verifier->raw, signature, size, data, data_size) == 1;
    if (in_parts)
        return EVP_DigestVerifyFinal(verifier->digesting, signature, size) == 1;
    return EVP_DigestVerify(verifier->digesting, signature, size, data, data_size) == 1;
}

static bool check_signature(struct verifier *verifier, const void *data, size_t data_size,
                            const void *signature, size_t size, bool in_parts)
{
    bool is_ecdsa = verifier->method->type == CKK_EC;
    unsigned char *der = NULL;
    bool ok;

    if (size != verifier->signature_size)
        return false;
    ERR_set_mark();
    if (is_ecdsa)
        size = ecdsa_to_der(signature, size, &der);
    ok = size > 0 && check(verifier, data, data_size, is_ecdsa ? der : signature, size, in_parts);
    OPENSSL_free(der);
    ERR_pop_to_mark();
    return ok;
}

bool verifier_finish(struct verifier *verifier, const void *signature, size_t size)
{
    return verifier_takes_parts(verifier) &&
           check_signature(verifier, NULL, 0, signature, size, true);
}

static bool is_zero(const unsigned char *bytes, size_t count)
{
    return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

/* What stands in the padding must be the data; without padding, what it is as a number. */
static bool verify_recovered(struct verifier *verifier, const void *data, size_t data_size,
                             const void *signature, size_t size)
{
    unsigned char recovered[PUBLIC_KEY_MODULUS_MAX];
    size_t recovered_size = 0, before = 0;

    if (!verifier_takes_data(verifier, data_size) ||
        !verifier_recover(verifier, signature, size, recovered, &recovered_size))
        return false;
    if (verifier->method->scheme == SCHEME_RSA_NUMBER)
        before = recovered_size - data_size;
    return recovered_size == before + data_size && is_zero(recovered, before) &&
           (data_size == 0 || memcmp(recovered + before, data, data_size) == 0);
}

bool verifier_verify(struct verifier *verifier, const void *data, size_t data_size,
                     const void *signature, size_t size)
{
    if (recovers(verifier->method))
        return verify_recovered(verifier, data, data_size, signature, size);
    return check_signature(verifier, data, data_size, signature, size, false);
}

bool verifier_recover(struct verifier *verifier, const void *signature, size_t size, void *out,
                      size_t *out_size)
{
    size_t recovered = PUBLIC_KEY_MODULUS_MAX;
    bool ok;

    if (!recovers(verifier->method) || size != verifier->signature_size)
        return false;
    ERR_set_mark();
    ok = EVP_PKEY_verify_recover(verifier->raw, out, &recovered, signature, size) == 1;
    ERR_pop_to_mark();
    if (ok)
        *out_size = recovered;
    return ok;
}

bool public_key_can_verify(const struct public_key *key, const CK_MECHANISM *mechanism)
{
    return find(mechanism, key->type) != NULL;
}

enum verification public_key_verify(struct crypto *crypto, const struct public_key *key,
                                    const CK_MECHANISM *mechanism, const void *data,
                                    size_t data_size, const void *signature, size_t size)
{
    struct verifier *verifier;
    bool ok;

    if (!public_key_can_verify(key, mechanism))
        return CANNOT_VERIFY;
    verifier = verifier_create(crypto, key, mechanism);
    ok = verifier != NULL && verifier_verify(verifier, data, data_size, signature, size);
    verifier_destroy(verifier);
    return ok ? VERIFIED : NOT_VERIFIED;
}
