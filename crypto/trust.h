// SPDX-License-Identifier: BSD-2-Clause
// Whether a certificate was issued, by way of any number of authorities, by one of a named set of
// anchors (RFC 5280, 6). Pure: no file, no network, no clock.
//
// - A path is found by signatures, not by names alone; of cross-signed authorities every path is
// tried until one is trusted. The end is
//   the first anchor on the way: an anchor may be an intermediate authority, whose own issuer then
//   does not matter.
// - Each path is judged by OpenSSL: basicConstraints, path length, keyCertSign, name constraints,
// certificate policies that are
//   demanded, unknown critical extensions, and security level 2: keys of 112 bits (RSA 2048,
//   P-224), signatures over SHA-224 or better. The anchor's own signature proves nothing and may be
//   over SHA-1; its key must be as strong.
// - Every certificate of the path, the anchor's too, has to be within its dates, and must allow the
// purpose if it limits them.
// - CRLs are asked for every certificate but the anchor, and must be signed by the key that signed
// the certificate.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "crypto/reason.h"

struct certificate_pool;
struct crl_set;
struct crypto;
struct signature_memo;
struct trust_anchors;
struct x509_st; /* OpenSSL's X509 */

/* name, copied, is for messages. NULL when there is no memory. crypto is borrowed and must live
 * longer. */
struct trust_anchors *trust_anchors_create(struct crypto *crypto, const char *name);
void trust_anchors_destroy(struct trust_anchors *anchors);
const char *trust_anchors_name(const struct trust_anchors *anchors);

/* PEM with one or more certificates of authorities, all of which become anchors. False: reason is
 * set, and the set is not to be used. */
bool trust_anchors_add(struct trust_anchors *anchors, const char *text, size_t size,
                       char reason[REASON_SIZE]);

/* PEM with intermediate authorities, which are not trusted for being there. False: as above. */
bool trust_anchors_add_intermediates(struct trust_anchors *anchors, const char *text, size_t size,
                                     char reason[REASON_SIZE]);

bool trust_anchors_have_intermediates(const struct trust_anchors *anchors);

/* In rising order of what is proved; the greatest is what two paths together say. */
enum trust_verdict {
    NOT_TRUSTED,
    TRUST_UNKNOWN, /* no CRL to rely on in hard mode, not all paths looked at, broken, no memory */
    TRUSTED,
};

/* Zero: any. Of several one is enough, but the whole path must allow the same one. */
enum trust_purpose { TRUST_CLIENT_AUTH = 1, TRUST_SMARTCARD_LOGIN = 2, TRUST_SSH_CLIENT = 4 };

enum trust_crl_mode {
    TRUST_CRL_OFF,
    TRUST_CRL_SOFT, /* what is not known is good, and said */
    TRUST_CRL_HARD, /* what is not known is unknown */
};

/* Units of signature checks for all that is asked of one token: whoever wrote it must not keep us
 * busy without end. A unit is 0.2 ms at most; RSA 2048 and P-256 cost one, RSA 4096, P-384 and
 * P-521 four. */
enum { TRUST_WORK = 20000, TRUST_WORK_EACH = 8 /* for each of its certificates */ };

struct trust_request {
    const struct trust_anchors *anchors;
    const struct certificate_pool *others; /* the token's; may be NULL */
    struct crl_set *crls;                  /* may be NULL; remembers who signed what */
    struct signature_memo *signatures; /* of the same crypto; NULL: each question checks anew */
    size_t *work_left; /* units, counted down; NULL: each certificate's own bound is all */
    time_t now;
    unsigned purposes;    /* enum trust_purpose */
    bool ignore_dates;    /* of certificates; never of CRLs */
    uint32_t grace;       /* seconds after the end of each certificate */
    uint32_t warn_before; /* seconds before the end of the first to end */
    enum trust_crl_mode crl_mode;
    uint32_t crl_max_age; /* seconds; 0: as long as each CRL says */
};

enum { TRUST_PATH_SIZE = 512 };

struct trust_result {
    enum trust_verdict verdict;
    char reason[REASON_SIZE];   /* why not; of a trusted one what was not known about revocation, or
                                   empty */
    char path[TRUST_PATH_SIZE]; /* subjects from the certificate to the anchor, " < " between;
                                   empty: no path was found */
    time_t ends;                /* the first end in the path; 0: not known */
    bool ends_soon;             /* within warn_before, or already in the grace */
    time_t crl_made;            /* of the oldest CRL that was asked; 0: none */
};

/* der: one certificate. The result holds no pointers. */
void trust_verify(struct crypto *crypto, const struct trust_request *request, const void *der,
                  size_t size, struct trust_result *result);

/* One that is parsed already, in the context of crypto and to the end of its bytes. */
void trust_verify_parsed(struct crypto *crypto, const struct trust_request *request,
                         struct x509_st *certificate, struct trust_result *result);

/* The first moment after request->now at which the verdict on any certificate may be another one, as something begins or ends:
 * a certificate of the anchors, the intermediates or the token, or a CRL. 0: none. (The certificate that is asked about is one of the
 * token's.) */
time_t trust_changes(const struct trust_request *request);
