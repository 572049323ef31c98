// SPDX-License-Identifier: BSD-2-Clause
// A public key as OpenSSL's decoders read it, which ours is held against.
#pragma once

#include <openssl/evp.h>
#include "crypto/public_key.h"

/* Encodings of an EC key other than the one that we write, by OpenSSL's parameters. */
enum { N_OTHER_ENCODINGS = 3 };
struct key_encoding {
    const char *param, *value;
};
extern const struct key_encoding other_encodings[N_OTHER_ENCODINGS];

/* The caller frees. */
EVP_PKEY *decoded_key_of(const struct public_key *key);

/* Is key the one that was decoded, or are both none? decoded is NULL where the decoders refused it, and is changed to the one form of it
 * that we write. */
bool decoded_key_agrees(EVP_PKEY *decoded, const struct public_key *key);
