// SPDX-License-Identifier: BSD-2-Clause
// Slots and their tokens: C_GetSlotList, C_GetSlotInfo, C_GetTokenInfo, C_GetMechanismList,
// C_GetMechanismInfo, C_WaitForSlotEvent.
#include "tests/mock/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token *tokens[TOKENS_MAX];

static bool has_event[TOKENS_MAX];

static const CK_MECHANISM_TYPE mechanisms[] = {
    CKM_RSA_PKCS,     CKM_SHA256_RSA_PKCS, CKM_ECDSA, CKM_EDDSA, CKM_CONCATENATE_BASE_AND_KEY,
    CKM_ECDH1_DERIVE, CKM_AES_KEY_GEN};

enum { N_MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

static char *copy(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

CK_SLOT_ID token_add(const struct mock_token *described)
{
    struct token *token = calloc(1, sizeof(*token));
    size_t i = 0;

    while (i < TOKENS_MAX && tokens[i] != NULL)
        i++;
    if (token == NULL || i == TOKENS_MAX)
        record_wrong("too many tokens", described->label);
    token->described = *described;
    token->described.label = copy(described->label);
    token->described.pin = copy(described->pin);
    token->described.reader = copy(described->reader);
    snprintf(token->serial, sizeof(token->serial), "%016zx", FIRST_SLOT + i);
    token->present = true;
    tokens[i] = token;
    return FIRST_SLOT + i;
}

struct token *token_at(CK_SLOT_ID slot)
{
    return slot >= FIRST_SLOT && slot - FIRST_SLOT < TOKENS_MAX ? tokens[slot - FIRST_SLOT] : NULL;
}

void token_insert(CK_SLOT_ID slot, bool present)
{
    struct token *token = token_at(slot);

    mock_lock();
    token->present = present;
    loss_by_event(token);
    has_event[slot - FIRST_SLOT] = true;
    mock_unlock();
}

void token_swap(CK_SLOT_ID one, CK_SLOT_ID other)
{
    struct token *token = token_at(one);

    session_close_all(token);
    session_close_all(token_at(other));
    tokens[one - FIRST_SLOT] = token_at(other);
    tokens[other - FIRST_SLOT] = token;
}

unsigned token_logins(CK_SLOT_ID slot)
{
    return token_at(slot)->logins;
}

bool token_logged_in(CK_SLOT_ID slot)
{
    return token_at(slot)->logged_in;
}

void token_reset(void)
{
    memset(has_event, 0, sizeof(has_event));
    for (size_t i = 0; i < TOKENS_MAX && tokens[i] != NULL; i++) {
        object_destroy_all(tokens[i]);
        free((char *)(uintptr_t)tokens[i]->described.label);
        free((char *)(uintptr_t)tokens[i]->described.pin);
        free((char *)(uintptr_t)tokens[i]->described.reader);
        free(tokens[i]);
        tokens[i] = NULL;
    }
    object_reset();
}

/* Waits for nothing; of several events that of the first slot comes first. */
CK_RV mock_C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pReserved)
{
    (void)flags;
    (void)pReserved;
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        if (has_event[i]) {
            has_event[i] = false;
            *pSlot = FIRST_SLOT + i;
            return CKR_OK;
        }
    }
    return CKR_NO_EVENT;
}

static bool has_slot[TOKENS_MAX];

void token_look_for_slots(void)
{
    for (size_t i = 0; i < TOKENS_MAX; i++)
        has_slot[i] = tokens[i] != NULL && (tokens[i]->present || !settings.freezes_slots);
}

CK_RV mock_C_GetSlotList(CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList, CK_ULONG_PTR pulCount)
{
    CK_SLOT_ID list[TOKENS_MAX];
    CK_ULONG count = 0, room = *pulCount;

    if (!settings.freezes_slots && (pSlotList == NULL || !settings.keeps_slots))
        token_look_for_slots();
    if (pSlotList == NULL)
        loss_see_listing();
    for (CK_ULONG i = 0; i < TOKENS_MAX && tokens[i] != NULL; i++) {
        if (has_slot[i] && (tokens[i]->present || !tokenPresent || loss_lists_empty()))
            list[count++] = FIRST_SLOT + i;
    }
    *pulCount = count;
    if (pSlotList == NULL)
        return CKR_OK;
    if (room < count)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(pSlotList, list, count * sizeof(list[0]));
    garbage_in_slots(pSlotList, count);
    garbage_in_numbers(pSlotList, room, pulCount, MOCK_SLOTS_MORE_THAN_ASKED,
                       MOCK_SLOTS_WITHOUT_NUMBER);
    return CKR_OK;
}

void token_pad(unsigned char *field, size_t size, const char *text)
{
    size_t length = strlen(text) < size ? strlen(text) : size;

    memset(field, ' ', size);
    memcpy(field, text, length);
}

CK_RV mock_C_GetSlotInfo(CK_SLOT_ID slotID, CK_SLOT_INFO *pInfo)
{
    const struct token *token = token_at(slotID);

    if (token == NULL)
        return CKR_SLOT_ID_INVALID;
    if (pInfo == NULL)
        return CKR_ARGUMENTS_BAD;
    *pInfo = (CK_SLOT_INFO){.flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT};
    if (token->present)
        pInfo->flags |= CKF_TOKEN_PRESENT;
    token_pad(pInfo->slotDescription, sizeof(pInfo->slotDescription),
        token->described.reader != NULL ? token->described.reader : "mock slot");
    token_pad(pInfo->manufacturerID, sizeof(pInfo->manufacturerID), "mock");
    return CKR_OK;
}

static CK_FLAGS pin_flags(const struct token *token)
{
    unsigned left = token->described.tries - token->wrong_pins;

    if (token->described.tries == 0 || token->wrong_pins == 0)
        return 0;
    if (left == 0)
        return CKF_USER_PIN_LOCKED;
    return left == 1 ? CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY : CKF_USER_PIN_COUNT_LOW;
}

CK_RV mock_C_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo)
{
    const struct token *token = token_at(slotID);

    if (token == NULL)
        return CKR_SLOT_ID_INVALID;
    if (!token->present)
        return CKR_TOKEN_NOT_PRESENT;
    *pInfo = (CK_TOKEN_INFO){.flags = CKF_RNG | token->described.flags | pin_flags(token),
                             .ulMaxPinLen = 64,
                             .ulMaxSessionCount = settings.session_limit};
    if (!token->described.uninitialised)
        pInfo->flags |= CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED;
    if (token->described.pin != NULL)
        pInfo->flags |= CKF_LOGIN_REQUIRED;
    token_pad(pInfo->label, sizeof(pInfo->label), token->described.label);
    token_pad(pInfo->manufacturerID, sizeof(pInfo->manufacturerID), "mock");
    token_pad(pInfo->model, sizeof(pInfo->model), "mock token");
    token_pad(pInfo->serialNumber, sizeof(pInfo->serialNumber),
              token->described.nameless ? "" : token->serial);
    garbage_in_token(pInfo);
    return CKR_OK;
}

CK_RV mock_C_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE_PTR pMechanismList,
                              CK_ULONG_PTR pulCount)
{
    CK_ULONG room = *pulCount;

    if (token_at(slotID) == NULL)
        return CKR_SLOT_ID_INVALID;
    *pulCount = N_MECHANISMS;
    if (pMechanismList == NULL)
        return CKR_OK;
    if (room < N_MECHANISMS)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(pMechanismList, mechanisms, sizeof(mechanisms));
    *pulCount += settings.more_mechanisms;
    garbage_in_numbers(pMechanismList, room, pulCount, MOCK_NO_GARBAGE,
                       MOCK_MECHANISMS_WITHOUT_NUMBER);
    return CKR_OK;
}

CK_RV mock_C_GetMechanismInfo(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *pInfo)
{
    if (token_at(slotID) == NULL)
        return CKR_SLOT_ID_INVALID;
    for (size_t i = 0; i < N_MECHANISMS; i++) {
        if (mechanisms[i] == type) {
            *pInfo = (CK_MECHANISM_INFO){1, 16384, CKF_SIGN};
            return CKR_OK;
        }
    }
    return CKR_MECHANISM_INVALID;
}
