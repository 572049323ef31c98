// SPDX-License-Identifier: BSD-2-Clause
#include "module/gate.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/log.h"
#include "common/names.h"
#include "crypto/crypto.h"
#include "module/daemon_client.h"
#include "module/events.h"
#include "module/kept_pin.h"
#include "module/layer.h"
#include "module/session.h"
#include "module/token.h"

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

struct config *gate_load_config(struct crypto *crypto, enum load load)
{
    struct message_list messages = {0};
    struct config *config;
    Dl_info own = {0}; /* the name of our file may choose a profile */
    bool known = dladdr((const void *)(uintptr_t)gate_load_config, &own) != 0;

    config = config_load_chosen(crypto, known ? own.dli_fname : NULL, &messages);
    if (config != NULL && load != LOAD_QUIETLY)
        log_open(&config->settings.log);
    else if (load == LOAD_FIRST)
        open_default_log();
    if (load != LOAD_QUIETLY && (config != NULL || load != LOAD_AGAIN))
        log_messages(&messages);
    message_list_finish(&messages);
    return config;
}

static void say_not_loaded(const struct module_settings *module, const char *error)
{
    const struct position *position = &module->position;

    if (error == NULL)
        error = "no memory";
    if (position->line > 0)
        log_error("%s:%u:%u: cannot load %s: %s; see `p11gate doctor`", position->file, position->line,
                  position->column, module->path, error);
    else
        log_error("cannot load %s: %s; see `p11gate doctor`", module->path, error);
}

/* A library has one state, whatever paths lead to it: two modules of one library would finalise each other. */
static bool is_loaded_already(const struct gate *gate, const struct vendor *vendor)
{
    for (size_t i = 0; i < gate->n_vendors; i++) {
        if (gate->vendors[i] != NULL && vendor_is_same(gate->vendors[i], vendor))
            return true;
    }
    return false;
}

struct vendor *gate_load_vendor(const struct module_settings *module)
{
    char *error = NULL;
    struct vendor *vendor = vendor_load(module, &error);

    if (vendor == NULL)
        say_not_loaded(module, error);
    free(error);
    return vendor;
}

static CK_RV start_vendor(const struct gate *gate, const struct module_settings *module,
                          struct vendor **out)
{
    const struct setting *setting = &gate->setting;
    struct vendor *vendor = setting->open_module != NULL
                                ? setting->open_module(setting->context, module)
                                : gate_load_vendor(module);
    CK_RV rv = CKR_FUNCTION_FAILED;

    if (vendor == NULL)
        return rv;
    if (is_loaded_already(gate, vendor))
        say_not_loaded(module, "that library is in the list already; it is used once");
    else {
        if (gate->threads)
            vendor_expect_threads(vendor);
        rv = vendor_initialize(vendor);
    }
    if (rv == CKR_OK)
        *out = vendor;
    else
        vendor_destroy(vendor);
    return rv;
}

static CK_RV start_below(struct gate *gate)
{
    const struct setting *setting = &gate->setting;
    const struct module_settings module = {.path = (char *)(uintptr_t)setting->below_name};
    struct vendor *vendor = vendor_create(&module, setting->below);
    CK_RV rv;

    gate->vendors = calloc(1, sizeof(struct vendor *));
    if (gate->vendors == NULL || vendor == NULL) {
        vendor_destroy(vendor);
        return CKR_HOST_MEMORY;
    }
    gate->vendors[0] = vendor;
    gate->n_vendors = 1;
    rv = vendor_initialize(vendor);
    return setting->below_may_come ? CKR_OK : rv;
}

/* One that fails leaves its place empty, and the others go on; all failing is an error: the first one's. */
static CK_RV start_vendors(struct gate *gate)
{
    const struct settings *settings = &gate->config->settings;
    CK_RV rv = CKR_FUNCTION_FAILED;
    bool any = false;

    gate->vendors = calloc(settings->n_modules, sizeof(struct vendor *));
    if (gate->vendors == NULL)
        return CKR_HOST_MEMORY;
    for (size_t i = 0; i < settings->n_modules; i++) {
        CK_RV one = start_vendor(gate, &settings->modules[i], &gate->vendors[i]);
        gate->n_vendors++;
        any = any || one == CKR_OK;
        if (i == 0)
            rv = one;
    }
    return any ? CKR_OK : rv;
}

CK_RV gate_create_in(const struct setting *setting, struct crypto *crypto, struct config *config,
                     bool threads, struct gate **out)
{
    struct gate *gate = crypto != NULL && config != NULL ? calloc(1, sizeof(*gate)) : NULL;
    CK_RV rv;

    if (gate == NULL) {
        config_destroy(config);
        crypto_destroy(crypto);
        return CKR_HOST_MEMORY;
    }
    gate->setting = *setting;
    gate->crypto = crypto;
    gate->config = config;
    gate->threads = threads;
    gate->preset = config->settings.preset;
    gate->login = config->settings.login;
    config->settings.login = (struct login_settings){0};
    if (gate->login.keeps)
        kept_pin_prepare();
    gate->layer = layer_make(gate->preset, &config->settings.functions);
    rv = setting->below != NULL ? start_below(gate) : start_vendors(gate);
    if (rv == CKR_OK)
        *out = gate;
    else
        gate_destroy(gate);
    return rv;
}

CK_RV gate_create_from(struct crypto *crypto, struct config *config, bool threads,
                       struct gate **out)
{
    const struct setting own = {0};

    return gate_create_in(&own, crypto, config, threads, out);
}

CK_RV gate_create(struct gate **out)
{
    struct crypto *crypto = crypto_create();
    struct config *config = crypto != NULL ? gate_load_config(crypto, LOAD_FIRST) : NULL;

    if (crypto != NULL && config == NULL) {
        crypto_destroy(crypto);
        return CKR_FUNCTION_FAILED;
    }
    return daemon_client_gate(crypto, config, false, out);
}

CK_RV gate_create_with(struct config *config, struct gate **out)
{
    return gate_create_from(crypto_create(), config, false, out);
}

static void destroy_session(void *pointer, void *context)
{
    (void)context;
    session_destroy(pointer);
}

/* On a library that we do not finalise our own sessions are all that we close; one that we do closes them by itself. */
static void close_sessions(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        const struct token *token = gate->tokens[i];
        if (vendor_ends_sessions(token->vendor))
            continue;
        sessions_close_vendor(gate, token);
        if (token->session != 0)
            vendor_functions(token->vendor)->C_CloseSession(token->session);
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
    slot_ids_finish(&gate->slot_ids);
    events_destroy(gate->events);
    for (size_t i = 0; i < gate->n_vendors; i++)
        vendor_destroy(gate->vendors[i]);
    free(gate->vendors);
    config_destroy(gate->config);
    crypto_destroy(gate->crypto);
    free(gate->login.source_name);
    free(gate->tokens);
    free(gate);
}

void gate_who_asks(const struct gate *gate, struct peer *asking)
{
    ssize_t size;

    if (gate->setting.peer != NULL) {
        *asking = *gate->setting.peer;
        return;
    }
    asking->uid = getuid();
    asking->pid = getpid();
    size = readlink("/proc/self/exe", asking->program, sizeof(asking->program) - 1);
    asking->program[size > 0 ? size : 0] = '\0';
}

const struct policy *gate_policy(const struct gate *gate)
{
    static const struct policy nothing;

    return gate->broken ? &nothing : &gate->config->policy;
}

/* Another policy may need other objects of a token than the one before. */
static void drop_snapshots(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        token_forget_objects(gate->tokens[i]);
        gate->tokens[i]->sight = TOKEN_UNSEEN;
    }
}

/* Where rules ask for the time: is it another minute, the least that they know, than at the last decision? */
static bool time_has_passed(struct gate *gate)
{
    struct circumstances now;
    unsigned moment;

    if (!policy_uses(gate_policy(gate), SELECTOR_WHEN_TIME))
        return false;
    now = config_circumstances(gate->config);
    moment = now.has_time ? 1 + now.weekday * 24 * 60 + now.minute : 0;
    if (moment == gate->moment)
        return false;
    gate->moment = moment;
    gate->readings++;
    return true;
}

static void settle_dates(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++)
        token_settle_dates(gate->tokens[i]);
}

static struct config *load_again(struct gate *gate)
{
    const struct setting *setting = &gate->setting;
    enum load load = gate->broken ? LOAD_AGAIN : LOAD_CHANGED;

    return setting->load != NULL ? setting->load(setting->context, gate->crypto, load)
                                 : gate_load_config(gate->crypto, load);
}

void gate_refresh_policy(struct gate *gate)
{
    struct config *config;

    settle_dates(gate);
    if (time_has_passed(gate))
        drop_snapshots(gate);
    if (!gate->broken && !config_changed(gate->config))
        return;
    config = load_again(gate);
    if (config == NULL && gate->broken)
        return;
    drop_snapshots(gate);
    gate->readings++;
    gate->broken = config == NULL;
    if (config != NULL) {
        config_destroy(gate->config);
        gate->config = config;
        gate->layer = layer_make(gate->preset, &config->settings.functions);
        for (size_t i = 0; i < gate->n_tokens; i++)
            gate->tokens[i]->audited.count = 0; /* decisions by another policy are others */
        log_info("the configuration was read again");
    }
}

CK_RV gate_check_mechanism(const struct gate *gate, const CK_MECHANISM *mechanism,
                           enum mechanism_use use)
{
    CK_RV rv;

    if (mechanism == NULL)
        return CKR_ARGUMENTS_BAD;
    rv = mechanism_check(gate->preset, mechanism, use);
    if (rv == CKR_OK && !mechanism_permitted(&gate->config->settings.mechanisms, mechanism))
        rv = CKR_MECHANISM_INVALID;
    return rv;
}

bool gate_permits_raw(const struct gate *gate, const CK_MECHANISM *mechanism)
{
    const struct access *functions_permitted = &gate->config->settings.functions;

    return mechanism->mechanism != CKM_RSA_X_509 ||
           (access_permits(functions_permitted, FUNCTION_C_SignInit) &&
            access_permits(functions_permitted, FUNCTION_C_DecryptInit));
}

CK_RV gate_check_made_key(const struct gate *gate, const struct exposed_object *object,
                          const CK_MECHANISM *mechanism, enum mechanism_use use)
{
    CK_RV rv = gate_check_mechanism(gate, mechanism, use);

    if (rv != CKR_OK)
        return rv;
    if (!exposed_key_permits(object->key, mechanism, false))
        return CKR_MECHANISM_INVALID;
    return mechanism_fits_key(mechanism->mechanism, object->key->group->key->type)
               ? CKR_OK
               : CKR_KEY_TYPE_INCONSISTENT;
}

bool gate_shows_mechanism(const struct gate *gate, CK_MECHANISM_TYPE type)
{
    return mechanism_known(gate->preset, type) &&
           mechanism_named_permitted(&gate->config->settings.mechanisms, type);
}

struct token *gate_token(struct gate *gate, CK_SLOT_ID slot)
{
    if (!gate->scanned && gate_scan(gate) != CKR_OK)
        return NULL;
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->present && token->shown_slot == slot && token_is_visible(token))
            return token;
    }
    return NULL;
}

void gate_begin_call(struct gate *gate)
{
    long now = kept_pin_clock();

    for (size_t i = 0; i < gate->n_tokens; i++) {
        kept_pin_expire(&gate->tokens[i]->kept, now);
        gate->tokens[i]->own_login_failed = false;
    }
}

void gate_settle(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++)
        token_settle(gate->tokens[i]);
}

void gate_own_session(struct gate *gate, const struct vendor *vendor, CK_SESSION_HANDLE session,
                      const struct token *owner)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token == owner || token->vendor != vendor || token->session != session)
            continue;
        token->session = 0; /* not ours to close any more */
        token_lose_session(token);
    }
    sessions_disown(gate, vendor, session);
}

void gate_lose_sessions(struct gate *gate, const struct vendor *vendor, bool again)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->vendor != vendor)
            continue;
        if (!vendor_keeps_sessions(vendor))
            token->session = 0; /* its handle may be somebody else's by now */
        token_lose_session(token);
        if (again)
            token_displace(token);
        else
            token_hide(token); /* nobody sees what becomes of its card */
    }
}

CK_RV gate_reinitialize(struct gate *gate, struct vendor *vendor)
{
    CK_RV rv = vendor_initialize(vendor);

    gate_lose_sessions(gate, vendor, rv == CKR_OK);
    return rv;
}
