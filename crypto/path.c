// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/path.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "crypto/certificate_pool.h"
#include "crypto/signed.h"

bool path_is_issued(struct signature_memo *signatures, X509 *certificate, X509 *issuer)
{
    bool good;

    ERR_set_mark();
    good = X509_check_issued(issuer, certificate) == X509_V_OK &&
           signed_by(signatures, certificate, issuer);
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

static bool give_up(struct path_search *search, enum path_end why)
{
    search->end = why;
    return false;
}

/* Takes what it costs to check the signature, also of one that is known: what is looked at does not
 * depend on what was asked before. False: it is not to be checked. */
static bool pay(struct path_search *search, X509 *certificate, X509 *issuer)
{
    unsigned cost = signed_cost(search->signatures, certificate, issuer);

    if (search->count == PATH_MOST)
        return give_up(search, PATH_TOO_LONG);
    if (cost == 0)
        return give_up(search, PATH_KEY_TOO_LONG);
    if (search->checks_left == 0)
        return give_up(search, PATH_TOO_MANY);
    if (search->work_left != NULL && *search->work_left < cost)
        return give_up(search, PATH_TOO_MUCH);
    search->checks_left--;
    if (search->work_left != NULL)
        *search->work_left -= cost;
    return true;
}

/* OpenSSL compares key identifiers, keyUsage and the kind of signature, which cost nothing. */
static bool is_issuer(struct path_search *search, X509 *certificate, X509 *candidate)
{
    bool fits = X509_check_issued(candidate, certificate) == X509_V_OK;

    if (fits && !pay(search, certificate, candidate))
        return false;
    if (fits && signed_by(search->signatures, certificate, candidate))
        return true;
    search->name_alone = true;
    return false;
}

/* Those with the name of the last one's issuer. */
static size_t find_candidates(const struct path_search *search, const struct certificate_pool *pool,
                              X509 *const **first)
{
    return certificate_pool_named(pool, X509_get_issuer_name(search->path[search->count - 1]),
                                  first);
}

/* Of the last one in the path, with the right name. An anchor may be of version 1: an administrator
 * has named it. */
static bool is_next(struct path_search *search, X509 *candidate, bool is_anchor)
{
    X509 *last = search->path[search->count - 1];
    bool good;

    if (is_in_path(search, candidate))
        return false;
    ERR_set_mark();
    good = (is_anchor || X509_check_ca(candidate) == 1) && is_issuer(search, last, candidate);
    ERR_pop_to_mark();
    return good;
}

static size_t less(size_t left, size_t cost)
{
    return left < cost ? 0 : left - cost;
}

/* To judge a path takes as long as its signatures. */
static bool visit(struct path_search *search, X509 *anchor)
{
    search->path[search->count] = anchor;
    search->checks_left = (unsigned)less(search->checks_left, search->count);
    for (size_t i = 0; i < search->count && search->work_left != NULL; i++)
        *search->work_left =
            less(*search->work_left,
                 signed_cost(search->signatures, search->path[i], search->path[i + 1]));
    return search->visit(search->data, search->path, search->count + 1);
}

static bool extend(struct path_search *search);

static bool extend_from(struct path_search *search, const struct certificate_pool *pool)
{
    X509 *const *candidates;
    size_t count = find_candidates(search, pool, &candidates);

    for (size_t i = 0; i < count; i++) {
        bool taken;

        if (!is_next(search, candidates[i], false))
            continue;
        search->path[search->count++] = candidates[i];
        taken = extend(search);
        search->count--;
        if (taken)
            return true;
    }
    return false;
}

static bool extend(struct path_search *search)
{
    X509 *const *anchors;
    size_t count = find_candidates(search, search->anchors, &anchors);

    for (size_t i = 0; i < count; i++)
        if (is_next(search, anchors[i], true) && visit(search, anchors[i]))
            return true;
    for (size_t i = 0; i < sizeof(search->pools) / sizeof(search->pools[0]); i++)
        if (search->pools[i] != NULL && extend_from(search, search->pools[i]))
            return true;
    return false;
}

enum path_end path_search(struct path_search *search, X509 *certificate)
{
    search->checks_left = PATH_CHECKS;
    search->name_alone = false;
    search->end = PATH_NONE;
    search->path[0] = certificate;
    search->count = 1;
    return extend(search) ? PATH_TAKEN : search->end;
}
