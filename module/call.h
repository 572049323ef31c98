// SPDX-License-Identifier: BSD-2-Clause
// One call that is passed through to the vendor: its handles are translated, and nothing that was not issued gets by.
#pragma once

#include <stdbool.h>
#include "module/gate.h"
#include "module/session.h"

struct call {
    struct gate *gate;
    enum function_id function;
    const struct vendor *vendor; /* set by the first translation */
    struct session *session;
    struct token *token;
    bool reached_vendor;
    unsigned operation; /* enum vendor_operation; 0: it has to do with none */
    bool goes_on; /* with an operation: never tried again */
    bool ends;    /* the operation, and not only goes on */
    bool tried;   /* a second time already */
    unsigned readings; /* of the gate, when it began */
    const CK_MECHANISM *mechanism; /* borrowed; NULL: the call has none */
    bool begun;     /* the use of a private key: the user has consented, and the audit knows */
    bool asks_size; /* the call hands out nothing, but how much it would be */
    bool wants_login; /* the key does, for this operation (CKA_ALWAYS_AUTHENTICATE) */
};

/* Finds the application's session, on a token that is shown. */
CK_RV call_session(struct call *call, const CK_SESSION_HANDLE *session);

/* Replaces its handle by that of its own session with the vendor, which is opened if there is none. */
CK_RV call_open(struct call *call, CK_SESSION_HANDLE *session);

/* Each replaces the application's handle by the vendor's: CKR_OK, or the standard's error for a handle that is not valid. */
CK_RV call_slot(struct call *call, CK_SLOT_ID *slot);
CK_RV call_key(struct call *call, CK_OBJECT_HANDLE *key);

/* Is the mechanism permitted, and are its parameters understood? */
CK_RV call_mechanism(struct call *call, const CK_MECHANISM *mechanism);

/* After the vendor answered: true when what it had lost is there again and the call begins anew; only once, and only where it does not go on. */
bool call_again(struct call *call, CK_RV rv);

/* What the application is told. */
CK_RV call_end(struct call *call, CK_RV rv);
