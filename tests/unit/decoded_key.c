// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/decoded_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

const struct key_encoding other_encodings[N_OTHER_ENCODINGS] = {
    {OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"},
    {OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "hybrid"},
    {OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT},
};

EVP_PKEY *decoded_key_of(const struct public_key *key)
{
    const CK_ATTRIBUTE *info = attributes_find(&key->attributes, CKA_PUBLIC_KEY_INFO);
    const unsigned char *at = info->pValue;

    return d2i_PUBKEY(NULL, &at, (long)info->ulValueLen);
}

/* The point at infinity has no coordinates. */
static bool has_number(EVP_PKEY *key, const char *name, bool may_be_zero)
{
    BIGNUM *number = NULL;
    bool has = EVP_PKEY_get_bn_param(key, name, &number) == 1 && (may_be_zero || !BN_is_zero(number));

    BN_free(number);
    return has;
}

/* OpenSSL decodes other curves and kinds as well, the point at infinity, and numbers that are 0. */
static bool is_known(EVP_PKEY *key)
{
    static const char *const groups[] = {"prime256v1", "secp384r1", "secp521r1", "secp256k1"};
    char group[64] = "";

    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        return has_number(key, OSSL_PKEY_PARAM_RSA_N, false) &&
               has_number(key, OSSL_PKEY_PARAM_RSA_E, false);
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
        return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ||
               EVP_PKEY_get_base_id(key) == EVP_PKEY_ED448;
    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (strcmp(group, groups[i]) == 0)
            return has_number(key, OSSL_PKEY_PARAM_EC_PUB_X, true);
    }
    return false;
}

/* In the one form that we write. */
static void normalise(EVP_PKEY *key)
{
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
        return;
    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_GROUP);
}

static bool is_same(const struct public_key *key, EVP_PKEY *decoded)
{
    const CK_ATTRIBUTE *info = attributes_find(&key->attributes, CKA_PUBLIC_KEY_INFO);
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(decoded, &der);
    bool same = size > 0 && (CK_ULONG)size == info->ulValueLen &&
                memcmp(der, info->pValue, info->ulValueLen) == 0 &&
                key->bits == (unsigned)EVP_PKEY_get_bits(decoded);

    OPENSSL_free(der);
    return same;
}

bool decoded_key_agrees(EVP_PKEY *decoded, const struct public_key *key)
{
    if (decoded == NULL || !is_known(decoded))
        return key == NULL;
    normalise(decoded);
    return key != NULL && is_same(key, decoded);
}
