// SPDX-License-Identifier: BSD-2-Clause
// Certificates, CRLs, names and times between text and OpenSSL; within crypto/ only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <openssl/x509.h>
#include "crypto/reason.h"

struct crypto;

enum { NAME_TEXT_SIZE = 96 };

/* RFC 4514, cut to fit with "..."; ASCII without control characters, whatever is in the name. */
void x509_name_text(const X509_NAME *name, char out[NAME_TEXT_SIZE]);

/* In the context of crypto, from the whole of der; NULL: it is none, or there is no memory. The
 * caller frees. */
X509 *x509_parse(struct crypto *crypto, const void *der, size_t size);
X509_CRL *x509_crl_parse(struct crypto *crypto, const void *der, size_t size);

/* False: absent or malformed. */
bool x509_time(const ASN1_TIME *time, time_t *out);

/* What is done with a block, which is borrowed; false ends the reading, with the reason set. */
typedef bool (*pem_taker)(void *data, const void *der, size_t size, char reason[REASON_SIZE]);

/* Calls take for each block, which must all have the label; text between them is passed over.
 * False, with the reason: a block of another kind, broken or encrypted, or there is none. */
bool pem_each(const char *text, size_t size, const char *label, pem_taker take, void *data,
              char reason[REASON_SIZE]);
