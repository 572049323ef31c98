// SPDX-License-Identifier: BSD-2-Clause
// The vendor libraries that `p11gate init` looks for when none is named.
#pragma once

/* The path of the n-th known library that exists, from 0; NULL at the end. Borrowed. */
const char *vendors_next(unsigned *n);
