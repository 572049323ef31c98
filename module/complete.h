// SPDX-License-Identifier: BSD-2-Clause
// A library's functions without holes.
#pragma once

#include <stdbool.h>
#include "common/pkcs11_3.h"

/* Copies the list. Where it has a NULL, or ends early, stands a function that answers CKR_FUNCTION_NOT_SUPPORTED. */
void complete_functions(CK_FUNCTION_LIST *list, const CK_FUNCTION_LIST *given);

/* The same of a longer list; size: of what is given, in bytes. */
void complete_list(struct function_list *list, const struct function_list *given, size_t size);

/* C_WaitForSlotEvent came with 2.01: lists of before are shorter by it. */
static inline bool complete_has_last(const CK_FUNCTION_LIST *given)
{
    return given->version.major > 2 || (given->version.major == 2 && given->version.minor >= 1);
}
