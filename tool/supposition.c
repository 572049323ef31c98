// SPDX-License-Identifier: BSD-2-Clause
#include "tool/supposition.h"

#include <stdlib.h>
#include "filters/explain.h"

bool supposition_lacks_token(const struct rule *rule, const struct subject *subject, bool *lacks)
{
    struct explanation explanation;

    if (!explanation_make(&rule->condition, subject, &explanation))
        return false;
    *lacks = explanation.truth == TRUTH_UNKNOWN && explanation.open;
    explanation_finish(&explanation);
    return true;
}

/* The rules of *deny become a copy, which is owned, of those that do not lack a token. */
static bool leave_out(struct rule_list *deny, const struct subject *subject)
{
    struct rule_list kept = {.rules = calloc(deny->count + 1, sizeof(*kept.rules))};

    if (kept.rules == NULL)
        return false;
    for (size_t i = 0; i < deny->count; i++) {
        bool lacks;

        if (!supposition_lacks_token(&deny->rules[i], subject, &lacks)) {
            free(kept.rules);
            return false;
        }
        if (!lacks)
            kept.rules[kept.count++] = deny->rules[i];
    }
    *deny = kept;
    return true;
}

bool supposition_init(struct supposition *supposition, const struct policy *policy,
                      const struct subject *subject)
{
    *supposition = (struct supposition){.policy = *policy};
    if (policy->narrowed_by != NULL) {
        supposition->narrower = *policy->narrowed_by;
        supposition->policy.narrowed_by = &supposition->narrower;
    }
    if (leave_out(&supposition->policy.deny, subject)) {
        if (leave_out(&supposition->narrower.deny, subject))
            return true;
        free(supposition->policy.deny.rules);
    }
    *supposition = (struct supposition){0};
    return false;
}

void supposition_finish(struct supposition *supposition)
{
    free(supposition->policy.deny.rules);
    free(supposition->narrower.deny.rules);
    *supposition = (struct supposition){0};
}
