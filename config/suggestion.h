// SPDX-License-Identifier: BSD-2-Clause
// "Did you mean": the known name that is nearest to what was written.
#pragma once

#include <stddef.h>

/* The name that is at most 2 slips away (1 for names of up to 3 letters; a slip: a letter more,
 * less, other, or two swapped; case does not count), the nearest, of equals the first; NULL when
 * there is none. Borrowed from names, whose entries may be NULL. */
const char *suggestion_find(const char *written, const char *const *names, size_t count);

/* "`a`, `b` or `c`". The caller frees; NULL without memory. */
char *suggestion_list(const char *const *names, size_t count);
