// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/certificate_pool.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "crypto/moment.h"
#include "crypto/path.h"
#include "crypto/x509_text.h"

struct certificate_pool {
    struct crypto *crypto; /* borrowed */
    X509 **items; /* owned array of owned references, by subject; equal ones as they came */
    size_t count, room;
};

struct certificate_pool *certificate_pool_create(struct crypto *crypto)
{
    struct certificate_pool *pool = calloc(1, sizeof(*pool));

    if (pool != NULL)
        pool->crypto = crypto;
    return pool;
}

void certificate_pool_destroy(struct certificate_pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->count; i++)
        X509_free(pool->items[i]);
    free(pool->items);
    free(pool);
}

/* Where the certificates begin whose subject does not stand before the name, or after it. */
static size_t find_edge(const struct certificate_pool *pool, const X509_NAME *name, bool after)
{
    size_t from = 0, to = pool->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = X509_NAME_cmp(X509_get_subject_name(pool->items[middle]), name);

        if (order < 0 || (after && order == 0))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

size_t certificate_pool_named(const struct certificate_pool *pool, const X509_NAME *name,
                              X509 *const **first)
{
    size_t from = find_edge(pool, name, false);

    *first = pool->count > 0 ? &pool->items[from] : NULL;
    return find_edge(pool, name, true) - from;
}

static bool make_room(struct certificate_pool *pool)
{
    size_t room = pool->room == 0 ? 8 : 2 * pool->room;
    X509 **grown;

    if (pool->count < pool->room)
        return true;
    grown = reallocarray(pool->items, room, sizeof(X509 *));
    if (grown == NULL)
        return false;
    pool->items = grown;
    pool->room = room;
    return true;
}

bool certificate_pool_add(struct certificate_pool *pool, const void *der, size_t size)
{
    X509 *x509 = x509_parse(pool->crypto, der, size);
    bool good = x509 != NULL && certificate_pool_add_parsed(pool, x509);

    X509_free(x509);
    return good;
}

static bool is_there(const struct certificate_pool *pool, const X509 *x509)
{
    X509 *const *first;
    size_t count = certificate_pool_named(pool, X509_get_subject_name(x509), &first);
    bool found = false;

    ERR_set_mark(); /* comparing looks into extensions, which may be broken */
    for (size_t i = 0; i < count && !found; i++)
        found = X509_cmp(first[i], x509) == 0;
    ERR_pop_to_mark();
    return found;
}

bool certificate_pool_add_parsed(struct certificate_pool *pool, struct x509_st *x509)
{
    size_t place;

    if (is_there(pool, x509))
        return true;
    if (!make_room(pool) || X509_up_ref(x509) != 1)
        return false;
    place = find_edge(pool, X509_get_subject_name(x509), true);
    memmove(pool->items + place + 1, pool->items + place, (pool->count - place) * sizeof(X509 *));
    pool->items[place] = x509;
    pool->count++;
    return true;
}

static bool take(void *data, const void *der, size_t size, char reason[REASON_SIZE])
{
    struct certificate_pool *pool = data;

    if (certificate_pool_add(pool, der, size))
        return true;
    reason_set(reason, "a certificate cannot be parsed (after %zu that can)",
               certificate_pool_count(pool));
    return false;
}

bool certificate_pool_add_pem(struct certificate_pool *pool, const char *text, size_t size,
                              char reason[REASON_SIZE])
{
    return pem_each(text, size, "CERTIFICATE", take, pool, reason);
}

size_t certificate_pool_count(const struct certificate_pool *pool)
{
    return pool->count;
}

X509 *certificate_pool_at(const struct certificate_pool *pool, size_t index)
{
    return pool->items[index];
}

time_t certificate_pool_changes(const struct certificate_pool *pool, time_t now, uint32_t grace)
{
    time_t next = 0;

    for (size_t i = 0; i < certificate_pool_count(pool); i++) {
        const X509 *x509 = certificate_pool_at(pool, i);
        time_t begins, ends;

        if (!x509_time(X509_get0_notBefore(x509), &begins) ||
            !x509_time(X509_get0_notAfter(x509), &ends))
            continue;
        next = moment_next(now, next, begins);
        next = moment_next(now, next, ends + (time_t)grace + 1);
    }
    return next;
}
