// SPDX-License-Identifier: BSD-2-Clause
// Sessions with the vendor: few, for those of the application are virtual.
#pragma once

#include <stdbool.h>
#include "module/vendor.h"

struct token;

/* Operations that a session with the vendor may have: one bit each. */
enum vendor_operation {
    OPERATION_DIGEST = 1 << 0,
    OPERATION_ENCRYPT = 1 << 1,
    OPERATION_DECRYPT = 1 << 2,
    OPERATION_SIGN = 1 << 3,
    OPERATION_SIGN_RECOVER = 1 << 4,
    OPERATION_VERIFY = 1 << 5,
    OPERATION_VERIFY_RECOVER = 1 << 6,
};

/* Those that the flags of C_SessionCancel name (PKCS#11 3.0, 5.6.5). */
unsigned vendor_operations_of(CK_FLAGS flags);

/* Opens one on the token, read-only where the vendor's quirks do not ask for more than p11gate needs; the caller's to close. Where the vendor
 * has none left, those that nothing is done with are given back first, other tokens' too. The vendor's error. */
CK_RV vendor_session_open(const struct token *token, CK_SESSION_HANDLE *session);

/* Does C_OpenSession say by this that there are too many? Its arguments are right, and what it needs of memory is little. */
bool vendor_session_is_exhausted(CK_RV rv);

/* Ends operations of enum vendor_operation on a session that has to stay open; what comes out of them is thrown away. Those of them that may
 * still be active. */
unsigned vendor_session_end(struct vendor *vendor, CK_SESSION_HANDLE session,
                        unsigned operations);
