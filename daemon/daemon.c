// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/log.h"
#include "config/account.h"
#include "config/identity.h"
#include "crypto/crypto.h"

/* The first error says enough; `p11gate check` shows them all. */
static void log_first_error(const struct message_list *messages)
{
    for (size_t i = 0; i < messages->count; i++) {
        if (messages->items[i].severity == SEVERITY_ERROR) {
            log_error("%s", messages->items[i].text);
            return;
        }
    }
}

static bool is_servable(const struct config *config)
{
    if (config->settings.preset != PRESET_TRANSPARENT)
        return true;
    log_error("%s: found `preset: transparent`, expected ssh or read-only: clients of one daemon must not meet in the vendor's library",
              config->path);
    return false;
}

static bool take(struct daemon *daemon, const struct config *config)
{
    daemon->path = strdup(config->path);
    daemon->system = config->system;
    daemon->uid = geteuid();
    daemon->socket = strdup(config->settings.daemon.socket);
    return daemon->path != NULL && daemon->socket != NULL;
}

bool daemon_init(struct daemon *daemon)
{
    struct crypto *crypto = crypto_create();
    struct message_list messages = {0};
    struct config *config = crypto != NULL ? config_load_chosen(crypto, NULL, &messages) : NULL;
    bool ok = false;

    *daemon = (struct daemon){0};
    if (config != NULL) {
        log_open(&config->settings.log);
        ok = is_servable(config) && take(daemon, config);
    } else {
        log_first_error(&messages);
    }
    message_list_finish(&messages);
    config_destroy(config);
    crypto_destroy(crypto);
    if (!ok)
        daemon_finish(daemon);
    return ok;
}

void daemon_finish(struct daemon *daemon)
{
    free(daemon->path);
    free(daemon->socket);
    *daemon = (struct daemon){0};
}

static struct config *load(const struct daemon *daemon, struct crypto *crypto,
                           const struct account *user)
{
    struct message_list messages = {0};
    struct config *config = config_load_of(crypto, user, daemon->path, daemon->system, &messages);

    if (config == NULL)
        log_first_error(&messages);
    message_list_finish(&messages);
    if (config != NULL && !is_servable(config)) {
        config_destroy(config);
        config = NULL;
    }
    return config;
}

struct config *daemon_config_of(const struct daemon *daemon, struct crypto *crypto, uid_t user)
{
    struct identity identity = {0};
    struct account account;
    struct config *config = NULL;

    identity_init_of(&identity, user);
    if (identity.user == NULL || account_find(identity.user, &account) != ACCOUNT_FOUND) {
        log_error("the user with the number %lu has no entry in the list of users: nothing is shown to him", (unsigned long)user);
    } else {
        config = load(daemon, crypto, &account);
        account_finish(&account);
    }
    identity_finish(&identity);
    return config;
}

static void open_up(struct config *config)
{
    struct settings *settings = &config->settings;

    policy_finish(&config->policy);
    config->policy = (struct policy){.allow_all = true, .file = config->path};
    access_finish(&settings->functions);
    access_finish(&settings->mechanisms);
    settings->audit.kind = settings->user_audit.kind = AUDIT_NONE;
    settings->audit_only = false;
    settings->login.source = PIN_SOURCE_NONE;
}

struct config *daemon_config_open(const struct daemon *daemon, struct crypto *crypto)
{
    struct config *config = load(daemon, crypto, NULL);

    if (config != NULL)
        open_up(config);
    return config;
}

bool daemon_is_master(const struct daemon *daemon, uid_t user)
{
    return user == 0 || user == daemon->uid;
}
