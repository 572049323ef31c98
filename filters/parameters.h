// SPDX-License-Identifier: BSD-2-Clause
// The parameters of mechanisms, as far as they are understood to name no object.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

/* Is it certain that the parameters hold no handle? A mechanism that is not known, or has parameters of another size than its own, may
 * do anything with them; one without parameters names nothing. */
bool parameters_name_no_object(const CK_MECHANISM *mechanism);
