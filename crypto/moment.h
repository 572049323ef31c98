// SPDX-License-Identifier: BSD-2-Clause
// Moments at which something about certificates and CRLs begins or ends. 0 is none.
#pragma once

#include <time.h>

/* Of the two the earlier that is after now. */
static inline time_t moment_next(time_t now, time_t a, time_t b)
{
    if (a <= now)
        return b > now ? b : 0;
    return b > now && b < a ? b : a;
}
