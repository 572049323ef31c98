// SPDX-License-Identifier: BSD-2-Clause
// Names of PKCS#11 constants, for logs and listings.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <p11-kit/pkcs11.h>

/* Static text, or "CKR_?" and its kin for what is not in the table: messages give the number as well where that matters. */
const char *name_of_rv(CK_RV rv);
const char *name_of_mechanism(CK_MECHANISM_TYPE type);
const char *name_of_attribute(CK_ATTRIBUTE_TYPE type);
const char *name_of_class(CK_OBJECT_CLASS class);

/* The mechanism of that name. False: unknown. */
bool mechanism_of_name(const char *name, CK_MECHANISM_TYPE *type);

/* All names of mechanisms, for who looks for a near one. */
const char *const *mechanism_names(size_t *count);
