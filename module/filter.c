// SPDX-License-Identifier: BSD-2-Clause
#include "module/filter.h"

#include <stdlib.h>
#include <string.h>
#include "config/config.h"
#include "filters/parameters.h"
#include "module/vendor.h"
#include "module/view.h"

enum { PAGE = 64 };

void filter_forget(struct direct *direct)
{
    for (size_t i = 0; i < direct->n_views; i++)
        direct->views[i].valid = false;
}

void filter_finish(struct direct *direct)
{
    for (size_t i = 0; i < direct->n_views; i++)
        view_finish(&direct->views[i]);
    free(direct->views);
    messages_finish(&direct->messages);
    direct->views = NULL;
    direct->n_views = 0;
}

static struct view *view_for(struct direct *direct, CK_SLOT_ID slot)
{
    struct view *grown;

    for (size_t i = 0; i < direct->n_views; i++) {
        if (direct->views[i].slot == slot)
            return &direct->views[i];
    }
    grown = reallocarray(direct->views, direct->n_views + 1, sizeof(*grown));
    if (grown == NULL)
        return NULL;
    direct->views = grown;
    grown[direct->n_views] = (struct view){.slot = slot};
    return &grown[direct->n_views++];
}

static const struct policy *policy_of(const struct direct *direct)
{
    static const struct policy nothing;

    return direct->broken ? &nothing : &direct->config->policy;
}

static CK_RV read_view(struct direct *direct, struct view *view, const CK_TOKEN_INFO *token)
{
    const struct view_source source = {
        .vendor = direct->vendor,
        .crypto = direct->crypto,
        .policy = policy_of(direct),
        .circumstances = config_circumstances(direct->config),
    };
    const CK_TOKEN_INFO copy = *token; /* which may be the view's own */

    return view_read(view, &source, &copy);
}

static bool is_empty(CK_RV rv)
{
    return rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED ||
           rv == CKR_SLOT_ID_INVALID || rv == CKR_CRYPTOKI_NOT_INITIALIZED;
}

/* What is seen of the token in a slot, as of now. The vendor's error, which says that there is none only if *empty. */
static CK_RV look(struct direct *direct, CK_SLOT_ID slot, struct view **out, bool *empty)
{
    struct view *view = view_for(direct, slot);
    CK_TOKEN_INFO token;
    CK_RV rv = vendor_functions(direct->vendor)->C_GetTokenInfo(slot, &token);

    *empty = is_empty(rv);
    if (view == NULL)
        return CKR_HOST_MEMORY;
    if (rv == CKR_OK && !view_holds(view, &token))
        rv = read_view(direct, view, &token);
    if (rv != CKR_OK)
        view->valid = false;
    else
        *out = view;
    return rv;
}

/* Those without which nothing works are refused by nothing but a configuration that says nothing any more. */
CK_RV filter_function(const struct filter_call *call)
{
    struct direct *direct = call->direct;
    bool permitted;

    if (function_is_basic(call->function))
        return CKR_OK;
    pthread_mutex_lock(&direct->lock);
    permitted = access_permits(&direct->config->settings.functions, call->function);
    pthread_mutex_unlock(&direct->lock);
    return permitted ? CKR_OK : CKR_FUNCTION_NOT_SUPPORTED;
}

/* Of an empty slot, and of one that is none, the vendor may say what it likes. */
static bool shows_slot(struct direct *direct, CK_SLOT_ID slot)
{
    struct view *view = NULL;
    bool shown, empty;
    CK_RV rv;

    pthread_mutex_lock(&direct->lock);
    rv = look(direct, slot, &view, &empty);
    shown = rv == CKR_OK ? view->shows_token : empty;
    pthread_mutex_unlock(&direct->lock);
    return shown;
}

CK_RV filter_slot(struct filter_call *call, CK_SLOT_ID slot)
{
    return shows_slot(call->direct, slot) ? CKR_OK : CKR_SLOT_ID_INVALID;
}

/* No PIN goes to a token that is not shown, and nothing is made there. */
static bool needs_token(enum function_id function)
{
    enum function_group group = functions[function].group;

    return group == GROUP_admin || group == GROUP_create ||
           (group == GROUP_login && function != FUNCTION_C_Logout);
}

CK_RV filter_session(struct filter_call *call, CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    CK_RV rv = vendor_functions(call->direct->vendor)->C_GetSessionInfo(session, &info);

    if (rv != CKR_OK)
        return rv;
    call->session = session;
    call->slot = info.slotID;
    if (needs_token(call->function) && !shows_slot(call->direct, call->slot))
        return CKR_TOKEN_NOT_PRESENT;
    return CKR_OK;
}

CK_RV filter_mechanism(struct filter_call *call, const CK_MECHANISM *mechanism)
{
    call->cancels = mechanism == NULL;
    if (mechanism == NULL)
        return CKR_OK;
    if (parameters_name_no_object(mechanism) && messages_may_use(call->function, mechanism->mechanism))
        return CKR_OK;
    return CKR_MECHANISM_INVALID;
}

static bool is_key_or_certificate(CK_OBJECT_CLASS class)
{
    return class == CKO_PUBLIC_KEY || class == CKO_PRIVATE_KEY || class == CKO_CERTIFICATE;
}

/* An object that is none of the token's keys and certificates as they were read: the session's, of another class, or new. */
static bool shows_unknown(const struct filter_call *call, struct view *view,
                          CK_OBJECT_HANDLE object)
{
    CK_BBOOL on_token = CK_TRUE;
    CK_OBJECT_CLASS class = CK_UNAVAILABLE_INFORMATION;
    CK_ATTRIBUTE template[] = {{CKA_TOKEN, &on_token, sizeof(on_token)},
                               {CKA_CLASS, &class, sizeof(class)}};
    struct direct *direct = call->direct;

    if (vendor_functions(direct->vendor)->C_GetAttributeValue(call->session, object, template, 2) != CKR_OK)
        return false;
    if (!on_token)
        return view->shows_token;
    if (!is_key_or_certificate(class))
        return view->shows_token && view_allows_all(policy_of(direct));
    return read_view(direct, view, &view->token) == CKR_OK && view_of(view, object) == SIGHT_SHOWN;
}

/* Which of them are shown. The vendor's error when the token cannot be looked at. */
static CK_RV look_at(const struct filter_call *call, const CK_OBJECT_HANDLE *objects,
                     CK_ULONG count, bool *shown)
{
    struct direct *direct = call->direct;
    struct view *view = NULL;
    bool empty;
    CK_RV rv;

    pthread_mutex_lock(&direct->lock);
    rv = look(direct, call->slot, &view, &empty);
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
        enum sight sight = view_of(view, objects[i]);
        shown[i] = sight == SIGHT_SHOWN ||
                   (sight == SIGHT_UNKNOWN && shows_unknown(call, view, objects[i]));
    }
    pthread_mutex_unlock(&direct->lock);
    return rv;
}

static CK_RV check(const struct filter_call *call, CK_OBJECT_HANDLE object, CK_RV hidden)
{
    bool shown = false;
    CK_RV rv = look_at(call, &object, 1, &shown);

    if (rv != CKR_OK)
        return rv;
    return shown ? CKR_OK : hidden;
}

CK_RV filter_object(struct filter_call *call, CK_OBJECT_HANDLE object)
{
    return check(call, object, CKR_OBJECT_HANDLE_INVALID);
}

/* What the standard has the function say of a key that is none (PKCS#11 3.0, 5.18.3 and 5.18.4). C_WrapKey's first key is the one that wraps. */
static CK_RV not_valid(const struct filter_call *call, bool is_first)
{
    if (call->function == FUNCTION_C_UnwrapKey)
        return CKR_UNWRAPPING_KEY_HANDLE_INVALID;
    if (call->function == FUNCTION_C_WrapKey && is_first)
        return CKR_WRAPPING_KEY_HANDLE_INVALID;
    return CKR_KEY_HANDLE_INVALID;
}

/* 0 is no key: C_SetOperationState takes it for one that is not needed. */
CK_RV filter_key(struct filter_call *call, CK_OBJECT_HANDLE key)
{
    const bool is_first = call->key == 0;

    call->key = key;
    if (key == 0 && (call->cancels || call->function == FUNCTION_C_SetOperationState))
        return CKR_OK;
    return check(call, key, not_valid(call, is_first));
}

CK_RV filter_message(struct filter_call *call)
{
    CK_OBJECT_HANDLE key = 0;
    bool has_begun;

    pthread_mutex_lock(&call->direct->lock);
    has_begun = messages_find(&call->direct->messages, call->session, call->function, &key);
    pthread_mutex_unlock(&call->direct->lock);
    return has_begun ? filter_key(call, key) : CKR_OPERATION_NOT_INITIALIZED;
}

/* A session that was opened may be on another card than the one that was read. */
static bool changes(enum function_id function)
{
    enum function_group group = functions[function].group;

    return group == GROUP_admin || group == GROUP_login || group == GROUP_create ||
           group == GROUP_modify || function == FUNCTION_C_OpenSession ||
           function == FUNCTION_C_CloseSession || function == FUNCTION_C_CloseAllSessions;
}

/* Without memory for it the operation goes on for nobody: no message of it is let through. */
static void note_messages(const struct filter_call *call)
{
    struct messages *messages = &call->direct->messages;

    pthread_mutex_lock(&call->direct->lock);
    if (call->function == FUNCTION_C_CloseSession)
        messages_forget(messages, call->session);
    else if (call->cancels)
        messages_note(messages, call->session, call->function, 0);
    else
        messages_note(messages, call->session, call->function, call->key);
    pthread_mutex_unlock(&call->direct->lock);
}

CK_RV filter_end(const struct filter_call *call, CK_RV rv)
{
    if (rv == CKR_OK && (messages_begin(call->function) || call->function == FUNCTION_C_CloseSession))
        note_messages(call);
    if (!changes(call->function))
        return rv;
    pthread_mutex_lock(&call->direct->lock);
    filter_forget(call->direct);
    pthread_mutex_unlock(&call->direct->lock);
    return rv;
}

CK_RV filter_C_GetSlotList(struct layer *self, CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList,
                           CK_ULONG_PTR pulCount)
{
    CK_SLOT_ID *slots = NULL;
    CK_ULONG count = 0, kept = 0;
    CK_RV rv;

    if (pulCount == NULL)
        return direct_clean_vendor(self)->C_GetSlotList(tokenPresent, pSlotList, pulCount);
    rv = vendor_list_slots(direct_of(self)->vendor, tokenPresent, pSlotList == NULL, &slots, &count);
    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < count; i++) {
        if (shows_slot(direct_of(self), slots[i]))
            slots[kept++] = slots[i];
    }
    if (pSlotList != NULL && *pulCount < kept)
        rv = CKR_BUFFER_TOO_SMALL;
    else if (pSlotList != NULL)
        memcpy(pSlotList, slots, kept * sizeof(*slots));
    *pulCount = kept;
    free(slots);
    return rv;
}

/* It would take what is hidden with the rest. */
CK_RV filter_C_InitToken(struct layer *self, CK_SLOT_ID slotID, CK_UTF8CHAR_PTR pPin,
                         CK_ULONG ulPinLen, CK_UTF8CHAR_PTR pLabel)
{
    struct filter_call call = {.direct = direct_of(self), .function = FUNCTION_C_InitToken};
    CK_TOKEN_INFO token;
    CK_RV rv = filter_function(&call);

    if (rv == CKR_OK)
        rv = filter_slot(&call, slotID);
    if (rv == CKR_OK)
        rv = direct_clean_vendor(self)->C_GetTokenInfo(slotID, &token);
    if (rv == CKR_OK && (token.flags & CKF_TOKEN_INITIALIZED) != 0)
        rv = CKR_FUNCTION_NOT_SUPPORTED;
    if (rv == CKR_OK)
        rv = direct_clean_vendor(self)->C_InitToken(slotID, pPin, ulPinLen, pLabel);
    return filter_end(&call, rv);
}

/* A session that is to be read-only is so whatever the application asks for; C_GetSessionInfo says it. */
CK_RV filter_C_OpenSession(struct layer *self, CK_SLOT_ID slotID, CK_FLAGS flags,
                           CK_VOID_PTR pApplication, CK_NOTIFY Notify,
                           CK_SESSION_HANDLE_PTR phSession)
{
    struct filter_call call = {.direct = direct_of(self), .function = FUNCTION_C_OpenSession};
    CK_RV rv = filter_slot(&call, slotID);

    pthread_mutex_lock(&call.direct->lock);
    if (call.direct->config->settings.read_only)
        flags &= ~(CK_FLAGS)CKF_RW_SESSION;
    pthread_mutex_unlock(&call.direct->lock);
    if (rv == CKR_OK)
        rv = direct_clean_vendor(self)->C_OpenSession(slotID, flags, pApplication, Notify, phSession);
    return filter_end(&call, rv);
}

/* One page of the vendor's; *kept of them go to shown. *got is 0 when there is nothing more. */
static CK_RV find_page(struct filter_call *call, CK_OBJECT_HANDLE *shown, CK_ULONG room,
                       CK_ULONG *got, CK_ULONG *kept)
{
    CK_OBJECT_HANDLE page[PAGE];
    bool are_shown[PAGE] = {false};
    CK_ULONG wanted = room < PAGE ? room : PAGE;
    CK_RV rv = vendor_functions(call->direct->vendor)->C_FindObjects(call->session, page, wanted, got);

    *kept = 0;
    if (rv != CKR_OK)
        return rv;
    if (*got > wanted)
        return CKR_DEVICE_ERROR;
    if (look_at(call, page, *got, are_shown) != CKR_OK)
        return CKR_OK; /* what cannot be looked at is not there */
    for (CK_ULONG i = 0; i < *got; i++) {
        if (are_shown[i])
            shown[(*kept)++] = page[i];
    }
    return CKR_OK;
}

/* As many as there is room for, as some take fewer for the end. */
CK_RV filter_C_FindObjects(struct layer *self, CK_SESSION_HANDLE hSession,
                           CK_OBJECT_HANDLE_PTR phObject, CK_ULONG ulMaxObjectCount,
                           CK_ULONG *pulObjectCount)
{
    struct filter_call call = {.direct = direct_of(self), .function = FUNCTION_C_FindObjects};
    CK_ULONG found = 0, got = 0, kept = 0;
    CK_RV rv;

    if (phObject == NULL || pulObjectCount == NULL || ulMaxObjectCount == 0)
        return direct_clean_vendor(self)->C_FindObjects(hSession, phObject, ulMaxObjectCount,
                                                  pulObjectCount);
    rv = filter_session(&call, hSession);
    do {
        if (rv == CKR_OK)
            rv = find_page(&call, phObject + found, ulMaxObjectCount - found, &got, &kept);
        found += kept;
    } while (rv == CKR_OK && got > 0 && found < ulMaxObjectCount);
    if (rv == CKR_OK)
        *pulObjectCount = found;
    return rv;
}

/* Waits on where the event was that of a slot that is not shown. */
CK_RV filter_C_WaitForSlotEvent(struct layer *self, CK_FLAGS flags, CK_SLOT_ID_PTR pSlot,
                                CK_VOID_PTR pReserved)
{
    CK_RV rv;

    do {
        rv = direct_clean_vendor(self)->C_WaitForSlotEvent(flags, pSlot, pReserved);
    } while (rv == CKR_OK && pSlot != NULL && !shows_slot(direct_of(self), *pSlot));
    return rv;
}
