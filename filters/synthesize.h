// SPDX-License-Identifier: BSD-2-Clause
// The public key object that a token lacks.
#pragma once

#include <stdbool.h>
#include "common/attributes.h"
#include "filters/pair.h"

/* Adds every attribute that PKCS#11 2.40 (4.4, 4.6, 4.7, 4.8 and the mechanisms' 2.1.2, 2.3.3) gives a public key, but CKA_ID and CKA_LABEL.
 * It verifies, as we do that; it encrypts where the preset has it (encrypts) and the key can. False when there is no memory. */
bool synthesize_public_key(const struct key_group *group, bool encrypts, struct attributes *list);
