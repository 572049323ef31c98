// SPDX-License-Identifier: BSD-2-Clause
// The mechanisms that the preset ssh lets through: those whose parameters are understood and carry no handle.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

/* Verifying counts as MECHANISM_SIGN. */
enum mechanism_use { MECHANISM_DIGEST, MECHANISM_SIGN };

/* Is the mechanism permitted at all? */
bool mechanism_known(CK_MECHANISM_TYPE type);

/* The flags of CK_MECHANISM_INFO that stay: digest, sign and verify. */
CK_FLAGS mechanism_flags(CK_FLAGS flags);

/* CKR_OK, CKR_MECHANISM_INVALID, or CKR_MECHANISM_PARAM_INVALID for parameters of another size than the mechanism's own. */
CK_RV mechanism_check(const CK_MECHANISM *mechanism, enum mechanism_use use);

/* Does the mechanism sign with keys of this type? */
bool mechanism_fits_key(CK_MECHANISM_TYPE type, CK_KEY_TYPE key_type);
