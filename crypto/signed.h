// SPDX-License-Identifier: BSD-2-Clause
// What a memo knows of the signature of one certificate; within crypto/ only.
#pragma once

#include <stdbool.h>
#include <openssl/x509.h>
#include "crypto/signature_memo.h"

/* Whether the issuer's key has signed the certificate; checked the first time. */
bool signed_by(struct signature_memo *memo, X509 *certificate, X509 *issuer);

/* What it costs to check that, whether or not it was (crypto/signature_cost.h). 0 also when there
 * is no memory. */
unsigned signed_cost(struct signature_memo *memo, X509 *certificate, X509 *issuer);
