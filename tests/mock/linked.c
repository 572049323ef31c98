// SPDX-License-Identifier: BSD-2-Clause
// linked-vendor.so: a library of 2.40 that links one of 3.0, whose C_GetInterface is not its own.
#include <dlfcn.h>
#include <string.h>
#include <p11-kit/pkcs11.h>

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list);

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    void *found = dlsym(RTLD_NEXT, "C_GetFunctionList");
    CK_C_GetFunctionList next = NULL;

    memcpy(&next, &found, sizeof(next));
    return next != NULL ? next(list) : CKR_GENERAL_ERROR;
}
