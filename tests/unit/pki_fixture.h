// SPDX-License-Identifier: BSD-2-Clause
// Certificates and CRLs made in memory, around a present that stands still. All live until
// pki_forget().
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/x509.h>

enum { PKI_NOW = 1800000000, PKI_HOUR = 3600, PKI_DAY = 24 * PKI_HOUR };

/* Extensions in OpenSSL's words, "name=value" with newlines between. */
#define PKI_CA "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign"
#define PKI_USER "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature"

struct pki {
    X509 *x509;    /* owned by the fixture */
    EVP_PKEY *key; /* owned by the fixture; NULL in a text */
    unsigned char *der;
    size_t size;
};

struct pki_order {
    const char *subject;      /* RDNs with / between: "O=Corp/CN=root" */
    const struct pki *issuer; /* NULL: itself */
    const char *issuer_name;  /* NULL: the issuer's */
    EVP_PKEY *key;            /* NULL: a new one on P-256 */
    const char *hash;         /* NULL: SHA256 */
    int from, to;             /* days from now; 0: 30 days ago, in 30 days */
    const char *extensions;   /* NULL: none */
    long version;             /* 0: 3 */
};

const struct pki *pki_make(struct pki_order order);
const struct pki *pki_root(const char *subject);
const struct pki *pki_ca(const char *subject, const struct pki *issuer);
const struct pki *pki_user(const char *subject, const struct pki *issuer);
EVP_PKEY *pki_new_key(const char *type, unsigned bits);

/* A public key of RSA whose numbers are as long as that and mean nothing. */
EVP_PKEY *pki_long_key(unsigned bits, unsigned exponent_bits);

struct pki_crl_order {
    const struct pki *issuer;
    const char *issuer_name;   /* NULL: the issuer's */
    EVP_PKEY *signer;          /* NULL: the issuer's */
    const char *hash;          /* NULL: SHA256 */
    int from, to;              /* hours from now; 0: one hour ago, in 24 hours */
    int has_no_end;            /* no nextUpdate */
    const struct pki *revoked; /* NULL: nobody */
    const char *extensions;    /* NULL: none */
    const char *entry_extensions;
    int pss; /* RSA-PSS with the hash */
};

/* PEM and DER of one. */
struct pki_crl {
    char *pem;
    unsigned char *der;
    size_t size;
};

const struct pki_crl *pki_crl(struct pki_crl_order order);

/* PEM of all, up to a NULL. */
const char *pki_pem(const struct pki *first, ...) __attribute__((sentinel));

void pki_forget(void);
