// SPDX-License-Identifier: BSD-2-Clause
// One verification of a PKCS#11 signature, in one piece or in parts, and the other operations of a public key.
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

/* Can the data come in parts? Not where it is no message, but what is signed itself, nor with Edwards curves. */
bool verifier_takes_parts(const struct verifier *verifier);

/* Adds a part; only where verifier_takes_parts. False on an error of OpenSSL's. */
bool verifier_add(struct verifier *verifier, const void *data, size_t size);

/* Ends a verification in parts; one in one piece. */
bool verifier_finish(struct verifier *verifier, const void *signature, size_t size);
bool verifier_verify(struct verifier *verifier, const void *data, size_t data_size,
                     const void *signature, size_t size);
