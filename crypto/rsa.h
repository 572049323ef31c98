// SPDX-License-Identifier: BSD-2-Clause
// What only an RSA public key does: encrypting, and recovering what was signed.
#pragma once

#include <stdbool.h>
#include "crypto/public_key.h"

/* Can the key encrypt by this mechanism, with its parameters: CKM_RSA_PKCS or CKM_RSA_PKCS_OAEP? */
bool rsa_can_encrypt(const struct public_key *key, const CK_MECHANISM *mechanism);

/* The longest data that it then encrypts. */
size_t rsa_encrypts_at_most(const struct public_key *key, const CK_MECHANISM *mechanism);

/* out has room for public_key_signature_size() bytes, all of which are written. The data is at most that long. False on an error. */
bool rsa_encrypt(struct crypto *crypto, const struct public_key *key, const CK_MECHANISM *mechanism,
                 const void *data, size_t size, void *out);

/* What a signature by CKM_RSA_PKCS was made of; out has room for PUBLIC_KEY_MODULUS_MAX bytes. False: it is no signature of the key. */
bool rsa_recover(struct crypto *crypto, const struct public_key *key, const void *signature,
                 size_t size, void *out, size_t *out_size);
