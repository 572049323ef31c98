// SPDX-License-Identifier: BSD-2-Clause
// Which rules are sure to be true where another one is.
#pragma once

#include <stdbool.h>
#include "filters/policy.h"

/* Is b true of every key that a is true of? False also where that cannot be shown by comparing
 * plain values. */
bool selector_implies(const struct selector *a, const struct selector *b);

/* Can it never be true, whatever key it is asked about, as what was to be put into its values is
 * unknown here? */
bool selector_is_never_true(const struct selector *selector);
