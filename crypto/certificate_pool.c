// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/certificate_pool.h"

#include <stdlib.h>
#include <openssl/err.h>
#include "crypto/moment.h"
#include "crypto/path.h"
#include "crypto/x509_text.h"

struct certificate_pool {
    struct crypto *crypto;  /* borrowed */
    STACK_OF(X509) * stack; /* owned, with its certificates */
};

struct certificate_pool *certificate_pool_create(struct crypto *crypto)
{
    struct certificate_pool *pool = calloc(1, sizeof(*pool));

    if (pool == NULL)
        return NULL;
    pool->crypto = crypto;
    pool->stack = sk_X509_new_null();
    if (pool->stack == NULL) {
        free(pool);
        return NULL;
    }
    return pool;
}

void certificate_pool_destroy(struct certificate_pool *pool)
{
    if (pool == NULL)
        return;
    sk_X509_pop_free(pool->stack, X509_free);
    free(pool);
}

bool certificate_pool_add(struct certificate_pool *pool, const void *der, size_t size)
{
    X509 *x509 = x509_parse(pool->crypto, der, size);
    bool good = x509 != NULL && certificate_pool_add_parsed(pool, x509);

    X509_free(x509);
    return good;
}

bool certificate_pool_add_parsed(struct certificate_pool *pool, struct x509_st *x509)
{
    bool good;

    ERR_set_mark();
    good = X509_add_cert(pool->stack, x509, X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP) == 1;
    ERR_pop_to_mark();
    return good;
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
    return (size_t)sk_X509_num(pool->stack);
}

X509 *certificate_pool_at(const struct certificate_pool *pool, size_t index)
{
    return sk_X509_value(pool->stack, (int)index);
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
