// SPDX-License-Identifier: BSD-2-Clause
// One encryption with an RSA public key, by CKM_RSA_PKCS, CKM_RSA_PKCS_OAEP or CKM_RSA_X_509.
#pragma once

#include <stdbool.h>
#include "crypto/public_key.h"

struct encryptor;

/* NULL when the key does not encrypt by this mechanism with its parameters, or there is no memory. The caller owns it; nothing is
 * borrowed. */
struct encryptor *encryptor_create(struct crypto *crypto, const struct public_key *key,
                                   const CK_MECHANISM *mechanism);
void encryptor_destroy(struct encryptor *encryptor);

/* In bytes: what comes out, and the longest data that goes in. */
size_t encryptor_size(const struct encryptor *encryptor);
size_t encryptor_most(const struct encryptor *encryptor);

/* out has room for encryptor_size() bytes, all of which are written. False when the data is too long, or (as a
 * number, by CKM_RSA_X_509) too large, or on an error of OpenSSL's. */
bool encryptor_run(struct encryptor *encryptor, const void *data, size_t size, void *out);
