// SPDX-License-Identifier: BSD-2-Clause
// The stack that all clients share, below the ones that are each client's own: the vendors' libraries, the logins, what was read of the tokens.
#pragma once

#include <p11-kit/pkcs11.h>

struct daemon;

/* Loads and initialises the vendors' libraries. The first one's error when none is left, which is logged. */
CK_RV trunk_start(const struct daemon *daemon);

/* Ends sessions and libraries. */
void trunk_stop(void);

/* Forgets what was read of the tokens, and lists them anew. */
void trunk_refresh(void);

/* Looks whether cards came or went, and whether kept PINs have had their time. To be called once a second. */
void trunk_look(void);

/* Its functions: thread-safe, one call at a time. */
CK_FUNCTION_LIST *trunk(void);
