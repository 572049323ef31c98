// SPDX-License-Identifier: BSD-2-Clause
// Looking at the vendors' slots: which tokens are there, and which are gone.
#include "module/gate.h"

#include <stdlib.h>
#include "common/log.h"
#include "common/names.h"
#include "module/events.h"
#include "module/token.h"

/* What a vendor says of one slot. */
struct seen_slot {
    struct vendor *vendor;
    size_t place; /* of the vendor in the list of modules */
    CK_SLOT_ID slot;
    CK_TOKEN_INFO info;
    CK_RV rv;
};

static struct token *add_token(struct gate *gate, const struct seen_slot *seen)
{
    struct token **grown = reallocarray(gate->tokens, gate->n_tokens + 1, sizeof(struct token *));
    struct token *token =
        grown != NULL ? token_create(gate, seen->vendor, seen->slot, &seen->info) : NULL;

    if (grown != NULL)
        gate->tokens = grown;
    if (token == NULL)
        return NULL;
    token->told.known = gate->scanned; /* it came after the first look */
    grown[gate->n_tokens++] = token;
    return token;
}

/* A token is known again by its identity, in whatever slot it now is. */
static struct token *known_token(const struct gate *gate, const struct seen_slot *seen)
{
    struct token *elsewhere = NULL;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->vendor != seen->vendor || !token_is(token, &seen->info))
            continue;
        if (token->slot == seen->slot)
            return token;
        if (!token->present && elsewhere == NULL)
            elsewhere = token;
    }
    return elsewhere;
}

/* An error that does not say that the card is out leaves open whether it was. */
bool gate_says_gone(CK_RV rv)
{
    return rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED ||
           rv == CKR_DEVICE_REMOVED || rv == CKR_SLOT_ID_INVALID;
}

/* What was in this slot and is not the token that is in it now is gone. */
static void lose_others(struct gate *gate, const struct seen_slot *seen)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (!token->present || token->vendor != seen->vendor || token->slot != seen->slot)
            continue;
        if (seen->rv != CKR_OK && !gate_says_gone(seen->rv))
            token_hide(token);
        else if (seen->rv != CKR_OK || !token_is(token, &seen->info))
            token_lose(token);
    }
}

/* One vendor's slots keep their numbers (policy.md 7). */
static bool shown_slot(struct gate *gate, const struct seen_slot *seen, CK_SLOT_ID *shown)
{
    *shown = seen->slot;
    return gate->n_vendors == 1 || slot_ids_get(&gate->slot_ids, seen->place, seen->slot, shown);
}

static void take_token(struct gate *gate, const struct seen_slot *seen)
{
    struct token *token;
    CK_SLOT_ID shown;

    if (seen->rv != CKR_OK || !shown_slot(gate, seen, &shown))
        return;
    token = known_token(gate, seen);
    if (token == NULL)
        token = add_token(gate, seen);
    if (token == NULL)
        return;
    token->insertion += !token->present && !token->displaced;
    token->displaced = false;
    token->shown_slot = shown;
    token->has_slot_info = token->has_slot_info && token->slot == seen->slot;
    token->slot = seen->slot;
    token->info = seen->info;
    token->info_stale = false;
    token->present = true;
}

static void look_into(struct gate *gate, struct seen_slot *seen)
{
    seen->rv = vendor_functions(seen->vendor)->C_GetTokenInfo(seen->slot, &seen->info);
    if (seen->rv != CKR_OK)
        log_debug("slot %lu: C_GetTokenInfo failed: %s", seen->slot, name_of_rv(seen->rv));
    if (seen->rv != CKR_CRYPTOKI_NOT_INITIALIZED)
        lose_others(gate, seen);
}

/* Of tokens whose library began anew: those that are in no slot are out, unless a slot does not say what it holds. */
static void settle_displaced(struct gate *gate, const struct vendor *vendor, bool all_told)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->vendor != vendor || !token->displaced)
            continue;
        if (all_told)
            token_lose(token);
        else
            token_hide(token);
    }
}

/* All slots are looked at before a token is: cards may have changed places. CKR_CRYPTOKI_NOT_INITIALIZED: the library has begun anew, or ended, since they were
 * listed, which says nothing of cards. */
static CK_RV see_slots(struct gate *gate, size_t place, const CK_SLOT_ID *slots, CK_ULONG count)
{
    struct seen_slot *seen = calloc(count + 1, sizeof(*seen));
    bool all_told = true;
    CK_RV rv = CKR_OK;

    if (seen == NULL) {
        settle_displaced(gate, gate->vendors[place], false);
        return CKR_HOST_MEMORY;
    }
    for (CK_ULONG i = 0; i < count; i++) {
        seen[i] = (struct seen_slot){
            .vendor = gate->vendors[place], .place = place, .slot = slots[i]};
        look_into(gate, &seen[i]);
        all_told = all_told && (seen[i].rv == CKR_OK || gate_says_gone(seen[i].rv));
        if (seen[i].rv == CKR_CRYPTOKI_NOT_INITIALIZED)
            rv = seen[i].rv;
    }
    for (CK_ULONG i = 0; i < count; i++)
        take_token(gate, &seen[i]);
    settle_displaced(gate, gate->vendors[place], all_told);
    free(seen);
    return rv;
}

static bool is_listed(const struct token *token, const CK_SLOT_ID *slots, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        if (slots[i] == token->slot)
            return true;
    }
    return false;
}

/* Before the slots are looked into: a token whose slot is gone is gone. */
static void lose_absent(struct gate *gate, const struct vendor *vendor, const CK_SLOT_ID *slots,
                        CK_ULONG count)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->vendor == vendor && token->present && !is_listed(token, slots, count))
            token_lose(token);
    }
}

static bool has_sessions(const struct gate *gate, const struct vendor *vendor)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        if (gate->tokens[i]->vendor == vendor && gate->tokens[i]->session != 0)
            return true;
    }
    return false;
}

/* As long as nobody has anything to lose by it. */
static void thaw_slots(struct gate *gate, struct vendor *vendor)
{
    if (!gate->scanned || has_sessions(gate, vendor) ||
        !vendor_has_quirk(vendor, QUIRK_SLOTS_FROZEN) || vendor_renew(vendor) != CKR_OK)
        return;
    for (size_t i = 0; i < gate->n_tokens; i++) {
        if (gate->tokens[i]->vendor == vendor)
            token_displace(gate->tokens[i]);
    }
}

static bool holds_token(const struct gate *gate, const struct vendor *vendor, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        const struct token *token = gate->tokens[i];
        if (token->present && token->vendor == vendor && token->slot == slot)
            return true;
    }
    return false;
}

/* Of the slots, those where the token may be: where it was, whatever card has been seen there since, and where none is known to be. */
static CK_ULONG leave_likely(const struct token *wanted, CK_SLOT_ID *slots, CK_ULONG count)
{
    CK_ULONG kept = 0;

    for (CK_ULONG i = 0; i < count; i++) {
        if (slots[i] == wanted->slot || !holds_token(wanted->gate, wanted->vendor, slots[i]))
            slots[kept++] = slots[i];
    }
    return kept;
}

static CK_RV list_slots(struct gate *gate, struct vendor *vendor, CK_SLOT_ID **slots,
                        CK_ULONG *count)
{
    CK_RV rv;

    thaw_slots(gate, vendor);
    rv = vendor_list_slots(vendor, CK_TRUE, gate->scanned, slots, count);
    if (rv == CKR_CRYPTOKI_NOT_INITIALIZED && gate_reinitialize(gate, vendor) == CKR_OK)
        rv = vendor_list_slots(vendor, CK_TRUE, false, slots, count);
    if (rv != CKR_OK)
        settle_displaced(gate, vendor, false);
    return rv;
}

/* wanted: only where that token may be; NULL: all slots. */
static CK_RV scan_once(struct gate *gate, size_t place, const struct token *wanted)
{
    struct vendor *vendor = gate->vendors[place];
    CK_SLOT_ID *slots = NULL;
    CK_ULONG count = 0;
    CK_RV rv = list_slots(gate, vendor, &slots, &count);

    if (rv != CKR_OK)
        return rv;
    lose_absent(gate, vendor, slots, count);
    if (wanted != NULL)
        count = leave_likely(wanted, slots, count);
    rv = see_slots(gate, place, slots, count);
    free(slots);
    return rv;
}

/* Listed again, the library is initialised again. */
static CK_RV scan_vendor(struct gate *gate, size_t place, const struct token *wanted)
{
    CK_RV rv = scan_once(gate, place, wanted);

    return rv == CKR_CRYPTOKI_NOT_INITIALIZED ? scan_once(gate, place, wanted) : rv;
}

/* Tokens of a vendor that says nothing, while others do: nobody may wait for them. */
static void hide_tokens(struct gate *gate, const struct vendor *vendor)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        if (gate->tokens[i]->vendor == vendor && gate->tokens[i]->present)
            token_hide(gate->tokens[i]);
    }
}

CK_RV gate_scan(struct gate *gate)
{
    CK_RV first = CKR_OK;
    bool any = false;

    events_note_scan(gate);
    for (size_t i = 0; i < gate->n_vendors; i++) {
        struct vendor *vendor = gate->vendors[i];
        CK_RV rv = vendor != NULL ? scan_vendor(gate, i, NULL) : CKR_OK;
        if (vendor == NULL)
            continue;
        any = any || rv == CKR_OK;
        first = first != CKR_OK ? first : rv;
        if (gate->n_vendors > 1)
            vendor_note_listing(vendor, rv);
        if (gate->n_vendors > 1 && rv != CKR_OK)
            hide_tokens(gate, vendor);
    }
    if (first != CKR_OK)
        events_forget_scan(gate);
    gate->scanned = gate->scanned || any;
    return any ? CKR_OK : first;
}

static CK_RV scan_known(struct gate *gate, const struct vendor *vendor,
                        const struct token *wanted)
{
    for (size_t i = 0; i < gate->n_vendors; i++) {
        if (gate->vendors[i] == vendor)
            return scan_vendor(gate, i, wanted);
    }
    return CKR_GENERAL_ERROR;
}

CK_RV gate_scan_vendor(struct gate *gate, struct vendor *vendor)
{
    return scan_known(gate, vendor, NULL);
}

void gate_look_for(const struct token *token, bool everywhere)
{
    CK_RV rv = scan_known(token->gate, token->vendor, everywhere ? NULL : token);

    if (rv != CKR_OK)
        log_info("looking for a token that is out failed: %s", name_of_rv(rv));
}
