// SPDX-License-Identifier: BSD-2-Clause
#include "tool/explain_rules.h"

#include <stdio.h>
#include "tool/describe.h"

/* The rules that decided: one of each policy, or all of allow where none of them is true. */
struct deciding {
    const struct rule *rules; /* borrowed */
    size_t count;
    const struct rule *narrowing; /* borrowed; NULL: none */
    bool several;                 /* or one that the verdict does not name */
};

static struct deciding deciding_rules(const struct verdict *verdict)
{
    const struct rule_list *allow = &verdict->policy->allow;

    if (verdict->reason == REASON_NOT_ALLOWED || verdict->audited == REASON_NOT_ALLOWED)
        return (struct deciding){allow->rules, allow->count, verdict->narrowing, true};
    return (struct deciding){verdict->rule, verdict->rule != NULL ? 1 : 0, verdict->narrowing,
                             verdict->narrowing != NULL || !describe_names_rules(verdict)};
}

/* The verdict has named a rule that is the only one. */
static bool print_rule(const struct explain_style *style, const struct rule *rule, bool named,
                       const struct subject *subject, bool *open)
{
    struct explanation condition;

    if (!explanation_make(&rule->condition, subject, &condition))
        return false;
    if (style->json) {
        explain_text_json(stdout, rule, &condition, style);
    } else {
        if (!named)
            explain_text_rule(stdout, rule, condition.truth, style);
        explain_text_selectors(stdout, &condition, style);
    }
    *open = *open || condition.open;
    explanation_finish(&condition);
    return true;
}

bool explain_rules(const struct explain_style *style, const struct subject *subject,
                   const struct verdict *verdict, bool *open)
{
    struct deciding deciding = deciding_rules(verdict);
    size_t count = deciding.count + (deciding.narrowing != NULL);

    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = i < deciding.count ? &deciding.rules[i] : deciding.narrowing;

        if (style->json && i > 0)
            fputs(", ", stdout);
        if (!print_rule(style, rule, !deciding.several, subject, open))
            return false;
    }
    return true;
}
