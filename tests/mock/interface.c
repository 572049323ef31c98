// SPDX-License-Identifier: BSD-2-Clause
// C_GetInterface and C_GetInterfaceList (PKCS#11 3.0, 5.4), and the ways in which they mislead.
#include "tests/mock/internal.h"

#include <string.h>

static CK_UTF8CHAR own_name[] = "PKCS 11", other_name[] = "Vendor mock";
static struct function_list holes, mislabelled;

/* Behind it stands what is no function, as after any list that ends. */
static struct {
    CK_FUNCTION_LIST list;
    CK_ULONG no_functions[24];
} shorter;

static CK_INTERFACE interfaces[MOCK_INTERFACE_KINDS] = {
    [MOCK_HAS_3_0] = {own_name, &mock_functions_3_0, 0},
    [MOCK_INTERFACE_WITHOUT_LIST] = {own_name, NULL, 0},
    [MOCK_INTERFACE_IS_ANOTHERS] = {other_name, &mock_functions_3_0, 0},
    [MOCK_INTERFACE_SAYS_2_40] = {own_name, &mislabelled, 0},
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
    mislabelled = mock_functions_3_0;
    mislabelled.v2_40.version = (CK_VERSION){2, 40};
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

static CK_RV list(CK_INTERFACE_PTR listed, CK_ULONG_PTR count)
{
    static CK_FUNCTION_LIST older;
    const CK_INTERFACE all[] = {{own_name, &mock_functions_3_0, CKF_INTERFACE_FORK_SAFE},
                                {other_name, &mock_functions_3_0, 0},
                                {own_name, &older, 0}};

    older = mock_functions;
    older.version = (CK_VERSION){2, 20};
    if (!settings.lists_interfaces || (listed != NULL && *count < 3))
        return CKR_FUNCTION_FAILED;
    if (listed == NULL || !settings.keeps_count)
        *count = 3;
    if (listed != NULL)
        memcpy(listed, all, sizeof(all));
    return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV C_GetInterfaceList(CK_INTERFACE_PTR pInterfacesList,
                                                                CK_ULONG_PTR pulCount)
{
    CK_RV rv = record_begin(FUNCTION_C_GetInterfaceList);

    if (rv == CKR_OK)
        rv = list(pInterfacesList, pulCount);
    return record_end(FUNCTION_C_GetInterfaceList, rv);
}

/* A session's messages are signed by nothing: it is seen which of them arrive. */
static CK_RV of_session(CK_SESSION_HANDLE session)
{
    return session_at(session) != NULL ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

CK_RV mock_C_MessageSignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey)
{
    (void)pMechanism;
    (void)hKey;
    return of_session(hSession);
}

CK_RV mock_C_SignMessage(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                         CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature,
                         CK_ULONG_PTR pulSignatureLen)
{
    (void)pParameter;
    (void)ulParameterLen;
    (void)pData;
    (void)ulDataLen;
    (void)pSignature;
    *pulSignatureLen = 0;
    return of_session(hSession);
}

CK_RV mock_C_MessageSignFinal(CK_SESSION_HANDLE hSession)
{
    return of_session(hSession);
}
