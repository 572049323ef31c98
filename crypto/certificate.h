// SPDX-License-Identifier: BSD-2-Clause
// What p11gate needs of an X.509 certificate.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "crypto/certificate_content.h"
#include "crypto/reason.h"

struct crypto;
struct public_key;
struct x509_st; /* OpenSSL's X509 */

enum key_usage { KEY_USAGE_ABSENT, KEY_USAGE_SIGNS, KEY_USAGE_DOES_NOT_SIGN };

/* How much of a certificate is asked for; each takes its time and room. */
enum certificate_depth {
    CERTIFICATE_KEY,     /* and whether it is an authority's, and what the key may do */
    CERTIFICATE_CONTENT, /* and all that it says */
    CERTIFICATE_CHAIN    /* and what its chain is made of */
};

struct certificate {
    struct public_key *key;              /* owned */
    struct certificate_content *content; /* owned; NULL: not asked for */
    bool authority;                      /* basicConstraints CA:TRUE */
    enum key_usage usage;                /* keyUsage digitalSignature or nonRepudiation */
    struct x509_st *x509;                /* owned; for its chain; NULL: not asked for, or there are bytes behind it */
};

/* NULL when the DER is not a certificate with a public key that is known here. The caller owns the result. */
struct certificate *certificate_parse(struct crypto *crypto, enum certificate_depth depth,
                                      const void *der, size_t size);
void certificate_destroy(struct certificate *certificate);

/* Gives back a reference to OpenSSL's; NULL is accepted. */
void certificate_release(struct x509_st *x509);

/* What is done with a certificate in DER, which is borrowed; false ends the reading, with the reason set. */
typedef bool (*certificate_taker)(void *data, const void *der, size_t size,
                                  char reason[REASON_SIZE]);

/* Calls take for each certificate of a file: PEM with nothing but certificates in blocks, or else one in DER. False, with the reason:
 * it is neither. */
bool certificate_each(const char *text, size_t size, certificate_taker take, void *data,
                      char reason[REASON_SIZE]);
