// SPDX-License-Identifier: BSD-2-Clause
#include "module/interface.h"

#include <stddef.h>
#include <string.h>
#include "module/entry.h"

#define EXPORTED __attribute__((visibility("default")))

static CK_INTERFACE interfaces[] = {{(CK_UTF8CHAR *)"PKCS 11", &entry_functions, 0}};

enum { N_INTERFACES = sizeof(interfaces) / sizeof(interfaces[0]) };

EXPORTED CK_RV C_GetInterfaceList(CK_INTERFACE_PTR pInterfacesList, CK_ULONG_PTR pulCount)
{
    CK_RV rv = CKR_OK;

    if (pulCount == NULL)
        return CKR_ARGUMENTS_BAD;
    if (pInterfacesList != NULL && *pulCount < N_INTERFACES)
        rv = CKR_BUFFER_TOO_SMALL;
    else if (pInterfacesList != NULL)
        memcpy(pInterfacesList, interfaces, sizeof(interfaces));
    *pulCount = N_INTERFACES;
    return rv;
}

/* Ours and no other: never the vendor's, whatever name is asked for. */
EXPORTED CK_RV C_GetInterface(CK_UTF8CHAR_PTR pInterfaceName, CK_VERSION_PTR pVersion,
                              CK_INTERFACE_PTR_PTR ppInterface, CK_FLAGS flags)
{
    const CK_VERSION *own = &entry_functions.version;

    if (ppInterface == NULL)
        return CKR_ARGUMENTS_BAD;
    if (pInterfaceName != NULL && strcmp((const char *)pInterfaceName, "PKCS 11") != 0)
        return CKR_FUNCTION_FAILED;
    if (pVersion != NULL && (pVersion->major != own->major || pVersion->minor != own->minor))
        return CKR_FUNCTION_FAILED;
    if ((flags & ~interfaces[0].flags) != 0)
        return CKR_FUNCTION_FAILED;
    *ppInterface = &interfaces[0];
    return CKR_OK;
}
