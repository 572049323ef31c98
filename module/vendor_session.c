// SPDX-License-Identifier: BSD-2-Clause
#include "module/vendor_session.h"

static CK_RV open_with(const struct token *token, CK_FLAGS flags, CK_SESSION_HANDLE *session)
{
    CK_SESSION_HANDLE opened = 0;
    CK_RV rv = vendor_functions(token->vendor)
                   ->C_OpenSession(token->slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &opened);

    if (rv == CKR_OK)
        *session = opened;
    return rv;
}

CK_RV vendor_session_open(const struct token *token, CK_SESSION_HANDLE *session)
{
    CK_RV rv = CKR_TOKEN_WRITE_PROTECTED;

    if (vendor_has_quirk(token->vendor, QUIRK_RW_SESSION))
        rv = open_with(token, CKF_RW_SESSION, session);
    return rv == CKR_TOKEN_WRITE_PROTECTED ? open_with(token, 0, session) : rv;
}
