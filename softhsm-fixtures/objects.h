// SPDX-License-Identifier: BSD-2-Clause
// Templates of the objects of a token: from a key, a certificate or a statement alone.
#ifndef FIXTURES_OBJECTS_H
#define FIXTURES_OBJECTS_H

#include "attributes.h"
#include "keys.h"

// Each sets what an ordinary object of its kind has; TEMPLATE is empty before. False if OpenSSL
// failed.
bool object_public(struct template *template, const struct key_type *type, const EVP_PKEY *pkey);
bool object_private(struct template *template, const struct key_type *type, const EVP_PKEY *pkey);
bool object_certificate(struct template *template, const X509 *certificate);
void object_data(struct template *template);
void object_secret(struct template *template);
// The two halves of an RSA key with a random modulus: it looks like a key and cannot sign.
bool object_filler_rsa(struct template *public_half, struct template *private_half, unsigned bits);

#endif
