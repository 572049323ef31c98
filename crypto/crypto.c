// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/ui.h>

enum { RANDOM_MAX = 256 }; /* so many bytes getrandom gives at once, and is not interrupted */

struct lasting {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *provider;
};

static struct lasting inherited __attribute__((used)); /* the parent's, left alone */

/* One for the life of the process: a thread that ends looks into the contexts that it took random numbers from, whenever that is, and we
 * cannot know when the last one has. A child of the process makes its own: a lock in the parent's may be held by a thread it does not have. */
static const struct lasting *lasting_context(void)
{
    static struct lasting lasting;
    static pid_t owner;

    if (lasting.provider != NULL && owner == getpid())
        return &lasting;
    if (lasting.provider != NULL)
        inherited = lasting;
    lasting.context = OSSL_LIB_CTX_new();
    lasting.provider = lasting.context != NULL ? OSSL_PROVIDER_load(lasting.context, "default") : NULL;
    if (lasting.provider == NULL)
        OSSL_LIB_CTX_free(lasting.context);
    owner = getpid();
    return lasting.provider != NULL ? &lasting : NULL;
}

struct crypto *crypto_create(void)
{
    struct crypto *crypto = calloc(1, sizeof(*crypto));
    const struct lasting *lasting;

    if (crypto == NULL)
        return NULL;
    lasting = lasting_context();
    if (lasting == NULL || !sha256_find(&crypto->sha256, lasting->provider)) {
        free(crypto);
        return NULL;
    }
    crypto->context = lasting->context;
    return crypto;
}

void crypto_destroy(struct crypto *crypto)
{
    free(crypto);
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
