// SPDX-License-Identifier: BSD-2-Clause
// The functions on slots and tokens (PKCS#11 2.40, 5.5), and C_GetInfo.
#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "common/names.h"
#include "module/daemon_client.h"
#include "module/events.h"
#include "module/nothing_shown.h"
#include "module/recover.h"
#include "module/session.h"
#include "module/slot_events.h"

enum { MECHANISMS_MAX = 65536 };

static void pad(CK_UTF8CHAR *to, size_t size, const char *text)
{
    size_t length = strlen(text);

    memset(to, ' ', size);
    memcpy(to, text, length < size ? length : size);
}

static CK_RV tell_of_us(CK_VERSION version, CK_INFO *pInfo)
{
    if (pInfo == NULL)
        return CKR_ARGUMENTS_BAD;
    *pInfo = (CK_INFO){.cryptokiVersion = version, .libraryVersion = {0, 1}};
    pad(pInfo->manufacturerID, sizeof(pInfo->manufacturerID), "p11gate");
    pad(pInfo->libraryDescription, sizeof(pInfo->libraryDescription), "p11gate PKCS#11 filter");
    return CKR_OK;
}

CK_RV gate_C_GetInfo(struct layer *self, CK_INFO *pInfo)
{
    (void)self;
    return tell_of_us((CK_VERSION){2, 40}, pInfo);
}

CK_RV gate_C_GetInfo_3_0(struct layer *self, CK_INFO *pInfo)
{
    (void)self;
    return tell_of_us((CK_VERSION){3, 0}, pInfo);
}

/* For a listing they are read again, unless their cards tell of their coming and going; not in a session that is lent, as its operation may bear
 * no search beside it. */
static void drop_old_snapshots(struct gate *gate)
{
    const unsigned long max_age = gate->config->settings.max_age;
    struct timespec now;

    gate_settle(gate);
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->read && !sessions_borrow(token) &&
            (unsigned long)(now.tv_sec - token->read_at.tv_sec) >= max_age && !events_cover(token))
            token_forget_objects(token);
    }
}

/* A vendor's, in the order in which its tokens were first seen. */
static void list_visible_of(struct gate *gate, const struct vendor *vendor, CK_SLOT_ID *slots,
                            CK_ULONG room, CK_ULONG *count)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->vendor != vendor || !slot_events_see(token))
            continue;
        if (slots != NULL && *count < room)
            slots[*count] = token->shown_slot;
        *count += 1;
    }
}

/* In the order of the list of modules. */
static CK_ULONG list_visible(struct gate *gate, CK_SLOT_ID *slots, CK_ULONG room)
{
    CK_ULONG count = 0;

    for (size_t i = 0; i < gate->n_vendors; i++)
        list_visible_of(gate, gate->vendors[i], slots, room, &count);
    return count;
}

/* In a daemon many clients list one after the other, and a look at a card would cost each of them more than all the rest. */
static bool is_as_listed(struct gate *gate)
{
    return gate->setting.open_module != NULL && events_quiet(gate);
}

/* The slots that are shown hold a token all of them: tokenPresent makes no difference. */
CK_RV gate_C_GetSlotList(struct layer *self, CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList,
                         CK_ULONG_PTR pulCount)
{
    struct gate *gate = gate_of(self);
    CK_ULONG count;
    CK_RV rv = CKR_OK;

    (void)tokenPresent;
    if (pulCount == NULL)
        return CKR_ARGUMENTS_BAD;
    gate_refresh_policy(gate);
    if (pSlotList == NULL || !gate->listed) {
        events_look(gate);
        drop_old_snapshots(gate);
        rv = is_as_listed(gate) ? CKR_OK : gate_scan(gate);
    }
    if (rv != CKR_OK)
        return recover_answer(rv);
    gate->listed = pSlotList == NULL;
    count = list_visible(gate, pSlotList, *pulCount);
    if (count == 0)
        nothing_shown_say(gate);
    if (pSlotList != NULL && count > *pulCount)
        rv = CKR_BUFFER_TOO_SMALL;
    gate->listed = gate->listed || rv == CKR_BUFFER_TOO_SMALL;
    *pulCount = count;
    return rv;
}

/* A client of the daemon's that asked its user for a PIN would wait for him, and could do nothing with what he says: `p11gate unlock` can. */
static CK_FLAGS told_flags(struct token *token)
{
    CK_FLAGS flags = token->info.flags & ~DAEMON_FLAG_LOCKED;

    if (token_logged_in(token) || token_can_relogin(token) || token_is_locked_below(token))
        flags &= ~(CK_FLAGS)CKF_LOGIN_REQUIRED;
    return token_is_locked_below(token) && token->gate->setting.peer != NULL ? flags | DAEMON_FLAG_LOCKED : flags;
}

CK_RV gate_C_GetTokenInfo(struct layer *self, CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo)
{
    struct gate *gate = gate_of(self);
    struct token *token;
    CK_RV rv;

    events_look(gate);
    token = gate_token(gate, slotID);
    if (token == NULL)
        return CKR_SLOT_ID_INVALID;
    if (pInfo == NULL)
        return CKR_ARGUMENTS_BAD;
    rv = token_fresh_info(token);
    if (rv != CKR_OK)
        return recover_answer(rv);
    *pInfo = token->info;
    pInfo->ulMaxSessionCount = CK_EFFECTIVELY_INFINITE; /* they are ours: the vendor's limit is none of theirs */
    pInfo->ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE;
    pInfo->ulSessionCount = token->n_sessions;
    pInfo->ulRwSessionCount = token->n_rw_sessions;
    pInfo->flags = told_flags(token);
    if (gate->preset == PRESET_READ_ONLY)
        pInfo->flags |= CKF_WRITE_PROTECTED;
    return CKR_OK;
}

/* The vendor's list, without what is refused. *list is the caller's to free. */
static CK_RV read_mechanisms(struct token *token, CK_MECHANISM_TYPE **list, CK_ULONG *count)
{
    CK_ULONG kept = 0, room;
    CK_RV rv = vendor_functions(token->vendor)->C_GetMechanismList(token->slot, NULL, count);

    if (rv != CKR_OK)
        return rv;
    if (*count > MECHANISMS_MAX)
        return CKR_DEVICE_ERROR;
    room = *count;
    *list = calloc(room + 1, sizeof(**list));
    if (*list == NULL)
        return CKR_HOST_MEMORY;
    rv = vendor_functions(token->vendor)->C_GetMechanismList(token->slot, *list, count);
    if (rv == CKR_OK && *count > room)
        rv = CKR_DEVICE_ERROR;
    for (CK_ULONG i = 0; rv == CKR_OK && i < *count; i++) {
        if (gate_shows_mechanism(token->gate, (*list)[i]))
            (*list)[kept++] = (*list)[i];
    }
    *count = kept;
    return rv;
}

CK_RV gate_C_GetMechanismList(struct layer *self, CK_SLOT_ID slotID,
                              CK_MECHANISM_TYPE_PTR pMechanismList, CK_ULONG_PTR pulCount)
{
    struct token *token = gate_token(gate_of(self), slotID);
    CK_MECHANISM_TYPE *list = NULL;
    CK_ULONG count = 0;
    CK_RV rv;

    if (token == NULL)
        return CKR_SLOT_ID_INVALID;
    if (pulCount == NULL)
        return CKR_ARGUMENTS_BAD;
    rv = read_mechanisms(token, &list, &count);
    if (rv == CKR_OK && pMechanismList != NULL && *pulCount < count)
        rv = CKR_BUFFER_TOO_SMALL;
    else if (rv == CKR_OK && pMechanismList != NULL && count > 0)
        memcpy(pMechanismList, list, count * sizeof(*list));
    if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
        *pulCount = count;
    free(list);
    return recover_answer(rv);
}

CK_RV gate_C_GetMechanismInfo(struct layer *self, CK_SLOT_ID slotID, CK_MECHANISM_TYPE type,
                              CK_MECHANISM_INFO *pInfo)
{
    struct gate *gate = gate_of(self);
    struct token *token = gate_token(gate, slotID);
    CK_RV rv;

    if (token == NULL)
        return CKR_SLOT_ID_INVALID;
    if (pInfo == NULL)
        return CKR_ARGUMENTS_BAD;
    if (!gate_shows_mechanism(gate, type))
        return CKR_MECHANISM_INVALID;
    rv = vendor_functions(token->vendor)->C_GetMechanismInfo(token->slot, type, pInfo);
    if (rv == CKR_OK)
        pInfo->flags = mechanism_flags(gate->preset, pInfo->flags);
    return recover_answer(rv);
}

/* Of the flags that 3.0 added none is shown: they are those of messages. */
CK_RV gate_C_GetMechanismInfo_3_0(struct layer *self, CK_SLOT_ID slotID, CK_MECHANISM_TYPE type,
                                  CK_MECHANISM_INFO *pInfo)
{
    return gate_C_GetMechanismInfo(self, slotID, type, pInfo);
}
