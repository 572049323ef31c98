// SPDX-License-Identifier: BSD-2-Clause
// CRLs from local texts, and what they say of a certificate (RFC 5280, 5 and 6.3). Nothing is ever
// fetched.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "crypto/reason.h"

struct crl_set;
struct crypto;

/* NULL when there is no memory. crypto is borrowed and must live longer. */
struct crl_set *crl_set_create(struct crypto *crypto);
void crl_set_destroy(struct crl_set *set);

/* PEM with one or more CRLs, or the DER of one. False: reason is set, and the set is not to be
 * used. Refused are what cannot be read alone or whole: delta CRLs, indirect ones (of other
 * issuers' certificates), those for some reasons or for attribute certificates only, any with a
 * critical extension that is not known here, and signatures over SHA-1 or weaker. */
bool crl_set_add(struct crl_set *set, const char *text, size_t size, char reason[REASON_SIZE]);

size_t crl_set_count(const struct crl_set *set);

/* The first moment after now at which one of them begins, has ended, or becomes older than max_age seconds (0: as long as it says
 * itself); 0: none. */
time_t crl_set_changes(const struct crl_set *set, time_t now, uint32_t max_age);
