// SPDX-License-Identifier: BSD-2-Clause
// The interfaces that applications may ask for (PKCS#11 3.0, 5.4): ours and no others, whatever a vendor has.
#include <stddef.h>
#include <string.h>
#include "module/entry.h"
#include "module/offer.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED CK_RV C_GetInterfaceList(CK_INTERFACE_PTR pInterfacesList, CK_ULONG_PTR pulCount)
{
    CK_INTERFACE *interfaces[OFFERED_MOST];
    size_t count;
    CK_RV rv = CKR_OK;

    if (pulCount == NULL)
        return CKR_ARGUMENTS_BAD;
    count = offer_interfaces(interfaces);
    if (pInterfacesList != NULL && *pulCount < count)
        rv = CKR_BUFFER_TOO_SMALL;
    for (size_t i = 0; rv == CKR_OK && pInterfacesList != NULL && i < count; i++)
        pInterfacesList[i] = *interfaces[i];
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
    CK_INTERFACE *interfaces[OFFERED_MOST];
    CK_INTERFACE *first = &entry_interfaces[LIST_VERSIONS]; /* 2.40 is there, listed or not */
    const struct interface_request request = {pInterfaceName, pVersion, flags};
    bool is_ours = pInterfaceName == NULL || strcmp((const char *)pInterfaceName, "PKCS 11") == 0;
    size_t count;

    if (ppInterface == NULL)
        return CKR_ARGUMENTS_BAD;
    count = is_ours ? offer_interfaces(interfaces) : 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(interfaces[i], pVersion, flags))
            continue;
        *ppInterface = interfaces[i];
        return CKR_OK;
    }
    if (is_ours && is_wanted(first, pVersion, flags) && pVersion != NULL) {
        *ppInterface = first;
        return CKR_OK;
    }
    return offer_refusal(&request);
}
