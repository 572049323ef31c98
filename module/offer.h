// SPDX-License-Identifier: BSD-2-Clause
// Whether applications are offered PKCS#11 3.0: where a vendor has it. The daemon's protocol knows 2.40 alone.
#pragma once

#include <stdbool.h>

struct gate;

/* Have its vendors? */
bool offer_of_gate(const struct gate *gate);

/* Before C_Initialize: have those of the configuration that would be read now? They are loaded for it, and neither initialised nor kept. False where
 * it cannot be read, of which nothing is said: C_Initialize will. */
bool offer_of_configuration(void);
