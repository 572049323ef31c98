// SPDX-License-Identifier: BSD-2-Clause
// Reads lists of names that are permitted or refused: functions, mechanisms, digests (policy.md 2
// and 3).
#pragma once

#include "config/schema.h"

/* Into struct config; what is inside goes into a struct access. */
field_reader access_read_functions;
field_reader access_read_mechanisms;

/* Into struct access. */
field_reader access_read_allowed_functions;
field_reader access_read_denied_functions;
field_reader access_read_allowed_mechanisms;
field_reader access_read_denied_mechanisms;

/* Into struct use. */
field_reader use_read_mechanisms;
field_reader use_read_digests;
