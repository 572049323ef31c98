// SPDX-License-Identifier: BSD-2-Clause
// The real PKCS#11 library: loaded through p11-kit, initialised as it will have it, and finalised only if it was we who did that.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

struct vendor;

/* Loads the library at an absolute path. NULL with the reason in *error (the caller frees) when it is not one, or is p11gate itself. */
struct vendor *vendor_load(const char *path, char **error);

/* C_Initialize with CKF_OS_LOCKING_OK, or with NULL where the library refuses that. CKR_CRYPTOKI_ALREADY_INITIALIZED, somebody else's doing, is success. */
CK_RV vendor_initialize(struct vendor *vendor);

/* C_Finalize, if we initialised it, and unloads. */
void vendor_destroy(struct vendor *vendor);

CK_FUNCTION_LIST *vendor_functions(const struct vendor *vendor);

/* Did we initialise the library? On one that somebody else did, other sessions than ours must not be touched. */
bool vendor_is_ours(const struct vendor *vendor);

/* C_GetInfo, asked once; NULL when it fails. Borrowed. */
const CK_INFO *vendor_info(struct vendor *vendor);
