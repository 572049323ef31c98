// SPDX-License-Identifier: BSD-2-Clause
// The preset transparent: the application talks to the vendor's library, and p11gate only stands by. No lock is taken, nothing is
// kept of a call, and what the vendor answers is the answer. Where rules hide something, filter.c stands between.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "module/functions.h"
#include "module/messages.h"

struct config;
struct crypto;
struct direct;
struct vendor;
struct view;

/* A layer that knows the vendor: what the made functions find behind self. */
struct direct_layer {
    struct layer layer; /* first */
    CK_FUNCTION_LIST *vendor;
    struct direct *direct;
};

static inline struct direct *direct_of(struct layer *self)
{
    return ((struct direct_layer *)self)->direct;
}

static inline CK_FUNCTION_LIST *direct_vendor(struct layer *self)
{
    return ((struct direct_layer *)self)->vendor;
}

/* Its functions for what was called in a later list. */
const struct function_list *direct_list(struct layer *self, enum list_version version);

/* Both for a call that follows work of ours: on a clear stack, as vendor_functions has it. */
CK_FUNCTION_LIST *direct_clean_vendor(struct layer *self);
const struct function_list *direct_clean_list(struct layer *self, enum list_version version);

/* The layers, and the trace above them. */
struct direct_stack {
    struct direct_layer forward; /* nothing but the vendor's answers */
    struct direct_layer filter;  /* the same with the checks of filter.c */
    struct layer tracers[2];     /* above forward, above filter */
};

struct direct {
    struct direct_stack stacks[2];   /* the second takes the lock of all calls */
    _Atomic(struct layer *) top;     /* where calls begin; NULL: none does */
    _Atomic(struct layer *) waiting; /* where C_WaitForSlotEvent begins, which must not hold up the others */
    struct crypto *crypto;           /* owned */
    struct vendor *vendor;           /* owned; what initialises and finalises it is the application */
    bool serialized;                 /* the quirk: one call at a time */
    bool inherited;                  /* by a child, perhaps in the middle of a change: what follows is not looked at */
    pthread_mutex_t lock;            /* of what follows; never held in a call of the application's to the vendor */
    struct config *config;           /* owned */
    bool broken;                     /* it changed and cannot be read: nothing is visible */
    struct direct *next_retired;     /* entry.c's */
    struct view *views;              /* owned array; of filter.c */
    size_t n_views;
    struct messages messages;        /* of filter.c */
};

/* Made of the table: functions that begin to use objects, or take a PIN. A changed configuration holds from them on. */
extern const bool direct_begins_use[FUNCTION_COUNT];

/* Loads the vendor and hands it the application's arguments as they are. What it answers is returned; *direct is set if the
 * library may be used now: with CKR_OK and with CKR_CRYPTOKI_ALREADY_INITIALIZED. Takes crypto and config over, also when it fails.
 * CKR_FUNCTION_FAILED, with the reason in the log, where the configuration cannot be served. */
CK_RV direct_create(struct crypto *crypto, struct config *config, CK_C_INITIALIZE_ARGS *arguments,
                    struct direct **direct);

/* Loads the vendor and leaves it as it is, initialised or not. Takes crypto and config over. NULL where rules hide something, or where
 * the library cannot be loaded, of which nothing is said. */
struct direct *direct_create_idle(struct crypto *crypto, struct config *config);

/* Where calls to such a one begin; one at a time. */
struct layer *direct_idle_top(struct direct *direct);

/* Has the configuration rules, or refuses it functions: is there something to be hidden? */
bool direct_hides_by(const struct config *config);

/* C_Initialize, once more; C_Finalize. The vendor's answers. */
CK_RV direct_initialize(struct direct *direct, CK_C_INITIALIZE_ARGS *arguments);
CK_RV direct_finalize(struct direct *direct, CK_VOID_PTR reserved);

/* Unloads the library, which is finalised already or not ours to finalise. */
void direct_destroy(struct direct *direct);

/* The layer that the call is to go to. A changed configuration is read again first, for the functions that are asked by it
 * (policy.md 1). NULL: a child of the process that initialised must do so itself, as what is hidden from it cannot be told. */
struct layer *direct_top(struct direct *direct, enum function_id function);

/* In the child after a fork: another thread may hold the lock, and be in the middle of a change. */
void direct_after_fork(struct direct *direct);

/* The vendor's, but for the description, which begins with our name. */
CK_RV direct_C_GetInfo(struct layer *self, CK_INFO *pInfo);
CK_RV direct_C_GetInfo_3_0(struct layer *self, CK_INFO *pInfo);
