// SPDX-License-Identifier: BSD-2-Clause
#include "module/vendor.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <p11-kit/p11-kit.h>
#include "common/log.h"
#include "common/names.h"
#include "module/entry.h"

struct vendor {
    CK_FUNCTION_LIST *functions; /* p11-kit's to release */
    bool initialized;            /* by us */
    bool has_info;
    CK_INFO info;
};

/* A library whose function is ours is ourselves, whatever path led to it. */
static bool is_ourselves(const CK_FUNCTION_LIST *list)
{
    return list->C_GetInfo == entry_functions.C_GetInfo;
}

static const char *load_error(void)
{
    const char *message = p11_kit_message();
    return message != NULL ? message : "it is not a PKCS#11 library";
}

struct vendor *vendor_load(const char *path, char **error)
{
    struct vendor *vendor = calloc(1, sizeof(*vendor));

    *error = NULL;
    if (vendor == NULL)
        return NULL;
    vendor->functions = p11_kit_module_load(path, P11_KIT_MODULE_UNMANAGED);
    if (vendor->functions == NULL) {
        *error = strdup(load_error());
        free(vendor);
        return NULL;
    }
    if (is_ourselves(vendor->functions)) {
        *error = strdup("that is p11gate itself; name the vendor's library");
        p11_kit_module_release(vendor->functions);
        free(vendor);
        return NULL;
    }
    return vendor;
}

CK_RV vendor_initialize(struct vendor *vendor)
{
    CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
    CK_RV rv = vendor->functions->C_Initialize(&arguments);

    vendor->initialized = false;
    if (rv == CKR_CANT_LOCK || rv == CKR_ARGUMENTS_BAD || rv == CKR_NEED_TO_CREATE_THREADS)
        rv = vendor->functions->C_Initialize(NULL);
    if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) {
        log_info("the vendor library is already initialised by somebody else in this process");
        return CKR_OK;
    }
    vendor->initialized = rv == CKR_OK;
    if (rv != CKR_OK)
        log_error("the vendor library's C_Initialize failed: %s", name_of_rv(rv));
    return rv;
}

void vendor_destroy(struct vendor *vendor)
{
    if (vendor == NULL)
        return;
    if (vendor->initialized)
        vendor->functions->C_Finalize(NULL);
    p11_kit_module_release(vendor->functions);
    free(vendor);
}

CK_FUNCTION_LIST *vendor_functions(const struct vendor *vendor)
{
    return vendor->functions;
}

bool vendor_is_ours(const struct vendor *vendor)
{
    return vendor->initialized;
}

const CK_INFO *vendor_info(struct vendor *vendor)
{
    if (!vendor->has_info)
        vendor->has_info = vendor->functions->C_GetInfo(&vendor->info) == CKR_OK;
    return vendor->has_info ? &vendor->info : NULL;
}
