// SPDX-License-Identifier: BSD-2-Clause
// Reads the selectors of `certificate` (policy.md 4). Each reader adds one child to the struct
// selector that is its target, but for those of the last two groups.
#pragma once

#include "config/schema.h"
#include "filters/policy.h"

field_reader certificate_read;
field_reader certificate_read_name; /* detail: the selector's kind, as in the next */
field_reader certificate_read_text;
field_reader certificate_read_serial;
field_reader certificate_read_sha256;
field_reader certificate_read_oids;   /* detail: the selector's kind */
field_reader certificate_read_usages; /* the same */
field_reader certificate_read_other;

/* Of `key_usage` and its like. */
enum usages_asked { USAGES_ALL_OF, USAGES_ANY_OF, USAGES_NONE_OF };
field_reader usages_read; /* detail: enum usages_asked; of struct usages */

struct usages {
    enum selector_kind kind;
    struct selector *selector; /* borrowed; the SELECTOR_ALL of what is asked */
};

/* Of `other`: the nodes of its two keys. */
struct other_name {
    const struct node *oid, *value; /* borrowed */
};

field_reader other_name_read_oid; /* of struct other_name, as the next */
field_reader other_name_read_value;
