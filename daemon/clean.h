// SPDX-License-Identifier: BSD-2-Clause
// A vendor's functions for who does not ask for them before each call, as p11-kit's server: with the stack cleared by vendor_functions.
#pragma once

#include <p11-kit/pkcs11.h>

struct vendor;

/* Borrowed: the vendor lives as long as the list is used; of one vendor of the process. */
void clean_set_functions(CK_FUNCTION_LIST *list, const struct vendor *vendor);
