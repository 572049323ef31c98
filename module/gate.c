// SPDX-License-Identifier: BSD-2-Clause
#include "module/gate.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include "common/log.h"
#include "common/names.h"
#include "crypto/crypto.h"
#include "module/session.h"
#include "module/token.h"

enum { SLOTS_ROOM = 64, SLOTS_MAX = 4096 };

struct gate *gate_of(struct layer *layer)
{
    return (struct gate *)layer;
}

/* One line for the first error: the host's stderr is not ours to fill, and `p11gate check` shows them all. */
static void log_messages(const struct message_list *messages)
{
    bool said = false;

    for (size_t i = 0; i < messages->count; i++) {
        const struct message *message = &messages->items[i];
        if (message->severity != SEVERITY_ERROR)
            log_info("%s", message->text);
        else if (!said && messages->errors > 1)
            log_error("%s (and %zu more: `p11gate check`)", message->text, messages->errors - 1);
        else if (!said)
            log_error("%s", message->text);
        said = said || message->severity == SEVERITY_ERROR;
    }
}

/* A user whose first configuration is broken finds the reason where the log would be: an agent's stderr is lost. */
static void open_default_log(void)
{
    struct log_settings log;

    config_default_log(&log);
    log_open(&log);
    free(log.file);
}

enum load {
    LOAD_FIRST,   /* there is no configuration, and so no log, yet */
    LOAD_CHANGED, /* it says why not, in the log of the one before */
    LOAD_AGAIN,   /* it was said already */
};

static struct config *load_config(struct crypto *crypto, enum load load)
{
    struct message_list messages = {0};
    struct config *config;
    Dl_info own = {0}; /* the name of our file may choose a profile */
    bool known = dladdr((const void *)(uintptr_t)load_config, &own) != 0;

    config = config_load_chosen(crypto, known ? own.dli_fname : NULL, &messages);
    if (config != NULL)
        log_open(&config->settings.log);
    else if (load == LOAD_FIRST)
        open_default_log();
    if (config != NULL || load != LOAD_AGAIN)
        log_messages(&messages);
    message_list_finish(&messages);
    return config;
}

static CK_RV start_vendor(struct gate *gate)
{
    const struct module_settings *module = &gate->config->settings.modules[0];
    const struct position *position = &module->position;
    char *error = NULL;

    gate->vendor = vendor_load(module->path, &error);
    if (gate->vendor == NULL) {
        if (position->line > 0)
            log_error("%s:%u:%u: cannot load %s: %s", position->file, position->line,
                      position->column, module->path, error != NULL ? error : "no memory");
        else
            log_error("cannot load %s: %s", module->path, error != NULL ? error : "no memory");
        free(error);
        return CKR_FUNCTION_FAILED;
    }
    return vendor_initialize(gate->vendor);
}

static struct gate *allocate(void)
{
    struct gate *gate = calloc(1, sizeof(*gate));

    if (gate == NULL)
        return NULL;
    gate->layer = gate_layer;
    gate->crypto = crypto_create();
    if (gate->crypto == NULL) {
        free(gate);
        return NULL;
    }
    return gate;
}

/* Hands out a gate that has its configuration, or destroys it. */
static CK_RV start(struct gate *gate, struct gate **out)
{
    CK_RV rv = gate->config != NULL ? start_vendor(gate) : CKR_FUNCTION_FAILED;

    if (rv == CKR_OK)
        *out = gate;
    else
        gate_destroy(gate);
    return rv;
}

CK_RV gate_create(struct gate **out)
{
    struct gate *gate = allocate();

    if (gate == NULL)
        return CKR_HOST_MEMORY;
    gate->config = load_config(gate->crypto, LOAD_FIRST);
    return start(gate, out);
}

CK_RV gate_create_with(struct config *config, struct gate **out)
{
    struct gate *gate = allocate();

    if (gate == NULL) {
        config_destroy(config);
        return CKR_HOST_MEMORY;
    }
    gate->config = config;
    return start(gate, out);
}

static void destroy_session(void *pointer, void *context)
{
    (void)context;
    session_destroy(pointer);
}

static void close_own(void *pointer, void *context)
{
    (void)context;
    session_close_vendor(pointer);
}

/* On a library that somebody else initialised our own sessions are all that we close. */
static void close_sessions(struct gate *gate)
{
    if (gate->vendor == NULL || vendor_is_ours(gate->vendor))
        return;
    handles_each(&gate->sessions, close_own, NULL);
    for (size_t i = 0; i < gate->n_tokens; i++) {
        if (gate->tokens[i]->session != 0)
            vendor_functions(gate->vendor)->C_CloseSession(gate->tokens[i]->session);
    }
}

void gate_destroy(struct gate *gate)
{
    if (gate == NULL)
        return;
    close_sessions(gate);
    handles_each(&gate->sessions, destroy_session, NULL);
    for (size_t i = 0; i < gate->n_tokens; i++)
        token_destroy(gate->tokens[i]);
    handles_finish(&gate->sessions);
    handles_finish(&gate->objects);
    vendor_destroy(gate->vendor);
    config_destroy(gate->config);
    crypto_destroy(gate->crypto);
    free(gate->tokens);
    free(gate);
}

const struct policy *gate_policy(const struct gate *gate)
{
    static const struct policy nothing;

    return gate->broken ? &nothing : &gate->config->policy;
}

/* Another policy may need other objects of a token than the one before. */
static void drop_snapshots(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++)
        token_forget_objects(gate->tokens[i]);
}

void gate_refresh_policy(struct gate *gate)
{
    struct config *config;

    if (!gate->broken && !config_changed(gate->config))
        return;
    config = load_config(gate->crypto, gate->broken ? LOAD_AGAIN : LOAD_CHANGED);
    if (config == NULL && gate->broken)
        return;
    drop_snapshots(gate);
    gate->broken = config == NULL;
    if (config != NULL) {
        config_destroy(gate->config);
        gate->config = config;
        log_info("the configuration was read again");
    }
}

/* Slots that the vendor lists; the room suffices for nearly everyone, so that one call does. */
static CK_RV list_slots(struct gate *gate, CK_SLOT_ID **slots, CK_ULONG *count)
{
    CK_FUNCTION_LIST *vendor = vendor_functions(gate->vendor);
    CK_RV rv = CKR_HOST_MEMORY;

    for (CK_ULONG room = SLOTS_ROOM; room <= SLOTS_MAX; room *= 4) {
        CK_SLOT_ID *list = calloc(room, sizeof(*list));
        if (list == NULL)
            return CKR_HOST_MEMORY;
        *count = room;
        rv = vendor->C_GetSlotList(CK_TRUE, list, count);
        if (rv == CKR_OK && *count <= room) {
            *slots = list;
            return CKR_OK;
        }
        free(list);
        if (rv != CKR_BUFFER_TOO_SMALL)
            break;
    }
    return rv != CKR_OK ? rv : CKR_DEVICE_ERROR;
}

static struct token *add_token(struct gate *gate, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
    struct token **grown = reallocarray(gate->tokens, gate->n_tokens + 1, sizeof(struct token *));
    struct token *token = grown != NULL ? token_create(gate, slot, info) : NULL;

    if (grown != NULL)
        gate->tokens = grown;
    if (token != NULL)
        grown[gate->n_tokens++] = token;
    return token;
}

/* What the vendor says of one slot. */
struct seen_slot {
    CK_SLOT_ID slot;
    CK_TOKEN_INFO info;
    CK_RV rv;
};

/* A token is known again by its identity, in whatever slot it now is. */
static struct token *known_token(const struct gate *gate, const struct seen_slot *seen)
{
    struct token *elsewhere = NULL;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (!token_is(token, &seen->info))
            continue;
        if (token->slot == seen->slot)
            return token;
        if (!token->present && elsewhere == NULL)
            elsewhere = token;
    }
    return elsewhere;
}

/* An error that does not say that the card is out leaves open whether it was. */
static bool says_gone(CK_RV rv)
{
    return rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED ||
           rv == CKR_DEVICE_REMOVED || rv == CKR_SLOT_ID_INVALID;
}

/* What was in this slot and is not the token that is in it now is gone. */
static void lose_others(struct gate *gate, const struct seen_slot *seen)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (!token->present || token->slot != seen->slot)
            continue;
        if (seen->rv != CKR_OK && !says_gone(seen->rv))
            token_hide(token);
        else if (seen->rv != CKR_OK || !token_is(token, &seen->info))
            token_lose(token);
    }
}

static void take_token(struct gate *gate, const struct seen_slot *seen)
{
    struct token *token;

    if (seen->rv != CKR_OK)
        return;
    token = known_token(gate, seen);
    if (token == NULL)
        token = add_token(gate, seen->slot, &seen->info);
    if (token == NULL)
        return;
    token->has_slot_info = token->has_slot_info && token->slot == seen->slot;
    token->slot = seen->slot;
    token->info = seen->info;
    token->info_stale = false;
    token->present = true;
}

/* All slots are looked at before a token is: cards may have changed places. */
static CK_RV see_slots(struct gate *gate, const CK_SLOT_ID *slots, CK_ULONG count)
{
    CK_FUNCTION_LIST *vendor = vendor_functions(gate->vendor);
    struct seen_slot *seen = calloc(count + 1, sizeof(*seen));

    if (seen == NULL)
        return CKR_HOST_MEMORY;
    for (CK_ULONG i = 0; i < count; i++) {
        seen[i].slot = slots[i];
        seen[i].rv = vendor->C_GetTokenInfo(slots[i], &seen[i].info);
        if (seen[i].rv != CKR_OK)
            log_debug("slot %lu: C_GetTokenInfo failed: %s", slots[i], name_of_rv(seen[i].rv));
        lose_others(gate, &seen[i]);
    }
    for (CK_ULONG i = 0; i < count; i++)
        take_token(gate, &seen[i]);
    free(seen);
    return CKR_OK;
}

static bool is_listed(const struct token *token, const CK_SLOT_ID *slots, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        if (slots[i] == token->slot)
            return true;
    }
    return false;
}

/* Before the slots are looked into: a token whose slot is gone is gone. */
static void lose_absent(struct gate *gate, const CK_SLOT_ID *slots, CK_ULONG count)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        if (gate->tokens[i]->present && !is_listed(gate->tokens[i], slots, count))
            token_lose(gate->tokens[i]);
    }
}

CK_RV gate_scan(struct gate *gate)
{
    CK_SLOT_ID *slots = NULL;
    CK_ULONG count = 0;
    CK_RV rv = list_slots(gate, &slots, &count);

    if (rv == CKR_CRYPTOKI_NOT_INITIALIZED && gate_reinitialize(gate) == CKR_OK)
        rv = list_slots(gate, &slots, &count);
    if (rv != CKR_OK)
        return rv;
    lose_absent(gate, slots, count);
    rv = see_slots(gate, slots, count);
    free(slots);
    gate->scanned = rv == CKR_OK;
    return rv;
}

struct token *gate_token(struct gate *gate, CK_SLOT_ID slot)
{
    if (!gate->scanned && gate_scan(gate) != CKR_OK)
        return NULL;
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->present && token->slot == slot && token_is_visible(token))
            return token;
    }
    return NULL;
}

void gate_settle(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++)
        token_settle(gate->tokens[i]);
}

void gate_own_session(struct gate *gate, CK_SESSION_HANDLE session, const struct token *owner)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token == owner || token->session != session)
            continue;
        token->session = 0; /* not ours to close any more */
        token_lose_session(token);
    }
}

CK_RV gate_reinitialize(struct gate *gate)
{
    CK_RV rv = vendor_initialize(gate->vendor);

    for (size_t i = 0; i < gate->n_tokens; i++) {
        gate->tokens[i]->session = 0; /* its handle may be somebody else's by now */
        token_lose_session(gate->tokens[i]);
    }
    return rv;
}
