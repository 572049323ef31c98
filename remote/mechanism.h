// SPDX-License-Identifier: BSD-2-Clause
// Mechanisms and their parameters on the wire.
#pragma once

#include <p11-kit/pkcs11.h>
#include "remote/wire.h"

/* From this version of the protocol on a byte tells whether there are parameters. */
enum { REMOTE_VERSION_PRESENCE = 2 };

/* Writes all of it or nothing. CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID: the protocol in
 * that version has no form for it, or not for these parameters. */
CK_RV mechanism_put(struct wire *wire, const CK_MECHANISM *mechanism, unsigned version);
