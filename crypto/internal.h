// SPDX-License-Identifier: BSD-2-Clause
// What the files of crypto/ share, OpenSSL's types included.
#pragma once

#include <openssl/asn1t.h>
#include <openssl/core_dispatch.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include "crypto/certificate_content.h"
#include "crypto/crypto.h"
#include "crypto/public_key.h"

/* The functions of a provider. */
struct sha256 {
    void *provider; /* borrowed; its context */
    OSSL_FUNC_digest_newctx_fn *create;
    OSSL_FUNC_digest_freectx_fn *destroy;
    OSSL_FUNC_digest_init_fn *begin;
    OSSL_FUNC_digest_update_fn *add;
    OSSL_FUNC_digest_final_fn *end;
};

struct crypto {
    OSSL_LIB_CTX *context; /* the process's; never freed */
    struct sha256 sha256;
};

/* False when the provider has no SHA-256. It must live as long as what is found. */
bool sha256_find(struct sha256 *sha256, OSSL_PROVIDER *provider);

/* The key as OpenSSL's; NULL when OpenSSL does not take it, or there is no memory. The caller frees. */
EVP_PKEY *public_key_to_openssl(struct crypto *crypto, const struct public_key *key);

enum { POINT_MAX = 160 };

/* A point as one key has it whatever form it came in: uncompressed, or the bytes of an Edwards curve. */
struct ec_point {
    unsigned char bytes[POINT_MAX];
    size_t size;
    unsigned bits; /* of the curve */
};

/* False when the bytes are no point of the curve, or it is none that is known here. */
bool ec_point_read(struct crypto *crypto, enum key_curve curve, const void *bytes, size_t size,
                   struct ec_point *out);

/* A SubjectPublicKeyInfo as it came, with OpenSSL's types (RFC 5280, 4.1.2.7). */
typedef struct spki_st {
    X509_ALGOR *algorithm;
    ASN1_BIT_STRING *key;
} SPKI;

DECLARE_ASN1_ITEM(SPKI)

/* NULL when the key is not valid, or of a type or on a curve that is not known here. The caller owns it. Errors stay in OpenSSL's queue. */
struct public_key *public_key_from_info(struct crypto *crypto, const SPKI *info);

/* From numbers without a sign, and from a point in any form of it. NULL as above. */
struct public_key *public_key_from_rsa(struct crypto *crypto, const CK_ATTRIBUTE *modulus,
                                       const CK_ATTRIBUTE *exponent);
struct public_key *public_key_from_point(struct crypto *crypto, enum key_curve curve,
                                         const void *point, size_t size);

/* What CKA_EC_POINT has an OCTET STRING around. Borrowed. */
const unsigned char *public_key_point(const struct public_key *key, size_t *size);

/* OpenSSL's number, and the OID in DER for CKA_EC_PARAMS; NID_undef and NULL for curves without one here. */
int key_curve_nid(enum key_curve curve);
const unsigned char *key_curve_oid(enum key_curve curve, size_t *size);
enum key_curve key_curve_from_nid(int nid);
bool key_curve_is_edwards(enum key_curve curve);

/* Sets key->spki_hash and CKA_PUBLIC_KEY_INFO. They are made of the key's other values, and not of the encoding that it came in: that may
 * be another one (explicit parameters). False when there is no memory. */
bool public_key_set_spki(struct crypto *crypto, struct public_key *key);

/* Sets key->ssh_blob and key->fingerprint where ssh knows such keys. False only when there is no memory. */
bool public_key_set_ssh(struct crypto *crypto, struct public_key *key);

/* What the certificate says; der is its own. NULL when there is no memory. The caller owns it. */
struct certificate_content *certificate_content_read(struct crypto *crypto, X509 *x509,
                                                     const void *der, size_t size);

/* Adds a value; bytes NULL: it is there and cannot be read. False when there is no memory. */
bool certificate_content_add(struct certificate_content *content, enum certificate_field field,
                             const char *type, const void *bytes, size_t size);

/* The attributes of OpenSSL's name; what cannot be read has no value. False when there is no memory. */
bool name_from_openssl(const X509_NAME *from, struct name *name);

/* "1.2.3"; false when it is longer than an OID of any use. */
enum { OID_TEXT = 256 };
bool oid_text(const ASN1_OBJECT *object, char text[OID_TEXT]);

/* Adds the values of subjectAltName. False when there is no memory. */
bool alternative_names_read(X509 *x509, struct certificate_content *content);
