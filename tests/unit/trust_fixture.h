// SPDX-License-Identifier: BSD-2-Clause
// What the tests of verified paths share: one set of anchors, one token, one request.
#pragma once

#include "tests/unit/pki_fixture.h"

#include <stdio.h>
#include <string.h>
#include "crypto/certificate_pool.h"
#include "crypto/crl_set.h"
#include "crypto/crypto.h"
#include "crypto/trust.h"

struct trust_fixture {
    struct crypto *crypto;         /* of the group */
    struct trust_anchors *anchors; /* "corp"; the rest is of each test */
    struct certificate_pool *token;
    struct trust_request request; /* with an empty set of CRLs that is not asked */
    struct trust_result result;   /* of what was verified last */
};
extern struct trust_fixture fixture;

int trust_group_set_up(void **state);
int trust_group_tear_down(void **state);
int trust_set_up(void **state);
int trust_tear_down(void **state);

void add_anchor(const struct pki *pki);
const struct pki *anchor(const char *subject); /* a root that is one */
void on_token(const struct pki *pki);
void verify(const struct pki *pki);

/* Fails the test if not; what: part of the reason. */
void expect(enum trust_verdict verdict, const struct pki *pki, const char *what);
void expect_trusted(const struct pki *pki); /* with no reason */

#define TRUST_TEST(name) cmocka_unit_test_setup_teardown(name, trust_set_up, trust_tear_down)
