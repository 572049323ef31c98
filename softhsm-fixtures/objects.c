// SPDX-License-Identifier: BSD-2-Clause
// Templates of the objects of a token, as PKCS#11 2.40 gives them for each kind.
#include "objects.h"

#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <string.h>

static const struct {
    CK_ATTRIBUTE_TYPE type;
    const char *parameter;
} rsa_private_parts[] = {
    {CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N},
    {CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E},
    {CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D},
    {CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1},
    {CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2},
    {CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1},
    {CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2},
    {CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};
enum { RSA_PUBLIC_PARTS = 2, RSA_PARTS = sizeof rsa_private_parts / sizeof rsa_private_parts[0] };

static bool set_rsa_parts(struct template *template, const EVP_PKEY *pkey, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = 0;
        unsigned char *bytes = key_number(pkey, rsa_private_parts[i].parameter, 0, &length);
        if (bytes == NULL)
            return false;
        template_set(template, rsa_private_parts[i].type, bytes, length);
        OPENSSL_clear_free(bytes, length);
    }
    return true;
}

// CKA_EC_PARAMS: the curve's OID, or SoftHSM's PrintableString for Edwards curves.
static bool set_curve(struct template *template, const struct key_type *type)
{
    static const char edwards25519[] = "\x13\x0c"
                                       "edwards25519";
    static const char edwards448[] = "\x13\x0a"
                                     "edwards448";
    if (type->kind == KEY_EDWARDS) {
        bool is_448 = strcmp(type->group, "ED448") == 0;
        template_set(template, CKA_EC_PARAMS, is_448 ? edwards448 : edwards25519,
                     is_448 ? sizeof edwards448 - 1 : sizeof edwards25519 - 1);
        return true;
    }
    ASN1_OBJECT *curve = OBJ_txt2obj(type->group, 0);
    unsigned char *bytes = NULL;
    int length = i2d_ASN1_OBJECT(curve, &bytes);
    if (length > 0)
        template_set(template, CKA_EC_PARAMS, bytes, (size_t)length);
    OPENSSL_free(bytes);
    ASN1_OBJECT_free(curve);
    return length > 0;
}

// CKA_EC_POINT: the point as a DER OCTET STRING.
static bool set_point(struct template *template, const EVP_PKEY *pkey)
{
    size_t point_length = 0;
    unsigned char *point = key_point(pkey, &point_length);
    ASN1_OCTET_STRING *string = ASN1_OCTET_STRING_new();
    unsigned char *bytes = NULL;
    int length = -1;
    if (point == NULL || string == NULL ||
        ASN1_OCTET_STRING_set(string, point, (int)point_length) != 1)
        goto out;
    length = i2d_ASN1_OCTET_STRING(string, &bytes);
    if (length > 0)
        template_set(template, CKA_EC_POINT, bytes, (size_t)length);
out:
    OPENSSL_free(bytes);
    ASN1_OCTET_STRING_free(string);
    OPENSSL_free(point);
    return length > 0;
}

// CKA_VALUE of an EC private key: the scalar, as long as the curve's order.
static bool set_scalar(struct template *template, const struct key_type *type, const EVP_PKEY *pkey)
{
    unsigned char raw[57]; // of Ed448
    size_t length = sizeof raw;
    if (type->kind == KEY_EDWARDS) {
        if (EVP_PKEY_get_raw_private_key(pkey, raw, &length) != 1)
            return false;
        template_set(template, CKA_VALUE, raw, length);
        OPENSSL_cleanse(raw, sizeof raw);
        return true;
    }
    size_t width = ((size_t)EVP_PKEY_get_bits(pkey) + 7) / 8;
    unsigned char *bytes = key_number(pkey, OSSL_PKEY_PARAM_PRIV_KEY, width, &length);
    if (bytes == NULL)
        return false;
    template_set(template, CKA_VALUE, bytes, length);
    OPENSSL_clear_free(bytes, length);
    return true;
}

static void set_common(struct template *template, CK_OBJECT_CLASS class, bool private)
{
    template_set_ulong(template, CKA_CLASS, class);
    template_set_bool(template, CKA_TOKEN, true);
    template_set_bool(template, CKA_PRIVATE, private);
}

static CK_KEY_TYPE type_constant(const struct key_type *type)
{
    switch (type->kind) {
    case KEY_RSA:
        return CKK_RSA;
    case KEY_EC:
        return CKK_EC;
    case KEY_EDWARDS:
        return CKK_EC_EDWARDS;
    }
    return CKK_RSA;
}

static void set_public_common(struct template *template, const struct key_type *type)
{
    set_common(template, CKO_PUBLIC_KEY, false);
    template_set_ulong(template, CKA_KEY_TYPE, type_constant(type));
    template_set_bool(template, CKA_VERIFY, true);
}

static void set_private_common(struct template *template, const struct key_type *type)
{
    set_common(template, CKO_PRIVATE_KEY, true);
    template_set_ulong(template, CKA_KEY_TYPE, type_constant(type));
    template_set_bool(template, CKA_SENSITIVE, true);
    template_set_bool(template, CKA_EXTRACTABLE, false);
    template_set_bool(template, CKA_SIGN, true);
}

bool object_public(struct template *template, const struct key_type *type, const EVP_PKEY *pkey)
{
    set_public_common(template, type);
    if (type->kind == KEY_RSA)
        return set_rsa_parts(template, pkey, RSA_PUBLIC_PARTS);
    return set_curve(template, type) && set_point(template, pkey);
}

bool object_private(struct template *template, const struct key_type *type, const EVP_PKEY *pkey)
{
    set_private_common(template, type);
    if (type->kind == KEY_RSA)
        return set_rsa_parts(template, pkey, RSA_PARTS);
    return set_curve(template, type) && set_scalar(template, type, pkey);
}

bool object_certificate(struct template *template, const X509 *certificate)
{
    unsigned char *value = NULL;
    unsigned char *subject = NULL;
    unsigned char *issuer = NULL;
    unsigned char *serial = NULL;
    int value_length = i2d_X509(certificate, &value);
    int subject_length = i2d_X509_NAME(X509_get_subject_name(certificate), &subject);
    int issuer_length = i2d_X509_NAME(X509_get_issuer_name(certificate), &issuer);
    int serial_length = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);
    bool ok = value_length > 0 && subject_length > 0 && issuer_length > 0 && serial_length > 0;
    if (ok) {
        set_common(template, CKO_CERTIFICATE, false);
        template_set_ulong(template, CKA_CERTIFICATE_TYPE, CKC_X_509);
        template_set(template, CKA_VALUE, value, (size_t)value_length);
        template_set(template, CKA_SUBJECT, subject, (size_t)subject_length);
        template_set(template, CKA_ISSUER, issuer, (size_t)issuer_length);
        template_set(template, CKA_SERIAL_NUMBER, serial, (size_t)serial_length);
    }
    OPENSSL_free(value);
    OPENSSL_free(subject);
    OPENSSL_free(issuer);
    OPENSSL_free(serial);
    return ok;
}

void object_data(struct template *template)
{
    set_common(template, CKO_DATA, false);
}

void object_secret(struct template *template)
{
    set_common(template, CKO_SECRET_KEY, true);
    template_set_ulong(template, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
    template_set(template, CKA_VALUE, "0123456789abcdef", 16);
}

static bool set_random(struct template *template, CK_ATTRIBUTE_TYPE type, size_t length)
{
    unsigned char bytes[2048];
    if (length > sizeof bytes || RAND_bytes(bytes, (int)length) != 1)
        return false;
    bytes[0] |= 0x80;
    bytes[length - 1] |= 1;
    template_set(template, type, bytes, length);
    return true;
}

bool object_filler_rsa(struct template *public_half, struct template *private_half, unsigned bits)
{
    static const struct key_type rsa = {.kind = KEY_RSA};
    static const unsigned char exponent[] = {1, 0, 1};
    set_public_common(public_half, &rsa);
    set_private_common(private_half, &rsa);
    if (!set_random(public_half, CKA_MODULUS, bits / 8))
        return false;
    template_set(public_half, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);
    const CK_ATTRIBUTE *modulus = &public_half->items[public_half->count - 2];
    template_set(private_half, CKA_MODULUS, modulus->pValue, modulus->ulValueLen);
    template_set(private_half, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);
    if (!set_random(private_half, CKA_PRIVATE_EXPONENT, bits / 8))
        return false;
    for (size_t i = RSA_PUBLIC_PARTS + 1; i < RSA_PARTS; i++)
        if (!set_random(private_half, rsa_private_parts[i].type, bits / 16))
            return false;
    return true;
}
