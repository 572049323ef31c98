// SPDX-License-Identifier: BSD-2-Clause
#include "module/offer.h"

#include <pthread.h>
#include <string.h>
#include "crypto/crypto.h"
#include "module/direct.h"
#include "module/entry.h"
#include "module/gate.h"
#include "module/stdout_guard.h"
#include "module/vendor_library.h"

#define LOCK_INITIALIZER PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP
static pthread_mutex_t lock = LOCK_INITIALIZER;

/* Made for libraries that have other flags, or a list of before 2.40; applications keep them. */
static CK_INTERFACE made[OFFERED_MOST];
static CK_FUNCTION_LIST older[OFFERED_MOST];
static size_t n_made;

void offer_after_fork(void)
{
    lock = (pthread_mutex_t)LOCK_INITIALIZER;
}

static bool is_of(const CK_INTERFACE *interface, const CK_VERSION *version)
{
    return memcmp(interface->pFunctionList, version, sizeof(*version)) == 0;
}

static CK_INTERFACE *find(CK_INTERFACE *interfaces, size_t count, const struct library_interface *wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (is_of(&interfaces[i], &wanted->version) && interfaces[i].flags == wanted->flags)
            return &interfaces[i];
    }
    return NULL;
}

/* NULL where there is room for no more. */
static CK_INTERFACE *make(const struct library_interface *wanted)
{
    const struct library_interface plain = {wanted->version, 0};
    CK_INTERFACE *ours = find(entry_interfaces, LIST_VERSIONS + 1, &plain);

    if (n_made == OFFERED_MOST)
        return NULL;
    older[n_made] = entry_functions;
    older[n_made].version = wanted->version;
    made[n_made] = (CK_INTERFACE){entry_interfaces[0].pInterfaceName, ours != NULL ? ours->pFunctionList : &older[n_made], wanted->flags};
    return &made[n_made++];
}

/* As the library lists them. After a fork it answers the child only where we do not stand between. */
static size_t of_library(const struct config *config, CK_INTERFACE **offered)
{
    struct library_interface theirs[OFFERED_MOST];
    size_t count = vendor_library_interfaces(config->settings.modules[0].path, theirs, OFFERED_MOST), kept = 0;

    for (size_t i = 0; i < count; i++) {
        CK_INTERFACE *interface;
        if (direct_hides_by(config))
            theirs[i].flags = 0;
        interface = find(entry_interfaces, LIST_VERSIONS + 1, &theirs[i]);
        if (interface == NULL)
            interface = find(made, n_made, &theirs[i]);
        if (interface == NULL)
            interface = make(&theirs[i]);
        if (interface != NULL)
            offered[kept++] = interface;
    }
    return kept;
}

static bool any_has(const struct config *config, enum list_version version)
{
    for (size_t i = 0; i < config->settings.n_modules; i++) {
        if (vendor_library_list(config->settings.modules[i].path, version) != NULL)
            return true;
    }
    return false;
}

static size_t of_vendors(const struct config *config, CK_INTERFACE **offered)
{
    size_t count = 0;

    for (unsigned i = 0; i < LIST_VERSIONS; i++) {
        if (any_has(config, (enum list_version)(LIST_VERSIONS - 1 - i)))
            offered[count++] = &entry_interfaces[i];
    }
    offered[count++] = &entry_interfaces[LIST_VERSIONS];
    return count;
}

/* What is asked of the libraries, and what is answered. */
struct question {
    CK_INTERFACE **offered;
    size_t count;
    const struct interface_request *refused;
    CK_RV refusal;
};

static void look(const struct config *config, struct question *question)
{
    if (config->settings.preset == PRESET_TRANSPARENT)
        question->count = of_library(config, question->offered);
    if (question->count == 0 && config->settings.daemon.use == DAEMON_OFF)
        question->count = of_vendors(config, question->offered);
}

static void look_why_not(const struct config *config, struct question *question)
{
    if (config->settings.preset == PRESET_TRANSPARENT)
        question->refusal = vendor_library_refusal(config->settings.modules[0].path, question->refused);
}

/* Nothing is asked where the configuration cannot be read, or of a library that asks while it is asked itself. */
static void ask(void (*by)(const struct config *config, struct question *question), struct question *question)
{
    struct crypto *crypto;
    struct config *config;

    entry_watch_forks();
    if (pthread_mutex_lock(&lock) != 0)
        return;
    crypto = crypto_create();
    config = crypto != NULL ? gate_load_config(crypto, LOAD_QUIETLY) : NULL;
    stdout_guard_init();
    stdout_guard_begin();
    if (config != NULL)
        by(config, question);
    stdout_guard_end();
    config_destroy(config);
    crypto_destroy(crypto);
    pthread_mutex_unlock(&lock);
}

size_t offer_interfaces(CK_INTERFACE *offered[OFFERED_MOST])
{
    struct question question = {.offered = offered};

    ask(look, &question);
    if (question.count == 0)
        offered[question.count++] = &entry_interfaces[LIST_VERSIONS];
    return question.count;
}

CK_RV offer_refusal(const struct interface_request *request)
{
    struct question question = {.refused = request, .refusal = CKR_ARGUMENTS_BAD};

    ask(look_why_not, &question);
    return question.refusal;
}
