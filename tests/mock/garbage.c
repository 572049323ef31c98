// SPDX-License-Identifier: BSD-2-Clause
// A library that answers nonsense and says that all is well.
#include "tests/mock/internal.h"

#include <string.h>

void garbage_in_numbers(CK_ULONG *numbers, CK_ULONG room, CK_ULONG *count, enum mock_garbage more,
                        enum mock_garbage without)
{
    if (more != MOCK_NO_GARBAGE && settings.garbage == more && numbers != NULL)
        *count = room + 100;
    if (settings.garbage == without)
        *count = CK_UNAVAILABLE_INFORMATION;
}

void garbage_in_slots(CK_SLOT_ID *slots, CK_ULONG count)
{
    for (CK_ULONG i = 0; settings.garbage == MOCK_SLOTS_UNKNOWN && i < count; i++)
        slots[i] = ~0UL - i;
}

void garbage_in_token(CK_TOKEN_INFO *info)
{
    if (settings.garbage == MOCK_TOKEN_WITHOUT_TEXT) {
        memset(info->label, 0xff, sizeof(info->label));
        memset(info->manufacturerID, 0, sizeof(info->manufacturerID));
        memset(info->model, '\n', sizeof(info->model));
        memset(info->serialNumber, '%', sizeof(info->serialNumber));
    }
}

void garbage_in_session(CK_SESSION_HANDLE *handle)
{
    if (settings.garbage == MOCK_SESSIONS_ALL_THE_SAME)
        *handle = 1;
    else if (settings.garbage == MOCK_SESSIONS_ZERO)
        *handle = 0;
}

void garbage_in_search(CK_OBJECT_HANDLE *found, CK_ULONG room, CK_ULONG *count)
{
    static CK_OBJECT_HANDLE next = 1000000;
    bool unknown = settings.garbage == MOCK_FINDS_UNKNOWN_FOR_EVER;

    garbage_in_numbers(found, room, count, MOCK_FINDS_MORE_THAN_ASKED, MOCK_FINDS_WITHOUT_NUMBER);
    if (*count == 0 || *count > room)
        return;
    for (CK_ULONG i = 1; settings.garbage == MOCK_FINDS_ONE_HANDLE_FOR_ALL && i < *count; i++)
        found[i] = found[0];
    if (!unknown && settings.garbage != MOCK_FINDS_ONE_FOR_EVER)
        return;
    for (CK_ULONG i = *count; i < room; i++)
        found[i] = unknown ? next++ : found[*count - 1];
    *count = room;
}

static void spoil(CK_ATTRIBUTE *one, CK_ULONG room)
{
    if (settings.garbage == MOCK_ATTRIBUTES_WITHOUT_LENGTH)
        one->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    else if (settings.garbage == MOCK_ATTRIBUTES_LONGER_THAN_ROOM)
        one->ulValueLen = room + 1000;
    else if (settings.garbage == MOCK_ATTRIBUTES_EMPTY)
        one->ulValueLen = 0;
    else if (settings.garbage == MOCK_ATTRIBUTES_OF_BYTES && one->pValue != NULL &&
             one->ulValueLen <= room)
        memset(one->pValue, 0xff, one->ulValueLen);
}

void garbage_in_attributes(CK_ATTRIBUTE *template, CK_ULONG count, const CK_ULONG *room)
{
    for (CK_ULONG i = 0; i < count; i++)
        spoil(&template[i], room[i]);
}

void garbage_in_signature(unsigned char *signature, CK_ULONG room, CK_ULONG *size)
{
    if (settings.garbage == MOCK_SIGNS_NOTHING)
        *size = 0;
    else if (settings.garbage == MOCK_SIGNS_MORE_THAN_ROOM)
        *size = room + 1;
    else if (settings.garbage == MOCK_SIGNS_WITHOUT_LENGTH)
        *size = CK_UNAVAILABLE_INFORMATION;
    else if (settings.garbage == MOCK_SIGNS_SHORT)
        *size -= 1;
    else if (settings.garbage == MOCK_SIGNS_WRONG)
        signature[0] ^= 1;
}
