// SPDX-License-Identifier: BSD-2-Clause
#include "module/entry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "common/log.h"
#include "crypto/crypto.h"
#include "module/daemon_client.h"
#include "module/direct.h"
#include "module/gate.h"
#include "module/offer.h"
#include "module/pcsc.h"
#include "module/session.h"
#include "module/slot_wait.h"
#include "module/stdout_guard.h"
#include "module/token.h"

#define EXPORTED __attribute__((visibility("default")))

/* All the state of the process: after C_Initialize one of gate and direct is there. */
#define LOCK_INITIALIZER PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP
static pthread_mutex_t lock = LOCK_INITIALIZER;
static struct gate *gate;
static struct layer tracer;
static _Atomic(struct direct *) direct;
static atomic_uint inside; /* calls that run */
static _Atomic(struct direct *) retired; /* finalised while calls were in them; whoever comes out last destroys them */
static struct direct *idle; /* of one call before C_Initialize */
static void *left_alone[2] __attribute__((used)); /* the parent's, in a child that initialised its own */
static bool forked; /* since C_Initialize; set in the child alone */
static atomic_bool reentered; /* C_Initialize was, by the thread that holds the lock */

/* Marks, and no more. The lock may be held by a thread that the child does not have, or by this one: some vendors fork in their calls. */
static void after_fork_in_child(void)
{
    struct direct *made = atomic_load(&direct);

    forked = true;
    lock = (pthread_mutex_t)LOCK_INITIALIZER;
    atomic_store(&inside, 0);
    atomic_store(&retired, NULL); /* the parent's to destroy */
    idle = NULL;
    if (made != NULL)
        direct_after_fork(made);
    slot_wait_after_fork();
    offer_after_fork();
    log_after_fork();
}

static void watch_forks_once(void)
{
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

void entry_watch_forks(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_forks_once);
}

/* False in a call of ours: the vendor, or what it loads, calls us back. */
static bool enter(void)
{
    return pthread_mutex_lock(&lock) == 0;
}

bool entry_was_reentered(void)
{
    bool was = reentered;

    reentered = false;
    return was;
}

static void retire(struct direct *first)
{
    struct direct *last = first, *rest = atomic_load(&retired);

    while (last->next_retired != NULL)
        last = last->next_retired;
    do
        last->next_retired = rest;
    while (!atomic_compare_exchange_weak(&retired, &rest, first));
}

static void destroy_all(struct direct *first)
{
    while (first != NULL) {
        struct direct *next = first->next_retired;
        direct_destroy(first);
        first = next;
    }
}

/* A call came out. What had retired before nobody was inside is in nobody's hands. */
static void leave(void)
{
    struct direct *taken =
        atomic_load(&retired) != NULL ? atomic_exchange(&retired, NULL) : NULL;

    if (atomic_fetch_sub(&inside, 1) == 1)
        destroy_all(taken);
    else if (taken != NULL)
        retire(taken);
}

/* Takes the lock for a layer that has it taken. */
static CK_RV lock_for(const struct layer *top)
{
    return top->takes_no_lock || enter() ? CKR_OK : CKR_GENERAL_ERROR;
}

/* The count comes before the second look: C_Finalize takes direct away before it looks at the count. */
static CK_RV begin_direct(enum function_id function, struct layer **top)
{
    CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;
    struct direct *found;

    atomic_fetch_add(&inside, 1);
    found = atomic_load(&direct);
    *top = found != NULL ? direct_top(found, function) : NULL;
    if (*top != NULL)
        rv = lock_for(*top);
    if (rv != CKR_OK)
        leave();
    else
        stdout_guard_begin();
    return rv;
}

static void begin_locked(struct layer **top, struct layer *layer)
{
    stdout_guard_begin();
    atomic_fetch_add(&inside, 1);
    *top = layer;
}

static struct direct *create_idle(void)
{
    struct crypto *crypto = crypto_create();
    struct config *config = crypto != NULL ? gate_load_config(crypto, LOAD_QUIETLY) : NULL;

    if (config != NULL && config->settings.preset == PRESET_TRANSPARENT)
        return direct_create_idle(crypto, config);
    config_destroy(config);
    crypto_destroy(crypto);
    return NULL;
}

/* Under `preset: transparent` a library says itself what it makes of a call before C_Initialize. It is loaded for this call alone, as what is
 * configured may be another one the next time, and the lock is held, as it may be one that leads back here. */
static CK_RV begin_idle(struct layer **top)
{
    if (gate == NULL && atomic_load(&direct) == NULL)
        idle = create_idle();
    if (idle == NULL) {
        pthread_mutex_unlock(&lock);
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    begin_locked(top, direct_idle_top(idle));
    return CKR_OK;
}

static void end_idle(void)
{
    if (idle == NULL)
        return;
    direct_destroy(idle);
    idle = NULL;
}

static CK_RV begin_gate(struct layer **top)
{
    if (!enter())
        return CKR_GENERAL_ERROR;
    if (gate == NULL || forked)
        return begin_idle(top);
    gate_begin_call(gate);
    begin_locked(top, &gate->layer);
    if (log_traces()) {
        tracer = trace_layer;
        tracer.lower = &gate->layer;
        *top = &tracer;
    }
    return CKR_OK;
}

CK_RV entry_begin(enum function_id function, struct layer **top)
{
    if (atomic_load_explicit(&direct, memory_order_relaxed) == NULL)
        return begin_gate(top);
    return begin_direct(function, top);
}

CK_RV entry_end(const struct layer *top, CK_RV rv)
{
    stdout_guard_end();
    if (!top->takes_no_lock) {
        end_idle();
        pthread_mutex_unlock(&lock);
    }
    leave();
    return rv;
}

/* We use the system's locks whatever the application offers; half an offer is an error, and so is a reserved pointer, through which
 * some vendors take a configuration (PKCS#11 2.40, 5.4). */
static bool are_arguments(const CK_C_INITIALIZE_ARGS *arguments)
{
    int callbacks;

    if (arguments == NULL)
        return true;
    callbacks = (arguments->CreateMutex != NULL) + (arguments->DestroyMutex != NULL) +
                (arguments->LockMutex != NULL) + (arguments->UnlockMutex != NULL);
    return (callbacks == 0 || callbacks == 4) && arguments->pReserved == NULL;
}

/* A copy of the parent's state, perhaps taken in the middle of a call. */
static void leave_inherited(void)
{
    left_alone[0] = gate;
    left_alone[1] = atomic_exchange(&direct, NULL);
    gate = NULL;
    forked = false;
}

/* An application that neither wants locks nor brings any has one thread, or sees to it that one calls at a time. */
static bool has_threads(const CK_C_INITIALIZE_ARGS *arguments)
{
    return arguments != NULL &&
           ((arguments->flags & CKF_OS_LOCKING_OK) != 0 || arguments->LockMutex != NULL);
}

static CK_RV start_gate(struct crypto *crypto, struct config *config, bool threads)
{
    CK_RV rv = daemon_client_gate(crypto, config, threads, &gate);

    if (rv == CKR_OK)
        gate->serves = true;
    return rv;
}

CK_RV entry_start_in(const struct setting *setting, struct crypto *crypto, struct config *config)
{
    CK_RV rv = CKR_GENERAL_ERROR;

    entry_watch_forks();
    if (!enter())
        return rv;
    if (gate == NULL)
        rv = gate_create_in(setting, crypto, config, false, &gate);
    if (rv == CKR_OK)
        gate->serves = true;
    pthread_mutex_unlock(&lock);
    return rv;
}

void entry_listen_to_pcscd(bool (*is_used)(void))
{
    if (!enter())
        return;
    if (is_used())
        pcsc_load();
    pthread_mutex_unlock(&lock);
}

bool entry_find_token(CK_SESSION_HANDLE handle, CK_SLOT_ID *slot, CK_TOKEN_INFO *token)
{
    const struct session *session;
    struct layer *top;

    if (entry_begin(FUNCTION_C_GetSessionInfo, &top) != CKR_OK)
        return false;
    session = gate != NULL ? session_find(gate, handle) : NULL;
    if (session != NULL) {
        *slot = session->token->shown_slot;
        *token = session->token->info;
    }
    entry_end(top, CKR_OK);
    return session != NULL;
}

void entry_reread_tokens(void)
{
    struct layer *top;
    CK_ULONG count;

    if (entry_begin(FUNCTION_C_GetSlotList, &top) != CKR_OK)
        return;
    for (size_t i = 0; gate != NULL && i < gate->n_tokens; i++)
        token_forget_objects(gate->tokens[i]);
    entry_end(top, top->C_GetSlotList(top, CK_TRUE, NULL, &count));
}

/* Reads the configuration, which says what is to be made. */
static CK_RV start(CK_C_INITIALIZE_ARGS *arguments)
{
    struct crypto *crypto = crypto_create();
    struct config *config = crypto != NULL ? gate_load_config(crypto, LOAD_FIRST) : NULL;
    struct direct *made = NULL;
    CK_RV rv = crypto == NULL ? CKR_HOST_MEMORY : CKR_FUNCTION_FAILED;

    if (config != NULL && config->settings.preset == PRESET_TRANSPARENT) {
        rv = direct_create(crypto, config, arguments, &made);
        atomic_store(&direct, made);
        return rv;
    }
    if (!are_arguments(arguments))
        rv = CKR_ARGUMENTS_BAD;
    else if (config != NULL)
        return start_gate(crypto, config, has_threads(arguments));
    config_destroy(config);
    crypto_destroy(crypto);
    return rv;
}

static CK_RV initialize(CK_C_INITIALIZE_ARGS *arguments)
{
    struct direct *made = atomic_load(&direct);
    CK_RV rv;

    if (made != NULL)
        return direct_initialize(made, arguments);
    if (gate != NULL)
        return are_arguments(arguments) ? CKR_CRYPTOKI_ALREADY_INITIALIZED : CKR_ARGUMENTS_BAD;
    rv = start(arguments);
    log_trace("C_Initialize: %#lx", rv);
    if (gate == NULL && atomic_load(&direct) == NULL)
        log_close();
    return rv;
}

CK_RV entry_C_Initialize(CK_VOID_PTR pInitArgs)
{
    CK_RV rv;

    entry_watch_forks();
    if (!enter()) {
        reentered = true;
        return CKR_GENERAL_ERROR;
    }
    if (forked)
        leave_inherited();
    if (gate == NULL && atomic_load(&direct) == NULL)
        stdout_guard_init();
    stdout_guard_begin();
    rv = initialize(pInitArgs);
    stdout_guard_end();
    pthread_mutex_unlock(&lock);
    return rv;
}

/* The vendor answers first, as a call may wait in it for a slot until then. What a call has not come out of yet is left to it. */
static CK_RV finalize_direct(struct direct *ending, CK_VOID_PTR reserved)
{
    CK_RV rv = direct_finalize(ending, reserved);

    if (rv != CKR_OK && rv != CKR_CRYPTOKI_NOT_INITIALIZED)
        return rv;
    log_trace("C_Finalize: %#lx", rv);
    atomic_store(&direct, NULL);
    if (forked) {
        left_alone[1] = ending;
    } else {
        atomic_fetch_add(&inside, 1);
        retire(ending);
        leave();
    }
    log_close();
    return rv;
}

/* Before C_Initialize: the library's matter, where there is one. */
static CK_RV finalize_nothing(void *reserved)
{
    CK_RV rv = reserved != NULL ? CKR_ARGUMENTS_BAD : CKR_CRYPTOKI_NOT_INITIALIZED;

    if (gate == NULL)
        idle = create_idle();
    if (idle != NULL)
        rv = direct_finalize(idle, reserved);
    end_idle();
    return rv;
}

static CK_RV finalize_gate(void *reserved)
{
    if (gate == NULL || forked)
        return finalize_nothing(reserved);
    if (reserved != NULL)
        return CKR_ARGUMENTS_BAD;
    log_trace("C_Finalize");
    slot_wait_end_all();
    gate_destroy(gate);
    gate = NULL;
    daemon_client_stop();
    log_close();
    return CKR_OK;
}

CK_RV entry_C_Finalize(CK_VOID_PTR pReserved)
{
    struct direct *ending;
    CK_RV rv;

    if (!enter())
        return CKR_GENERAL_ERROR;
    ending = atomic_load(&direct);
    stdout_guard_begin();
    rv = ending != NULL ? finalize_direct(ending, pReserved) : finalize_gate(pReserved);
    stdout_guard_end();
    pthread_mutex_unlock(&lock);
    return rv;
}

EXPORTED CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR ppFunctionList)
{
    if (ppFunctionList == NULL)
        return CKR_ARGUMENTS_BAD;
    *ppFunctionList = &entry_functions;
    return CKR_OK;
}
