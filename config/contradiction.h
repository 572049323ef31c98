// SPDX-License-Identifier: BSD-2-Clause
// Rules that no key can ever satisfy: a mistake of whoever wrote them, and in `deny` a hole.
#pragma once

#include "config/config.h"
#include "config/reader.h"

/* Reports selectors, of one rule and all to hold, that exclude each other, and such as the preset
 * excludes. */
void contradiction_check(struct reader *reader, const struct config *config);

/* Is there no key that both conditions, each a SELECTOR_ALL, can hold for? False also where that
 * cannot be shown by comparing plain values, or without memory. */
bool contradiction_between(const struct selector *a, const struct selector *b);
