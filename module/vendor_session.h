// SPDX-License-Identifier: BSD-2-Clause
// Sessions with the vendor: few, for those of the application are virtual.
#pragma once

#include "module/token.h"

/* Opens one on the token, read-only where the vendor's quirks do not ask for more than p11gate needs; the caller's to close. The vendor's
 * error. */
CK_RV vendor_session_open(const struct token *token, CK_SESSION_HANDLE *session);
