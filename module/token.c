// SPDX-License-Identifier: BSD-2-Clause
#include "module/token.h"

#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "common/names.h"
#include "common/printable.h"
#include "module/daemon_client.h"
#include "module/recover.h"
#include "module/session.h"
#include "module/snapshot.h"
#include "module/vendor_session.h"

struct token *token_create(struct gate *gate, struct vendor *vendor, CK_SLOT_ID slot,
                           const CK_TOKEN_INFO *info)
{
    struct token *token = calloc(1, sizeof(*token));

    if (token == NULL)
        return NULL;
    token->gate = gate;
    token->vendor = vendor;
    token->slot = slot;
    token->present = true;
    token->info = *info;
    return token;
}

void token_destroy(struct token *token)
{
    if (token == NULL)
        return;
    token_unexpose(token);
    object_list_finish(&token->objects);
    object_list_finish(&token->issuers);
    pin_guard_finish(&token->guard);
    kept_pin_drop(&token->kept);
    free(token->refused.items);
    free(token->proved.items);
    free(token->known.items);
    shown_ids_finish(&token->shown);
    free(token->audited.items);
    free(token->carried);
    free(token);
}

bool token_info_is(const CK_TOKEN_INFO *own, const CK_TOKEN_INFO *info)
{
    return memcmp(own->label, info->label, sizeof(own->label)) == 0 &&
           memcmp(own->manufacturerID, info->manufacturerID, sizeof(own->manufacturerID)) == 0 &&
           memcmp(own->model, info->model, sizeof(own->model)) == 0 &&
           memcmp(own->serialNumber, info->serialNumber, sizeof(own->serialNumber)) == 0;
}

bool token_is_locked_below(const struct token *token)
{
    const struct setting *setting = &token->gate->setting;
    CK_FLAGS flags = token->info.flags;

    if ((flags & CKF_LOGIN_REQUIRED) == 0)
        return false;
    return setting->peer != NULL || (setting->below != NULL && (flags & DAEMON_FLAG_LOCKED) != 0);
}

bool token_is(const struct token *token, const CK_TOKEN_INFO *info)
{
    return token_info_is(&token->info, info);
}

const char *token_label(const struct token *token, char text[TOKEN_LABEL_SIZE])
{
    size_t size = sizeof(token->info.label);

    while (size > 0 && (token->info.label[size - 1] == ' ' || token->info.label[size - 1] == '\0'))
        size--;
    memcpy(text, token->info.label, size);
    text[size] = '\0';
    printable_make(text);
    return text;
}

bool token_has_serial(const struct token *token)
{
    const unsigned char *serial = token->info.serialNumber;

    for (size_t i = 0; i < sizeof(token->info.serialNumber); i++) {
        if (serial[i] != ' ' && serial[i] != '\0')
            return true;
    }
    return false;
}

bool token_shows_private(const struct token *token)
{
    return token_logged_in(token) || (token->info.flags & CKF_LOGIN_REQUIRED) == 0;
}

struct subject token_subject(const struct token *token)
{
    const struct policy *policy = gate_policy(token->gate);
    bool asks_library = policy_uses(policy, SELECTOR_LIBRARY_DESCRIPTION) ||
                        policy_uses(policy, SELECTOR_LIBRARY_MANUFACTURER) ||
                        policy_uses(policy, SELECTOR_LIBRARY_VERSION);

    return (struct subject){
        .preset = token->gate->preset,
        .slot_id = token->slot,
        .token = &token->info,
        .slot = token->has_slot_info ? &token->slot_info : NULL,
        .library = asks_library ? vendor_info(token->vendor) : NULL,
        .trust = token->trust,
        .private_visible = token_shows_private(token),
        .circumstances = config_circumstances(token->gate->config),
        .audit_only = token->gate->config->settings.audit_only && !token->gate->broken,
    };
}

/* CK_SLOT_INFO is read only for a policy that asks for it. */
static void read_slot_info(struct token *token)
{
    const struct policy *policy = gate_policy(token->gate);

    if (token->has_slot_info || (!policy_uses(policy, SELECTOR_SLOT_DESCRIPTION) &&
                                 !policy_uses(policy, SELECTOR_SLOT_MANUFACTURER)))
        return;
    token->has_slot_info = vendor_functions(token->vendor)
                               ->C_GetSlotInfo(token->slot, &token->slot_info) == CKR_OK;
}

CK_RV token_fresh_info(struct token *token)
{
    CK_TOKEN_INFO info;
    CK_RV rv;

    if (!token->info_stale)
        return CKR_OK;
    rv = vendor_functions(token->vendor)->C_GetTokenInfo(token->slot, &info);
    if (rv != CKR_OK)
        return rv;
    if (!token_is(token, &info)) {
        token_lose(token);
        return CKR_TOKEN_NOT_PRESENT;
    }
    token->info = info;
    token->info_stale = false;
    return CKR_OK;
}

CK_RV token_open(struct token *token)
{
    CK_RV rv;

    if (!token->present)
        return CKR_TOKEN_NOT_PRESENT;
    if (token->session != 0)
        return CKR_OK;
    rv = token_fresh_info(token); /* after a loss another card may be in its place */
    if (rv != CKR_OK)
        return rv;
    rv = vendor_session_open(token, &token->session);
    if (rv != CKR_OK) {
        log_info("the token's C_OpenSession failed: %s", name_of_rv(rv));
        return rv;
    }
    gate_own_session(token->gate, token->vendor, token->session, token);
    token_drop_stale(token);
    return CKR_OK;
}

bool token_give_back_session(struct token *token)
{
    bool had = token->session != 0;

    token_settle(token);
    if (token->session != 0 && !token->logged_in && !sessions_have_operations(token)) {
        sessions_close_vendor(token->gate, token);
        vendor_functions(token->vendor)->C_CloseSession(token->session);
        token->session = 0;
        token->stale = token->read;
    }
    return had && token->session == 0;
}

void token_drop_stale(struct token *token)
{
    if (!token->stale)
        return;
    token->refused.count = 0;
    token_forget_objects(token);
}

static CK_RV read_objects(struct token *token)
{
    const struct policy *policy = gate_policy(token->gate);
    struct search_plan plan;
    struct subject subject;
    CK_RV rv = CKR_OK;

    read_slot_info(token);
    free(token->known.items);
    subject = token_subject(token);
    if (!policy_known_keys(policy, &token->known) || !search_plan_make(policy, &subject, &plan))
        return CKR_HOST_MEMORY;
    if (plan.whole || plan.n_narrow > 0 || token->whole)
        rv = token_open(token);
    if (rv == CKR_OK && token->session != 0)
        rv = snapshot_read(token, &plan, token_shows_private(token));
    search_plan_finish(&plan);
    return rv;
}

static CK_RV refresh_once(struct token *token)
{
    bool visible = token_shows_private(token);
    CK_RV rv;

    if (!token->present)
        return CKR_TOKEN_NOT_PRESENT;
    if (token->read && token->read_logged_in && !visible)
        token_forget_objects(token);
    if (!token->read || token->read_logged_in != visible) {
        token_unexpose(token);
        rv = read_objects(token);
        if (rv != CKR_OK)
            return rv;
        token->read = true;
        token->read_logged_in = visible;
        clock_gettime(CLOCK_MONOTONIC, &token->read_at);
    }
    return token->exposed ? CKR_OK : token_expose(token);
}

CK_RV token_refresh(struct token *token)
{
    CK_RV rv = refresh_once(token);

    if (rv == CKR_OK || !token->present || !recover_for_reading(token, rv))
        return rv;
    return refresh_once(token);
}

CK_RV token_read_whole(struct token *token)
{
    token_forget_objects(token);
    token->whole = true;
    return token_refresh(token);
}

static bool is_visible(struct token *token)
{
    struct subject subject;

    if (!token->present || (token->info.flags & CKF_TOKEN_INITIALIZED) == 0)
        return false;
    read_slot_info(token);
    subject = token_subject(token);
    if (!policy_may_show_token(gate_policy(token->gate), &subject))
        return false;
    token->error = token_refresh(token);
    if (token->error != CKR_OK)
        return false;
    subject = token_subject(token);
    return token->exposure.n_visible > 0 ||
           policy_names_token(gate_policy(token->gate), &subject);
}

bool token_is_visible(struct token *token)
{
    token->sight = is_visible(token) ? TOKEN_SHOWN : TOKEN_HIDDEN;
    return token->sight == TOKEN_SHOWN;
}

bool token_was_visible(const struct token *token)
{
    struct subject subject;

    if (token->sight == TOKEN_SHOWN || (token->sight == TOKEN_HIDDEN && token->error == CKR_OK))
        return token->sight == TOKEN_SHOWN;
    subject = token_subject(token);
    return policy_may_show_token(gate_policy(token->gate), &subject);
}

void token_lose_session(struct token *token)
{
    if (token->session != 0) { /* the login ends with the last one, whoever's it is */
        sessions_close_vendor(token->gate, token);
        vendor_functions(token->vendor)->C_CloseSession(token->session);
    }
    token->session = 0;
    sessions_lose_vendor(token->gate, token);
    token->login_lost = token->login_lost || token_logged_in(token);
    token->login_stale = token->login_stale || token->logged_in;
    token->logged_in = false;
    token->logout_pending = false;
    token->info_stale = true;
    /* Handles mean nothing in the next session: neither do the pairs that were tried by them. */
    token->refused.count = 0;
    token->proved.count = 0;
    token_forget_objects(token);
}

void token_lose(struct token *token)
{
    token_hide(token);
    token->restarted = false;
    token->looked_at = (struct timespec){0};
    pin_guard_finish(&token->guard);
    token->gave_up = false;
}

void token_hide(struct token *token)
{
    token_lose_session(token);
    token->present = token->displaced = false;
    if (!token->gate->login.survives_removal)
        kept_pin_drop(&token->kept); /* what becomes of the card from now on is not seen */
}

void token_displace(struct token *token)
{
    token->displaced = token->displaced || token->present;
    token->present = false;
}

CK_RV token_renew_session(struct token *token)
{
    CK_SESSION_HANDLE old = token->session;
    CK_RV rv;

    sessions_forget_shared(token->gate, token);
    token->session = 0;
    rv = token_open(token); /* before the old one goes: the login ends with the last session */
    if (rv == CKR_OK) {
        if (old != token->session) /* which the vendor may have given out again, having lost the old one */
            vendor_functions(token->vendor)->C_CloseSession(old);
        return CKR_OK;
    }
    token->session = old;
    if (vendor_session_is_exhausted(rv) && vendor_session_end(token->vendor, old, OPERATION_SIGN) == 0)
        return CKR_OK;
    token_lose_session(token);
    return rv;
}
