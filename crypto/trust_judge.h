// SPDX-License-Identifier: BSD-2-Clause
// Judges one path whose signatures fit; within crypto/ only.
#pragma once

#include <openssl/x509.h>
#include "crypto/trust.h"

/* path[0] is the certificate, path[count - 1] the anchor; all borrowed. Fills the whole result. */
void trust_judge(struct crypto *crypto, const struct trust_request *request,
                 struct signature_memo *signatures, X509 *const *path, size_t count,
                 struct trust_result *result);
