// SPDX-License-Identifier: BSD-2-Clause
// The presets: what programs may do, before the configuration narrows it (policy.md 2).
#pragma once

#include <stdbool.h>
#include "common/functions.h"

/* From the strictest on: what one permits, the next does too. */
enum preset { PRESET_SSH, PRESET_READ_ONLY, PRESET_TRANSPARENT };

bool preset_permits(enum preset preset, enum function_id function);

/* Is it one of those without which nothing can be found or used? They are never refused. */
bool function_is_basic(enum function_id function);
