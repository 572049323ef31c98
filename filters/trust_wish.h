// SPDX-License-Identifier: BSD-2-Clause
// What a rule asks of a certificate's chain (policy.md 4): `ca`, with `valid` and `revocation` beside it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "crypto/trust.h"

/* Named authorities, and what they have revoked. */
struct trust_source {
    struct trust_anchors *anchors;
    struct crl_set *crls; /* NULL: none are configured */
};

/* A zeroed struct asks nothing. */
struct trust_wish {
    const struct trust_source **sources; /* owned array of borrowed: a chain to one of them is enough */
    size_t n_sources;
    bool ignore_dates;
    uint32_t grace;       /* seconds */
    uint32_t warn_before; /* seconds */
    enum trust_crl_mode crl_mode;
    uint32_t crl_max_age; /* seconds; 0: as long as each CRL says */
};

/* False when there is no memory; nothing is added then. */
bool trust_wish_add(struct trust_wish *wish, const struct trust_source *source);
void trust_wish_finish(struct trust_wish *wish);

/* Do both ask the same? */
bool trust_wish_equal(const struct trust_wish *a, const struct trust_wish *b);
