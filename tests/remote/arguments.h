// SPDX-License-Identifier: BSD-2-Clause
// Arguments for every function, with room for two of what is answered, and a fence behind it.
#pragma once

#include "caller.gen.h"
#include "remote/remote.h"

enum { ARGUMENTS_ROOM = 2, ARGUMENTS_FENCE = 64 };

struct arguments {
    struct call_arguments given;
    CK_MECHANISM mechanism;
    CK_ATTRIBUTE template[2], template_out[2];
    CK_BYTE text[32];
    struct {
        CK_BYTE bytes[ARGUMENTS_ROOM];
        CK_BYTE fence[ARGUMENTS_FENCE];
    } buffer, label, class;
    struct {
        CK_ULONG numbers[ARGUMENTS_ROOM];
        CK_BYTE fence[ARGUMENTS_FENCE];
    } list;
    CK_ULONG size, out;
    union {
        CK_INFO library;
        CK_SLOT_INFO slot;
        CK_TOKEN_INFO token;
        CK_MECHANISM_INFO mechanism;
        CK_SESSION_INFO session;
        CK_ULONG number;
        CK_FUNCTION_LIST *functions;
    } info;
};

/* Fresh ones. */
void arguments_init(struct arguments *arguments);

/* With arguments_init() before it. */
CK_RV arguments_call(struct remote *remote, enum function_id function, struct arguments *arguments);

/* Is nothing written behind what there is room for? */
int arguments_are_fenced(const struct arguments *arguments);
