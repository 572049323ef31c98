// SPDX-License-Identifier: BSD-2-Clause
// Reads what is no rule and no module: version, preset, session, cache, log and so on (policy.md
// 2).
#pragma once

#include "config/schema.h"

struct settings;
struct log_settings;

/* Refuses, in a user's file beside the system's, what the system's alone says. */
field_reader settings_refuse;

/* Into struct config. */
field_reader settings_read_version;
field_reader settings_read_preset;
field_reader settings_read_inner; /* a map of keys that are read into the same struct config */
field_reader settings_read_read_only;
field_reader settings_read_max_age;
field_reader settings_read_audit_only;
field_reader settings_read_user_config;
field_reader settings_read_log;

/* Into struct settings. */
field_reader settings_read_log_file;
field_reader settings_read_log_level;
field_reader settings_read_log_trace;
field_reader settings_read_log_stderr;

/* What holds where the file says nothing, or cannot be read: the log in $XDG_STATE_HOME or home's
 * .local/state (no file where there is no home either; home may be NULL). False without memory:
 * there is no file then. */
bool settings_default_log(const char *home, struct log_settings *log);

/* What holds where the file says nothing. */
void settings_init(struct reader *reader, struct settings *settings);
