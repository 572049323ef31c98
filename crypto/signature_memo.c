// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/signature_memo.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include "crypto/signature_cost.h"
#include "crypto/signed.h"

/* What the trees are sorted by stands first. */
struct checked {
    X509 *certificate; /* owned reference */
    bool good;
};

struct issuer {
    X509 *certificate; /* owned reference */
    unsigned key_cost; /* to read an RSA key's exponent takes as long as half a signature */
    void *checked;     /* owned tree of owned struct checked (tsearch) */
};

struct signature_memo {
    void *issuers; /* owned tree of owned struct issuer */
};

struct signature_memo *signature_memo_create(void)
{
    return calloc(1, sizeof(struct signature_memo));
}

static void destroy_checked(void *data)
{
    struct checked *checked = data;

    X509_free(checked->certificate);
    free(checked);
}

static void destroy_issuer(void *data)
{
    struct issuer *issuer = data;

    tdestroy(issuer->checked, destroy_checked);
    X509_free(issuer->certificate);
    free(issuer);
}

void signature_memo_destroy(struct signature_memo *memo)
{
    if (memo == NULL)
        return;
    tdestroy(memo->issuers, destroy_issuer);
    free(memo);
}

static int compare(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t) * (X509 *const *)a, right = (uintptr_t) * (X509 *const *)b;

    return (left > right) - (left < right);
}

/* NULL when there is no memory. */
static struct issuer *find_issuer(struct signature_memo *memo, X509 *certificate)
{
    struct issuer **found = tfind(&certificate, &memo->issuers, compare);
    struct issuer *issuer = found == NULL ? calloc(1, sizeof(*issuer)) : *found;

    if (found != NULL || issuer == NULL)
        return issuer;
    issuer->certificate = certificate;
    if (tsearch(issuer, &memo->issuers, compare) == NULL) {
        free(issuer);
        return NULL;
    }
    X509_up_ref(certificate);
    issuer->key_cost = signature_key_cost(X509_get0_pubkey(certificate));
    return issuer;
}

unsigned signed_cost(struct signature_memo *memo, X509 *certificate, X509 *issuer)
{
    const struct issuer *known = find_issuer(memo, issuer);

    return known != NULL ? signature_cost(certificate, known->key_cost) : 0;
}

static void remember(struct issuer *issuer, X509 *certificate, bool good)
{
    struct checked *checked = calloc(1, sizeof(*checked));

    if (checked == NULL)
        return;
    *checked = (struct checked){certificate, good};
    if (tsearch(checked, &issuer->checked, compare) == NULL)
        free(checked);
    else
        X509_up_ref(certificate);
}

bool signed_by(struct signature_memo *memo, X509 *certificate, X509 *issuer)
{
    struct issuer *known = find_issuer(memo, issuer);
    struct checked **found = known != NULL ? tfind(&certificate, &known->checked, compare) : NULL;
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    bool good;

    if (found != NULL)
        return (*found)->good;
    good = key != NULL && X509_verify(certificate, key) == 1;
    if (known != NULL)
        remember(known, certificate, good);
    return good;
}
