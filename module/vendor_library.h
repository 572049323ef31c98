// SPDX-License-Identifier: BSD-2-Clause
// A vendor's library as it is loaded: its list of functions, and those of later versions that are to be believed (PKCS#11 3.0, 5.4).
//
// p11-kit's loader is not asked: from 0.25 on it gives the list of the default interface, also that of a library which this one links, and takes
// a lock that it holds while it asks our own C_GetInterface.
#pragma once

#include <stddef.h>
#include "common/pkcs11_3.h"

/* The arguments of C_GetInterface. All borrowed; NULL: any. */
struct interface_request {
    CK_UTF8CHAR *name;
    CK_VERSION *version;
    CK_FLAGS flags;
};

/* Loads it; it stays mapped. NULL with the reason in *error (the caller frees; NULL: no memory). */
CK_FUNCTION_LIST *vendor_library_load(const char *path, char **error);

/* The list of a later version, borrowed from the library, which is loaded if it was not. NULL: it has none, or one that is not what it says, which is
 * logged. */
const struct function_list *vendor_library_list(const char *path, enum list_version version);

struct library_interface {
    CK_VERSION version;
    CK_FLAGS flags;
};

/* Asks the library for an interface that is not handed on: its C_GetInterface's answer, or CKR_ARGUMENTS_BAD where it has the interface, or no such
 * function. */
CK_RV vendor_library_refusal(const char *path, const struct interface_request *request);

/* The library's own list of interfaces, as far as they are the standard's and we have such a list too: of 2.x, and those of later versions that are to be
 * believed. How many there are, room at most; 0: it has no such list. */
size_t vendor_library_interfaces(const char *path, struct library_interface *interfaces, size_t room);
