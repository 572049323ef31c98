// SPDX-License-Identifier: BSD-2-Clause
// Templates on the wire. A value is written by its type.
#pragma once

#include <p11-kit/pkcs11.h>
#include "remote/wire.h"

/* A template of values. CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_TYPE_INVALID or
 * CKR_ATTRIBUTE_VALUE_INVALID where it has something that cannot be written; part of it may be
 * written then. */
CK_RV attribute_put_template(struct wire *wire, const CK_ATTRIBUTE *template, CK_ULONG count);

/* What is asked for and the room for each: without the attributes that have no form.
 * CKR_ARGUMENTS_BAD. */
CK_RV attribute_put_wanted(struct wire *wire, const CK_ATTRIBUTE *template, CK_ULONG count);

/* The answer to that, with the server's verdict behind it: the template is filled as
 * C_GetAttributeValue has it (PKCS#11 2.40, 5.7), within the room that it has. wire->failed, or
 * false: the answer is malformed; nothing is written beyond the room then either. */
bool attribute_get_template(struct wire *wire, CK_ATTRIBUTE *template, CK_ULONG count, CK_RV *rv);
