// SPDX-License-Identifier: BSD-2-Clause
// A context login (PKCS#11 2.40, 4.9) is for the one operation behind it, and the card forgets it when another client's comes between.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

/* Before a use of a private key: waits until no other session has the turn, for ten seconds at most. False: it still has. */
bool turn_wait(CK_SESSION_HANDLE session);

/* The same, and from here on the turn is this session's, for a minute at most. */
bool turn_take(CK_SESSION_HANDLE session);

/* It is logged in: its operation has to come within two seconds. */
void turn_limit(CK_SESSION_HANDLE session);

/* It has been, or will not come. Nothing where the turn is another's. */
void turn_end(CK_SESSION_HANDLE session);
