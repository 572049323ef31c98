// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/signature_cost.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

enum {
    RSA_MOST = 8192,
    RSA_SMALL = 3072, /* above it OpenSSL takes no exponent over 64 bits, up to it any */
    RSA_EXPONENT = 64,
    DSA_MOST = 3072,
    UNIT_BITS = 2048,
    UNIT_EXPONENT = 32,
    UNIT_BYTES = 32 * 1024, /* to be hashed */
    OTHER_CURVE = 20,       /* those over binary fields take up to 40 times as long as P-256 */
};

static unsigned at_least_one(unsigned number)
{
    return number > 0 ? number : 1;
}

static unsigned by_length(unsigned bits)
{
    return at_least_one(bits * bits / (UNIT_BITS * UNIT_BITS));
}

/* 0: it cannot be read. */
static unsigned exponent_bits(const EVP_PKEY *key)
{
    BIGNUM *exponent = NULL;
    int bits = 0;

    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1)
        bits = BN_num_bits(exponent);
    BN_free(exponent);
    return (unsigned)bits;
}

static unsigned rsa_cost(const EVP_PKEY *key, unsigned bits)
{
    unsigned exponent = bits <= RSA_MOST ? exponent_bits(key) : 0;

    if (exponent == 0 || (bits > RSA_SMALL && exponent > RSA_EXPONENT))
        return 0;
    return by_length(bits) * at_least_one(exponent / UNIT_EXPONENT);
}

static const struct {
    const char *name; /* OpenSSL's, of the group or the type */
    unsigned cost;
} curves[] = {
    {"secp224r1", 1}, {"prime256v1", 1}, {"ED25519", 1},
    {"secp384r1", 4}, {"secp521r1", 4},  {"ED448", 4},
};

static unsigned curve_cost(const EVP_PKEY *key)
{
    char group[64] = "";

    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcmp(group, curves[i].name) == 0 || EVP_PKEY_is_a(key, curves[i].name))
            return curves[i].cost;
    }
    return OTHER_CURVE;
}

unsigned signature_key_cost(const EVP_PKEY *key)
{
    int length = key != NULL ? EVP_PKEY_get_bits(key) : 0;
    unsigned bits = length > 0 ? (unsigned)length : 0;

    if (key == NULL)
        return 0;
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
        return rsa_cost(key, bits);
    if (EVP_PKEY_is_a(key, "DSA"))
        return bits <= DSA_MOST ? 4 * by_length(bits) : 0;
    return curve_cost(key);
}

unsigned signature_cost(X509 *certificate, unsigned key_cost)
{
    int size = i2d_X509(certificate, NULL);

    return key_cost == 0 || size < 0 ? 0 : key_cost + (unsigned)size / UNIT_BYTES;
}
