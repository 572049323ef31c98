// SPDX-License-Identifier: BSD-2-Clause
// Certificates parsed once, to look for issuers among them: the token's, and those of files. Being
// here means no trust.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "crypto/reason.h"

struct certificate_pool;
struct crypto;
struct x509_st; /* OpenSSL's X509 */

/* NULL when there is no memory. crypto is borrowed and must live longer. */
struct certificate_pool *certificate_pool_create(struct crypto *crypto);
void certificate_pool_destroy(struct certificate_pool *pool);

/* False: not a certificate, or no memory; the pool is as before. One that is there already is not
 * added again. */
bool certificate_pool_add(struct certificate_pool *pool, const void *der, size_t size);

/* One that is parsed already, of which the pool takes a reference. As above. */
bool certificate_pool_add_parsed(struct certificate_pool *pool, struct x509_st *x509);

/* PEM with one or more certificates and nothing else in blocks. False: reason is set; what stands
 * before the bad block has been added. */
bool certificate_pool_add_pem(struct certificate_pool *pool, const char *text, size_t size,
                              char reason[REASON_SIZE]);

size_t certificate_pool_count(const struct certificate_pool *pool);

/* The first moment after now at which one of them begins, or has ended for grace seconds; 0: none. */
time_t certificate_pool_changes(const struct certificate_pool *pool, time_t now, uint32_t grace);
