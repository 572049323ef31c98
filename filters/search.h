// SPDX-License-Identifier: BSD-2-Clause
// How a token is searched: narrowly where the rules allow it, so that the cost follows the whitelist (policy.md 3).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "common/attributes.h"
#include "filters/decide.h"
#include "filters/policy.h"

/* A zeroed struct is an empty plan: nothing of the token can be visible. */
struct search_plan {
    bool whole;                /* search by class, and read everything */
    bool certificates;         /* rules ask for certificates: those of the keys that were found have all to be known */
    struct attributes *narrow; /* owned array of owned templates; not used when whole */
    size_t n_narrow;
};

/* subject->group is ignored. False when there is no memory. */
bool search_plan_make(const struct policy *policy, const struct subject *subject,
                      struct search_plan *plan);
void search_plan_finish(struct search_plan *plan);
