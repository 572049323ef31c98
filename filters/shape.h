// SPDX-License-Identifier: BSD-2-Clause
// The identifiers and labels under which keys are shown (policy.md 7).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "filters/exposure.h"

enum { LABEL_MAX = 255 }; /* ssh reads labels into 255 bytes and gives up on the slot when one is longer */

/* Sets id of every key that the policy allows, each its own; one that was shown already, and that a member still carries, stays (shown
 * may be NULL). False when there is no memory. */
bool shape_ids(struct exposed_key *keys, size_t count, const struct shown_ids *shown);

/* Adds CKA_ID and CKA_LABEL to what is shown of an object. False when there is no memory. */
bool shape_object(struct exposed_object *object);

/* Length to which a label is cut: at most LABEL_MAX bytes, whole UTF-8 characters. */
size_t shape_label_size(const void *label, size_t size);
