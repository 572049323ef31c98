// SPDX-License-Identifier: BSD-2-Clause
// Signatures are proved by a key from a file: nobody on the way from the token had a hand in it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <openssl/evp.h>

/* The caller frees; NULL where the file has none. */
EVP_PKEY *proof_key(const char *path);

/* Is it the key's signature of that hash of SHA-256, as signer_sign makes it? */
bool proof_holds(EVP_PKEY *key, const unsigned char *hash, const unsigned char *signature,
                 size_t size);
