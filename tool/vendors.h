// SPDX-License-Identifier: BSD-2-Clause
// The vendor libraries that `p11gate init` looks for when none is named.
#pragma once

#include <stdbool.h>

/* The path of the n-th known library that exists, from 0; NULL at the end. Borrowed. */
const char *vendors_next(unsigned *n);

/* Is that p11gate.so, or a copy of it for a profile (p11gate-NAME.so), by whatever link? */
bool vendors_is_p11gate(const char *path);
