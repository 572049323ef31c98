// SPDX-License-Identifier: BSD-2-Clause
// SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; RFC 3279, 2.3; RFC 8410, 4). OpenSSL's own reader and writer look for all decoders and
// encoders first, which costs a program that lists one key and ends more than all else that is done with the key.
#include "crypto/internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/objects.h>

ASN1_SEQUENCE(SPKI) = {
    ASN1_SIMPLE(SPKI, algorithm, X509_ALGOR),
    ASN1_SIMPLE(SPKI, key, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END(SPKI)

/* RSAPublicKey (RFC 8017, A.1.1). A number that was written without the zero that makes it positive is taken for what was meant. */
typedef struct rsa_numbers_st {
    BIGNUM *modulus, *exponent;
} RSA_NUMBERS;

ASN1_SEQUENCE(RSA_NUMBERS) = {
    ASN1_SIMPLE(RSA_NUMBERS, modulus, BIGNUM),
    ASN1_SIMPLE(RSA_NUMBERS, exponent, BIGNUM),
} static_ASN1_SEQUENCE_END(RSA_NUMBERS)

static bool number_bytes(const BIGNUM *number, unsigned char out[PUBLIC_KEY_MODULUS_MAX],
                         CK_ATTRIBUTE *attribute)
{
    if (BN_num_bytes(number) > PUBLIC_KEY_MODULUS_MAX)
        return false;
    attribute->pValue = out;
    attribute->ulValueLen = (CK_ULONG)BN_bn2bin(number, out);
    return true;
}

static struct public_key *rsa_from_info(struct crypto *crypto, const SPKI *info)
{
    unsigned char bytes[2][PUBLIC_KEY_MODULUS_MAX];
    CK_ATTRIBUTE modulus = {.type = CKA_MODULUS}, exponent = {.type = CKA_PUBLIC_EXPONENT};
    const unsigned char *at = info->key->data;
    RSA_NUMBERS *numbers = (RSA_NUMBERS *)ASN1_item_d2i(NULL, &at, info->key->length,
                                                        ASN1_ITEM_rptr(RSA_NUMBERS));
    struct public_key *key = NULL;

    if (numbers != NULL && number_bytes(numbers->modulus, bytes[0], &modulus) &&
        number_bytes(numbers->exponent, bytes[1], &exponent))
        key = public_key_from_rsa(crypto, &modulus, &exponent);
    ASN1_item_free((ASN1_VALUE *)numbers, ASN1_ITEM_rptr(RSA_NUMBERS));
    return key;
}

/* By name, or by parameters that say the same (RFC 3279, 2.3.5). */
static enum key_curve curve_of(struct crypto *crypto, int type, const void *value)
{
    const ASN1_STRING *explicit_parameters = value;

    if (type == V_ASN1_SEQUENCE)
        return key_curve_from_params(crypto, ASN1_STRING_get0_data(explicit_parameters),
                                     (size_t)ASN1_STRING_length(explicit_parameters));
    return type == V_ASN1_OBJECT ? key_curve_from_nid(OBJ_obj2nid(value)) : CURVE_OTHER;
}

struct public_key *public_key_from_info(struct crypto *crypto, const SPKI *info)
{
    const ASN1_OBJECT *algorithm;
    const void *parameters = NULL;
    enum key_curve curve;
    int type, nid;

    X509_ALGOR_get0(&algorithm, &type, &parameters, info->algorithm);
    nid = OBJ_obj2nid(algorithm);
    if (nid == NID_rsaEncryption)
        return rsa_from_info(crypto, info);
    curve = nid == NID_X9_62_id_ecPublicKey ? curve_of(crypto, type, parameters)
                                            : key_curve_from_nid(nid);
    if (key_curve_is_edwards(curve) == (nid == NID_X9_62_id_ecPublicKey) ||
        (key_curve_is_edwards(curve) && type != V_ASN1_UNDEF))
        return NULL;
    return public_key_from_point(crypto, curve, info->key->data, (size_t)info->key->length);
}

struct public_key *public_key_from_spki(struct crypto *crypto, const void *der, size_t size)
{
    const unsigned char *at = der;
    struct public_key *key = NULL;
    SPKI *info;

    if (size > LONG_MAX)
        return NULL;
    ERR_set_mark();
    info = (SPKI *)ASN1_item_d2i(NULL, &at, (long)size, ASN1_ITEM_rptr(SPKI));
    if (info != NULL)
        key = public_key_from_info(crypto, info);
    ASN1_item_free((ASN1_VALUE *)info, ASN1_ITEM_rptr(SPKI));
    ERR_pop_to_mark();
    return key;
}

static int rsa_der(const struct public_key *key, unsigned char **der)
{
    const CK_ATTRIBUTE *modulus = attributes_find(&key->attributes, CKA_MODULUS);
    const CK_ATTRIBUTE *exponent = attributes_find(&key->attributes, CKA_PUBLIC_EXPONENT);
    RSA_NUMBERS numbers = {
        .modulus = BN_bin2bn(modulus->pValue, (int)modulus->ulValueLen, NULL),
        .exponent = BN_bin2bn(exponent->pValue, (int)exponent->ulValueLen, NULL),
    };
    int size = -1;

    if (numbers.modulus != NULL && numbers.exponent != NULL)
        size = ASN1_item_i2d((const ASN1_VALUE *)&numbers, der, ASN1_ITEM_rptr(RSA_NUMBERS));
    BN_free(numbers.modulus);
    BN_free(numbers.exponent);
    return size;
}

static bool set_algorithm(SPKI *info, const struct public_key *key)
{
    ASN1_OBJECT *curve;

    if (key->type == CKK_RSA)
        return X509_ALGOR_set0(info->algorithm, OBJ_nid2obj(NID_rsaEncryption), V_ASN1_NULL,
                               NULL) == 1;
    curve = OBJ_nid2obj(key_curve_nid(key->curve));
    if (key->type == CKK_EC_EDWARDS)
        return X509_ALGOR_set0(info->algorithm, curve, V_ASN1_UNDEF, NULL) == 1;
    return X509_ALGOR_set0(info->algorithm, OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                           curve) == 1;
}

static bool set_key(SPKI *info, const struct public_key *key)
{
    unsigned char *der = NULL;
    const unsigned char *point;
    size_t point_size;
    int size;
    bool ok;

    info->key->flags = ASN1_STRING_FLAG_BITS_LEFT; /* and none of them is unused */
    if (key->type != CKK_RSA) {
        point = public_key_point(key, &point_size);
        return ASN1_BIT_STRING_set(info->key, (unsigned char *)(uintptr_t)point,
                                   (int)point_size) == 1;
    }
    size = rsa_der(key, &der);
    ok = size > 0 && ASN1_BIT_STRING_set(info->key, der, size) == 1;
    OPENSSL_free(der);
    return ok;
}

bool public_key_set_spki(struct crypto *crypto, struct public_key *key)
{
    unsigned char *der = NULL;
    int size = -1;
    SPKI *info;
    bool ok;

    ERR_set_mark();
    info = (SPKI *)ASN1_item_new(ASN1_ITEM_rptr(SPKI));
    if (info != NULL && set_algorithm(info, key) && set_key(info, key))
        size = ASN1_item_i2d((const ASN1_VALUE *)info, &der, ASN1_ITEM_rptr(SPKI));
    ok = size > 0 && crypto_sha256(crypto, der, (size_t)size, NULL, 0, key->spki_hash) &&
         attributes_set(&key->attributes, CKA_PUBLIC_KEY_INFO, der, (CK_ULONG)size);
    OPENSSL_free(der);
    ASN1_item_free((ASN1_VALUE *)info, ASN1_ITEM_rptr(SPKI));
    ERR_pop_to_mark();
    return ok;
}
