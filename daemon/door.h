// SPDX-License-Identifier: BSD-2-Clause
// What each client's stack has in place of a vendor: the functions of the shared one, but that nobody begins or ends it, or a login of all.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

extern CK_FUNCTION_LIST door_functions;

/* Before the first client is served. */
void door_init(void);

/* Around a use of a private key; made from the function table, for door_init. */
void door_set_uses(CK_FUNCTION_LIST *list);

/* Waits for the turn, and until no other use goes on. CKR_OK; CKR_SESSION_HANDLE_INVALID; CKR_FUNCTION_CANCELED where the client has gone meanwhile. */
CK_RV door_begin_use(CK_SESSION_HANDLE session, CK_SLOT_ID *slot);

/* ends: the operation has no more parts behind it. Returns rv. */
CK_RV door_end_use(CK_SESSION_HANDLE session, CK_SLOT_ID slot, CK_RV rv, bool ends);
