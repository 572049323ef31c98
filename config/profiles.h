// SPDX-License-Identifier: BSD-2-Clause
// Reads profiles: maps of keys that are put over those of the file when they are chosen (policy.md
// 2).
#pragma once

#include "config/schema.h"

struct config;

/* Refuses profiles in the system's file. They are read when all else is, by the next. */
field_reader profiles_read;

/* Reads all profiles of the document, and the reader's chosen one into config: its require and deny
 * add up, its allow replaces. One that is chosen and not there is an error. True if the chosen one
 * has an allow. */
bool profiles_apply(struct reader *reader, const struct node *root, struct config *config);
