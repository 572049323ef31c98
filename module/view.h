// SPDX-License-Identifier: BSD-2-Clause
// What the rules let an application see of the token in one slot, under the preset transparent: the vendor's objects as they are, or not at
// all. Handles are the vendor's.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <p11-kit/pkcs11.h>
#include "filters/decide.h"

struct crypto;
struct vendor;

/* What a view is made of. All borrowed. */
struct view_source {
    const struct vendor *vendor;
    struct crypto *crypto;
    const struct policy *policy;
    struct circumstances circumstances;
};

struct view {
    CK_SLOT_ID slot;
    bool valid;               /* what follows was read, and nothing has happened since that could have changed it */
    struct timespec read_at;  /* monotonic */
    struct trust_span span;   /* of what was decided by chains and dates */
    CK_TOKEN_INFO token;
    bool shows_token;         /* something of it is shown, or a rule names it */
    struct seen_object *seen; /* owned; the token's keys and certificates, by handle */
    size_t n_seen;
};

enum sight { SIGHT_SHOWN, SIGHT_HIDDEN, SIGHT_UNKNOWN };

/* Is everything allowed that no rule takes away: also what is in no key group? */
bool view_allows_all(const struct policy *policy);

/* Reads the token through a session of our own, which is closed again: the application's may be in the middle of a search, and one
 * that stayed would be in the way of C_InitToken. The vendor's error, or CKR_HOST_MEMORY; the view is then not valid. */
CK_RV view_read(struct view *view, const struct view_source *source, const CK_TOKEN_INFO *token);

/* Is it the same token, and not too long ago? */
bool view_holds(const struct view *view, const CK_TOKEN_INFO *token);

/* Of keys and certificates; unknown is what was not there when the token was read, and other classes. */
enum sight view_of(const struct view *view, CK_OBJECT_HANDLE object);

void view_finish(struct view *view);
