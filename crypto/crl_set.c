// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/crl_set.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "crypto/crl_kind.h"
#include "crypto/moment.h"
#include "crypto/revocation.h"
#include "crypto/x509_text.h"

struct crl {
    X509_CRL *crl;             /* owned */
    ISSUING_DIST_POINT *point; /* owned; may be NULL */
    time_t made, ends;
    bool has_end;
    EVP_PKEY *signer; /* owned; the key that was seen to have signed it: to hash megabytes once is
                         enough */
};

struct crl_set {
    struct crypto *crypto; /* borrowed */
    struct crl *items;     /* owned */
    size_t count;
};

struct crl_set *crl_set_create(struct crypto *crypto)
{
    struct crl_set *set = calloc(1, sizeof(*set));

    if (set != NULL)
        set->crypto = crypto;
    return set;
}

static void crl_finish(struct crl *crl)
{
    X509_CRL_free(crl->crl);
    ISSUING_DIST_POINT_free(crl->point);
    EVP_PKEY_free(crl->signer);
}

void crl_set_destroy(struct crl_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++)
        crl_finish(&set->items[i]);
    free(set->items);
    free(set);
}

size_t crl_set_count(const struct crl_set *set)
{
    return set->count;
}

/* Sets the rest of what has crl->crl. */
static bool crl_read(struct crl *crl, char reason[REASON_SIZE])
{
    const ASN1_TIME *end = X509_CRL_get0_nextUpdate(crl->crl);

    crl->has_end = end != NULL;
    if (!x509_time(X509_CRL_get0_lastUpdate(crl->crl), &crl->made) ||
        (crl->has_end && !x509_time(end, &crl->ends))) {
        reason_set(reason, "has a broken date");
        return false;
    }
    return crl_is_understood(crl->crl, &crl->point, reason);
}

/* Puts the issuer before the reason. */
static void say_whose(const X509_CRL *crl, char reason[REASON_SIZE])
{
    char issuer[NAME_TEXT_SIZE];
    char why[REASON_SIZE];

    x509_name_text(X509_CRL_get_issuer(crl), issuer);
    memcpy(why, reason, sizeof(why));
    reason_set(reason, "the CRL of %s %.*s", issuer, REASON_SIZE - NAME_TEXT_SIZE - 16, why);
}

static bool take(void *data, const void *der, size_t size, char reason[REASON_SIZE])
{
    struct crl_set *set = data;
    struct crl crl = {.crl = x509_crl_parse(set->crypto, der, size)};
    struct crl *items;

    if (crl.crl == NULL) {
        reason_set(reason, "a CRL cannot be parsed (after %zu that can)", set->count);
        return false;
    }
    if (!crl_read(&crl, reason)) {
        say_whose(crl.crl, reason);
        crl_finish(&crl);
        return false;
    }
    items = reallocarray(set->items, set->count + 1, sizeof(*items));
    if (items == NULL) {
        reason_set(reason, "no memory");
        crl_finish(&crl);
        return false;
    }
    set->items = items;
    set->items[set->count++] = crl;
    return true;
}

/* A SEQUENCE whose length takes more than one byte, or that is all there is: no text begins so, and none in PEM is so short. */
static bool is_der(const uint8_t *bytes, size_t size)
{
    return size > 2 && bytes[0] == 0x30 && (bytes[1] > 0x80 || (size_t)bytes[1] + 2 == size);
}

bool crl_set_add(struct crl_set *set, const char *text, size_t size, char reason[REASON_SIZE])
{
    if (is_der((const uint8_t *)text, size))
        return take(set, text, size, reason);
    return pem_each(text, size, "X509 CRL", take, set, reason);
}

static bool crl_is_signed(struct crl *crl, X509 *issuer)
{
    EVP_PKEY *key;
    bool good;

    ERR_set_mark();
    key = X509_get0_pubkey(issuer);
    good = key != NULL && crl->signer != NULL && EVP_PKEY_eq(crl->signer, key) == 1;
    if (!good && key != NULL && X509_CRL_verify(crl->crl, key) == 1 && EVP_PKEY_up_ref(key) == 1) {
        EVP_PKEY_free(crl->signer);
        crl->signer = key;
        good = true;
    }
    ERR_pop_to_mark();
    return good;
}

/* One that has begun goes before one that has not, then the newer before the older. */
static bool is_better(const struct crl *left, const struct crl *right, time_t now)
{
    bool left_begun = left->made <= now;
    bool right_begun = right->made <= now;

    return left_begun != right_begun ? left_begun : left->made > right->made;
}

/* NULL: the reason is set. */
static struct crl *find(struct crl_set *set, X509 *certificate, X509 *issuer, time_t now,
                        char reason[REASON_SIZE])
{
    const X509_NAME *name = X509_get_subject_name(issuer);
    struct crl *best = NULL;
    char text[NAME_TEXT_SIZE];
    bool forged = false;

    for (size_t i = 0; i < set->count; i++) {
        struct crl *crl = &set->items[i];

        if (X509_NAME_cmp(X509_CRL_get_issuer(crl->crl), name) != 0 ||
            !crl_is_about(crl->point, certificate))
            continue;
        if (!crl_is_signed(crl, issuer))
            forged = true;
        else if (best == NULL || is_better(crl, best, now))
            best = crl;
    }
    if (best != NULL)
        return best;
    x509_name_text(name, text);
    reason_set(reason, forged ? "the CRL of %s is not signed by it" : "there is no CRL of %s",
               text);
    return NULL;
}

/* NULL, or why the CRL cannot be relied on. */
static const char *why_not(const struct crl *crl, X509 *issuer, time_t now, uint32_t max_age)
{
    if ((X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0)
        return "is signed by a key that may not sign CRLs";
    if (crl->made > now)
        return "is not yet valid";
    if (crl->has_end && crl->ends < now)
        return "has expired";
    if (max_age != 0 && now - crl->made > (time_t)max_age)
        return "is older than max_age";
    if (!crl->has_end && max_age == 0)
        return "has no end, and no max_age is set";
    return NULL;
}

enum revocation crl_set_ask(struct crl_set *set, X509 *certificate, X509 *issuer, time_t now,
                            uint32_t max_age, time_t *made, char reason[REASON_SIZE])
{
    struct crl *crl = find(set, certificate, issuer, now, reason);
    X509_REVOKED *entry = NULL;
    char name[NAME_TEXT_SIZE];
    const char *why;

    *made = 0;
    if (crl == NULL)
        return REVOCATION_NOT_KNOWN;
    *made = crl->made;
    if (X509_CRL_get0_by_cert(crl->crl, &entry, certificate) != 0) {
        x509_name_text(X509_get_subject_name(certificate), name);
        reason_set(reason, "%s is revoked", name);
        return REVOCATION_REVOKED;
    }
    why = why_not(crl, issuer, now, max_age);
    if (why == NULL)
        return REVOCATION_GOOD;
    x509_name_text(X509_CRL_get_issuer(crl->crl), name);
    reason_set(reason, "the CRL of %s %s", name, why);
    return REVOCATION_NOT_KNOWN;
}

time_t crl_set_changes(const struct crl_set *set, time_t now, uint32_t max_age)
{
    time_t next = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct crl *crl = &set->items[i];

        next = moment_next(now, next, crl->made);
        if (crl->has_end)
            next = moment_next(now, next, crl->ends + 1);
        if (max_age != 0)
            next = moment_next(now, next, crl->made + (time_t)max_age + 1);
    }
    return next;
}
