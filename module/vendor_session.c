// SPDX-License-Identifier: BSD-2-Clause
#include "module/vendor_session.h"

#include <string.h>
#include "module/session.h"

enum { DISCARDED_SIZE = 4096 };

static CK_RV open_with(const struct token *token, CK_FLAGS flags, CK_SESSION_HANDLE *session)
{
    CK_SESSION_HANDLE opened = 0;
    CK_RV rv = vendor_functions(token->vendor)
                   ->C_OpenSession(token->slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &opened);

    if (rv == CKR_OK && opened == 0) /* which is no handle (PKCS#11 2.40, 2) */
        rv = CKR_FUNCTION_FAILED;
    if (rv == CKR_OK)
        *session = opened;
    return rv;
}

static CK_RV open_once(const struct token *token, CK_SESSION_HANDLE *session)
{
    CK_RV rv = CKR_TOKEN_WRITE_PROTECTED;

    if (vendor_has_quirk(token->vendor, QUIRK_RW_SESSION))
        rv = open_with(token, CKF_RW_SESSION, session);
    return rv == CKR_TOKEN_WRITE_PROTECTED ? open_with(token, 0, session) : rv;
}

bool vendor_session_is_exhausted(CK_RV rv)
{
    return rv == CKR_SESSION_COUNT || rv == CKR_ARGUMENTS_BAD || rv == CKR_HOST_MEMORY;
}

/* Whether a limit is the library's or each token's, nobody tells. */
static bool give_back_tokens(const struct token *than)
{
    const struct gate *gate = than->gate;
    bool any = false;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token != than && token->vendor == than->vendor && token_give_back_session(token))
            any = true;
    }
    return any;
}

CK_RV vendor_session_open(const struct token *token, CK_SESSION_HANDLE *session)
{
    CK_RV rv = open_once(token, session);

    if (vendor_session_is_exhausted(rv) && sessions_give_back(token->gate, token->vendor))
        rv = open_once(token, session);
    if (vendor_session_is_exhausted(rv) && give_back_tokens(token))
        rv = open_once(token, session);
    return rv;
}

static const struct {
    CK_FLAGS flag;
    enum vendor_operation operation;
} cancelled[] = {
    {CKF_DIGEST, OPERATION_DIGEST},
    {CKF_ENCRYPT, OPERATION_ENCRYPT},
    {CKF_DECRYPT, OPERATION_DECRYPT},
    {CKF_SIGN, OPERATION_SIGN},
    {CKF_SIGN_RECOVER, OPERATION_SIGN_RECOVER},
    {CKF_VERIFY, OPERATION_VERIFY},
    {CKF_VERIFY_RECOVER, OPERATION_VERIFY_RECOVER},
};

enum { N_CANCELLED = sizeof(cancelled) / sizeof(cancelled[0]) };

unsigned vendor_operations_of(CK_FLAGS flags)
{
    unsigned operations = 0;

    for (size_t i = 0; i < N_CANCELLED; i++)
        operations |= (flags & cancelled[i].flag) != 0 ? cancelled[i].operation : 0U;
    return operations;
}

static bool cancel(struct vendor *vendor, CK_SESSION_HANDLE session, unsigned operations)
{
    CK_FLAGS flags = 0;

    for (size_t i = 0; i < N_CANCELLED; i++)
        flags |= (operations & cancelled[i].operation) != 0 ? cancelled[i].flag : 0UL;
    return vendor_has_list(vendor, LIST_3_0) &&
           vendor_clean_list(vendor, LIST_3_0)->C_SessionCancel(session, flags) == CKR_OK;
}

/* PKCS#11 2.40 knows no other way to end an operation without closing its session. Those that are left. */
static unsigned finish(const struct vendor *vendor, CK_SESSION_HANDLE session, unsigned operations)
{
    static const unsigned ended[] = {OPERATION_DIGEST, OPERATION_ENCRYPT, OPERATION_DECRYPT, OPERATION_SIGN};
    unsigned char discarded[DISCARDED_SIZE] = {0};

    for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++) {
        const CK_FUNCTION_LIST *list = vendor_functions(vendor);
        CK_RV (*const ends[])(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG_PTR) = {
            list->C_DigestFinal, list->C_EncryptFinal, list->C_DecryptFinal, list->C_SignFinal};
        CK_ULONG size = sizeof(discarded);

        if ((operations & ended[i]) != 0 && ends[i](session, discarded, &size) != CKR_BUFFER_TOO_SMALL)
            operations &= ~ended[i];
    }
    explicit_bzero(discarded, sizeof(discarded));
    if ((operations & OPERATION_VERIFY) != 0) { /* a signature that cannot be right */
        vendor_functions(vendor)->C_VerifyFinal(session, discarded, 1);
        operations &= ~(unsigned)OPERATION_VERIFY;
    }
    return operations;
}

/* A library that says it has cancelled is not believed: where that is so, to finish does no harm. What has no way to be finished is. */
unsigned vendor_session_end(struct vendor *vendor, CK_SESSION_HANDLE session, unsigned operations)
{
    bool is_cancelled = cancel(vendor, session, operations);
    unsigned left = finish(vendor, session, operations);

    return is_cancelled ? left & ~(unsigned)(OPERATION_SIGN_RECOVER | OPERATION_VERIFY_RECOVER) : left;
}
