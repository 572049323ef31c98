// SPDX-License-Identifier: BSD-2-Clause
// Owned lists of PKCS#11 attributes, and how a template is matched and answered.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <p11-kit/pkcs11.h>

/* A zeroed struct is an empty list. Values are copies that the list owns. */
struct attributes {
    CK_ATTRIBUTE *items; /* owned */
    CK_ULONG count;
};

/* Copies a value in, in place of one of the same type. False when there is no memory (the list is unchanged). */
bool attributes_set(struct attributes *list, CK_ATTRIBUTE_TYPE type, const void *value,
                    CK_ULONG length);
bool attributes_set_bool(struct attributes *list, CK_ATTRIBUTE_TYPE type, bool value);
bool attributes_set_ulong(struct attributes *list, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
bool attributes_copy(struct attributes *to, const struct attributes *from);

/* Borrowed from the list; NULL when the type is absent. */
const CK_ATTRIBUTE *attributes_find(const struct attributes *list, CK_ATTRIBUTE_TYPE type);

/* As attributes_find, but an attribute of length 0 counts as absent (many tokens answer so). */
const CK_ATTRIBUTE *attributes_find_filled(const struct attributes *list, CK_ATTRIBUTE_TYPE type);

/* False when the attribute is absent or not of that size; *value is then unchanged. */
bool attributes_bool(const struct attributes *list, CK_ATTRIBUTE_TYPE type, bool *value);
bool attributes_ulong(const struct attributes *list, CK_ATTRIBUTE_TYPE type, CK_ULONG *value);

/* Does every entry of the template stand in the list with the same value? An empty template matches (PKCS#11 2.40, 5.7). */
bool attributes_match(const struct attributes *list, const CK_ATTRIBUTE *template, CK_ULONG count);

/* Fills one entry of a C_GetAttributeValue template (PKCS#11 2.40, 5.7): CKR_OK, CKR_BUFFER_TOO_SMALL, or
 * CKR_ATTRIBUTE_TYPE_INVALID when value is NULL. On an error wanted->ulValueLen is CK_UNAVAILABLE_INFORMATION. */
CK_RV attribute_answer(const CK_ATTRIBUTE *value, CK_ATTRIBUTE *wanted);

/* Frees the values, and leaves an empty list. */
void attributes_finish(struct attributes *list);
