// SPDX-License-Identifier: BSD-2-Clause
// Login and logout of a token: the one place where a PIN goes to the vendor.
#include "module/token.h"

#include <stdint.h>
#include "common/log.h"
#include "common/names.h"
#include "module/audit.h"
#include "module/recover.h"

bool token_logged_in(const struct token *token)
{
    return token->logged_in && !token->logout_pending;
}

static void note_logged_in(struct token *token)
{
    token->logged_in = true;
    token->login_lost = token->login_stale = false;
    token->logout_pending = false;
}

/* Some vendors say so of a login that went with the card, and have verified nothing: they are logged out first. */
static bool is_stale(const struct token *token, CK_USER_TYPE user, CK_RV rv)
{
    return rv == CKR_USER_ALREADY_LOGGED_IN && user == CKU_USER && token->login_stale &&
           vendor_is_ours(token->vendor);
}

static CK_RV call_login(const struct token *token, CK_SESSION_HANDLE session, CK_USER_TYPE user,
                        CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_RV rv = vendor_functions(token->vendor)->C_Login(session, user, pin, size);
    char label[TOKEN_LABEL_SIZE];

    if (!is_stale(token, user, rv))
        return rv;
    log_info("\"%s\" is said to be logged in, which is stale", token_label(token, label));
    vendor_functions(token->vendor)->C_Logout(session); /* an error is none of the PIN's */
    return vendor_functions(token->vendor)->C_Login(session, user, pin, size);
}

/* A session that died unnoticed has verified nothing: with a new one on the same token the PIN is sent for the first time. */
static CK_RV send_pin(struct token *token, CK_SESSION_HANDLE operation, CK_USER_TYPE user,
                      CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_RV rv = call_login(token, operation != 0 ? operation : token->session, user, pin, size);

    if (user != CKU_USER || (rv != CKR_SESSION_HANDLE_INVALID && rv != CKR_SESSION_CLOSED &&
                             rv != CKR_CRYPTOKI_NOT_INITIALIZED))
        return rv;
    if (!recover_token(token, rv) || !token_is_visible(token) || token_open(token) != CKR_OK)
        return rv;
    return call_login(token, token->session, user, pin, size);
}

/* Why it is not kept as it should be is said once. */
static void keep(struct token *token, const CK_UTF8CHAR *pin, CK_ULONG size)
{
    struct gate *gate = token->gate;
    enum kept_form form = kept_pin_keep(&token->kept, pin, size, gate->login.idle,
                                        gate->login.max, kept_pin_clock());

    token_note_kept_with(token);
    if (form == KEPT_MASKED || gate->said_kept)
        return;
    gate->said_kept = true;
    log_info(form == KEPT_NOT
                 ? "no PIN is kept: it is too long, or its memory cannot be locked (RLIMIT_MEMLOCK)"
                 : "the kernel keeps no keys for this process: a kept PIN is wiped by the first "
                   "call after its time");
}

/* A refusal of any PIN makes the kept one doubtful. */
static void note_refusal(struct token *token, enum pin_origin origin)
{
    kept_pin_drop(&token->kept);
    token->gave_up = token->gave_up || origin != PIN_OF_APPLICATION;
}

static void note_outcome(struct token *token, CK_USER_TYPE user, enum pin_origin origin,
                         const CK_UTF8CHAR *pin, CK_ULONG size, CK_RV rv)
{
    token->info_stale = token->info_stale || user == CKU_USER || rv != CKR_OK;
    pin_guard_record(&token->guard, token->gate->crypto, user, pin, size, rv);
    if (pin_guard_is_refusal(rv))
        note_refusal(token, origin);
    if (user != CKU_USER || (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN))
        return;
    note_logged_in(token);
    if (rv != CKR_OK)
        return; /* the vendor has not looked at the PIN */
    token->gave_up = false;
    if (token->gate->login.keeps && token->gate->serves && pin != NULL && origin != PIN_KEPT)
        keep(token, pin, size);
}

/* operation: the vendor's session that has it; 0: the token's own, of any login. */
static CK_RV login_once(struct token *token, CK_SESSION_HANDLE operation, CK_USER_TYPE user,
                        enum pin_origin origin, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    struct crypto *crypto = token->gate->crypto;
    char label[TOKEN_LABEL_SIZE];
    CK_RV rv;

    if (user == CKU_USER && token_logged_in(token))
        return CKR_USER_ALREADY_LOGGED_IN;
    token_settle(token);
    rv = pin_guard_check(&token->guard, crypto, user, pin, size);
    if (rv != CKR_OK) {
        token->gave_up = token->gave_up || origin != PIN_OF_APPLICATION;
        audit_login_ended(token, user, "login-stopped", rv);
        return rv;
    }
    rv = token_open(token);
    if (rv == CKR_OK)
        rv = audit_login_begins(token, user);
    if (rv != CKR_OK)
        return rv;
    rv = send_pin(token, operation, user, pin, size);
    note_outcome(token, user, origin, pin, size, rv);
    if (loss_of(rv) == LOSS_SESSION)
        recover_token(token, rv); /* for the next attempt: this PIN is not sent again by itself */
    audit_login_ended(token, user, rv == CKR_OK ? "login-accepted" : "login-refused", rv);
    log_info("login to \"%s\": %s", token_label(token, label), name_of_rv(rv));
    /* What counts as a refusal is told as the vendor said it: a repeat gets the same. */
    return loss_of(rv) == LOSS_SESSION || loss_of(rv) == LOSS_LIBRARY ? recover_answer(rv) : rv;
}

/* What is recovered on the way must not send another PIN. */
static CK_RV login(struct token *token, CK_SESSION_HANDLE operation, CK_USER_TYPE user,
                   enum pin_origin origin, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_RV rv;

    token->logging_in = true;
    rv = login_once(token, operation, user, origin, pin, size);
    token->logging_in = false;
    return rv;
}

CK_RV token_login(struct token *token, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    return login(token, 0, user, PIN_OF_APPLICATION, pin, size);
}

CK_RV token_send_own_pin(struct token *token, CK_SESSION_HANDLE operation, CK_USER_TYPE user,
                         const struct own_pin *own)
{
    CK_RV rv = login(token, operation, user, own->origin,
                     (CK_UTF8CHAR_PTR)(uintptr_t)own->pin.text, own->pin.size);

    token->own_login_failed = rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN;
    return rv;
}

CK_RV token_login_operation(struct token *token, CK_SESSION_HANDLE operation, CK_UTF8CHAR_PTR pin,
                            CK_ULONG size)
{
    return login(token, operation, CKU_CONTEXT_SPECIFIC, PIN_OF_APPLICATION, pin, size);
}

CK_RV token_logout(struct token *token)
{
    CK_RV rv;

    if (!token->logged_in)
        return CKR_USER_NOT_LOGGED_IN;
    rv = vendor_functions(token->vendor)->C_Logout(token->session);
    token->logged_in = false;
    token->login_lost = false;
    token->login_stale = rv != CKR_OK;
    token->logout_pending = false;
    token->info_stale = true;
    token_forget_objects(token);
    if (rv != CKR_OK) /* the vendor may still be logged in: without a session it is not */
        token_lose_session(token);
    return recover_answer(rv);
}

void token_settle(struct token *token)
{
    if (token->logout_pending)
        token_logout(token);
}
