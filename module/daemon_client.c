// SPDX-License-Identifier: BSD-2-Clause
#include "module/daemon_client.h"

#include <stddef.h>
#include "common/log.h"
#include "crypto/crypto.h"
#include "module/gate.h"
#include "module/server.h"
#include "remote/remote.h"

/* A call waits for the daemon's vendor, which has thirty seconds, and perhaps for its user, who is asked. */
enum { CONNECT_MS = 2000, CALL_MS = 45000 };

static struct remote *remote;
static CK_FUNCTION_LIST list;

/* What the daemon tells of logins in another way than a library does becomes as a library has it. */
static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
    CK_RV rv = remote_functions(remote)->C_GetTokenInfo(slot, info);

    if (rv == CKR_OK && (info->flags & DAEMON_FLAG_LOCKED) != 0)
        info->flags |= CKF_LOGIN_REQUIRED;
    return rv;
}

static const char *error(const void *context)
{
    (void)context;
    return remote != NULL ? remote_error(remote) : "";
}

static const struct vendor_elsewhere below = {.functions = &list, .error = error};

void daemon_client_stop(void)
{
    remote_destroy(remote);
    remote = NULL;
}

/* The daemon may, by the same configuration. */
static bool may_ask(const struct config *config)
{
    return config_watches_use(config) || config->settings.login.source == PIN_SOURCE_ASKPASS;
}

static bool start(const struct config *config)
{
    struct remote_options options = {
        .path = config->settings.daemon.socket,
        .trusted = server_trusted, /* the daemon, and its socket's folder, may come later */
        .connect_ms = CONNECT_MS,
        .call_ms = CALL_MS + (may_ask(config) ? CONFIRM_SECONDS * 1000 : 0),
    };

    daemon_client_stop();
    remote = remote_create(&options);
    if (remote == NULL)
        return false;
    list = *remote_functions(remote);
    list.C_GetTokenInfo = get_token_info;
    return true;
}

static bool is_answered(void)
{
    CK_RV rv = list.C_Initialize(NULL);

    list.C_Finalize(NULL);
    return rv == CKR_OK;
}

/* PINs are the daemon's to ask for and to keep: it has the login. */
static void leave_login_below(struct config *config)
{
    config->settings.login.source = PIN_SOURCE_NONE;
    config->settings.login.keeps = false;
}

/* `daemon` as it is now is in force until C_Finalize. */
static CK_RV create(struct crypto *crypto, struct config *config, bool threads, struct gate **gate)
{
    const struct setting setting = {
        .below = &below,
        .below_name = config->settings.daemon.socket,
        .below_may_come = true,
        .below_asks = true,
    };

    leave_login_below(config);
    return gate_create_in(&setting, crypto, config, threads, gate);
}

static CK_RV refuse(struct crypto *crypto, struct config *config)
{
    log_error("no memory for a connection to %s", config->settings.daemon.socket);
    config_destroy(config);
    crypto_destroy(crypto);
    return CKR_HOST_MEMORY;
}

static bool is_chosen(const struct config *config)
{
    enum daemon_use use = config->settings.daemon.use;

    if (use == DAEMON_OFF || !start(config))
        return false;
    if (use == DAEMON_REQUIRE || is_answered())
        return true;
    log_info("no daemon answers at %s: the library is used in this process",
             config->settings.daemon.socket);
    daemon_client_stop();
    return false;
}

CK_RV daemon_client_gate(struct crypto *crypto, struct config *config, bool threads,
                         struct gate **gate)
{
    CK_RV rv;

    if (config == NULL || crypto == NULL)
        return gate_create_from(crypto, config, threads, gate);
    if (is_chosen(config))
        rv = create(crypto, config, threads, gate);
    else if (config->settings.daemon.use == DAEMON_REQUIRE)
        rv = refuse(crypto, config);
    else
        rv = gate_create_from(crypto, config, threads, gate);
    if (rv != CKR_OK)
        daemon_client_stop();
    return rv;
}
