// SPDX-License-Identifier: BSD-2-Clause
// Sets of characters in globs and regular expressions: [a-z].
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "filters/pattern.h"

/* The ']' that ends the set which begins at text, borrowed; NULL: none. */
const char *bracket_end(const char *text, enum pattern_kind kind);

/* Does the set name a letter from A to Z without the small one? Such a letter says nothing where
 * all are small. False of a set that cannot be read, true without memory. */
bool bracket_has_large_alone(const char *set, size_t length, enum pattern_kind kind);
