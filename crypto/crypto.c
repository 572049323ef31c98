// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/ui.h>

enum { RANDOM_MAX = 256 }; /* so many bytes getrandom gives at once, and is not interrupted */

static OSSL_LIB_CTX *inherited __attribute__((used)); /* the parent's, left alone */

/* One for the life of the process: a thread that ends looks into the contexts that it took random numbers from, whenever that is, and we
 * cannot know when the last one has. A child of the process makes its own: a lock in the parent's may be held by a thread it does not have. */
static OSSL_LIB_CTX *lasting_context(void)
{
    static OSSL_LIB_CTX *context;
    static pid_t owner;

    if (context != NULL && owner == getpid())
        return context;
    inherited = context;
    context = OSSL_LIB_CTX_new();
    owner = getpid();
    return context;
}

struct crypto *crypto_create(void)
{
    struct crypto *crypto = calloc(1, sizeof(*crypto));

    if (crypto == NULL)
        return NULL;
    crypto->context = lasting_context();
    if (crypto->context == NULL) {
        free(crypto);
        return NULL;
    }
    return crypto;
}

void crypto_destroy(struct crypto *crypto)
{
    free(crypto);
}

bool crypto_sha256(struct crypto *crypto, const void *first, size_t first_size, const void *second,
                   size_t second_size, uint8_t out[32])
{
    EVP_MD *md = EVP_MD_fetch(crypto->context, "SHA2-256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = md != NULL && context != NULL && EVP_DigestInit_ex(context, md, NULL) == 1 &&
              EVP_DigestUpdate(context, first, first_size) == 1 &&
              EVP_DigestUpdate(context, second, second_size) == 1 &&
              EVP_DigestFinal_ex(context, out, NULL) == 1;

    EVP_MD_CTX_free(context);
    EVP_MD_free(md);
    return ok;
}

/* The kernel's: OpenSSL's generators cost a program that lists one key and ends a third of all that p11gate does for it. */
bool crypto_random(struct crypto *crypto, void *out, size_t size)
{
    (void)crypto;
    return size <= RANDOM_MAX && getrandom(out, size, 0) == (ssize_t)size;
}

bool crypto_read_pin(const char *prompt, char *pin, size_t size)
{
    char buffer[256] = "";
    bool ok = UI_UTIL_read_pw(pin, buffer, (int)(size < sizeof(buffer) ? size : sizeof(buffer)),
                              prompt, 0) == 0;

    explicit_bzero(buffer, sizeof(buffer));
    return ok && pin[0] != '\0';
}
