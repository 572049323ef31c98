// SPDX-License-Identifier: BSD-2-Clause
// What the files of crypto/ share, OpenSSL's types included.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "crypto/certificate_content.h"
#include "crypto/crypto.h"
#include "crypto/public_key.h"

struct crypto {
    OSSL_LIB_CTX *context; /* the process's; never freed */
};

/* The key as OpenSSL's; NULL when it is not valid. The caller frees. */
EVP_PKEY *public_key_to_openssl(struct crypto *crypto, const struct public_key *key);

/* From OpenSSL's key; NULL when the type is not known here. key is borrowed. */
struct public_key *public_key_from_openssl(struct crypto *crypto, EVP_PKEY *key);

/* OpenSSL's group name and the OID in DER for CKA_EC_PARAMS; NULL for curves without one here. */
const char *key_curve_group(enum key_curve curve);
const unsigned char *key_curve_oid(enum key_curve curve, size_t *size);
enum key_curve key_curve_from_group(const char *group);

/* Sets key->spki_hash and CKA_PUBLIC_KEY_INFO. They are made of the key's other values, and not of the encoding that it came in: that may
 * be another one (explicit parameters). False when there is no memory, or a number of an RSA key is 0. */
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
