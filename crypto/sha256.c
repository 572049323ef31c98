// SPDX-License-Identifier: BSD-2-Clause
// SHA-256, which all keys are told apart by. It is asked of OpenSSL's provider itself (provider-digest(7)): EVP_MD_fetch() makes the
// library context learn all names of all algorithms first, for more instructions than all else that listing a key takes.
#include "crypto/internal.h"

#include <string.h>
#include <openssl/core_dispatch.h>

static const char first_name[] = "SHA2-256:";

static const OSSL_DISPATCH *find_implementation(OSSL_PROVIDER *provider)
{
    int no_cache;
    const OSSL_ALGORITHM *row =
        OSSL_PROVIDER_query_operation(provider, OSSL_OP_DIGEST, &no_cache);

    for (; row != NULL && row->algorithm_names != NULL; row++) {
        if (strncmp(row->algorithm_names, first_name, strlen(first_name)) == 0)
            return row->implementation;
    }
    return NULL;
}

static void take_function(struct sha256 *sha256, const OSSL_DISPATCH *function)
{
    switch (function->function_id) {
    case OSSL_FUNC_DIGEST_NEWCTX:
        sha256->create = OSSL_FUNC_digest_newctx(function);
        break;
    case OSSL_FUNC_DIGEST_FREECTX:
        sha256->destroy = OSSL_FUNC_digest_freectx(function);
        break;
    case OSSL_FUNC_DIGEST_INIT:
        sha256->begin = OSSL_FUNC_digest_init(function);
        break;
    case OSSL_FUNC_DIGEST_UPDATE:
        sha256->add = OSSL_FUNC_digest_update(function);
        break;
    case OSSL_FUNC_DIGEST_FINAL:
        sha256->end = OSSL_FUNC_digest_final(function);
        break;
    default:
        break;
    }
}

bool sha256_find(struct sha256 *sha256, OSSL_PROVIDER *provider)
{
    const OSSL_DISPATCH *function = find_implementation(provider);

    *sha256 = (struct sha256){.provider = OSSL_PROVIDER_get0_provider_ctx(provider)};
    for (; function != NULL && function->function_id != 0; function++)
        take_function(sha256, function);
    return sha256->create != NULL && sha256->destroy != NULL && sha256->begin != NULL &&
           sha256->add != NULL && sha256->end != NULL;
}

bool crypto_sha256(struct crypto *crypto, const void *first, size_t first_size, const void *second,
                   size_t second_size, uint8_t out[32])
{
    const struct sha256 *sha256 = &crypto->sha256;
    void *state = sha256->create(sha256->provider);
    size_t size = 0;
    bool ok = state != NULL && sha256->begin(state, NULL) == 1 &&
              sha256->add(state, first, first_size) == 1 &&
              sha256->add(state, second, second_size) == 1 &&
              sha256->end(state, out, &size, 32) == 1 && size == 32;

    if (state != NULL)
        sha256->destroy(state);
    return ok;
}
