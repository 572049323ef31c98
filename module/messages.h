// SPDX-License-Identifier: BSD-2-Clause
// With which key the messages of a session began (C_MessageSignInit and the like, PKCS#11 3.0, 5.9): it may be hidden before the last of them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "module/functions.h"

struct message_key;

struct messages {
    struct message_key *keys; /* owned */
    size_t count;
};

/* Does the function begin messages? */
bool messages_begin(enum function_id function);

/* May they use the mechanism, for all that the parameters of each may say? Those that are known name no object. True for functions that begin none. */
bool messages_may_use(enum function_id function, CK_MECHANISM_TYPE mechanism);

/* The function began messages with that key; 0: it ended them. Without memory none did. */
void messages_note(struct messages *messages, CK_SESSION_HANDLE session, enum function_id begun, CK_OBJECT_HANDLE key);

/* The key for a message of that function's kind. False: none began. */
bool messages_find(const struct messages *messages, CK_SESSION_HANDLE session, enum function_id function,
                   CK_OBJECT_HANDLE *key);

/* The session has ended. */
void messages_forget(struct messages *messages, CK_SESSION_HANDLE session);

void messages_finish(struct messages *messages);
