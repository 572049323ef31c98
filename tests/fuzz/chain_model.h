// SPDX-License-Identifier: BSD-2-Clause
// Small worlds of authorities in numbers, and what is to be trusted in them: RFC 5280 and
// docs/architecture.md in the plainest words, without OpenSSL, to compare crypto/trust.h with.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "crypto/trust.h"

enum { MODEL_CERTIFICATES = 6, MODEL_CRLS = 4, MODEL_NO_LIMIT = 3 };

/* Hours from now in all dates. */
struct model_certificate {
    uint32_t number;          /* another one for another certificate; not 0 */
    unsigned subject, issuer; /* names, by number */
    unsigned key, signer;     /* keys, by number */
    int begins, ends;
    bool authority, signs_certificates, signs_crls, signs_data;
    unsigned path_length; /* MODEL_NO_LIMIT: none */
    unsigned purposes;    /* of enum trust_purpose; 0: any */
    bool corp_only,
        no_evil; /* name constraints on addresses: permitted corp.example, excluded evil.example */
    bool at_corp, at_evil; /* has an address there */
    bool anchor;
};

struct model_crl {
    unsigned issuer, signer;
    int made, ends;   /* ends before it is made: it says no end */
    unsigned revoked; /* of each certificate a bit */
};

struct model {
    struct model_certificate certificates[MODEL_CERTIFICATES]; /* the first is asked about */
    size_t n_certificates;
    struct model_crl crls[MODEL_CRLS];
    size_t n_crls;
    unsigned purposes;
    bool ignore_dates;
    int grace;
    enum trust_crl_mode mode;
    int max_age; /* 0: as long as each CRL says */
};

enum trust_verdict model_judge(const struct model *model);

/* Certificates of an authority for itself, which only anchors should be: OpenSSL may refuse paths
 * through others. */
bool model_is_plain(const struct model *model);
