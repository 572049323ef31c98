// SPDX-License-Identifier: BSD-2-Clause
// What it costs to check a certificate's signature: the key is whoever's who wrote the token;
// within crypto/ only.
#pragma once

#include <openssl/x509.h>

/* In units of 0.2 ms at most. 0: it is not to be checked, as the key is longer than any in use (RSA
 * over 8192 bits, DSA over 3072), cannot be read, or is NULL. */
unsigned signature_cost(X509 *certificate, const EVP_PKEY *key);
