// SPDX-License-Identifier: BSD-2-Clause
#include "module/offer.h"

#include <pthread.h>
#include "crypto/crypto.h"
#include "module/entry.h"
#include "module/gate.h"
#include "module/stdout_guard.h"
#include "module/vendor_library.h"

#define LOCK_INITIALIZER PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP
static pthread_mutex_t lock = LOCK_INITIALIZER;

void offer_after_fork(void)
{
    lock = (pthread_mutex_t)LOCK_INITIALIZER;
}

static unsigned of_module(const struct module_settings *module)
{
    unsigned versions = 0;

    for (unsigned i = 0; i < LIST_VERSIONS; i++)
        versions |= vendor_library_list(module->path, (enum list_version)i) != NULL ? 1U << i : 0U;
    return versions;
}

static unsigned of_modules(const struct config *config)
{
    unsigned versions = 0;

    stdout_guard_init();
    stdout_guard_begin();
    for (size_t i = 0; i < config->settings.n_modules; i++)
        versions |= of_module(&config->settings.modules[i]);
    stdout_guard_end();
    return versions;
}

static unsigned look(void)
{
    struct crypto *crypto = crypto_create();
    struct config *config = crypto != NULL ? gate_load_config(crypto, LOAD_QUIETLY) : NULL;
    unsigned versions = 0;

    if (config != NULL && config->settings.daemon.use == DAEMON_OFF)
        versions = of_modules(config);
    config_destroy(config);
    crypto_destroy(crypto);
    return versions;
}

unsigned offer_later_versions(void)
{
    unsigned versions;

    entry_watch_forks();
    if (pthread_mutex_lock(&lock) != 0)
        return 0;
    versions = look();
    pthread_mutex_unlock(&lock);
    return versions;
}
