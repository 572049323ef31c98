// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/trunk.h"

#include <stdint.h>
#include "common/log.h"
#include "crypto/crypto.h"
#include "daemon/daemon.h"
#include "daemon/keeper.h"
#include "daemon/vendor_child.h"
#include "module/entry.h"
#include "module/gate.h"

static struct config *load(void *context, struct crypto *crypto, enum load load)
{
    (void)load;
    return daemon_config_open(context, crypto);
}

CK_RV trunk_start(const struct daemon *daemon)
{
    const struct setting setting = {
        .open_module = vendor_child_open, .load = load, .context = (void *)(uintptr_t)daemon};
    struct crypto *crypto = crypto_create();
    struct config *config = crypto != NULL ? daemon_config_open(daemon, crypto) : NULL;

    if (crypto != NULL && config == NULL) {
        crypto_destroy(crypto);
        return CKR_FUNCTION_FAILED;
    }
    if (config != NULL && config->settings.login.keeps)
        keeper_limit(config->settings.login.idle, config->settings.login.max,
                     config->settings.login.survives_removal);
    return entry_start_in(&setting, crypto, config);
}

void trunk_refresh(void)
{
    entry_reread_tokens();
}

/* It compares what is there with what was told, and tells of one slot at a time. */
void trunk_look(void)
{
    CK_SLOT_ID slot;

    entry_listen_to_pcscd(vendor_children_use_pcscd);
    while (entry_functions.C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL) == CKR_OK)
        log_info("a card came or went in slot %lu", slot);
}

void trunk_stop(void)
{
    entry_C_Finalize(NULL);
    vendor_children_end();
}

CK_FUNCTION_LIST *trunk(void)
{
    return &entry_functions;
}
