// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/path.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "crypto/certificate_pool.h"

bool path_is_issued(X509 *certificate, X509 *issuer)
{
    EVP_PKEY *key;
    bool good;

    ERR_set_mark();
    key = X509_get0_pubkey(issuer);
    good = X509_check_issued(issuer, certificate) == X509_V_OK && key != NULL &&
           X509_verify(certificate, key) == 1;
    ERR_pop_to_mark();
    return good;
}

static bool is_in_path(const struct path_search *search, const X509 *certificate)
{
    for (size_t i = 0; i < search->count; i++)
        if (X509_cmp(search->path[i], certificate) == 0)
            return true;
    return false;
}

/* Of the last one in the path. Names are compared first: they cost nothing. */
static bool is_next(struct path_search *search, X509 *candidate)
{
    X509 *last = search->path[search->count - 1];

    if (X509_NAME_cmp(X509_get_issuer_name(last), X509_get_subject_name(candidate)) != 0 ||
        is_in_path(search, candidate) || search->checks_left == 0)
        return false;
    search->checks_left--;
    if (path_is_issued(last, candidate))
        return true;
    search->name_alone = true;
    return false;
}

/* A visit checks the signatures of the path once more. */
static bool visit(struct path_search *search, X509 *anchor)
{
    search->path[search->count] = anchor;
    search->checks_left -=
        search->checks_left < search->count ? search->checks_left : (unsigned)search->count;
    return search->visit(search->data, search->path, search->count + 1);
}

static bool extend(struct path_search *search);

static bool extend_from(struct path_search *search, const struct certificate_pool *pool)
{
    for (size_t i = 0; i < certificate_pool_count(pool); i++) {
        X509 *candidate = certificate_pool_at(pool, i);
        bool taken;

        if (!is_next(search, candidate) || X509_check_ca(candidate) != 1)
            continue;
        search->path[search->count++] = candidate;
        taken = extend(search);
        search->count--;
        if (taken)
            return true;
    }
    return false;
}

static bool extend(struct path_search *search)
{
    if (search->count == PATH_MOST)
        return false;
    for (size_t i = 0; i < certificate_pool_count(search->anchors); i++) {
        X509 *anchor = certificate_pool_at(search->anchors, i);

        if (is_next(search, anchor) && visit(search, anchor))
            return true;
    }
    for (size_t i = 0; i < sizeof(search->pools) / sizeof(search->pools[0]); i++)
        if (search->pools[i] != NULL && extend_from(search, search->pools[i]))
            return true;
    return false;
}

enum path_end path_search(struct path_search *search, X509 *certificate)
{
    search->checks_left = PATH_CHECKS;
    search->name_alone = false;
    search->path[0] = certificate;
    search->count = 1;
    if (extend(search))
        return PATH_TAKEN;
    return search->checks_left == 0 ? PATH_TOO_MANY : PATH_NONE;
}
