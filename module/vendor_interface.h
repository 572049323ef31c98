// SPDX-License-Identifier: BSD-2-Clause
// A vendor's interface of PKCS#11 3.0 (5.4), if it is to be believed.
#pragma once

#include "common/pkcs11_3.h"

/* Of the library that was loaded from that path; borrowed from it. NULL: it has none, or one that is not what it says, which is logged. */
const struct function_list_3_0 *vendor_interface_3_0(const char *path);
