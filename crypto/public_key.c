// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

enum { POINT_MAX = 160 };

/* Types by their OIDs: for a name OpenSSL 3 first looks for an engine of the host's that has made itself the default, such as one that
 * goes through p11gate. */
static const char rsa_oid[] = "1.2.840.113549.1.1.1";
static const char ec_oid[] = "1.2.840.10045.2.1";

static EVP_PKEY *from_params(struct crypto *crypto, const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(crypto->context, type, NULL);
    EVP_PKEY *key = NULL;

    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *rsa_to_openssl(struct crypto *crypto, const CK_ATTRIBUTE *modulus,
                                const CK_ATTRIBUTE *exponent)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = NULL, *e = NULL;
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (build == NULL || modulus->ulValueLen > PUBLIC_KEY_MODULUS_MAX || exponent->ulValueLen > PUBLIC_KEY_MODULUS_MAX)
        goto out;
    n = BN_bin2bn(modulus->pValue, (int)modulus->ulValueLen, NULL);
    e = BN_bin2bn(exponent->pValue, (int)exponent->ulValueLen, NULL);
    if (n == NULL || e == NULL || BN_is_zero(n) || BN_is_zero(e) ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        goto out;
    params = OSSL_PARAM_BLD_to_param(build);
    key = from_params(crypto, rsa_oid, params);
out:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *ec_to_openssl(struct crypto *crypto, enum key_curve curve, const void *point,
                               size_t size)
{
    const char *group = key_curve_group(curve);
    OSSL_PARAM params[3];

    if (group == NULL)
        return NULL;
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  (void *)(uintptr_t)point, size);
    params[2] = OSSL_PARAM_construct_end();
    if (curve == CURVE_ED25519 || curve == CURVE_ED448)
        return EVP_PKEY_new_raw_public_key_ex(crypto->context, group, NULL, point, size);
    return from_params(crypto, ec_oid, params);
}

/* CKA_EC_POINT is a DER OCTET STRING around the point; some tokens give the point alone. */
static const unsigned char *unwrap_point(const CK_ATTRIBUTE *attribute, size_t *size)
{
    const unsigned char *bytes = attribute->pValue;
    size_t all = attribute->ulValueLen;

    *size = all;
    if (all >= 2 && bytes[0] == 0x04 && bytes[1] < 0x80 && bytes[1] == all - 2) {
        *size = all - 2;
        return bytes + 2;
    }
    if (all >= 3 && bytes[0] == 0x04 && bytes[1] == 0x81 && bytes[2] == all - 3) {
        *size = all - 3;
        return bytes + 3;
    }
    return bytes;
}

static EVP_PKEY *ec_attributes_to_openssl(struct crypto *crypto, const CK_ATTRIBUTE *params,
                                          const CK_ATTRIBUTE *point)
{
    enum key_curve curve = key_curve_from_params(crypto, params->pValue, params->ulValueLen);
    size_t size;
    const unsigned char *bytes = unwrap_point(point, &size);
    EVP_PKEY *key = ec_to_openssl(crypto, curve, bytes, size);

    /* A raw uncompressed point whose second byte happens to look like a length. */
    if (key == NULL && bytes != point->pValue)
        key = ec_to_openssl(crypto, curve, point->pValue, point->ulValueLen);
    return key;
}

static EVP_PKEY *spki_to_openssl(struct crypto *crypto, const void *der, size_t size)
{
    const unsigned char *at = der;

    if (size > LONG_MAX)
        return NULL;
    return d2i_PUBKEY_ex(NULL, &at, (long)size, crypto->context, NULL);
}

static EVP_PKEY *attributes_to_openssl(struct crypto *crypto, const struct attributes *list)
{
    const CK_ATTRIBUTE *modulus = attributes_find_filled(list, CKA_MODULUS);
    const CK_ATTRIBUTE *exponent = attributes_find_filled(list, CKA_PUBLIC_EXPONENT);
    const CK_ATTRIBUTE *params = attributes_find_filled(list, CKA_EC_PARAMS);
    const CK_ATTRIBUTE *point = attributes_find_filled(list, CKA_EC_POINT);
    const CK_ATTRIBUTE *info = attributes_find_filled(list, CKA_PUBLIC_KEY_INFO);

    if (modulus != NULL && exponent != NULL)
        return rsa_to_openssl(crypto, modulus, exponent);
    if (params != NULL && point != NULL)
        return ec_attributes_to_openssl(crypto, params, point);
    if (info != NULL)
        return spki_to_openssl(crypto, info->pValue, info->ulValueLen);
    return NULL;
}

EVP_PKEY *public_key_to_openssl(struct crypto *crypto, const struct public_key *key)
{
    return attributes_to_openssl(crypto, &key->attributes);
}

static bool set_bn(struct public_key *key, EVP_PKEY *from, const char *name,
                   CK_ATTRIBUTE_TYPE type)
{
    unsigned char bytes[PUBLIC_KEY_MODULUS_MAX];
    BIGNUM *number = NULL;
    bool ok = EVP_PKEY_get_bn_param(from, name, &number) == 1 &&
              BN_num_bytes(number) <= PUBLIC_KEY_MODULUS_MAX;

    if (ok) {
        int size = BN_bn2bin(number, bytes);
        ok = attributes_set(&key->attributes, type, bytes, (CK_ULONG)size);
    }
    BN_free(number);
    return ok;
}

static bool set_rsa(struct public_key *key, EVP_PKEY *from)
{
    key->type = CKK_RSA;
    return set_bn(key, from, OSSL_PKEY_PARAM_RSA_N, CKA_MODULUS) &&
           set_bn(key, from, OSSL_PKEY_PARAM_RSA_E, CKA_PUBLIC_EXPONENT) &&
           attributes_set_ulong(&key->attributes, CKA_MODULUS_BITS, key->bits);
}

/* CKA_EC_POINT: the point in a DER OCTET STRING (PKCS#11 2.40 mechanisms, 2.3.3). */
static bool set_point(struct public_key *key, const unsigned char *point, size_t size)
{
    unsigned char der[POINT_MAX + 3] = {0x04};
    size_t head = size < 0x80 ? 2 : 3;

    if (size > POINT_MAX)
        return false;
    if (head == 3)
        der[1] = 0x81;
    der[head - 1] = (unsigned char)size;
    memcpy(der + head, point, size);
    return attributes_set(&key->attributes, CKA_EC_POINT, der, head + size);
}

static bool set_oid(struct public_key *key)
{
    size_t size = 0;
    const unsigned char *oid = key_curve_oid(key->curve, &size);
    return oid != NULL && attributes_set(&key->attributes, CKA_EC_PARAMS, oid, size);
}

static bool get_coordinate(EVP_PKEY *from, const char *name, unsigned char *out, size_t size)
{
    BIGNUM *number = NULL;
    bool ok = EVP_PKEY_get_bn_param(from, name, &number) == 1 &&
              BN_bn2binpad(number, out, (int)size) == (int)size;

    BN_free(number);
    return ok;
}

/* The uncompressed point, whatever form the key came in: one key has one form here. */
static bool set_ec(struct public_key *key, EVP_PKEY *from)
{
    char group[64];
    unsigned char point[POINT_MAX] = {0x04};
    size_t size = (key->bits + 7) / 8; /* of the order and, with the curves known here, of the field */

    key->type = CKK_EC;
    if (EVP_PKEY_get_utf8_string_param(from, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                       NULL) != 1)
        return false;
    key->curve = key_curve_from_group(group);
    return set_oid(key) && 1 + 2 * size <= POINT_MAX &&
           get_coordinate(from, OSSL_PKEY_PARAM_EC_PUB_X, point + 1, size) &&
           get_coordinate(from, OSSL_PKEY_PARAM_EC_PUB_Y, point + 1 + size, size) &&
           set_point(key, point, 1 + 2 * size);
}

static bool set_edwards(struct public_key *key, EVP_PKEY *from, enum key_curve curve)
{
    unsigned char point[POINT_MAX];
    size_t size = sizeof(point);

    key->type = CKK_EC_EDWARDS;
    key->curve = curve;
    return EVP_PKEY_get_raw_public_key(from, point, &size) == 1 && set_oid(key) &&
           set_point(key, point, size);
}

static bool set_values(struct public_key *key, EVP_PKEY *from)
{
    key->bits = (unsigned)EVP_PKEY_get_bits(from);
    switch (EVP_PKEY_get_base_id(from)) {
    case EVP_PKEY_RSA:
        return set_rsa(key, from);
    case EVP_PKEY_EC:
        return set_ec(key, from);
    case EVP_PKEY_ED25519:
        return set_edwards(key, from, CURVE_ED25519);
    case EVP_PKEY_ED448:
        return set_edwards(key, from, CURVE_ED448);
    default:
        return false;
    }
}

struct public_key *public_key_from_openssl(struct crypto *crypto, EVP_PKEY *from)
{
    struct public_key *key = from != NULL ? calloc(1, sizeof(*key)) : NULL;

    if (key == NULL)
        return NULL;
    if (!set_values(key, from) ||
        !attributes_set_ulong(&key->attributes, CKA_KEY_TYPE, key->type) ||
        !public_key_set_spki(crypto, key) || !public_key_set_ssh(crypto, key)) {
        public_key_destroy(key);
        return NULL;
    }
    return key;
}

struct public_key *public_key_from_attributes(struct crypto *crypto, const struct attributes *list)
{
    EVP_PKEY *openssl;
    struct public_key *key;

    ERR_set_mark();
    openssl = attributes_to_openssl(crypto, list);
    key = public_key_from_openssl(crypto, openssl);
    EVP_PKEY_free(openssl);
    ERR_pop_to_mark();
    return key;
}

struct public_key *public_key_from_spki(struct crypto *crypto, const void *der, size_t size)
{
    EVP_PKEY *openssl;
    struct public_key *key;

    ERR_set_mark();
    openssl = spki_to_openssl(crypto, der, size);
    key = public_key_from_openssl(crypto, openssl);
    EVP_PKEY_free(openssl);
    ERR_pop_to_mark();
    return key;
}

void public_key_destroy(struct public_key *key)
{
    if (key == NULL)
        return;
    attributes_finish(&key->attributes);
    free(key->ssh_blob);
    free(key);
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    return a->type == b->type && memcmp(a->spki_hash, b->spki_hash, sizeof(a->spki_hash)) == 0;
}

const char *public_key_type_name(const struct public_key *key)
{
    switch (key->curve) {
    case CURVE_NONE:
        return "rsa";
    case CURVE_ED25519:
        return "ed25519";
    case CURVE_ED448:
        return "ed448";
    case CURVE_P256:
    case CURVE_P384:
    case CURVE_P521:
    case CURVE_SECP256K1:
    case CURVE_OTHER:
        break;
    }
    return "ec";
}

size_t public_key_signature_size(const struct public_key *key)
{
    size_t bytes = (key->bits + 7) / 8;

    if (key->type == CKK_RSA)
        return bytes;
    if (key->curve == CURVE_ED25519)
        return 64;
    return key->curve == CURVE_ED448 ? 114 : 2 * bytes;
}
