// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/client.h"

#include "crypto/crypto.h"
#include "daemon/daemon.h"
#include "daemon/door.h"
#include "daemon/keeper.h"
#include "daemon/rate.h"
#include "filters/exposure.h"

static struct config *load(void *context, struct crypto *crypto, enum load load)
{
    const struct client *client = context;

    (void)load;
    return daemon_config_of(client->daemon, crypto, client->peer.uid);
}

static bool permits_use(void *context, const struct exposed_key *key)
{
    static const uint8_t unknown[RATE_KEY_SIZE];
    const struct client *client = context;
    const struct public_key *public_key = key->group->key;
    unsigned most = verdict_most_per_minute(&key->verdict);
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return most == 0 || rate_permits(client->peer.uid, public_key != NULL ? public_key->spki_hash : unknown, most, now.tv_sec);
}

static bool permits_source(void *context, const CK_TOKEN_INFO *token)
{
    const struct client *client = context;

    return keeper_permits_source(client->peer.uid, token);
}

/* A PIN is kept below, once for all. */
static void leave_keeping_below(struct config *config)
{
    config->settings.login.keeps = false;
}

static _Thread_local uid_t own_user;

uid_t client_user(void)
{
    return own_user;
}

CK_RV client_open(struct client *client)
{
    static const struct vendor_elsewhere door = {.functions = &door_functions};
    const struct setting setting = {
        .below = &door,
        .below_name = "p11gate serve",
        .load = load,
        .permits_use = permits_use,
        .permits_source = permits_source,
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
    own_user = client->peer.uid;
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
