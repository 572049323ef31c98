// SPDX-License-Identifier: BSD-2-Clause
#include "module/view.h"

#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "common/names.h"
#include "filters/exposure.h"
#include "filters/object.h"
#include "module/reader.h"
#include "module/vendor.h"

enum { AGE_MAX = 60 };

struct seen_object {
    CK_OBJECT_HANDLE handle;
    bool shown;
};

static void forget(struct view *view)
{
    free(view->seen);
    view->seen = NULL;
    view->n_seen = 0;
    view->shows_token = false;
    view->valid = false;
    view->span = (struct trust_span){0};
}

void view_finish(struct view *view)
{
    forget(view);
}

bool view_holds(const struct view *view, const CK_TOKEN_INFO *token)
{
    const CK_TOKEN_INFO *own = &view->token;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return view->valid && trust_span_holds(&view->span, time(NULL)) && now.tv_sec - view->read_at.tv_sec < AGE_MAX &&
           ((own->flags ^ token->flags) & CKF_TOKEN_INITIALIZED) == 0 &&
           memcmp(own->label, token->label, sizeof(own->label)) == 0 &&
           memcmp(own->manufacturerID, token->manufacturerID, sizeof(own->manufacturerID)) == 0 &&
           memcmp(own->model, token->model, sizeof(own->model)) == 0 &&
           memcmp(own->serialNumber, token->serialNumber, sizeof(own->serialNumber)) == 0;
}

/* A session for reading; where the security officer is logged in, there is none that cannot write (PKCS#11 2.40, 5.6.1). */
static CK_RV open_session(const struct view_source *source, CK_SLOT_ID slot,
                          CK_SESSION_HANDLE *session)
{
    CK_RV rv = vendor_functions(source->vendor)->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, session);

    if (rv == CKR_SESSION_READ_WRITE_SO_EXISTS)
        rv = vendor_functions(source->vendor)->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                           session);
    return rv;
}

/* Objects of sessions are left out: they are the application's own, and must not change what is said of the token's. */
static CK_RV read_keys(const struct view_source *source, CK_SESSION_HANDLE session,
                       struct object_list *keys)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_CERTIFICATE};
    const struct reader reader = {source->vendor, session, source->crypto,
                                  policy_certificate_depth(source->policy)};
    CK_BBOOL token = CK_TRUE;
    CK_RV rv = CKR_OK;

    for (size_t i = 0; rv == CKR_OK && i < sizeof(classes) / sizeof(classes[0]); i++) {
        CK_OBJECT_CLASS class = classes[i];
        const CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
                                         {CKA_TOKEN, &token, sizeof(token)}};
        rv = reader_search(&reader, template, 2, keys);
    }
    return rv;
}

static bool is_private_visible(const struct view_source *source, CK_SESSION_HANDLE session,
                               const CK_TOKEN_INFO *token)
{
    CK_SESSION_INFO info;

    if ((token->flags & CKF_LOGIN_REQUIRED) == 0)
        return true;
    return vendor_functions(source->vendor)->C_GetSessionInfo(session, &info) == CKR_OK &&
           (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS);
}

static int compare(const void *a, const void *b)
{
    const struct seen_object *x = a, *y = b;

    return (x->handle > y->handle) - (x->handle < y->handle);
}

static struct seen_object *find(const struct view *view, CK_OBJECT_HANDLE handle)
{
    const struct seen_object wanted = {.handle = handle};

    if (view->n_seen == 0)
        return NULL;
    return bsearch(&wanted, view->seen, view->n_seen, sizeof(wanted), compare);
}

/* What is in no key group is shown where everything is allowed. */
static bool note_keys(struct view *view, const struct object_list *keys, bool shown)
{
    view->seen = calloc(keys->count + 1, sizeof(*view->seen));
    if (view->seen == NULL)
        return false;
    for (size_t i = 0; i < keys->count; i++)
        view->seen[i] = (struct seen_object){keys->items[i]->vendor, shown};
    view->n_seen = keys->count;
    qsort(view->seen, view->n_seen, sizeof(*view->seen), compare);
    return true;
}

bool view_allows_all(const struct policy *policy)
{
    return policy->allow_all && (policy->narrowed_by == NULL || policy->narrowed_by->allow_all);
}

struct showing {
    const struct view *view;
    const struct policy *policy;
    const struct subject *subject;
    bool shown;
    bool hides_certificates;
};

static bool note(const struct object *member, void *context)
{
    const struct showing *showing = context;

    bool shown = showing->shown;

    if (shown && member->class == CKO_CERTIFICATE)
        shown = !showing->hides_certificates &&
                policy_shows_certificate(showing->policy, showing->subject, member);
    find(showing->view, member->vendor)->shown = shown;
    return true;
}

/* Whether a key signs, or its private key is there, is of no account: only what the rules say. */
static CK_RV decide(struct view *view, const struct policy *policy, const struct object_list *keys,
                    const struct subject *token)
{
    const struct refused_pairs none = {0};
    struct known_keys known = {0};
    struct key_groups groups = {0};
    CK_RV rv = CKR_HOST_MEMORY;

    if (!note_keys(view, keys, view_allows_all(policy)) || !policy_known_keys(policy, &known) ||
        !pair_objects(keys, &none, &known, &groups))
        goto out;
    for (size_t i = 0; i < groups.count; i++) {
        struct subject subject = *token;
        struct showing showing = {.view = view, .policy = policy, .subject = &subject};
        struct verdict verdict;

        subject.group = &groups.items[i];
        verdict = policy_decide(policy, &subject);
        showing.shown = verdict.by_policy;
        showing.hides_certificates = verdict.rule != NULL && verdict.rule->use.hides_certificate;
        key_group_each(subject.group, note, &showing);
    }
    rv = CKR_OK;
out:
    key_groups_finish(&groups);
    free(known.items);
    return rv;
}

/* Chains and dates as of now, where rules ask for them. */
static CK_RV decide_by_trust(struct view *view, const struct view_source *source,
                             const struct object_list *keys, struct subject *subject)
{
    CK_RV rv;

    if (!policy_asks_trust(source->policy))
        return decide(view, source->policy, keys, subject);
    subject->trust = trust_memo_create(source->crypto, PRESET_TRANSPARENT, time(NULL));
    if (subject->trust == NULL)
        return CKR_HOST_MEMORY;
    trust_memo_add(subject->trust, keys);
    rv = decide(view, source->policy, keys, subject);
    view->span = trust_memo_span(subject->trust);
    trust_memo_destroy(subject->trust);
    subject->trust = NULL;
    return rv;
}

static CK_RV read_and_decide(struct view *view, const struct view_source *source,
                             struct subject *subject)
{
    struct object_list keys = {0};
    CK_SESSION_HANDLE session = 0;
    CK_RV rv = open_session(source, view->slot, &session);

    if (rv != CKR_OK)
        return rv;
    subject->private_visible = is_private_visible(source, session, subject->token);
    rv = read_keys(source, session, &keys);
    vendor_functions(source->vendor)->C_CloseSession(session);
    if (rv == CKR_OK)
        rv = decide_by_trust(view, source, &keys, subject);
    object_list_finish(&keys);
    return rv;
}

static bool shows_token(const struct view *view, const struct policy *policy,
                        const struct subject *subject)
{
    for (size_t i = 0; i < view->n_seen; i++) {
        if (view->seen[i].shown)
            return true;
    }
    return view_allows_all(policy) || policy_names_token(policy, subject);
}

static CK_RV look(struct view *view, const struct view_source *source, struct subject *subject)
{
    CK_RV rv = CKR_OK;

    if (!policy_may_show_token(source->policy, subject))
        return CKR_OK;
    if ((subject->token->flags & CKF_TOKEN_INITIALIZED) != 0)
        rv = read_and_decide(view, source, subject);
    if (rv == CKR_OK)
        view->shows_token = shows_token(view, source->policy, subject);
    return rv;
}

CK_RV view_read(struct view *view, const struct view_source *source, const CK_TOKEN_INFO *token)
{
    CK_SLOT_INFO slot;
    CK_INFO library;
    bool has_slot = vendor_functions(source->vendor)->C_GetSlotInfo(view->slot, &slot) == CKR_OK;
    bool has_library = vendor_functions(source->vendor)->C_GetInfo(&library) == CKR_OK;
    struct subject subject = {.slot_id = view->slot, .token = token,
                              .slot = has_slot ? &slot : NULL,
                              .library = has_library ? &library : NULL,
                              .circumstances = source->circumstances};
    CK_RV rv;

    forget(view);
    view->token = *token;
    rv = look(view, source, &subject);
    if (rv != CKR_OK) {
        log_info("the token in slot %lu cannot be read: %s", view->slot, name_of_rv(rv));
        forget(view);
        return rv;
    }
    view->valid = true;
    clock_gettime(CLOCK_MONOTONIC, &view->read_at);
    return CKR_OK;
}

enum sight view_of(const struct view *view, CK_OBJECT_HANDLE object)
{
    const struct seen_object *found = find(view, object);

    if (found == NULL)
        return SIGHT_UNKNOWN;
    return found->shown ? SIGHT_SHOWN : SIGHT_HIDDEN;
}
