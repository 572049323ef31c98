// SPDX-License-Identifier: BSD-2-Clause
// How libraries lose a card that is pulled out, and what they answer once it is back: as seen of them with a virtual card.
#include "tests/mock/internal.h"

/* What makes the library see the card anew. */
enum {
    SESSIONS = 1 << 0, /* the last session on it is closed */
    LISTING = 1 << 1,  /* C_GetSlotList for the number, which closes all sessions on it */
    LOGIN = 1 << 2,    /* C_Login, which then is one to the card */
    LOGOUT = 1 << 3,
    FINALIZE = 1 << 4,
};

/* CKR_OK: as if nothing had happened, out of the library's memory. */
struct answers {
    CK_RV sign_init, sign, login;
};

static const struct {
    struct answers out, back;
    unsigned heals; /* 0: it closes the sessions at once, and all is well */
    bool lists_empty;
} styles[] = {
    [MOCK_LOSES_SESSIONS] = {{0}, {0}, 0, false},
    [MOCK_LOSES_AS_OPENSC] = {{CKR_OK, CKR_DEVICE_REMOVED, CKR_DEVICE_REMOVED},
                              {CKR_OK, CKR_DEVICE_REMOVED, CKR_DEVICE_REMOVED},
                              SESSIONS | LISTING, false},
    [MOCK_LOSES_AS_YKCS11] = {{CKR_OK, CKR_DEVICE_ERROR, CKR_DEVICE_ERROR},
                              {CKR_OK, CKR_DEVICE_ERROR, CKR_USER_ALREADY_LOGGED_IN},
                              SESSIONS, false},
    [MOCK_LOSES_AS_YKCS11_SLOW] = {{CKR_USER_NOT_LOGGED_IN, CKR_OK, CKR_DEVICE_ERROR},
                                   {CKR_USER_NOT_LOGGED_IN, CKR_OK, CKR_OK},
                                   SESSIONS | LOGIN, false},
    [MOCK_LOSES_AS_CACKEY] = {{CKR_OK, CKR_GENERAL_ERROR, CKR_DEVICE_REMOVED},
                              {CKR_OK, CKR_USER_NOT_LOGGED_IN, CKR_OK},
                              SESSIONS | LOGIN, true},
    [MOCK_LOSES_AS_CACKEY_QUICK] = {{CKR_OK, CKR_GENERAL_ERROR, CKR_DEVICE_REMOVED},
                                    {CKR_OK, CKR_DEVICE_REMOVED, CKR_OK},
                                    SESSIONS | LOGIN, true},
    [MOCK_LOSES_UNTIL_LOGOUT] = {{CKR_OK, CKR_DEVICE_REMOVED, CKR_DEVICE_REMOVED},
                                 {CKR_OK, CKR_DEVICE_REMOVED, CKR_USER_ALREADY_LOGGED_IN},
                                 LOGOUT, false},
    [MOCK_LOSES_UNTIL_FINALIZE] = {{CKR_OK, CKR_DEVICE_ERROR, CKR_DEVICE_ERROR},
                                   {CKR_OK, CKR_DEVICE_ERROR, CKR_DEVICE_ERROR},
                                   FINALIZE, false},
};

bool loss_lists_empty(void)
{
    return styles[settings.loses].lists_empty;
}

bool loss_is_lasting(const struct token *token)
{
    return token->lost;
}

static void heal(struct token *token, unsigned how)
{
    if (!token->lost || (styles[settings.loses].heals & how) == 0)
        return;
    token->lost = false;
    token->logged_in = false;
    if (how == LISTING)
        session_close_all(token);
}

void loss_by_event(struct token *token)
{
    if (styles[settings.loses].heals == 0) {
        token->logged_in = false;
        session_close_all(token);
    } else if (session_count(token) > 0)
        token->lost = true;
}

void loss_see_sessions(struct token *token)
{
    if (session_count(token) == 0)
        heal(token, SESSIONS);
}

void loss_see_listing(void)
{
    for (size_t i = 0; i < TOKENS_MAX && tokens[i] != NULL; i++)
        heal(tokens[i], LISTING);
}

void loss_see_logout(struct token *token)
{
    heal(token, LOGOUT);
}

void loss_see_finalize(void)
{
    for (size_t i = 0; i < TOKENS_MAX && tokens[i] != NULL; i++)
        heal(tokens[i], FINALIZE);
}

static const struct answers *answers(const struct token *token)
{
    return token->present ? &styles[settings.loses].back : &styles[settings.loses].out;
}

CK_RV loss_at_sign_init(const struct token *token)
{
    return token->lost ? answers(token)->sign_init : CKR_OK;
}

CK_RV loss_at_sign(const struct token *token)
{
    return token->lost ? answers(token)->sign : CKR_OK;
}

CK_RV loss_at_login(struct token *token)
{
    CK_RV rv = token->lost ? answers(token)->login : CKR_OK;

    if (rv == CKR_OK)
        heal(token, LOGIN);
    return rv;
}
