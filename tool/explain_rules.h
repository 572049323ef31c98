// SPDX-License-Identifier: BSD-2-Clause
// The rules behind a verdict, selector by selector: what `p11gate explain` and `p11gate eval` have
// in common.
#pragma once

#include <stdbool.h>
#include "tool/explain_text.h"

/* Prints the rules that decided: one of each policy, or all of allow where none of them is true.
 * With JSON they are objects with commas between them. *open becomes true where what is not seen
 * yet may change one. False without memory. */
bool explain_rules(const struct explain_style *style, const struct subject *subject,
                   const struct verdict *verdict, bool *open);
