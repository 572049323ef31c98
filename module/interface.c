// SPDX-License-Identifier: BSD-2-Clause
// The interfaces that applications may ask for (PKCS#11 3.0, 5.4): ours and no others, whatever a vendor has.
#include <stddef.h>
#include <string.h>
#include "module/entry.h"

#define EXPORTED __attribute__((visibility("default")))

/* The first is the default. */
static CK_INTERFACE interfaces[] = {
    {(CK_UTF8CHAR *)"PKCS 11", &entry_functions_3_0, 0},
    {(CK_UTF8CHAR *)"PKCS 11", &entry_functions, 0},
};

enum { N_INTERFACES = sizeof(interfaces) / sizeof(interfaces[0]) };

/* Where the offer begins: 3.0 only before a vendor that has it. */
static size_t first_offered(void)
{
    return entry_offers_3_0() ? 0 : 1;
}

EXPORTED CK_RV C_GetInterfaceList(CK_INTERFACE_PTR pInterfacesList, CK_ULONG_PTR pulCount)
{
    size_t first, count;
    CK_RV rv = CKR_OK;

    if (pulCount == NULL)
        return CKR_ARGUMENTS_BAD;
    first = first_offered();
    count = N_INTERFACES - first;
    if (pInterfacesList != NULL && *pulCount < count)
        rv = CKR_BUFFER_TOO_SMALL;
    else if (pInterfacesList != NULL)
        memcpy(pInterfacesList, &interfaces[first], count * sizeof(interfaces[0]));
    *pulCount = count;
    return rv;
}

static bool is_wanted(const CK_INTERFACE *interface, const CK_VERSION *wanted, CK_FLAGS flags)
{
    const CK_VERSION *version = interface->pFunctionList;

    return (flags & ~interface->flags) == 0 &&
           (wanted == NULL || (wanted->major == version->major && wanted->minor == version->minor));
}

EXPORTED CK_RV C_GetInterface(CK_UTF8CHAR_PTR pInterfaceName, CK_VERSION_PTR pVersion,
                              CK_INTERFACE_PTR_PTR ppInterface, CK_FLAGS flags)
{
    if (ppInterface == NULL)
        return CKR_ARGUMENTS_BAD;
    if (pInterfaceName != NULL && strcmp((const char *)pInterfaceName, "PKCS 11") != 0)
        return CKR_FUNCTION_FAILED;
    for (size_t i = first_offered(); i < N_INTERFACES; i++) {
        if (!is_wanted(&interfaces[i], pVersion, flags))
            continue;
        *ppInterface = &interfaces[i];
        return CKR_OK;
    }
    return CKR_FUNCTION_FAILED;
}
