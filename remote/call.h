// SPDX-License-Identifier: BSD-2-Clause
// One call: what generate.py makes of each function is a row of these. The first thing that is
// wrong is kept, and all after it does nothing.
//
// put: an argument into the request. get: an answer's part into what the caller gave, never more
// than it has room for.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>
#include "remote/instance.h"
#include "remote/wire.h"

struct call {
    struct remote *remote;
    const char *answers; /* the signature */
    unsigned number;     /* of the function */
    CK_RV rv;
    bool answered;
    struct wire request;
    struct wire answer;
};

void call_begin(struct call *call, struct remote *remote, unsigned number, const char *requests,
                const char *answers);

/* CKR_ARGUMENTS_BAD if there is no place for what is answered. */
void call_need(struct call *call, const void *place);

void call_put_byte(struct call *call, CK_BYTE value);
void call_put_ulong(struct call *call, CK_ULONG value);
void call_put_bytes(struct call *call, const CK_BYTE *bytes, CK_ULONG size);
void call_put_text(struct call *call, const CK_UTF8CHAR *label);
void call_put_mechanism(struct call *call, const CK_MECHANISM *mechanism);
void call_put_template(struct call *call, const CK_ATTRIBUTE *template, CK_ULONG count);
void call_put_wanted(struct call *call, const CK_ATTRIBUTE *template, CK_ULONG count);
void call_put_room(struct call *call, const CK_BYTE *buffer, CK_ULONG size);
void call_put_list_room(struct call *call, const CK_ULONG *list, CK_ULONG count);

/* Sends the request. True: CKR_OK was answered, and what belongs to it can be got. */
bool call_run(struct call *call);

void call_get_ulong(struct call *call, CK_ULONG *value);
/* PKCS#11 2.40, 5.2: buffer NULL asks for the size. */
void call_get_bytes(struct call *call, CK_BYTE *buffer, CK_ULONG *size);
/* As many as the buffer has. */
void call_get_exactly(struct call *call, CK_BYTE *buffer, CK_ULONG size);
void call_get_list(struct call *call, CK_ULONG *list, CK_ULONG *count);
/* At most as many as were asked for. */
void call_get_found(struct call *call, CK_ULONG *list, CK_ULONG most, CK_ULONG *count);
void call_get_template(struct call *call, CK_ATTRIBUTE *template, CK_ULONG count);

/* info.c */
void call_get_CK_INFO(struct call *call, CK_INFO *info);
void call_get_CK_SLOT_INFO(struct call *call, CK_SLOT_INFO *info);
void call_get_CK_TOKEN_INFO(struct call *call, CK_TOKEN_INFO *info);
void call_get_CK_MECHANISM_INFO(struct call *call, CK_MECHANISM_INFO *info);
void call_get_CK_SESSION_INFO(struct call *call, CK_SESSION_INFO *info);

/* Wipes both messages. What the function answers; an answer of which something is missing or left
 * over closes the connection. */
CK_RV call_close(struct call *call);
