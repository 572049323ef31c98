// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/client.h"

#include "crypto/crypto.h"
#include "daemon/daemon.h"
#include "daemon/door.h"

static struct config *load(void *context, struct crypto *crypto, enum load load)
{
    const struct client *client = context;

    (void)load;
    return daemon_config_of(client->daemon, crypto, client->peer.uid);
}

/* A PIN is kept below, once for all. */
static void leave_keeping_below(struct config *config)
{
    config->settings.login.keeps = false;
}

CK_RV client_open(struct client *client)
{
    static const struct vendor_elsewhere door = {.functions = &door_functions};
    const struct setting setting = {
        .below = &door,
        .below_name = "p11gate serve",
        .load = load,
        .context = client,
        .peer = &client->peer,
    };
    struct crypto *crypto = crypto_create();
    struct config *config =
        crypto != NULL ? daemon_config_of(client->daemon, crypto, client->peer.uid) : NULL;
    CK_RV rv;

    if (crypto != NULL && config == NULL) {
        crypto_destroy(crypto);
        return CKR_FUNCTION_FAILED;
    }
    if (config != NULL)
        leave_keeping_below(config);
    rv = gate_create_in(&setting, crypto, config, false, &client->gate);
    if (rv == CKR_OK)
        client->gate->serves = true;
    return rv;
}

void client_close(struct client *client)
{
    gate_destroy(client->gate);
    client->gate = NULL;
}
