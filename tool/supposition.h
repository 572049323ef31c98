// SPDX-License-Identifier: BSD-2-Clause
// A policy as it would be if no rule of deny held that is unknown for lack of a token.
#pragma once

#include <stdbool.h>
#include "filters/decide.h"

struct supposition {
    struct policy policy; /* all but its list of deny is borrowed, as is the one that narrows it */
    struct policy narrower;
};

/* *lacks: the rule is unknown, and a token could tell. False without memory. */
bool supposition_lacks_token(const struct rule *rule, const struct subject *subject, bool *lacks);

/* To be finished; borrows from the policy. False without memory: it is then empty. */
bool supposition_init(struct supposition *supposition, const struct policy *policy,
                      const struct subject *subject);
void supposition_finish(struct supposition *supposition);
