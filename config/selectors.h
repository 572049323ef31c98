// SPDX-License-Identifier: BSD-2-Clause
// Reads the selectors of rules (policy.md 3). Each reader adds one child to the struct selector
// that is its target.
#pragma once

#include "config/schema.h"
#include "filters/policy.h"

field_reader selector_read_text;    /* detail: the selector's kind */
field_reader selector_read_boolean; /* detail: the selector's kind */
field_reader selector_read_map;     /* token, slot, key: all of their properties */
field_reader selector_read_list;    /* detail: SELECTOR_ANY or SELECTOR_ALL, of maps of selectors */
field_reader selector_read_not;
field_reader selector_read_uri;
field_reader selector_read_id;
field_reader selector_read_slot_id;
field_reader selector_read_fingerprint;
field_reader selector_read_public_key;
field_reader selector_read_key_type;
field_reader selector_read_key_bits;
field_reader selector_read_key_curve;

/* Adds the child, which then belongs to the parent; without memory it is finished, and a message
 * says so. */
void selector_adopt(struct reader *reader, struct selector *parent, struct selector *child);
