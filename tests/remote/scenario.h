// SPDX-License-Identifier: BSD-2-Clause
// What a client may do with the token "usage", written down as it is answered: the same by every
// way that leads to the same token.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

struct scenario_limits {
    bool slots;    /* with what p11-kit's server does not pass on as it is: slots, C_InitToken */
    bool pointers; /* with parameters of mechanisms that have pointers */
};

/* From C_Initialize to C_Finalize. The caller frees. */
char *scenario_run(CK_FUNCTION_LIST *functions, struct scenario_limits limits);
