// SPDX-License-Identifier: BSD-2-Clause
// The structures that tell of library, slot, token, mechanism and session: their members in the
// order of the wire.
#include <stddef.h>
#include <string.h>
#include "remote/call.h"

enum member_kind { MEMBER_NUMBER, MEMBER_TEXT, MEMBER_VERSION };

struct member {
    enum member_kind kind;
    size_t offset;
    size_t size;
};

#define MEMBER(kind, type, name)                                                                   \
    {                                                                                              \
        kind, offsetof(type, name), sizeof(((type *)NULL)->name)                                   \
    }
#define NUMBER(type, name) MEMBER(MEMBER_NUMBER, type, name)
#define TEXT(type, name) MEMBER(MEMBER_TEXT, type, name)
#define VERSION(type, name) MEMBER(MEMBER_VERSION, type, name)

static const struct member of_library[] = {
    VERSION(CK_INFO, cryptokiVersion), TEXT(CK_INFO, manufacturerID),    NUMBER(CK_INFO, flags),
    TEXT(CK_INFO, libraryDescription), VERSION(CK_INFO, libraryVersion),
};

static const struct member of_slot[] = {
    TEXT(CK_SLOT_INFO, slotDescription),
    TEXT(CK_SLOT_INFO, manufacturerID),
    NUMBER(CK_SLOT_INFO, flags),
    VERSION(CK_SLOT_INFO, hardwareVersion),
    VERSION(CK_SLOT_INFO, firmwareVersion),
};

static const struct member of_token[] = {
    TEXT(CK_TOKEN_INFO, label),
    TEXT(CK_TOKEN_INFO, manufacturerID),
    TEXT(CK_TOKEN_INFO, model),
    TEXT(CK_TOKEN_INFO, serialNumber),
    NUMBER(CK_TOKEN_INFO, flags),
    NUMBER(CK_TOKEN_INFO, ulMaxSessionCount),
    NUMBER(CK_TOKEN_INFO, ulSessionCount),
    NUMBER(CK_TOKEN_INFO, ulMaxRwSessionCount),
    NUMBER(CK_TOKEN_INFO, ulRwSessionCount),
    NUMBER(CK_TOKEN_INFO, ulMaxPinLen),
    NUMBER(CK_TOKEN_INFO, ulMinPinLen),
    NUMBER(CK_TOKEN_INFO, ulTotalPublicMemory),
    NUMBER(CK_TOKEN_INFO, ulFreePublicMemory),
    NUMBER(CK_TOKEN_INFO, ulTotalPrivateMemory),
    NUMBER(CK_TOKEN_INFO, ulFreePrivateMemory),
    VERSION(CK_TOKEN_INFO, hardwareVersion),
    VERSION(CK_TOKEN_INFO, firmwareVersion),
    TEXT(CK_TOKEN_INFO, utcTime),
};

static const struct member of_mechanism[] = {
    NUMBER(CK_MECHANISM_INFO, ulMinKeySize),
    NUMBER(CK_MECHANISM_INFO, ulMaxKeySize),
    NUMBER(CK_MECHANISM_INFO, flags),
};

static const struct member of_session[] = {
    NUMBER(CK_SESSION_INFO, slotID),
    NUMBER(CK_SESSION_INFO, state),
    NUMBER(CK_SESSION_INFO, flags),
    NUMBER(CK_SESSION_INFO, ulDeviceError),
};

static void get_text(struct wire *answer, void *to, size_t size)
{
    size_t length;
    const uint8_t *from = wire_get_array(answer, &length);

    if (length == size)
        memcpy(to, from, size);
    else
        answer->failed = true;
}

static void get_version(struct wire *answer, CK_VERSION *version)
{
    version->major = wire_get_byte(answer);
    version->minor = wire_get_byte(answer);
}

static void get_members(struct call *call, void *info, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *to = (char *)info + members[i].offset;

        if (members[i].kind == MEMBER_NUMBER)
            call_get_ulong(call, to);
        else if (members[i].kind == MEMBER_TEXT)
            get_text(&call->answer, to, members[i].size);
        else
            get_version(&call->answer, to);
    }
}

#define GET_MEMBERS(call, info, members)                                                           \
    get_members(call, info, members, sizeof(members) / sizeof((members)[0]))

void call_get_CK_INFO(struct call *call, CK_INFO *info)
{
    GET_MEMBERS(call, info, of_library);
}

void call_get_CK_SLOT_INFO(struct call *call, CK_SLOT_INFO *info)
{
    GET_MEMBERS(call, info, of_slot);
}

void call_get_CK_TOKEN_INFO(struct call *call, CK_TOKEN_INFO *info)
{
    GET_MEMBERS(call, info, of_token);
}

void call_get_CK_MECHANISM_INFO(struct call *call, CK_MECHANISM_INFO *info)
{
    GET_MEMBERS(call, info, of_mechanism);
}

void call_get_CK_SESSION_INFO(struct call *call, CK_SESSION_INFO *info)
{
    GET_MEMBERS(call, info, of_session);
}
