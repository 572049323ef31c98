// SPDX-License-Identifier: BSD-2-Clause
#include "module/vendor.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "common/names.h"
#include "config/config.h"
#include "module/complete.h"
#include "module/entry.h"
#include "module/vendor_library.h"

enum { SLOTS_ROOM = 64, SLOTS_MAX = 4096, STACK_CLEARED = 2048 /* bytes; what coolkey reads is within 400 */ };

struct vendor {
    CK_FUNCTION_LIST *loaded; /* the library's; NULL: it was not loaded */
    CK_FUNCTION_LIST functions;
    struct function_list lists[LIST_VERSIONS]; /* of later versions */
    bool asked, has_list[LIST_VERSIONS];
    struct vendor_elsewhere elsewhere; /* where it was not loaded */
    bool failed;                 /* to be initialised, the last time */
    char *name;                  /* owned */
    char *path;                  /* owned; that of the module */
    char *init_args;             /* owned; NULL: none */
    unsigned quirks;             /* 1 << enum quirk: configured, or found */
    bool initialized;            /* by us */
    bool kept;                   /* the last C_Initialize changed nothing: it was */
    bool threads;                /* the host may have several */
    bool has_info;
    CK_INFO info;
    CK_RV listing; /* of the last C_GetSlotList */
};

/* A library whose function is ours is ourselves, whatever path led to it. */
static bool is_ourselves(const CK_FUNCTION_LIST *list)
{
    return list->C_GetInfo == entry_functions.C_GetInfo;
}

static bool copy_settings(struct vendor *vendor, const struct module_settings *module)
{
    vendor->quirks = module->quirks;
    vendor->name = strdup(module->name != NULL ? module->name : module->path);
    vendor->path = strdup(module->path);
    if (module->init_args != NULL)
        vendor->init_args = strdup(module->init_args);
    return vendor->name != NULL && vendor->path != NULL && (module->init_args == NULL || vendor->init_args != NULL);
}

struct vendor *vendor_load(const struct module_settings *module, char **error)
{
    struct vendor *vendor = calloc(1, sizeof(*vendor));

    *error = NULL;
    if (vendor == NULL || !copy_settings(vendor, module)) {
        vendor_destroy(vendor);
        return NULL;
    }
    vendor->loaded = vendor_library_load(module->path, error);
    if (vendor->loaded != NULL && is_ourselves(vendor->loaded))
        *error = strdup("that is p11gate itself; name the vendor's library");
    else if (vendor->loaded != NULL) {
        complete_functions(&vendor->functions, vendor->loaded);
        return vendor;
    }
    vendor_destroy(vendor);
    return NULL;
}

struct vendor *vendor_create(const struct module_settings *module,
                             const struct vendor_elsewhere *elsewhere)
{
    struct vendor *vendor = calloc(1, sizeof(*vendor));

    if (vendor == NULL || !copy_settings(vendor, module)) {
        vendor_destroy(vendor);
        return NULL;
    }
    vendor->elsewhere = *elsewhere;
    complete_functions(&vendor->functions, elsewhere->functions);
    return vendor;
}

/* NSS takes its parameters in pReserved, and wants a NULL behind them; other libraries know nothing
 * of either. */
struct arguments {
    CK_C_INITIALIZE_ARGS standard;
    void *reserved;
};

/* A library that refuses locking, or needs none, is called without arguments, or with nothing but those that it was given by name. (A lock
 * that OpenSC 0.23 does not release, when a card is pulled while it signs, has it wait for ever.) */
static CK_RV call_initialize(const struct vendor *vendor)
{
    struct arguments arguments = {
        .standard = {.flags = CKF_OS_LOCKING_OK, .pReserved = vendor->init_args},
    };
    CK_RV rv = CKR_CANT_LOCK;

    if (vendor->threads)
        rv = vendor_functions(vendor)->C_Initialize(&arguments);
    if (rv != CKR_CANT_LOCK && rv != CKR_ARGUMENTS_BAD && rv != CKR_NEED_TO_CREATE_THREADS)
        return rv;
    arguments.standard.flags = 0;
    return vendor_functions(vendor)->C_Initialize(vendor->init_args != NULL ? &arguments : NULL);
}

void vendor_expect_threads(struct vendor *vendor)
{
    vendor->threads = true;
}

CK_RV vendor_pass_initialize(const struct vendor *vendor, CK_C_INITIALIZE_ARGS *given)
{
    struct arguments arguments = {0};

    if (vendor->init_args == NULL || (given != NULL && given->pReserved != NULL))
        return vendor_functions(vendor)->C_Initialize(given);
    if (given != NULL)
        arguments.standard = *given;
    arguments.standard.pReserved = vendor->init_args;
    return vendor_functions(vendor)->C_Initialize(&arguments);
}

void vendor_say_reentered(const struct vendor *vendor)
{
    log_error("%s loads p11gate itself; name the vendor's library", vendor->name);
}

/* Once: what is elsewhere is tried again at each listing. */
static void say_not_initialized(struct vendor *vendor, CK_RV rv)
{
    const struct vendor_elsewhere *elsewhere = &vendor->elsewhere;
    const char *why = rv != CKR_OK && elsewhere->error != NULL ? elsewhere->error(elsewhere->context) : "";

    if (rv != CKR_OK && !vendor->failed)
        log_error("%s: C_Initialize failed: %s%s%s", vendor->name, name_of_rv(rv), why[0] != '\0' ? ": " : "", why);
    vendor->failed = rv != CKR_OK && vendor->loaded == NULL;
}

CK_RV vendor_initialize(struct vendor *vendor)
{
    CK_RV rv;

    entry_was_reentered();
    rv = call_initialize(vendor);
    vendor->kept = vendor->initialized && rv == CKR_CRYPTOKI_ALREADY_INITIALIZED;
    if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) {
        if (!vendor->kept && vendor->loaded != NULL)
            log_info("%s is already initialised by somebody else in this process", vendor->name);
        return CKR_OK;
    }
    vendor->initialized = rv == CKR_OK;
    if (entry_was_reentered()) { /* as pkcs11-spy.so that was told to load us; p11-kit-proxy.so cannot even be loaded */
        vendor_say_reentered(vendor);
        return CKR_FUNCTION_FAILED;
    }
    say_not_initialized(vendor, rv);
    return rv;
}

bool vendor_ends_sessions(struct vendor *vendor)
{
    return vendor->initialized && !vendor_has_quirk(vendor, QUIRK_NO_FINALIZE);
}

CK_RV vendor_renew(struct vendor *vendor)
{
    if (!vendor_ends_sessions(vendor) || vendor_has_quirk(vendor, QUIRK_NO_REINITIALIZE))
        return CKR_FUNCTION_REJECTED;
    vendor_functions(vendor)->C_Finalize(NULL);
    vendor->initialized = false;
    return vendor_initialize(vendor);
}

void vendor_destroy(struct vendor *vendor)
{
    if (vendor == NULL)
        return;
    if (vendor_ends_sessions(vendor))
        vendor_functions(vendor)->C_Finalize(NULL);
    free(vendor->name);
    free(vendor->path);
    free(vendor->init_args);
    free(vendor);
}

const char *vendor_name(const struct vendor *vendor)
{
    return vendor->name;
}

/* Under ASan the array would be elsewhere. */
__attribute__((noinline, no_sanitize_address)) static void clear_stack(void)
{
    unsigned char below[STACK_CLEARED];

    explicit_bzero(below, sizeof(below));
}

CK_FUNCTION_LIST *vendor_functions(const struct vendor *vendor)
{
    clear_stack();
    return (CK_FUNCTION_LIST *)(uintptr_t)&vendor->functions;
}

/* What the vendor has not of a version is completed from 2.40. */
void vendor_ask_lists(struct vendor *vendor)
{
    struct function_list none = {.v2_40 = vendor->functions};

    for (size_t i = 0; i < LIST_VERSIONS && !vendor->asked; i++) {
        const struct function_list *given = vendor->loaded != NULL ? vendor_library_list(vendor->path, (enum list_version)i) : NULL;
        vendor->has_list[i] = given != NULL;
        complete_list(&vendor->lists[i], given != NULL ? given : &none, given != NULL ? list_forms[i].size : 0);
    }
    vendor->asked = true;
}

const struct function_list *vendor_list(struct vendor *vendor, enum list_version version)
{
    vendor_ask_lists(vendor);
    return &vendor->lists[version];
}

const struct function_list *vendor_clean_list(struct vendor *vendor, enum list_version version)
{
    const struct function_list *list = vendor_list(vendor, version);

    clear_stack();
    return list;
}

bool vendor_has_list(struct vendor *vendor, enum list_version version)
{
    vendor_ask_lists(vendor);
    return vendor->has_list[version];
}

bool vendor_is_same(const struct vendor *one, const struct vendor *other)
{
    return one->loaded != NULL && one->loaded == other->loaded;
}

/* The room suffices for nearly everyone, so that one call does. */
CK_RV vendor_list_slots(const struct vendor *vendor, CK_BBOOL present, bool again, CK_SLOT_ID **slots,
                        CK_ULONG *count)
{
    CK_RV rv = again ? vendor_functions(vendor)->C_GetSlotList(present, NULL, count) : CKR_OK;

    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG room = SLOTS_ROOM; room <= SLOTS_MAX; room *= 4) {
        CK_SLOT_ID *list = calloc(room, sizeof(*list));
        if (list == NULL)
            return CKR_HOST_MEMORY;
        *count = room;
        rv = vendor_functions(vendor)->C_GetSlotList(present, list, count);
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

bool vendor_keeps_sessions(const struct vendor *vendor)
{
    return vendor->kept;
}

bool vendor_is_ours(const struct vendor *vendor)
{
    return vendor->initialized;
}

const CK_INFO *vendor_info(struct vendor *vendor)
{
    if (!vendor->has_info)
        vendor->has_info = vendor_functions(vendor)->C_GetInfo(&vendor->info) == CKR_OK;
    return vendor->has_info ? &vendor->info : NULL;
}

bool vendor_has_quirk(struct vendor *vendor, enum quirk quirk)
{
    const CK_INFO *info;

    if ((vendor->quirks & 1U << quirk) != 0)
        return true;
    info = quirks[quirk].manufacturer != NULL ? vendor_info(vendor) : NULL;
    if (info == NULL || !quirk_is_known(quirk, info))
        return false;
    log_info("%s has the quirk %s: %s", vendor->name, quirks[quirk].name, quirks[quirk].changes);
    vendor->quirks |= 1U << quirk;
    return true;
}

void vendor_note_listing(struct vendor *vendor, CK_RV rv)
{
    if (rv != CKR_OK && rv != vendor->listing)
        log_error("%s: C_GetSlotList failed: %s", vendor->name, name_of_rv(rv));
    vendor->listing = rv;
}
