// SPDX-License-Identifier: BSD-2-Clause
#include "module/recover.h"

#include "common/log.h"
#include "common/names.h"
#include "module/events.h"

/* Where nobody tells of cards, one of so many looks is into every slot: a card that is taken for present may have gone, and left its place to
 * the one that is looked for. */
enum { LOOK_AGAIN_MS = 1000, NARROW_LOOKS = 4, REPLAYS_MAX = 2 };

static const struct {
    CK_RV rv;
    enum loss loss;
} losses[] = {
    {CKR_OBJECT_HANDLE_INVALID, LOSS_OBJECT},    {CKR_KEY_HANDLE_INVALID, LOSS_OBJECT},
    {CKR_SESSION_CLOSED, LOSS_SESSION},          {CKR_SESSION_HANDLE_INVALID, LOSS_SESSION},
    {CKR_DEVICE_REMOVED, LOSS_SESSION},          {CKR_DEVICE_ERROR, LOSS_SESSION},
    {CKR_TOKEN_NOT_PRESENT, LOSS_SESSION},       {CKR_TOKEN_NOT_RECOGNIZED, LOSS_SESSION},
    {CKR_OPERATION_ACTIVE, LOSS_OPERATION},       {CKR_USER_NOT_LOGGED_IN, LOSS_LOGIN},
    {CKR_CRYPTOKI_NOT_INITIALIZED, LOSS_LIBRARY},
};

/* Of a signature that was checked before it was begun. cackey says CKR_GENERAL_ERROR of a card that is out. What is not here is about the
 * request, the PIN or the user's will, and would be the same again. */
static const CK_RV doubts[] = {
    CKR_GENERAL_ERROR,
    CKR_FUNCTION_FAILED,
    CKR_OPERATION_NOT_INITIALIZED,
};

enum loss loss_of(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        if (losses[i].rv == rv)
            return losses[i].loss;
    }
    return LOSS_NONE;
}

static enum loss loss_of_signature(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++) {
        if (doubts[i] == rv)
            return LOSS_DOUBT;
    }
    return (rv & CKR_VENDOR_DEFINED) != 0 ? LOSS_DOUBT : loss_of(rv);
}

CK_RV recover_answer(CK_RV rv)
{
    if (rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED ||
        rv == CKR_CRYPTOKI_NOT_INITIALIZED || rv == CKR_OPERATION_ACTIVE)
        return CKR_DEVICE_ERROR;
    return rv;
}

CK_RV recover_answer_of(const struct token *token, CK_RV rv)
{
    return rv != CKR_OK && !token->present ? CKR_DEVICE_REMOVED : recover_answer(rv);
}

static void say_out(struct token *token)
{
    char label[TOKEN_LABEL_SIZE];

    clock_gettime(CLOCK_BOOTTIME, &token->looked_at);
    token->looked_generation = events_generation(token->gate);
    token->narrow_looks = 0;
    log_notice("the token \"%s\" is out", token_label(token, label));
}

/* The vendor's slots are listed again. Is the token in one of them, freshly read? */
static bool rescan(struct token *token)
{
    CK_RV rv = gate_scan_vendor(token->gate, token->vendor);

    if (rv != CKR_OK)
        log_info("looking for the token failed: %s", name_of_rv(rv));
    if (!token->present)
        say_out(token);
    return rv == CKR_OK && token->present;
}

static bool renew(struct token *token)
{
    return token_renew_session(token) == CKR_OK;
}

static bool forget(struct token *token)
{
    token_forget_objects(token);
    return true;
}

/* OpenSC gives out dead sessions after a card came back, ykcs11 keeps a dead connection: until all sessions are closed and the slots listed
 * again. */
static bool reopen(struct token *token)
{
    token_lose_session(token);
    if (vendor_is_ours(token->vendor))
        vendor_functions(token->vendor)->C_CloseAllSessions(token->slot);
    return rescan(token);
}

static bool initialize(struct token *token)
{
    return gate_reinitialize(token->gate, token->vendor) == CKR_OK && rescan(token);
}

/* Neither session nor login are given up for a doubt. */
static bool look(struct token *token)
{
    return rescan(token) && renew(token);
}

/* Of each loss: what is done first. A loss that comes back is worth the library's restart where the session was the vendor's to keep. */
static const struct {
    bool (*cure)(struct token *token);
    bool restarts;
} cures[LOSSES] = {
    [LOSS_OPERATION] = {renew, true},     [LOSS_OBJECT] = {forget, false},
    [LOSS_SESSION] = {reopen, true},      [LOSS_LOGIN] = {reopen, false},
    [LOSS_LIBRARY] = {initialize, false}, [LOSS_DOUBT] = {look, false},
};

/* The login of another token would end with the library's. */
static bool others_are_logged_in(const struct token *token)
{
    const struct gate *gate = token->gate;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        const struct token *other = gate->tokens[i];
        if (other != token && other->vendor == token->vendor && other->logged_in)
            return true;
    }
    return false;
}

/* Once, until a signature succeeds. */
static bool restart(struct token *token)
{
    CK_RV rv;

    if (token->restarted || !token->present || others_are_logged_in(token))
        return false;
    token_lose_session(token);
    rv = vendor_renew(token->vendor);
    if (rv == CKR_FUNCTION_REJECTED)
        return false;
    log_notice("%s was finalised and initialised again: %s", vendor_name(token->vendor),
               name_of_rv(rv));
    token->restarted = true;
    gate_lose_sessions(token->gate, token->vendor, rv == CKR_OK);
    return rv == CKR_OK && rescan(token);
}

/* Where nobody was logged in, but had to be, to be told so is no loss. */
static bool is_loss(const struct token *token, enum loss loss)
{
    return loss != LOSS_NONE && (loss != LOSS_LOGIN || token_shows_private(token));
}

/* p11gate below has done all that could be done: its sessions live on, and what it could not sign is not tried twice. */
static bool is_final(const struct token *token, CK_RV rv)
{
    static const CK_RV handles[] = {CKR_SESSION_CLOSED, CKR_SESSION_HANDLE_INVALID};
    enum loss loss = loss_of(rv);

    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        if (rv == handles[i])
            return false;
    }
    return (loss == LOSS_SESSION || loss == LOSS_NONE) && vendor_has_quirk(token->vendor, QUIRK_RECOVERS);
}

static bool cure(struct token *token, enum loss loss, CK_RV rv)
{
    if (!is_loss(token, loss) || is_final(token, rv))
        return false;
    log_info("recovering from %s", name_of_rv(rv));
    return cures[loss].cure(token);
}

bool recover_for_reading(struct token *token, CK_RV rv)
{
    return cure(token, loss_of(rv), rv);
}

/* The policy is asked again. Without its login a call would fail again. */
static bool is_back(struct token *token, enum loss loss)
{
    gate_refresh_policy(token->gate);
    if (token->login_lost)
        token_relogin(token); /* by a PIN that is kept, or a source's; else the application is told to */
    return token_refresh(token) == CKR_OK && (loss != LOSS_LOGIN || token_shows_private(token));
}

bool recover_token(struct token *token, CK_RV rv)
{
    enum loss loss = loss_of(rv);

    return cure(token, loss, rv) && is_back(token, loss);
}

/* tpm2-pkcs11 says CKR_GENERAL_ERROR for ever of a TPM that was off for a moment. For a doubt a login is put at risk only where p11gate can
 * make it again. */
static bool is_worth_a_restart(struct token *token, enum loss loss)
{
    return cures[loss].restarts || (loss == LOSS_DOUBT && token_can_relogin(token));
}

/* The first time what was lost is brought back; the next time the library is started anew. */
static bool advance(struct recovery *recovery, struct token *token, enum loss loss, CK_RV rv)
{
    recovery->replays++;
    return recovery->replays == 1 ? cure(token, loss, rv) : is_worth_a_restart(token, loss) && restart(token);
}

bool recover_signature(struct recovery *recovery, struct token *token, CK_RV rv)
{
    enum loss loss = loss_of_signature(rv);

    if (!is_loss(token, loss) || is_final(token, rv))
        return false;
    while (token->present && recovery->replays < REPLAYS_MAX) {
        if (advance(recovery, token, loss, rv) && is_back(token, loss))
            return true;
    }
    return false;
}

static bool is_recent(const struct timespec *then, const struct timespec *now)
{
    return (now->tv_sec - then->tv_sec) * 1000 + (now->tv_nsec - then->tv_nsec) / 1000000 <
           LOOK_AGAIN_MS;
}

static bool is_wide(struct token *token)
{
    if (token->looked_generation != 0 || token->narrow_looks++ < NARROW_LOOKS)
        return false;
    token->narrow_looks = 0;
    return true;
}

bool recover_find(struct token *token)
{
    char label[TOKEN_LABEL_SIZE];
    struct timespec now;
    unsigned long generation;

    if (token->present)
        return true;
    clock_gettime(CLOCK_BOOTTIME, &now);
    generation = events_generation(token->gate);
    if (events_say_out(token)) {
        if (generation != token->looked_generation)
            say_out(token);
        return false;
    }
    if (generation == token->looked_generation && is_recent(&token->looked_at, &now)) {
        log_debug("\"%s\" was out a moment ago", token_label(token, label));
        return false;
    }
    token->looked_at = now;
    token->looked_generation = generation;
    gate_look_for(token, is_wide(token));
    return token->present;
}
