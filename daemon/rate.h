// SPDX-License-Identifier: BSD-2-Clause
// How often each user uses each key (use: {max_signatures_per_minute: N}).
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { RATE_KEY_SIZE = 32, RATE_SPAN = 60 /* seconds */, RATE_MOST = 4096 /* keys of users at a time */, RATE_MOST_OF_USER = 256 };

/* Counts a use of the key by that user, unless it would be one more than `most` within RATE_SPAN seconds: false then, and where too many keys are
 * counted at this moment, all in all or of that user. now: seconds of a clock that does not go back. */
bool rate_permits(uid_t user, const uint8_t key[RATE_KEY_SIZE], unsigned most, time_t now);
