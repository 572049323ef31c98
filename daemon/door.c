// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/door.h"

#include "daemon/keeper.h"
#include "daemon/trunk.h"

CK_FUNCTION_LIST door_functions;

static CK_RV door_C_Initialize(CK_VOID_PTR arguments)
{
    (void)arguments;
    return CKR_CRYPTOKI_ALREADY_INITIALIZED;
}

static CK_RV door_C_Finalize(CK_VOID_PTR reserved)
{
    (void)reserved;
    return CKR_OK;
}

/* What comes here is a PIN of the configured source, which was decided upon by the policy for the client's user, or one for a single use. */
static CK_RV door_C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_SESSION_INFO info;
    CK_RV rv;

    if (user != CKU_USER)
        return trunk()->C_Login(session, user, pin, size);
    rv = trunk()->C_GetSessionInfo(session, &info);
    return rv == CKR_OK ? keeper_unlock(info.slotID, pin, size, KEEPER_NOBODY) : rv;
}

/* The login is of all. */
static CK_RV door_C_Logout(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static void note_use(CK_SESSION_HANDLE session, CK_RV rv)
{
    CK_SESSION_INFO info;

    if (rv == CKR_OK && trunk()->C_GetSessionInfo(session, &info) == CKR_OK)
        keeper_note_use(info.slotID);
}

static CK_RV door_C_Sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR signature,
                         CK_ULONG_PTR signature_size)
{
    CK_RV rv = trunk()->C_Sign(session, data, size, signature, signature_size);

    note_use(session, rv);
    return rv;
}

static CK_RV door_C_SignFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG_PTR signature_size)
{
    CK_RV rv = trunk()->C_SignFinal(session, signature, signature_size);

    note_use(session, rv);
    return rv;
}

static CK_RV door_C_Decrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR out_size)
{
    CK_RV rv = trunk()->C_Decrypt(session, data, size, out, out_size);

    note_use(session, rv);
    return rv;
}

void door_init(void)
{
    door_functions = *trunk();
    door_functions.C_Initialize = door_C_Initialize;
    door_functions.C_Finalize = door_C_Finalize;
    door_functions.C_Login = door_C_Login;
    door_functions.C_Logout = door_C_Logout;
    door_functions.C_Sign = door_C_Sign;
    door_functions.C_SignFinal = door_C_SignFinal;
    door_functions.C_Decrypt = door_C_Decrypt;
}
