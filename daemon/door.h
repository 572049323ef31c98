// SPDX-License-Identifier: BSD-2-Clause
// What each client's stack has in place of a vendor: the functions of the shared one, but that nobody begins or ends it, or a login of all.
#pragma once

#include <p11-kit/pkcs11.h>

extern CK_FUNCTION_LIST door_functions;

/* Before the first client is served. */
void door_init(void);
