// SPDX-License-Identifier: BSD-2-Clause
// Reads `login`: where PINs come from, and how long they are kept (policy.md 2 and 6).
#pragma once

#include "config/schema.h"

struct config;

/* Into struct config. */
field_reader login_read;

/* Into struct login_settings. */
field_reader login_read_source;
field_reader login_read_keep;
field_reader login_read_automatic;
field_reader keep_pin_read_idle;
field_reader keep_pin_read_max;
field_reader keep_pin_read_survive_removal;

/* Errors, once all files are read: a login where the preset in force passes calls unseen. */
void logins_check(struct reader *reader, const struct config *config);
