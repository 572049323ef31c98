// SPDX-License-Identifier: BSD-2-Clause
// Reads `daemon`: whether the tokens are reached through `p11gate serve`, and where (policy.md 2).
#pragma once

#include "config/schema.h"

struct config;
struct daemon_settings;

/* Into struct config. */
field_reader daemon_read;

/* Into struct daemon_settings. */
field_reader daemon_read_socket;
field_reader daemon_read_use;

/* What holds where the file says nothing. */
void daemons_init(struct reader *reader, struct daemon_settings *settings);

/* Errors, once all files are read: a daemon under a preset that it does not have. */
void daemons_check(struct reader *reader, const struct config *config);
