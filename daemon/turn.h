// SPDX-License-Identifier: BSD-2-Clause
// Whose turn it is with a token. A context login (PKCS#11 2.40, 4.9) is for the one operation behind it, and is lost when another client's comes between: who
// is logged in so keeps all others waiting. They are served in the order in which they came.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

/* Before a call that uses a private key, and after it, in the same thread. ends: the operation has no more parts behind it. */
void turn_begin_use(CK_SLOT_ID slot, CK_SESSION_HANDLE session);
void turn_end_use(CK_SLOT_ID slot, CK_SESSION_HANDLE session, bool ends);

/* Before a context login: the turn is the session's from here on, for a minute at most, and no use of another one's runs. Whoever has it already has it no longer for that. */
void turn_take(CK_SLOT_ID slot, CK_SESSION_HANDLE session);

/* It is logged in: its use has to come within two seconds. */
void turn_limit(CK_SLOT_ID slot, CK_SESSION_HANDLE session);

/* No use will come: whatever the token. */
void turn_leave(CK_SESSION_HANDLE session);
