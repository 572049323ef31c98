// SPDX-License-Identifier: BSD-2-Clause
// Reads distinguished names in rules: whole ones in the text of RFC 4514, or maps of their
// attributes.
#pragma once

#include "config/reader.h"
#include "filters/policy.h"

/* Adds what is asked of one attribute: the patterns of values, which are taken over. False, with a
 * message, without memory. */
bool name_part_add(struct reader *reader, struct selector *selector, const char *type,
                   struct selector *values);

/* Reads the name, or a list of names, into the selector: as its patterns or parts, or as children
 * of its kind, of which any is enough. */
void distinguished_name_read(struct reader *reader, const struct node *node,
                             struct selector *selector);
