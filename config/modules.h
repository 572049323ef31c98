// SPDX-License-Identifier: BSD-2-Clause
// Reads which vendor libraries there are: module and modules (policy.md 2).
#pragma once

#include "config/schema.h"

/* Into struct config. */
field_reader modules_read_one;
field_reader modules_read;

/* Into struct module_settings. */
field_reader module_read_name;
field_reader module_read_path;
field_reader module_read_init_args;
field_reader module_read_quirks;
