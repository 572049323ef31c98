// SPDX-License-Identifier: BSD-2-Clause
// Public keys: read from PKCS#11 attributes, SubjectPublicKeyInfo, certificates and ssh's text form; compared and verified with.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <p11-kit/pkcs11.h>
#include "common/attributes.h"

struct crypto; /* crypto/crypto.h */

enum { PUBLIC_KEY_HASH_SIZE = 32, PUBLIC_KEY_ID_SIZE = 20, PUBLIC_KEY_MODULUS_MAX = 2048 + 16 };

enum key_curve {
    CURVE_NONE,
    CURVE_P256,
    CURVE_P384,
    CURVE_P521,
    CURVE_SECP256K1,
    CURVE_ED25519,
    CURVE_ED448,
    CURVE_OTHER
};

/* Immutable after creation. Byte fields are owned; .pValue NULL where the type has no such part. */
struct public_key {
    CK_KEY_TYPE type;             /* CKK_RSA, CKK_EC or CKK_EC_EDWARDS */
    enum key_curve curve;         /* CURVE_NONE for RSA */
    unsigned bits;                /* of the modulus or the field */
    struct attributes attributes; /* CKA_KEY_TYPE and, in the standard's form, CKA_MODULUS CKA_PUBLIC_EXPONENT CKA_MODULUS_BITS,
                                     or CKA_EC_PARAMS (OID) CKA_EC_POINT (OCTET STRING), and CKA_PUBLIC_KEY_INFO */
    uint8_t spki_hash[PUBLIC_KEY_HASH_SIZE]; /* SHA-256 of the SubjectPublicKeyInfo */
    bool has_fingerprint;                    /* RFC 4253, 5656 or 8709 knows such keys (Ed448 too, which OpenSSH does not) */
    uint8_t fingerprint[PUBLIC_KEY_HASH_SIZE];
    unsigned char *ssh_blob; /* what ssh calls the key blob; NULL without has_fingerprint */
    size_t ssh_blob_size;
};

/* NULL when the attributes do not hold a valid public key (or there is no memory). The list may be a public key's or a private
 * key's: CKA_MODULUS with CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS with CKA_EC_POINT (raw or OCTET STRING), or CKA_PUBLIC_KEY_INFO;
 * an empty attribute counts as absent. The caller owns the key. */
struct public_key *public_key_from_attributes(struct crypto *crypto, const struct attributes *list);

/* From a DER SubjectPublicKeyInfo. */
struct public_key *public_key_from_spki(struct crypto *crypto, const void *der, size_t size);

/* From one line of an authorized_keys or .pub file: options before the type are skipped. NULL when it holds no key that is known here. */
struct public_key *public_key_from_ssh_line(struct crypto *crypto, const char *line);

void public_key_destroy(struct public_key *key);
bool public_key_equal(const struct public_key *a, const struct public_key *b);

/* The curve that a CKA_EC_PARAMS value names (OID, PrintableString or explicit parameters). */
enum key_curve key_curve_from_params(struct crypto *crypto, const void *params, size_t size);
/* The curve for OpenSSH's or the standard's name ("nistp256", "P-256", "secp256r1", "prime256v1", "ed25519"...); CURVE_NONE: unknown. */
enum key_curve key_curve_from_name(const char *name);
const char *key_curve_name(enum key_curve curve);

/* "rsa", "ec", "ed25519", "ed448" as the policy writes it. */
const char *public_key_type_name(const struct public_key *key);

/* "SHA256:..." as ssh-keygen -l prints it; out holds at least 51 bytes. False without has_fingerprint. */
bool public_key_fingerprint_text(const struct public_key *key, char out[51]);

/* The same for a fingerprint that stands by itself. */
void fingerprint_text(const uint8_t fingerprint[PUBLIC_KEY_HASH_SIZE], char out[51]);

/* Reads "SHA256:<43 characters of base64>"; false when it is not that. */
bool fingerprint_parse(const char *text, uint8_t out[PUBLIC_KEY_HASH_SIZE]);

/* "TYPE BASE64" as in authorized_keys, without a comment; the caller frees. NULL without has_fingerprint. */
char *public_key_ssh_text(const struct public_key *key);

/* Size in bytes of a PKCS#11 signature made with the key. */
size_t public_key_signature_size(const struct public_key *key);

/* Are signatures of this mechanism, with its parameters, known here? */
bool public_key_can_verify(const struct public_key *key, const CK_MECHANISM *mechanism);

enum verification { VERIFIED, NOT_VERIFIED, CANNOT_VERIFY };

/* Verifies a one-shot PKCS#11 signature (ECDSA as r||s). CANNOT_VERIFY: the mechanism is not known here. */
enum verification public_key_verify(struct crypto *crypto, const struct public_key *key,
                                    const CK_MECHANISM *mechanism, const void *data, size_t data_size,
                                    const void *signature, size_t signature_size);
