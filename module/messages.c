// SPDX-License-Identifier: BSD-2-Clause
#include "module/messages.h"

#include <stdlib.h>
#include "common/constants.h"

struct message_key {
    CK_SESSION_HANDLE session;
    enum function_group group; /* a session may encrypt, decrypt, sign and verify messages at the same time */
    CK_OBJECT_HANDLE key;
};

static const CK_MECHANISM_TYPE known[] = {CKM_AES_GCM, CKM_AES_CCM, CKM_CHACHA20_POLY1305, CKM_SALSA20_POLY1305};

bool messages_begin(enum function_id function)
{
    return function == FUNCTION_C_MessageEncryptInit || function == FUNCTION_C_MessageDecryptInit ||
           function == FUNCTION_C_MessageSignInit || function == FUNCTION_C_MessageVerifyInit;
}

bool messages_may_use(enum function_id function, CK_MECHANISM_TYPE mechanism)
{
    bool may = !messages_begin(function);

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        may = may || known[i] == mechanism;
    return may;
}

static struct message_key *find(const struct messages *messages, CK_SESSION_HANDLE session,
                                enum function_group group)
{
    for (size_t i = 0; i < messages->count; i++) {
        if (messages->keys[i].session == session && messages->keys[i].group == group)
            return &messages->keys[i];
    }
    return NULL;
}

void messages_note(struct messages *messages, CK_SESSION_HANDLE session, enum function_id begun, CK_OBJECT_HANDLE key)
{
    enum function_group group = functions[begun].group;
    struct message_key *entry = find(messages, session, group);

    if (entry == NULL) {
        struct message_key *grown = reallocarray(messages->keys, messages->count + 1, sizeof(*grown));
        if (grown == NULL)
            return;
        messages->keys = grown;
        entry = &grown[messages->count++];
    }
    *entry = (struct message_key){session, group, key};
}

bool messages_find(const struct messages *messages, CK_SESSION_HANDLE session, enum function_id function,
                   CK_OBJECT_HANDLE *key)
{
    const struct message_key *entry = find(messages, session, functions[function].group);

    if (entry == NULL || entry->key == 0)
        return false;
    *key = entry->key;
    return true;
}

void messages_forget(struct messages *messages, CK_SESSION_HANDLE session)
{
    size_t kept = 0;

    for (size_t i = 0; i < messages->count; i++) {
        if (messages->keys[i].session != session)
            messages->keys[kept++] = messages->keys[i];
    }
    messages->count = kept;
}

void messages_finish(struct messages *messages)
{
    free(messages->keys);
    *messages = (struct messages){0};
}
