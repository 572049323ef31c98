// SPDX-License-Identifier: BSD-2-Clause
#include "module/direct.h"

#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "crypto/crypto.h"
#include "module/entry.h"
#include "module/filter.h"
#include "module/gate.h"

CK_RV direct_initialize(struct direct *direct, CK_C_INITIALIZE_ARGS *arguments)
{
    return vendor_pass_initialize(direct->vendor, arguments);
}

CK_RV direct_finalize(struct direct *direct, CK_VOID_PTR reserved)
{
    return vendor_functions(direct->vendor)->C_Finalize(reserved);
}

void direct_destroy(struct direct *direct)
{
    if (direct == NULL)
        return;
    filter_finish(direct);
    vendor_destroy(direct->vendor);
    config_destroy(direct->config);
    crypto_destroy(direct->crypto);
    pthread_mutex_destroy(&direct->lock);
    free(direct);
}

static bool policy_hides(const struct policy *policy)
{
    return !policy->allow_all || policy->require.count > 0 || policy->deny.count > 0 ||
           (policy->narrowed_by != NULL && policy_hides(policy->narrowed_by));
}

bool direct_hides_by(const struct config *config)
{
    const struct settings *settings = &config->settings;

    return settings->functions.limited || settings->functions.deny.count > 0 ||
           settings->read_only || policy_hides(&config->policy);
}

static bool hides(const struct direct *direct)
{
    return direct->broken || direct_hides_by(direct->config);
}

static struct layer *top_of(struct direct_stack *stack, bool filters)
{
    if (log_traces())
        return &stack->tracers[filters];
    return filters ? &stack->filter.layer : &stack->forward.layer;
}

static void choose_top(struct direct *direct)
{
    bool filters = hides(direct);

    atomic_store(&direct->top, top_of(&direct->stacks[direct->serialized], filters));
    atomic_store(&direct->waiting, top_of(&direct->stacks[0], filters));
}

static void make_stack(struct direct *direct, struct direct_stack *stack, bool takes_no_lock)
{
    CK_FUNCTION_LIST *vendor = vendor_functions(direct->vendor);

    stack->forward = (struct direct_layer){direct_layer, vendor, direct};
    stack->filter = (struct direct_layer){filter_layer, vendor, direct};
    stack->tracers[0] = stack->tracers[1] = trace_layer;
    stack->tracers[0].lower = &stack->forward.layer;
    stack->tracers[1].lower = &stack->filter.layer;
    stack->forward.layer.takes_no_lock = takes_no_lock;
    stack->filter.layer.takes_no_lock = takes_no_lock;
    stack->tracers[0].takes_no_lock = stack->tracers[1].takes_no_lock = takes_no_lock;
}

/* A library that is or loads p11-kit-proxy.so, where p11-kit knows of p11gate, comes back to us. */
static CK_RV initialize_once(struct direct *direct, CK_C_INITIALIZE_ARGS *arguments)
{
    CK_RV rv;

    entry_was_reentered();
    rv = direct_initialize(direct, arguments);
    if (!entry_was_reentered())
        return rv;
    vendor_say_reentered(direct->vendor);
    if (rv == CKR_OK)
        direct_finalize(direct, NULL);
    return CKR_FUNCTION_FAILED;
}

/* False where it was not loaded. */
static bool stack_on(struct direct *direct, struct vendor *vendor)
{
    if (vendor == NULL)
        return false;
    direct->vendor = vendor;
    vendor_ask_lists(vendor); /* threads will use them at the same time */
    direct->serialized = vendor_has_quirk(direct->vendor, QUIRK_SERIALIZE);
    make_stack(direct, &direct->stacks[0], true);
    make_stack(direct, &direct->stacks[1], false);
    choose_top(direct);
    return true;
}

static struct direct *create(struct crypto *crypto, struct config *config)
{
    struct direct *direct = calloc(1, sizeof(*direct));

    if (direct == NULL) {
        config_destroy(config);
        crypto_destroy(crypto);
        return NULL;
    }
    direct->crypto = crypto;
    direct->config = config;
    pthread_mutex_init(&direct->lock, NULL);
    return direct;
}

struct direct *direct_create_idle(struct crypto *crypto, struct config *config)
{
    struct direct *direct = create(crypto, config);
    char *error = NULL; /* C_Initialize will say it */
    bool stands = direct != NULL && !hides(direct) &&
                  stack_on(direct, vendor_load(&config->settings.modules[0], &error));

    free(error);
    if (stands)
        return direct;
    direct_destroy(direct);
    return NULL;
}

struct layer *direct_idle_top(struct direct *direct)
{
    return &direct->stacks[1].forward.layer;
}

CK_RV direct_create(struct crypto *crypto, struct config *config, CK_C_INITIALIZE_ARGS *arguments,
                    struct direct **out)
{
    struct direct *direct = create(crypto, config);
    CK_RV rv = CKR_FUNCTION_FAILED;

    if (direct == NULL)
        return CKR_HOST_MEMORY;
    if (stack_on(direct, gate_load_vendor(&config->settings.modules[0])))
        rv = initialize_once(direct, arguments);
    if (rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
        *out = direct;
    else
        direct_destroy(direct);
    return rv;
}

/* What asks for lines or questions that no layer here makes is as good as broken, until the next C_Initialize. */
static struct config *load_config(const struct direct *direct)
{
    struct config *config =
        gate_load_config(direct->crypto, direct->broken ? LOAD_AGAIN : LOAD_CHANGED);

    if (config == NULL || !config_watches_use(config))
        return config;
    if (!direct->broken)
        log_error("the configuration has an audit or a confirmation now, and `preset: transparent` "
                  "is still in force: until the next C_Initialize nothing is shown");
    config_destroy(config);
    return NULL;
}

/* As gate_refresh_policy. The vendor and the preset stay what they are until the next C_Initialize. */
static void refresh(struct direct *direct)
{
    struct config *config;

    if (policy_uses(&direct->config->policy, SELECTOR_WHEN_TIME))
        filter_forget(direct); /* the time has changed, if nothing else */
    if (!direct->broken && !config_changed(direct->config))
        return;
    config = load_config(direct);
    if (config == NULL && direct->broken)
        return;
    filter_forget(direct);
    direct->broken = config == NULL;
    if (config != NULL) {
        config_destroy(direct->config);
        direct->config = config;
        log_info("the configuration was read again");
    }
    choose_top(direct);
}

struct layer *direct_top(struct direct *direct, enum function_id function)
{
    if (direct_begins_use[function] && !direct->inherited) {
        pthread_mutex_lock(&direct->lock);
        refresh(direct);
        pthread_mutex_unlock(&direct->lock);
    }
    if (function == FUNCTION_C_WaitForSlotEvent)
        return atomic_load_explicit(&direct->waiting, memory_order_acquire);
    return atomic_load_explicit(&direct->top, memory_order_acquire);
}

static bool is_filter(const struct direct *direct, const struct layer *top)
{
    return top == &direct->stacks[0].filter.layer || top == &direct->stacks[0].tracers[1];
}

void direct_after_fork(struct direct *direct)
{
    direct->inherited = true;
    pthread_mutex_init(&direct->lock, NULL);
    if (!is_filter(direct, atomic_load(&direct->waiting)))
        return;
    atomic_store(&direct->top, NULL);
    atomic_store(&direct->waiting, NULL);
}

CK_FUNCTION_LIST *direct_clean_vendor(struct layer *self)
{
    return vendor_functions(direct_of(self)->vendor);
}

const struct function_list *direct_list(struct layer *self, enum list_version version)
{
    return vendor_list(direct_of(self)->vendor, version);
}

const struct function_list *direct_clean_list(struct layer *self, enum list_version version)
{
    return vendor_clean_list(direct_of(self)->vendor, version);
}

static CK_RV put_our_name(CK_RV rv, CK_INFO *pInfo)
{
    static const char name[] = "p11gate: ";
    const size_t size = sizeof(name) - 1;

    if (rv != CKR_OK)
        return rv;
    memmove(pInfo->libraryDescription + size, pInfo->libraryDescription,
            sizeof(pInfo->libraryDescription) - size);
    memcpy(pInfo->libraryDescription, name, size);
    return rv;
}

CK_RV direct_C_GetInfo(struct layer *self, CK_INFO *pInfo)
{
    return put_our_name(direct_clean_vendor(self)->C_GetInfo(pInfo), pInfo);
}

CK_RV direct_C_GetInfo_3_0(struct layer *self, CK_INFO *pInfo)
{
    return put_our_name(direct_clean_list(self, LIST_3_0)->v2_40.C_GetInfo(pInfo), pInfo);
}
