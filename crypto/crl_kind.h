// SPDX-License-Identifier: BSD-2-Clause
// Which CRLs are understood, and which certificates one is about (RFC 5280, 5.2.5); within crypto/
// only.
#pragma once

#include <stdbool.h>
#include <openssl/x509v3.h>
#include "crypto/reason.h"

/* False: the reason is set. *point is what the CRL says that it is about; NULL: of all its issuer's
 * certificates. The caller frees. */
bool crl_is_understood(X509_CRL *crl, ISSUING_DIST_POINT **point, char reason[REASON_SIZE]);

bool crl_is_about(const ISSUING_DIST_POINT *point, X509 *certificate);
