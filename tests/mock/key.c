// SPDX-License-Identifier: BSD-2-Clause
// Real key pairs, made once per process and name, and the PKCS#11 attributes that tell their public
// half.
#include "tests/mock/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

enum { PAIRS_MAX = 4096, RANDOM_MODULUS_SIZE = 256 };

static const struct {
    const char *type;
    const char *group; /* OpenSSL's */
    int nid;
} curves[] = {
    {"ec:P-256", "prime256v1", NID_X9_62_prime256v1},
    {"ec:P-384", "secp384r1", NID_secp384r1},
    {"ec:P-521", "secp521r1", NID_secp521r1},
};

static struct {
    char *name; /* "TYPE NAME", owned */
    EVP_PKEY *pair;
} pool[PAIRS_MAX];

static EVP_PKEY *read_pem(const char *path)
{
    FILE *stream = fopen(path, "re");
    EVP_PKEY *pair = stream != NULL ? PEM_read_PrivateKey(stream, NULL, NULL, NULL) : NULL;

    if (stream != NULL)
        fclose(stream);
    return pair;
}

static EVP_PKEY *make(const char *type)
{
    if (strncmp(type, "pem:", 4) == 0)
        return read_pem(type + 4);
    if (strncmp(type, "rsa:", 4) == 0)
        return EVP_RSA_gen((unsigned)strtoul(type + 4, NULL, 10));
    if (strcmp(type, "ed25519") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (strcmp(type, "ed448") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcmp(type, curves[i].type) == 0)
            return EVP_EC_gen(curves[i].group);
    }
    return NULL;
}

EVP_PKEY *key_pair(const char *type, const char *name)
{
    char full[512];
    size_t i = 0;

    snprintf(full, sizeof(full), "%s %s", type, name);
    while (i < PAIRS_MAX && pool[i].name != NULL && strcmp(pool[i].name, full) != 0)
        i++;
    if (i == PAIRS_MAX)
        record_wrong("too many keys", full);
    if (pool[i].name == NULL) {
        pool[i].pair = make(type);
        pool[i].name = strdup(full);
    }
    if (pool[i].pair == NULL)
        record_wrong("cannot make the key", full);
    return pool[i].pair;
}

void key_put(struct attributes *list, CK_ATTRIBUTE_TYPE type, const void *value, size_t size)
{
    if (!attributes_set(list, type, value, size))
        record_wrong("no memory", "attributes");
}

static void put_number(struct attributes *list, CK_ATTRIBUTE_TYPE type, EVP_PKEY *pair,
                       const char *parameter)
{
    unsigned char bytes[2048];
    BIGNUM *number = NULL;

    if (EVP_PKEY_get_bn_param(pair, parameter, &number) != 1)
        record_wrong("no such number", parameter);
    key_put(list, type, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
}

static void put_rsa(struct attributes *list, EVP_PKEY *pair)
{
    CK_KEY_TYPE type = CKK_RSA;

    key_put(list, CKA_KEY_TYPE, &type, sizeof(type));
    put_number(list, CKA_MODULUS, pair, OSSL_PKEY_PARAM_RSA_N);
    put_number(list, CKA_PUBLIC_EXPONENT, pair, OSSL_PKEY_PARAM_RSA_E);
}

static int curve_nid(EVP_PKEY *pair)
{
    char group[64] = "";

    if (EVP_PKEY_is_a(pair, "ED25519"))
        return NID_ED25519;
    if (EVP_PKEY_is_a(pair, "ED448"))
        return NID_ED448;
    EVP_PKEY_get_utf8_string_param(pair, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL);
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcmp(group, curves[i].group) == 0)
            return curves[i].nid;
    }
    record_wrong("unknown curve", group);
}

/* CKA_EC_PARAMS is the curve's OID, CKA_EC_POINT the point in an OCTET STRING
 * (PKCS#11 2.40, 2.3.3). */
static void put_ec(struct attributes *list, EVP_PKEY *pair)
{
    CK_KEY_TYPE type = EVP_PKEY_is_a(pair, "EC") ? CKK_EC : 0x40UL; /* CKK_EC_EDWARDS */
    unsigned char point[256], *der = NULL;
    size_t size = 0;
    ASN1_OCTET_STRING *string = ASN1_OCTET_STRING_new();
    int der_size = i2d_ASN1_OBJECT(OBJ_nid2obj(curve_nid(pair)), &der);

    key_put(list, CKA_KEY_TYPE, &type, sizeof(type));
    key_put(list, CKA_EC_PARAMS, der, (size_t)der_size);
    OPENSSL_free(der);
    der = NULL;
    EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &size);
    ASN1_OCTET_STRING_set(string, point, (int)size);
    der_size = i2d_ASN1_OCTET_STRING(string, &der);
    key_put(list, CKA_EC_POINT, der, (size_t)der_size);
    OPENSSL_free(der);
    ASN1_OCTET_STRING_free(string);
}

void key_put_public(struct attributes *list, EVP_PKEY *pair)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(pair, &der);

    if (EVP_PKEY_is_a(pair, "RSA"))
        put_rsa(list, pair);
    else
        put_ec(list, pair);
    key_put(list, CKA_PUBLIC_KEY_INFO, der, (size_t)size);
    OPENSSL_free(der);
}

void key_put_random_rsa(struct attributes *list)
{
    static const unsigned char exponent[] = {1, 0, 1};
    CK_KEY_TYPE type = CKK_RSA;
    unsigned char modulus[RANDOM_MODULUS_SIZE];

    RAND_bytes(modulus, sizeof(modulus));
    modulus[0] |= 0x80;
    modulus[sizeof(modulus) - 1] |= 1;
    key_put(list, CKA_KEY_TYPE, &type, sizeof(type));
    key_put(list, CKA_MODULUS, modulus, sizeof(modulus));
    key_put(list, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
}

static bool is_edwards(const EVP_PKEY *pair)
{
    return EVP_PKEY_is_a(pair, "ED25519") || EVP_PKEY_is_a(pair, "ED448");
}

void key_put_certificate(struct attributes *list, EVP_PKEY *pair, const char *subject,
                         long seconds)
{
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    unsigned char *der = NULL;
    int size;

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)subject, -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, pair);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    if (X509_sign(certificate, pair, is_edwards(pair) ? NULL : EVP_sha256()) == 0)
        record_wrong("cannot sign a certificate", subject);
    size = i2d_X509_NAME(name, &der);
    key_put(list, CKA_SUBJECT, der, (size_t)size);
    OPENSSL_free(der);
    der = NULL;
    size = i2d_X509(certificate, &der);
    key_put(list, CKA_VALUE, der, (size_t)size);
    OPENSSL_free(der);
    X509_free(certificate);
    key_put(list, CKA_CERTIFICATE_TYPE, &type, sizeof(type));
}
