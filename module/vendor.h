// SPDX-License-Identifier: BSD-2-Clause
// A real PKCS#11 library: loaded through p11-kit, initialised as it will have it, and finalised only if it was we who did that.
#pragma once

#include <stdbool.h>
#include "common/pkcs11_3.h"
#include "config/quirk.h"

struct module_settings;
struct vendor;

/* Loads the library. What the module says is copied: it may be read again while the library lives. NULL with the reason in *error (the
 * caller frees; NULL: no memory) when it is not one, or is p11gate itself. */
struct vendor *vendor_load(const struct module_settings *module, char **error);

/* What is called in place of a library in this process; it outlives the vendor. */
struct vendor_elsewhere {
    CK_FUNCTION_LIST *functions;
    const char *(*error)(const void *context); /* why C_Initialize failed, for the log; NULL: its code says it */
    const void *context;
};

/* The same of functions that are here already. What the module says is copied. NULL without memory. */
struct vendor *vendor_create(const struct module_settings *module,
                             const struct vendor_elsewhere *elsewhere);

/* Several threads of the host may be in the library at once: from the next vendor_initialize on it is to use locks. */
void vendor_expect_threads(struct vendor *vendor);

/* C_Initialize with the module's init_args, and CKF_OS_LOCKING_OK where threads are expected; with less where the library refuses that.
 * CKR_CRYPTOKI_ALREADY_INITIALIZED, somebody else's doing, is success; a library that loads p11gate itself is refused. */
CK_RV vendor_initialize(struct vendor *vendor);

/* C_Initialize with an application's arguments as they are, but for the module's init_args where they have no text of their own; NULL: none.
 * The vendor's answer. */
CK_RV vendor_pass_initialize(const struct vendor *vendor, CK_C_INITIALIZE_ARGS *given);

/* Logs that the library called our C_Initialize in its own. */
void vendor_say_reentered(const struct vendor *vendor);

/* Was it untrue that the library had to be initialised again? Then our sessions are still there. */
bool vendor_keeps_sessions(const struct vendor *vendor);

/* C_Finalize and C_Initialize: all its sessions are gone then. CKR_FUNCTION_REJECTED, and nothing done, on one that somebody else initialised
 * and on one whose quirks forbid it; else what C_Initialize answers. */
CK_RV vendor_renew(struct vendor *vendor);

/* C_Finalize, if we initialised it. The library stays mapped for the next time. */
void vendor_destroy(struct vendor *vendor);

/* Borrowed; all functions are there. Asked for anew before each call: it clears the stack where the frames of the function will be. coolkey
 * reads a length there that it has not written, and takes the card for gone if that is -1. */
CK_FUNCTION_LIST *vendor_functions(const struct vendor *vendor);

/* Those of a later version, in a list of the vendor's or, where it has none, those of 2.40, and others that answer
 * CKR_FUNCTION_NOT_SUPPORTED. Borrowed. Not in two threads at once before vendor_ask_lists was called. */
const struct function_list *vendor_list(struct vendor *vendor, enum list_version version);

/* The same, before each call as vendor_functions. */
const struct function_list *vendor_clean_list(struct vendor *vendor, enum list_version version);

/* Has it one? */
bool vendor_has_list(struct vendor *vendor, enum list_version version);

/* Asks for all of them, which is done once; else it is when somebody wants to know, as ssh does not. */
void vendor_ask_lists(struct vendor *vendor);

/* Are they one library? */
bool vendor_is_same(const struct vendor *one, const struct vendor *other);

/* What messages call it: the module's name, or its path. Borrowed. */
const char *vendor_name(const struct vendor *vendor);

/* The slots that a library lists, in an array of the caller's. again: readers that came and went since the last time are to be seen, which
 * only a call for the number does (PKCS#11 2.40, 5.5). The library's error, CKR_HOST_MEMORY, or CKR_DEVICE_ERROR. */
CK_RV vendor_list_slots(const struct vendor *vendor, CK_BBOOL present, bool again, CK_SLOT_ID **slots,
                        CK_ULONG *count);

/* Did we initialise the library? On one that somebody else did, other sessions than ours must not be touched. */
bool vendor_is_ours(const struct vendor *vendor);

/* Does vendor_destroy end its sessions, by C_Finalize? */
bool vendor_ends_sessions(struct vendor *vendor);

/* C_GetInfo, asked once; NULL when it fails. Borrowed. */
const CK_INFO *vendor_info(struct vendor *vendor);

/* Has the library the quirk: by the configuration, or because C_GetInfo, asked once and only where a library is known by it, says which one it
 * is? */
bool vendor_has_quirk(struct vendor *vendor, enum quirk quirk);

/* Notes how the slots could be listed; an error is logged where it is another than the last time. */
void vendor_note_listing(struct vendor *vendor, CK_RV rv);
