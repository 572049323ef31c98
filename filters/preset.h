// SPDX-License-Identifier: BSD-2-Clause
// The presets: what programs may do, before the configuration narrows it (policy.md 2).
#pragma once

/* From the strictest on: what one permits, the next does too. */
enum preset { PRESET_SSH, PRESET_READ_ONLY, PRESET_TRANSPARENT };
