// SPDX-License-Identifier: BSD-2-Clause
#include "module/offer.h"

#include <stdlib.h>
#include "crypto/crypto.h"
#include "module/gate.h"
#include "module/stdout_guard.h"

static bool is_through_daemon(const struct config *config)
{
    return config->settings.daemon.use != DAEMON_OFF;
}

bool offer_of_gate(const struct gate *gate)
{
    bool has = false;

    for (size_t i = 0; i < gate->n_vendors && !is_through_daemon(gate->config); i++)
        has = has || (gate->vendors[i] != NULL && vendor_has_3_0(gate->vendors[i]));
    return has;
}

static bool module_has(const struct module_settings *module)
{
    char *error = NULL;
    struct vendor *vendor = vendor_load(module, &error);
    bool has = vendor != NULL && vendor_has_3_0(vendor);

    vendor_destroy(vendor);
    free(error);
    return has;
}

static bool any_has(const struct config *config)
{
    bool has = false;

    stdout_guard_init();
    stdout_guard_begin();
    for (size_t i = 0; i < config->settings.n_modules && !has; i++)
        has = module_has(&config->settings.modules[i]);
    stdout_guard_end();
    return has;
}

bool offer_of_configuration(void)
{
    struct crypto *crypto = crypto_create();
    struct config *config = crypto != NULL ? gate_load_config(crypto, LOAD_QUIETLY) : NULL;
    bool has = config != NULL && !is_through_daemon(config) && any_has(config);

    config_destroy(config);
    crypto_destroy(crypto);
    return has;
}
