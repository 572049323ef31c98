// SPDX-License-Identifier: BSD-2-Clause
// The paths from a certificate to anchors, found by names and signatures; within crypto/ only.
// OpenSSL takes the first issuer whose name fits and never goes back, so that one of two
// cross-signed certificates, or a forged one, would hide the right path.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <openssl/x509.h>

struct certificate_pool;
struct signature_memo;

enum {
    PATH_MOST = 10,     /* certificates of one path, the first and the anchor included */
    PATH_CHECKS = 1000, /* signatures that are checked for one certificate */
};

/* Borrowed from the pool; in no order. */
X509 *certificate_pool_at(const struct certificate_pool *pool, size_t index);

/* How many have that subject, and the first of them, in the order they were added. Borrowed until
 * one is added. */
size_t certificate_pool_named(const struct certificate_pool *pool, const X509_NAME *name,
                              X509 *const **first);

/* Whether issuer's name, key identifier, key usage and signature fit. */
bool path_is_issued(struct signature_memo *signatures, X509 *certificate, X509 *issuer);

enum path_end {
    PATH_TAKEN, /* the visitor has taken one */
    PATH_NONE,  /* there is none, or none that it took */
    /* Not all were looked at: */
    PATH_TOO_MANY,     /* after PATH_CHECKS */
    PATH_TOO_MUCH,     /* the work that was left does not suffice */
    PATH_TOO_LONG,     /* one goes on after PATH_MOST */
    PATH_KEY_TOO_LONG, /* an issuer's, for signature_cost() */
};

struct path_search {
    const struct certificate_pool *anchors;
    const struct certificate_pool *pools[2]; /* may be NULL */
    struct signature_memo *signatures;
    /* path[0] is the certificate, path[count - 1] the anchor; true ends the search. */
    bool (*visit)(void *data, X509 *const *path, size_t count);
    void *data;
    size_t *work_left;    /* in units of signature_cost(); may be NULL */
    unsigned checks_left; /* PATH_CHECKS at the beginning */
    bool name_alone;      /* set: some certificate has the name of an issuer, but did not sign */
    enum path_end end;    /* if none is taken */
    X509 *path[PATH_MOST];
    size_t count;
};

/* The caller has set what stands before checks_left. All is borrowed. */
enum path_end path_search(struct path_search *search, X509 *certificate);
