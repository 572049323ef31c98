// SPDX-License-Identifier: BSD-2-Clause
// Globs and regular expressions on what has a domain behind its last @, and is compared in small
// letters there.
#pragma once

#include <stddef.h>
#include "filters/pattern.h"

/* Where that stands which a part of the pattern matches. */
enum domain_side {
    SIDE_OPEN,   /* it cannot be told: no @ stands before it, and none is sure to come */
    SIDE_LOCAL,  /* an @ is sure to come */
    SIDE_DOMAIN, /* an @ may stand before it, and none is sure to come */
};

/* One for each byte of the pattern, with its %u and the like; the caller frees. NULL without
 * memory. Of an alternative each path through it counts, of an `@?` both. */
enum domain_side *domain_letters_sides(enum pattern_kind kind, const char *text);

/* The first large letter, or set that has one without the small one, with which nothing that is
 * compared can match, or not what was meant; a glob's letters in a domain are all right, being put
 * into small ones. The pattern is one that substitution_make() takes. Borrowed; NULL: there is
 * none. */
const char *domain_letters_find(enum pattern_kind kind, const char *text,
                                const enum domain_side *sides, size_t *length);
