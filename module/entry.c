// SPDX-License-Identifier: BSD-2-Clause
#include "module/entry.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include "common/log.h"
#include "module/gate.h"
#include "module/stdout_guard.h"

#define EXPORTED __attribute__((visibility("default")))

/* All the state of the process. */
#define LOCK_INITIALIZER PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP
static pthread_mutex_t lock = LOCK_INITIALIZER;
static struct gate *gate; /* NULL: not initialised */
static struct gate *inherited __attribute__((used)); /* the parent's, in a child that initialised its own */
static struct layer tracer;
static bool forked; /* since C_Initialize; set in the child alone */
static bool reentered; /* C_Initialize was, by the thread that holds the lock */

/* Marks, and no more. The lock may be held by a thread that the child does not have, or by this one: some vendors fork in their calls. */
static void after_fork_in_child(void)
{
    forked = true;
    lock = (pthread_mutex_t)LOCK_INITIALIZER;
    log_after_fork();
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, after_fork_in_child);
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

CK_RV entry_begin(enum function_id function, struct layer **top)
{
    (void)function;
    if (!enter())
        return CKR_GENERAL_ERROR;
    if (gate == NULL || forked) {
        pthread_mutex_unlock(&lock);
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    stdout_guard_begin();
    *top = &gate->layer;
    if (log_traces()) {
        tracer = trace_layer;
        tracer.lower = &gate->layer;
        *top = &tracer;
    }
    return CKR_OK;
}

CK_RV entry_end(CK_RV rv)
{
    stdout_guard_end();
    pthread_mutex_unlock(&lock);
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

CK_RV entry_C_Initialize(CK_VOID_PTR pInitArgs)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    CK_RV rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;

    if (!are_arguments(pInitArgs))
        return CKR_ARGUMENTS_BAD;
    pthread_once(&once, watch_forks);
    if (!enter()) {
        reentered = true;
        return CKR_GENERAL_ERROR;
    }
    if (forked) { /* a copy of the parent's state, perhaps taken in the middle of a call: it is left alone */
        inherited = gate;
        gate = NULL;
        forked = false;
    }
    if (gate == NULL) {
        stdout_guard_init();
        stdout_guard_begin();
        rv = gate_create(&gate);
        stdout_guard_end();
        log_trace("C_Initialize: %#lx", rv);
        if (gate == NULL)
            log_close();
    }
    pthread_mutex_unlock(&lock);
    return rv;
}

CK_RV entry_C_Finalize(CK_VOID_PTR pReserved)
{
    struct layer *top;
    CK_RV rv;

    if (pReserved != NULL)
        return CKR_ARGUMENTS_BAD;
    rv = entry_begin(FUNCTION_C_Finalize, &top);
    if (rv != CKR_OK)
        return rv;
    log_trace("C_Finalize");
    gate_destroy(gate);
    gate = NULL;
    log_close();
    return entry_end(CKR_OK);
}

EXPORTED CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR ppFunctionList)
{
    if (ppFunctionList == NULL)
        return CKR_ARGUMENTS_BAD;
    *ppFunctionList = &entry_functions;
    return CKR_OK;
}
