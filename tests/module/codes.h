// SPDX-License-Identifier: BSD-2-Clause
// The codes that a vendor's functions may answer.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

/* The one behind it of those that have a name; behind the last of these CKR_VENDOR_DEFINED, a vendor's own, which is the last of all. */
CK_RV codes_next(CK_RV rv);

/* Does p11gate tell it from other codes, of any function? */
bool codes_told_apart(CK_RV rv);
