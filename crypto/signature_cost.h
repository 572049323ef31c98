// SPDX-License-Identifier: BSD-2-Clause
// What it costs to check a certificate's signature: the key is whoever's who wrote the token;
// within crypto/ only.
#pragma once

#include <openssl/x509.h>

/* Of the key alone, in units of 0.2 ms at most. 0: nothing is to be checked by it, as it is longer
 * than any in use (RSA over 8192 bits, DSA over 3072), cannot be read, or is NULL. */
unsigned signature_key_cost(const EVP_PKEY *key);

/* The whole, with what it costs to hash the certificate. 0 if key_cost is. */
unsigned signature_cost(X509 *certificate, unsigned key_cost);
