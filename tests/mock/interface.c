// SPDX-License-Identifier: BSD-2-Clause
// C_GetInterface and C_GetInterfaceList (PKCS#11 3.0, 5.4), and the ways in which they mislead.
#include "tests/mock/internal.h"

#include <string.h>

static CK_UTF8CHAR own_name[] = "PKCS 11", other_name[] = "Vendor mock";
static struct function_list_3_0 holes;

/* Behind it stands what is no function, as after any list that ends. */
static struct {
    CK_FUNCTION_LIST list;
    CK_ULONG no_functions[24];
} shorter;

static CK_INTERFACE interfaces[MOCK_INTERFACE_KINDS] = {
    [MOCK_HAS_3_0] = {own_name, &mock_functions_3_0, 0},
    [MOCK_INTERFACE_WITHOUT_LIST] = {own_name, NULL, 0},
    [MOCK_INTERFACE_IS_ANOTHERS] = {other_name, &mock_functions_3_0, 0},
    [MOCK_INTERFACE_SAYS_2_40] = {own_name, &mock_functions, 0},
    [MOCK_INTERFACE_IS_SHORT] = {own_name, &shorter, 0},
    [MOCK_INTERFACE_HAS_HOLES] = {own_name, &holes, 0},
};

/* As OpenSC and NSS have it. */
static CK_RV get_info(CK_INFO *info)
{
    CK_RV rv = mock_functions.C_GetInfo(info);

    if (rv == CKR_OK)
        info->cryptokiVersion = (CK_VERSION){3, 0};
    return rv;
}

static void fill_lists(void)
{
    mock_functions_3_0.v2_40.C_GetInfo = get_info;
    shorter.list = mock_functions;
    shorter.list.version = (CK_VERSION){3, 0};
    memset(shorter.no_functions, 0x5a, sizeof(shorter.no_functions));
    holes.v2_40 = mock_functions_3_0.v2_40;
}

static CK_RV find(const CK_VERSION *version, CK_INTERFACE_PTR_PTR interface)
{
    if (version == NULL || version->major != 3 || settings.interface == MOCK_INTERFACE_FAILS)
        return CKR_FUNCTION_FAILED;
    fill_lists();
    *interface = settings.interface != MOCK_INTERFACE_IS_NOTHING ? &interfaces[settings.interface] : NULL;
    return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV C_GetInterface(CK_UTF8CHAR_PTR pInterfaceName,
                                                            CK_VERSION_PTR pVersion,
                                                            CK_INTERFACE_PTR_PTR ppInterface,
                                                            CK_FLAGS flags)
{
    CK_RV rv = record_begin(FUNCTION_C_GetInterface);

    (void)pInterfaceName;
    (void)flags;
    if (rv == CKR_OK)
        rv = find(pVersion, ppInterface);
    return record_end(FUNCTION_C_GetInterface, rv);
}

__attribute__((visibility("default"))) CK_RV C_GetInterfaceList(CK_INTERFACE_PTR pInterfacesList,
                                                                CK_ULONG_PTR pulCount)
{
    (void)pInterfacesList;
    *pulCount = 0;
    return CKR_OK;
}
