// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/certificate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "crypto/internal.h"
#include "crypto/x509_text.h"

/* A certificate (RFC 5280, 4.1) as OpenSSL's X509 has it, but for the key: of that X509 makes one to verify with at once, for which
 * OpenSSL looks for all of its decoders. */
typedef struct tbs_st {
    ASN1_INTEGER *version, *serial;
    X509_ALGOR *signature;
    X509_NAME *issuer;
    X509_VAL *validity;
    X509_NAME *subject;
    SPKI *key;
    ASN1_BIT_STRING *issuer_id, *subject_id;
    STACK_OF(X509_EXTENSION) *extensions;
} TBS;

typedef struct shape_st {
    TBS *tbs;
    X509_ALGOR *algorithm;
    ASN1_BIT_STRING *signature;
} SHAPE;

ASN1_SEQUENCE(TBS) = {
    ASN1_EXP_OPT(TBS, version, ASN1_INTEGER, 0),
    ASN1_SIMPLE(TBS, serial, ASN1_INTEGER),
    ASN1_SIMPLE(TBS, signature, X509_ALGOR),
    ASN1_SIMPLE(TBS, issuer, X509_NAME),
    ASN1_SIMPLE(TBS, validity, X509_VAL),
    ASN1_SIMPLE(TBS, subject, X509_NAME),
    ASN1_SIMPLE(TBS, key, SPKI),
    ASN1_IMP_OPT(TBS, issuer_id, ASN1_BIT_STRING, 1),
    ASN1_IMP_OPT(TBS, subject_id, ASN1_BIT_STRING, 2),
    ASN1_EXP_SEQUENCE_OF_OPT(TBS, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END(TBS)

ASN1_SEQUENCE(SHAPE) = {
    ASN1_SIMPLE(SHAPE, tbs, TBS),
    ASN1_SIMPLE(SHAPE, algorithm, X509_ALGOR),
    ASN1_SIMPLE(SHAPE, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(SHAPE)

static bool is_authority(const TBS *tbs)
{
    /* Not X509_check_ca(): that wants a keyUsage that fits as well. */
    BASIC_CONSTRAINTS *constraints =
        X509V3_get_d2i(tbs->extensions, NID_basic_constraints, NULL, NULL);
    bool authority = constraints != NULL && constraints->ca != 0;

    BASIC_CONSTRAINTS_free(constraints);
    return authority;
}

/* Is the extension absent, or there once in a form that can be read? */
static bool is_sound(const TBS *tbs, int nid)
{
    const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);
    int critical = -1;
    void *value = X509V3_get_d2i(tbs->extensions, nid, &critical, NULL);
    bool sound = value != NULL || critical == -1;

    if (value != NULL)
        ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
    return sound;
}

/* OpenSSL calls a certificate invalid where one of these is not. */
static bool are_extensions_sound(const TBS *tbs)
{
    static const int looked_at[] = {
        NID_basic_constraints, NID_key_usage,
        NID_ext_key_usage,     NID_netscape_cert_type,
        NID_subject_alt_name,  NID_name_constraints,
        NID_subject_key_identifier, NID_authority_key_identifier,
        NID_crl_distribution_points,
    };

    for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++) {
        if (!is_sound(tbs, looked_at[i]))
            return false;
    }
    return true;
}

/* An invalid certificate permits nothing. */
static enum key_usage usage_of(const TBS *tbs)
{
    ASN1_BIT_STRING *usage;
    bool present, signs;

    if (!are_extensions_sound(tbs))
        return KEY_USAGE_DOES_NOT_SIGN;
    usage = X509V3_get_d2i(tbs->extensions, NID_key_usage, NULL, NULL);
    present = usage != NULL;
    signs = present && (ASN1_BIT_STRING_get_bit(usage, 0) == 1 || /* digitalSignature */
                        ASN1_BIT_STRING_get_bit(usage, 1) == 1);  /* nonRepudiation */
    ASN1_BIT_STRING_free(usage);
    if (signs)
        return KEY_USAGE_SIGNS;
    return present ? KEY_USAGE_DOES_NOT_SIGN : KEY_USAGE_ABSENT;
}

static bool read_key(struct crypto *crypto, struct certificate *certificate, const void *der,
                     size_t size)
{
    const unsigned char *at = der;
    SHAPE *shape = (SHAPE *)ASN1_item_d2i(NULL, &at, (long)size, ASN1_ITEM_rptr(SHAPE));

    if (shape != NULL) {
        certificate->key = public_key_from_info(crypto, shape->tbs->key);
        certificate->authority = is_authority(shape->tbs);
        certificate->usage = usage_of(shape->tbs);
    }
    ASN1_item_free((ASN1_VALUE *)shape, ASN1_ITEM_rptr(SHAPE));
    return certificate->key != NULL;
}

static bool read_content(struct crypto *crypto, struct certificate *certificate, const void *der,
                         size_t size)
{
    const unsigned char *at = der;
    X509 *x509 = X509_new_ex(crypto->context, NULL);

    if (x509 == NULL || d2i_X509(&x509, &at, (long)size) == NULL) {
        X509_free(x509);
        return false;
    }
    certificate->content = certificate_content_read(crypto, x509, der, size);
    if (at == (const unsigned char *)der + size)
        certificate->x509 = x509;
    else
        X509_free(x509);
    return certificate->content != NULL;
}

struct certificate *certificate_parse(struct crypto *crypto, enum certificate_depth depth,
                                      const void *der, size_t size)
{
    struct certificate *certificate = size <= LONG_MAX ? calloc(1, sizeof(*certificate)) : NULL;
    bool ok;

    if (certificate == NULL)
        return NULL;
    ERR_set_mark();
    ok = read_key(crypto, certificate, der, size) &&
         (depth == CERTIFICATE_KEY || read_content(crypto, certificate, der, size));
    ERR_pop_to_mark();
    if (ok && depth == CERTIFICATE_CHAIN)
        return certificate;
    certificate_release(certificate->x509);
    certificate->x509 = NULL;
    if (ok)
        return certificate;
    certificate_destroy(certificate);
    return NULL;
}

void certificate_destroy(struct certificate *certificate)
{
    if (certificate == NULL)
        return;
    public_key_destroy(certificate->key);
    certificate_content_destroy(certificate->content);
    certificate_release(certificate->x509);
    free(certificate);
}

void certificate_release(struct x509_st *x509)
{
    X509_free(x509);
}

bool certificate_each(const char *text, size_t size, certificate_taker take, void *data,
                      char reason[REASON_SIZE])
{
    static const char begin[] = "-----BEGIN ";

    if (memmem(text, size, begin, strlen(begin)) != NULL)
        return pem_each(text, size, "CERTIFICATE", take, data, reason);
    return take(data, text, size, reason);
}
