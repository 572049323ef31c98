// SPDX-License-Identifier: BSD-2-Clause
#include "tests/module/codes.h"

#include <string.h>
#include "common/names.h"

enum { CODES_END = 0x300 };

CK_RV codes_next(CK_RV rv)
{
    do
        rv++;
    while (rv < CODES_END && strcmp(name_of_rv(rv), "CKR_?") == 0);
    return rv == CODES_END ? CKR_VENDOR_DEFINED : rv;
}

bool codes_told_apart(CK_RV rv)
{
    static const CK_RV codes[] = {
        CKR_HOST_MEMORY, CKR_SLOT_ID_INVALID, CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED,
        CKR_ARGUMENTS_BAD, CKR_CANT_LOCK, CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID,
        CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, CKR_FUNCTION_NOT_SUPPORTED, CKR_KEY_HANDLE_INVALID,
        CKR_OBJECT_HANDLE_INVALID, CKR_OPERATION_ACTIVE, CKR_OPERATION_NOT_INITIALIZED,
        CKR_PIN_INCORRECT, CKR_SESSION_CLOSED, CKR_SESSION_COUNT, CKR_SESSION_HANDLE_INVALID,
        CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED, CKR_USER_ALREADY_LOGGED_IN,
        CKR_USER_NOT_LOGGED_IN, CKR_BUFFER_TOO_SMALL, CKR_CRYPTOKI_NOT_INITIALIZED,
        CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_VENDOR_DEFINED,
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == rv)
            return true;
    }
    return false;
}
