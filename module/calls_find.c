// SPDX-License-Identifier: BSD-2-Clause
// Finding objects and reading their attributes (PKCS#11 2.40, 5.7): from the snapshot, never from what is hidden.
#include <stdlib.h>
#include "module/daemon_client.h"
#include "module/events.h"
#include "module/recover.h"
#include "module/session.h"

/* Does an object match? An attribute that was not read yet is read now, of visible objects only. */
static bool matches(struct token *token, const struct exposed_object *object,
                    const CK_ATTRIBUTE *template, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        const CK_ATTRIBUTE *value = token_told_attribute(token, object, template[i].type);
        struct attributes one = {(CK_ATTRIBUTE *)(uintptr_t)value, 1};

        if (value == NULL || !attributes_match(&one, &template[i], 1))
            return false;
    }
    return true;
}

/* The cheap and telling attributes first, so that no vendor is asked for what cannot match anyway. */
static bool known_differs(const struct exposed_object *object, const CK_ATTRIBUTE *template,
                          CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        const CK_ATTRIBUTE *known = exposed_attribute(object, template[i].type);
        struct attributes one = {(CK_ATTRIBUTE *)(uintptr_t)known, 1};

        if (known != NULL && template[i].type != CKA_ALWAYS_AUTHENTICATE && !attributes_match(&one, &template[i], 1))
            return true;
    }
    return false;
}

static CK_RV collect(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    struct token *token = session->token;
    const struct exposure *exposure = &token->exposure;

    session->found = calloc(exposure->n_objects + 1, sizeof(*session->found));
    if (session->found == NULL)
        return CKR_HOST_MEMORY;
    for (size_t i = 0; i < exposure->n_objects; i++) {
        struct exposed_object *object = &exposure->objects[i];
        if (known_differs(object, template, count) || !matches(token, object, template, count))
            continue;
        CK_OBJECT_HANDLE handle = token_object_handle(token, object);
        if (handle == 0)
            return CKR_HOST_MEMORY;
        session->found[session->n_found++] = handle;
    }
    return CKR_OK;
}

/* May it find what only a login shows? What is asked for by the class of public objects, they answer, where there are any. */
static bool wants_login(const struct token *token, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    const struct attributes all = {(CK_ATTRIBUTE *)(uintptr_t)template, count};
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    bool is_private = true;

    if (token->exposure.n_visible == 0)
        return true;
    attributes_ulong(&all, CKA_CLASS, &class);
    attributes_bool(&all, CKA_PRIVATE, &is_private);
    return is_private && class == CKO_PRIVATE_KEY;
}

/* A token that is gone, or hidden by now, has no objects: its sessions stay open and find nothing. */
static CK_RV search(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    struct token *token = session->token;

    bool seen = session_sees_token(session);

    if (seen && wants_login(token, template, count))
        seen = token_log_in_lazily(token);
    if (!seen)
        return token->present ? token->error : CKR_OK;
    return collect(session, template, count);
}

static bool is_template(const CK_ATTRIBUTE *template, CK_ULONG count)
{
    if (template == NULL && count > 0)
        return false;
    for (CK_ULONG i = 0; i < count; i++) {
        if (template[i].pValue == NULL && template[i].ulValueLen > 0)
            return false;
    }
    return true;
}

CK_RV gate_C_FindObjectsInit(struct layer *self, CK_SESSION_HANDLE hSession,
                             CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount)
{
    struct gate *gate = gate_of(self);
    struct session *session = session_find(gate, hSession);
    CK_RV rv;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (!is_template(pTemplate, ulCount))
        return CKR_ARGUMENTS_BAD;
    if (session->searching)
        return CKR_OPERATION_ACTIVE;
    gate_refresh_policy(gate);
    events_look(gate);
    rv = search(session, pTemplate, ulCount);
    if (rv != CKR_OK) {
        session_end_search(session);
        return rv;
    }
    session->searching = true;
    return CKR_OK;
}

CK_RV gate_C_FindObjects(struct layer *self, CK_SESSION_HANDLE hSession,
                         CK_OBJECT_HANDLE_PTR phObject, CK_ULONG ulMaxObjectCount,
                         CK_ULONG *pulObjectCount)
{
    struct session *session = session_find(gate_of(self), hSession);
    CK_ULONG count = 0;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (pulObjectCount == NULL || (phObject == NULL && ulMaxObjectCount > 0))
        return CKR_ARGUMENTS_BAD;
    if (!session->searching)
        return CKR_OPERATION_NOT_INITIALIZED;
    while (count < ulMaxObjectCount && session->at < session->n_found) {
        CK_OBJECT_HANDLE handle = session->found[session->at++];
        if (token_object(session->token, handle) != NULL)
            phObject[count++] = handle;
    }
    *pulObjectCount = count;
    return CKR_OK;
}

CK_RV gate_C_FindObjectsFinal(struct layer *self, CK_SESSION_HANDLE hSession)
{
    struct session *session = session_find(gate_of(self), hSession);

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (!session->searching)
        return CKR_OPERATION_NOT_INITIALIZED;
    session_end_search(session);
    return CKR_OK;
}

static bool is_refused_secret(const struct exposed_object *object, CK_ATTRIBUTE_TYPE type)
{
    return object->class == CKO_PRIVATE_KEY && reader_is_secret(type);
}

/* What the standard gives a default is answered by it where the vendor says nothing: no template restricts the key, no context login is
 * needed (2.40, 4.9). */
static const CK_ATTRIBUTE *known_attribute(struct token *token, const struct exposed_object *object,
                                           CK_ATTRIBUTE_TYPE type)
{
    static const CK_BBOOL no = CK_FALSE;
    static CK_ATTRIBUTE never = {CKA_ALWAYS_AUTHENTICATE, (void *)(uintptr_t)&no, sizeof(no)};
    static CK_ATTRIBUTE none = {CKA_WRAP_TEMPLATE, NULL, 0};
    const CK_ATTRIBUTE *value;

    value = token_told_attribute(token, object, type);
    if (value == NULL && (type == CKA_WRAP_TEMPLATE || type == CKA_UNWRAP_TEMPLATE))
        return &none;
    if (value == NULL && type == CKA_ALWAYS_AUTHENTICATE && object->class == CKO_PRIVATE_KEY)
        return &never;
    return value;
}

static CK_RV answer_whether_asked(const struct exposed_object *object, CK_ATTRIBUTE *wanted)
{
    CK_BBOOL asks = verdict_asks(&object->key->verdict) ? CK_TRUE : CK_FALSE;
    const CK_ATTRIBUTE value = {DAEMON_ATTRIBUTE_ASKS, &asks, sizeof(asks)};

    return attribute_answer(&value, wanted);
}

static CK_RV answer_one(struct token *token, const struct exposed_object *object,
                        CK_ATTRIBUTE *wanted)
{
    if (is_refused_secret(object, wanted->type)) {
        wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return CKR_ATTRIBUTE_SENSITIVE;
    }
    if (wanted->type == DAEMON_ATTRIBUTE_ASKS && token->gate->setting.peer != NULL && object->class == CKO_PRIVATE_KEY)
        return answer_whether_asked(object, wanted);
    return attribute_answer(known_attribute(token, object, wanted->type), wanted);
}

/* Every entry is answered, whatever becomes of the others (2.40, 5.7, C_GetAttributeValue). */
CK_RV gate_C_GetAttributeValue(struct layer *self, CK_SESSION_HANDLE hSession,
                               CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE_PTR pTemplate,
                               CK_ULONG ulCount)
{
    struct session *session = session_find(gate_of(self), hSession);
    struct exposed_object *object;
    CK_RV rv = CKR_OK;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    object = token_object(session->token, hObject);
    if (object == NULL)
        return CKR_OBJECT_HANDLE_INVALID;
    if (pTemplate == NULL || ulCount == 0)
        return CKR_ARGUMENTS_BAD;
    for (CK_ULONG i = 0; i < ulCount; i++) {
        CK_RV one = answer_one(session->token, object, &pTemplate[i]);
        if (rv == CKR_OK)
            rv = one;
    }
    return rv;
}

/* What an object that we made takes: the sum of its values. */
static CK_ULONG made_size(const struct exposed_object *object)
{
    CK_ULONG size = 0;

    for (CK_ULONG i = 0; i < object->attributes.count; i++)
        size += object->attributes.items[i].ulValueLen;
    return size;
}

/* What was read under a session that was given back is read again for the one that is opened. */
static CK_RV read_size(struct token *token, CK_OBJECT_HANDLE handle, CK_ULONG *size)
{
    const struct exposed_object *object = NULL;
    CK_RV rv = token_open(token);

    if (rv == CKR_OK)
        rv = token_refresh(token);
    if (rv == CKR_OK)
        object = token_object(token, handle);
    if (rv == CKR_OK && (object == NULL || object->source == NULL))
        return CKR_OBJECT_HANDLE_INVALID;
    if (rv == CKR_OK)
        rv = vendor_functions(token->vendor)
                 ->C_GetObjectSize(token->session, object->source->vendor, size);
    return recover_answer(rv);
}

CK_RV gate_C_GetObjectSize(struct layer *self, CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
                           CK_ULONG *pulSize)
{
    struct gate *gate = gate_of(self);
    struct session *session = session_find(gate, hSession);
    const struct exposed_object *object;

    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    object = token_object(session->token, hObject);
    if (object == NULL)
        return CKR_OBJECT_HANDLE_INVALID;
    if (pulSize == NULL)
        return CKR_ARGUMENTS_BAD;
    if (object->source == NULL) {
        *pulSize = made_size(object);
        return CKR_OK;
    }
    return read_size(session->token, hObject, pulSize);
}
