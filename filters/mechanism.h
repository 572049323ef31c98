// SPDX-License-Identifier: BSD-2-Clause
// The mechanisms that a preset lets through: those whose parameters are understood and carry no handle. A configuration narrows them.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>
#include "crypto/digest.h"
#include "filters/access.h"
#include "filters/preset.h"

/* Bits. */
enum mechanism_use {
    MECHANISM_DIGEST = 1 << 0,
    MECHANISM_SIGN = 1 << 1,    /* and verify */
    MECHANISM_RECOVER = 1 << 2, /* sign and verify with recovery */
    MECHANISM_ENCRYPT = 1 << 3, /* and decrypt */
};

/* Has the preset any use for the mechanism? */
bool mechanism_known(enum preset preset, CK_MECHANISM_TYPE type);

/* The flags of CK_MECHANISM_INFO that stay. */
CK_FLAGS mechanism_flags(enum preset preset, CK_FLAGS flags);

/* CKR_OK, CKR_MECHANISM_INVALID, or CKR_MECHANISM_PARAM_INVALID for parameters that are not the mechanism's own, or not known here. */
CK_RV mechanism_check(enum preset preset, const CK_MECHANISM *mechanism, enum mechanism_use use);

/* The hash function of a mechanism that mechanism_check has passed: by its name, its parameters, or under CKM_RSA_PKCS the data; DIGEST_NONE where
 * none of them tells. data may be NULL. */
enum digest mechanism_digest(const CK_MECHANISM *mechanism, const void *data, size_t size);

/* Does the mechanism work with keys of this type? */
bool mechanism_fits_key(CK_MECHANISM_TYPE type, CK_KEY_TYPE key_type);

/* Does the list permit the mechanism, as far as its name tells? Where the hash in it is denied, it is not permitted either. */
bool mechanism_named_permitted(const struct access *access, CK_MECHANISM_TYPE type);

/* Does the list permit the mechanism with its parameters, which mechanism_check has passed? A hash inside them, that of the mask as well,
 * must be permitted by itself, unless it is the one in the mechanism's name. */
bool mechanism_permitted(const struct access *access, const CK_MECHANISM *mechanism);

/* Does the list (of CKM_ of hashes) permit a signature by this mechanism, as far as it tells the hash itself? With Edwards curves there is
 * no choice of a hash, and so nothing to permit. */
bool mechanism_digest_permitted(const struct access *digests, const CK_MECHANISM *mechanism);

/* Does it permit a signature of this data: the DigestInfo of CKM_RSA_PKCS, the hash of CKM_ECDSA? What is neither is not permitted by a
 * list that permits or denies anything. */
bool mechanism_data_permitted(const struct access *digests, CK_MECHANISM_TYPE type,
                              const void *data, size_t size);
