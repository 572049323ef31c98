// SPDX-License-Identifier: BSD-2-Clause
#include "module/slot_events.h"

#include "module/events.h"

static void tell(struct token *token)
{
    token->told.shown = token->told.now;
    token->told.slot = token->shown_slot;
    token->told.insertion = token->insertion;
    token->told.listed_otherwise = false;
}

static void look(struct token *token)
{
    token->told.now = token_is_visible(token);
    if (!token->told.known)
        tell(token);
    token->told.known = true;
}

bool slot_events_see(struct token *token)
{
    look(token);
    token->told.listed_otherwise |= token->told.now != token->told.shown;
    return token->told.now;
}

static bool has_event(const struct token *token)
{
    const struct told *told = &token->told;

    return told->shown != told->now || told->listed_otherwise ||
           (told->now && (told->slot != token->shown_slot || told->insertion != token->insertion));
}

/* A token that went elsewhere is two events: first that of the slot that it left. */
static void tell_slot(struct gate *gate, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->told.shown && token->told.slot == slot)
            token->told.shown = false;
        if ((token->told.now || !token->told.shown) && token->shown_slot == slot)
            tell(token);
    }
}

static CK_RV next_event(struct gate *gate, CK_SLOT_ID *slot)
{
    for (size_t i = 0; i < gate->n_tokens; i++)
        look(gate->tokens[i]);
    for (size_t i = 0; i < gate->n_tokens; i++) {
        const struct token *token = gate->tokens[i];
        if (!has_event(token))
            continue;
        *slot = token->told.shown ? token->told.slot : token->shown_slot;
        tell_slot(gate, *slot);
        return CKR_OK;
    }
    return CKR_NO_EVENT;
}

/* Waits for nothing: slot_wait.c does, without the lock. Vendors that cannot list their slots at the moment are no news. */
CK_RV gate_C_WaitForSlotEvent(struct layer *self, CK_FLAGS flags, CK_SLOT_ID_PTR pSlot,
                              CK_VOID_PTR pReserved)
{
    struct gate *gate = gate_of(self);

    (void)flags;
    if (pSlot == NULL || pReserved != NULL)
        return CKR_ARGUMENTS_BAD;
    gate_refresh_policy(gate);
    events_look(gate);
    if (!events_quiet(gate))
        gate_scan(gate);
    return next_event(gate, pSlot);
}
