// SPDX-License-Identifier: BSD-2-Clause
// One verification of a PKCS#11 signature, in one piece or in parts.
#pragma once

#include <stdbool.h>
#include "crypto/digest.h"
#include "crypto/public_key.h"

/* The hash function in the mechanism's own name (CKM_SHA256_RSA_PKCS: SHA-256); DIGEST_NONE: it has none there. */
enum digest signature_digest(CK_MECHANISM_TYPE mechanism);

/* A verification that goes on. NULL when the mechanism, with its parameters, is not known here for that key, or there is no memory.
 * The caller owns it; the key is not borrowed. */
struct verifier *verifier_create(struct crypto *crypto, const struct public_key *key,
                                 const CK_MECHANISM *mechanism);
void verifier_destroy(struct verifier *verifier);

/* In bytes, of the signature; and does data of that size fit, where it is no message of any length? */
size_t verifier_signature_size(const struct verifier *verifier);
bool verifier_takes_data(const struct verifier *verifier, size_t size);

/* Can the data come in parts? Not where it is no message, but what is signed itself, nor with Edwards curves. */
bool verifier_takes_parts(const struct verifier *verifier);

/* Adds a part; only where verifier_takes_parts. False on an error of OpenSSL's. */
bool verifier_add(struct verifier *verifier, const void *data, size_t size);

/* Ends a verification in parts; one in one piece. */
bool verifier_finish(struct verifier *verifier, const void *signature, size_t size);
bool verifier_verify(struct verifier *verifier, const void *data, size_t data_size,
                     const void *signature, size_t size);

/* What a signature by CKM_RSA_PKCS or CKM_RSA_X_509, which the verifier must be for, was made of; out has room for PUBLIC_KEY_MODULUS_MAX bytes. False: it
 * is no signature of the key. */
bool verifier_recover(struct verifier *verifier, const void *signature, size_t size, void *out,
                      size_t *out_size);
