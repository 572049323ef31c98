// SPDX-License-Identifier: BSD-2-Clause
// Certificates and CRLs that are the same bytes in every process, for Ed25519 takes no chance: what
// an input must equal to be trusted.
#pragma once

#include <openssl/x509.h>
#include "crypto/trust.h"

enum { FUZZ_NOW = 1800000000 };

struct fuzz_pki {
    X509 *root, *ca, *user; /* the CA's, whose names are constrained to corp.example */
    X509 *owner;            /* the root's, of serial 4 */
    X509_CRL *crl;          /* the root's, of nobody */
    X509_CRL *revoking;     /* the root's, of the owner, made later */
    EVP_PKEY *ca_key;
    struct trust_anchors *anchors; /* the root */
};

/* For as long as the process lives. */
const struct fuzz_pki *fuzz_pki(void);

/* By the CA, with subject CN=user and one more extension; NULL: it cannot be made. The caller
 * frees. */
X509 *fuzz_user(X509_NAME *subject, X509_EXTENSION *extension);

/* Bounded, one line, nothing that steers a terminal; and a path only of what was found. */
void fuzz_check_result(const struct trust_result *result);
void fuzz_check_reason(const char *reason);

/* PEM of DER; the caller frees. */
char *fuzz_pem(const char *label, const uint8_t *der, size_t size);
