// SPDX-License-Identifier: BSD-2-Clause
// Searches and attributes, with what real vendors get wrong about them.
#include "tests/mock/internal.h"

#include <stdlib.h>

CK_RV mock_C_FindObjectsInit(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate,
                             CK_ULONG ulCount)
{
    struct session *session = session_at(hSession);
    const struct token *token;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->found != NULL ||
        (settings.one_operation && (session->digest != NULL || session->signer != NULL)))
        return CKR_OPERATION_ACTIVE;
    token = session->token;
    session->found = calloc(token->n_objects + 1, sizeof(session->found[0]));
    if (session->found == NULL)
        return CKR_HOST_MEMORY;
    session->n_found = session->next_found = 0;
    for (size_t i = 0; i < token->n_objects; i++) {
        const struct object *object = token->objects[i];
        if (session_sees(session, object) &&
            attributes_match(&object->attributes, pTemplate, ulCount))
            session->found[session->n_found++] = object->handle;
    }
    return CKR_OK;
}

CK_RV mock_C_FindObjects(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE_PTR phObject,
                         CK_ULONG ulMaxObjectCount, CK_ULONG *pulObjectCount)
{
    struct session *session = session_at(hSession);
    bool endless;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->found == NULL)
        return CKR_OPERATION_NOT_INITIALIZED;
    endless = (session->token->described.quirks & MOCK_ENDLESS_FIND) != 0;
    *pulObjectCount = 0;
    while (*pulObjectCount < ulMaxObjectCount && session->next_found < session->n_found) {
        phObject[(*pulObjectCount)++] = session->found[session->next_found++];
        if (endless && session->next_found == session->n_found)
            session->next_found = 0;
    }
    garbage_in_search(phObject, ulMaxObjectCount, pulObjectCount);
    return CKR_OK;
}

CK_RV mock_C_FindObjectsFinal(CK_SESSION_HANDLE hSession)
{
    struct session *session = session_at(hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->found == NULL)
        return CKR_OPERATION_NOT_INITIALIZED;
    free(session->found);
    session->found = NULL;
    return CKR_OK;
}

enum { ATTRIBUTES_MAX = 64 };

static bool is_number(CK_ATTRIBUTE_TYPE type)
{
    return type == CKA_CLASS || type == CKA_KEY_TYPE || type == CKA_CERTIFICATE_TYPE;
}

static CK_RV answer(const struct object *object, unsigned quirks, CK_ATTRIBUTE *wanted)
{
    if ((quirks & MOCK_EXACT_NUMBERS) != 0 && is_number(wanted->type) && wanted->pValue != NULL &&
        wanted->ulValueLen != sizeof(CK_ULONG)) {
        wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    for (size_t i = 0; i < object->n_refused; i++) {
        if (object->refused[i].type == wanted->type) {
            wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
            return object->refused[i].rv;
        }
    }
    return attribute_answer(attributes_find(&object->attributes, wanted->type), wanted);
}

CK_RV mock_C_GetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
                               CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount)
{
    const struct session *session = session_at(hSession);
    const struct object *object;
    CK_ULONG room[ATTRIBUTES_MAX];
    unsigned quirks;
    CK_RV rv = CKR_OK;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (ulCount > ATTRIBUTES_MAX)
        record_wrong("too many attributes", "C_GetAttributeValue");
    for (CK_ULONG i = 0; i < ulCount; i++)
        room[i] = pTemplate[i].ulValueLen;
    object = session_object(session, hObject);
    if (object == NULL)
        return CKR_OBJECT_HANDLE_INVALID;
    quirks = session->token->described.quirks;
    for (CK_ULONG i = 0; i < ulCount; i++) {
        CK_RV one = answer(object, quirks, &pTemplate[i]);
        if (one == CKR_ATTRIBUTE_TYPE_INVALID && (quirks & MOCK_MISSING_IS_OK) != 0)
            one = CKR_OK;
        if (one != CKR_OK)
            rv = one;
        if (rv != CKR_OK && (quirks & MOCK_STOPS_AT_FIRST_ERROR) != 0)
            return rv;
    }
    if (settings.garbage != MOCK_NO_GARBAGE) {
        garbage_in_attributes(pTemplate, ulCount, room);
        return CKR_OK;
    }
    return rv;
}
