// SPDX-License-Identifier: BSD-2-Clause
// What a set of CRLs says of one certificate of a path; within crypto/ only.
#pragma once

#include <stdint.h>
#include <time.h>
#include <openssl/x509.h>
#include "crypto/crl_set.h"

enum revocation {
    REVOCATION_GOOD,
    REVOCATION_REVOKED,
    REVOCATION_NOT_KNOWN, /* no CRL, or none that may be relied on at that time */
};

/* The newest CRL that has begun, is about the certificate and is signed by this very issuer
 * decides. One that is out of date still proves a revocation, but never the lack of it. max_age:
 * seconds since the CRL was made; 0: as long as it says itself. *made: when the CRL was made, 0:
 * there is none. reason is set unless GOOD. */
enum revocation crl_set_ask(struct crl_set *set, X509 *certificate, X509 *issuer, time_t now,
                            uint32_t max_age, time_t *made, char reason[REASON_SIZE]);
