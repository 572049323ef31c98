// SPDX-License-Identifier: BSD-2-Clause
// What a session of the application has with the vendor: a session of its own, opened when one is
// needed; the token's, lent, where the vendor has no more than one.
#include "module/session.h"

#include <stdint.h>
#include "common/log.h"

static void forget(struct session *session)
{
    session->vendor = 0;
    session->at_vendor = 0;
    session->wants_login = false;
}

static bool borrows(const struct session *session)
{
    return session->vendor != 0 && session->vendor == session->token->session;
}

bool session_goes_on(const struct session *session, unsigned operation)
{
    return session->vendor != 0 && (!borrows(session) || (session->at_vendor & operation) != 0);
}

void session_close_vendor(struct session *session)
{
    struct token *token = session->token;
    CK_SESSION_HANDLE number = session->vendor;
    unsigned operations = session->at_vendor;
    bool borrowed = borrows(session);

    forget(session);
    if (number != 0 && !borrowed)
        vendor_functions(token->vendor)->C_CloseSession(number);
    else if (operations != 0 && vendor_session_end(token->vendor, number, operations) != 0)
        token_lose_session(token);
}

/* Is it true of one of the application's sessions on the token? other: what is_true gets as well.
 */
struct question {
    const struct token *token;
    bool (*is_true)(const struct session *session, const struct session *other);
    const struct session *other;
    bool answer;
};

static void ask(void *pointer, void *context)
{
    const struct session *session = pointer;
    struct question *question = context;

    if (session->token == question->token && question->is_true(session, question->other))
        question->answer = true;
}

static bool of_any(const struct token *token,
                   bool (*is_true)(const struct session *, const struct session *),
                   const struct session *other)
{
    struct question question = {token, is_true, other, false};

    handles_each(&token->gate->sessions, ask, &question);
    return question.answer;
}

static bool has_lent(const struct session *session, const struct session *other)
{
    return session != other && session->at_vendor != 0 && borrows(session);
}

static bool has_started(const struct session *session, const struct session *other)
{
    return session != other && session->sign.stage == SIGN_STARTED;
}

static bool has_operation(const struct session *session, const struct session *other)
{
    return session->at_vendor != 0 || has_started(session, other);
}

bool session_is_in_the_way(struct session *session)
{
    return of_any(session->token, has_started, session);
}

bool sessions_borrow(const struct token *token)
{
    return of_any(token, has_lent, NULL);
}

bool sessions_have_operations(const struct token *token)
{
    return of_any(token, has_operation, NULL);
}

/* Has the token's session an operation that the session does not go on with? */
static bool is_taken(const struct session *session)
{
    return of_any(session->token, has_started, NULL) || of_any(session->token, has_lent, session);
}

static CK_RV say_no_session(void)
{
    log_info("the vendor has no session left for this operation: another one is in its way");
    return CKR_SESSION_COUNT;
}

CK_RV session_open_vendor(struct session *session)
{
    struct token *token = session->token;
    CK_SESSION_HANDLE opened = 0;
    CK_RV rv;

    if (session->vendor != 0)
        return borrows(session) && is_taken(session) ? say_no_session() : CKR_OK;
    rv = token_open(token); /* the login hangs on the token's session: it comes first */
    if (rv != CKR_OK)
        return rv;
    rv = vendor_session_open(token, &opened);
    if (vendor_session_is_exhausted(rv)) {
        if (is_taken(session))
            return say_no_session();
        session->vendor = token->session;
        return CKR_OK;
    }
    if (rv != CKR_OK)
        return rv;
    gate_own_session(token->gate, token->vendor, opened, NULL);
    session->vendor = opened;
    return CKR_OK;
}

struct number_search {
    const struct vendor *vendor;
    CK_SESSION_HANDLE number;
};

static void forget_with_parts(struct session *session)
{
    forget(session);
    if (session->sign.stage == SIGN_PARTS)
        session->sign = (struct sign_operation){0};
}

static void disown(void *pointer, void *context)
{
    struct session *session = pointer;
    const struct number_search *search = context;

    if (session->token->vendor == search->vendor && session->vendor == search->number)
        forget_with_parts(session);
}

void sessions_disown(struct gate *gate, const struct vendor *vendor, CK_SESSION_HANDLE number)
{
    struct number_search search = {vendor, number};

    handles_each(&gate->sessions, disown, &search);
}

static void forget_shared(void *pointer, void *context)
{
    struct session *session = pointer;

    if (session->token != context)
        return;
    if (session->sign.stage == SIGN_STARTED)
        session->sign = (struct sign_operation){0};
    if (borrows(session))
        forget_with_parts(session);
}

void sessions_forget_shared(struct gate *gate, const struct token *token)
{
    handles_each(&gate->sessions, forget_shared, (void *)(uintptr_t)token);
}

static void lose(void *pointer, void *context)
{
    struct session *session = pointer;

    if (session->token != context)
        return;
    forget_with_parts(session);
    if (session->sign.stage == SIGN_STARTED)
        session->sign = (struct sign_operation){0};
}

void sessions_lose_vendor(struct gate *gate, const struct token *token)
{
    handles_each(&gate->sessions, lose, (void *)(uintptr_t)token);
}

static void close_if_of(void *pointer, void *context)
{
    struct session *session = pointer;

    if (session->token != context)
        return;
    if (!borrows(session)) {
        session_close_vendor(session);
        return;
    }
    forget_with_parts(session); /* it goes with the token's */
}

void sessions_close_vendor(struct gate *gate, const struct token *token)
{
    handles_each(&gate->sessions, close_if_of, (void *)(uintptr_t)token);
}

struct giving {
    const struct vendor *vendor;
    bool any;
};

static void give_back(void *pointer, void *context)
{
    struct session *session = pointer;
    struct giving *giving = context;

    if (session->token->vendor != giving->vendor || session->vendor == 0 || session->at_vendor != 0)
        return;
    giving->any = giving->any || !borrows(session);
    session_close_vendor(session);
}

bool sessions_give_back(struct gate *gate, const struct vendor *vendor)
{
    struct giving giving = {vendor, false};

    handles_each(&gate->sessions, give_back, &giving);
    return giving.any;
}
