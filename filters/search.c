// SPDX-License-Identifier: BSD-2-Clause
#include "filters/search.h"

#include <stdlib.h>

static bool asks_members(const struct selector *selector)
{
    return selector->kind == SELECTOR_ID || selector->kind == SELECTOR_LABEL ||
           selector->kind == SELECTOR_OBJECT;
}

static size_t count_member_selectors(const struct selector *selector)
{
    size_t count = asks_members(selector) ? 1 : 0;

    for (size_t i = 0; i < selector->n_children; i++)
        count += count_member_selectors(&selector->children[i]);
    return count;
}

static bool is_exact(struct pattern *const *patterns, size_t count)
{
    size_t size;

    for (size_t i = 0; i < count; i++) {
        if (pattern_exact(patterns[i], &size) == NULL)
            return false;
    }
    return count > 0;
}

/* A selector whose objects the token can look up by itself. */
static bool is_narrow(const struct selector *selector)
{
    if (selector->kind == SELECTOR_OBJECT)
        return selector->object.id != NULL || selector->object.label != NULL;
    return asks_members(selector) && is_exact(selector->patterns, selector->n_patterns);
}

/* The narrow selector among those that must all hold; NULL: there is none. */
static const struct selector *find_narrow(const struct selector *selector)
{
    const struct selector *found = NULL;

    if (selector->kind != SELECTOR_ALL)
        return is_narrow(selector) ? selector : NULL;
    for (size_t i = 0; i < selector->n_children && found == NULL; i++)
        found = find_narrow(&selector->children[i]);
    return found;
}

static struct attributes *add_template(struct search_plan *plan)
{
    struct attributes *grown = reallocarray(plan->narrow, plan->n_narrow + 1, sizeof(*grown));

    if (grown == NULL)
        return NULL;
    plan->narrow = grown;
    grown[plan->n_narrow] = (struct attributes){0};
    return &grown[plan->n_narrow++];
}

static bool set_exact(struct attributes *template, CK_ATTRIBUTE_TYPE type,
                      const struct pattern *pattern)
{
    size_t size = 0;
    const void *bytes = pattern_exact(pattern, &size);

    return bytes != NULL && attributes_set(template, type, bytes, size);
}

static bool add_reference(struct search_plan *plan, const struct object_reference *object)
{
    struct attributes *template = add_template(plan);

    return template != NULL &&
           (object->id == NULL || set_exact(template, CKA_ID, object->id)) &&
           (object->label == NULL || set_exact(template, CKA_LABEL, object->label));
}

static bool add_patterns(struct search_plan *plan, const struct selector *selector)
{
    CK_ATTRIBUTE_TYPE type = selector->kind == SELECTOR_ID ? CKA_ID : CKA_LABEL;

    for (size_t i = 0; i < selector->n_patterns; i++) {
        struct attributes *template = add_template(plan);
        if (template == NULL || !set_exact(template, type, selector->patterns[i]))
            return false;
    }
    return true;
}

/* Other rules that ask for ids or labels need every member of a group, those with other ids as well. */
static bool others_ask_members(const struct policy *policy)
{
    const struct rule_list *lists[] = {&policy->require, &policy->deny};

    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < lists[l]->count; i++) {
            if (count_member_selectors(&lists[l]->rules[i].condition) > 0)
                return true;
        }
    }
    return false;
}

static bool same_template(const struct attributes *a, const struct attributes *b)
{
    return a->count == b->count && attributes_match(a, b->items, b->count);
}

/* Rules that ask for the same objects share a search. */
static void drop_repeated(struct search_plan *plan)
{
    size_t kept = 0;

    for (size_t i = 0; i < plan->n_narrow; i++) {
        bool repeated = false;
        for (size_t j = 0; j < kept && !repeated; j++)
            repeated = same_template(&plan->narrow[j], &plan->narrow[i]);
        if (repeated)
            attributes_finish(&plan->narrow[i]);
        else
            plan->narrow[kept++] = plan->narrow[i];
    }
    plan->n_narrow = kept;
}

static bool add_rule(struct search_plan *plan, const struct rule *rule)
{
    const struct selector *narrow = find_narrow(&rule->condition);

    if (narrow == NULL || count_member_selectors(&rule->condition) != 1) {
        plan->whole = true;
        return true;
    }
    if (narrow->kind == SELECTOR_OBJECT)
        return add_reference(plan, &narrow->object);
    return add_patterns(plan, narrow);
}

static bool make_plan(const struct policy *policy, const struct subject *subject,
                      struct search_plan *plan)
{
    plan->whole = policy->allow_all || others_ask_members(policy);
    for (size_t i = 0; i < policy->allow.count && !plan->whole; i++) {
        const struct rule *rule = &policy->allow.rules[i];
        if (selector_match(&rule->condition, subject) != TRUTH_FALSE && !add_rule(plan, rule))
            return false;
    }
    drop_repeated(plan);
    return true;
}

static bool asks_for_members(const struct policy *policy)
{
    return policy_uses(policy, SELECTOR_ID) || policy_uses(policy, SELECTOR_LABEL) ||
           policy_uses(policy, SELECTOR_OBJECT);
}

/* The policy by which objects may be looked up, where both must show them: one whose answers the
 * other needs no further members for. NULL: the whole token has to be read. */
static const struct policy *looked_up_by(const struct policy *policy)
{
    const struct policy *narrower = policy->narrowed_by;
    struct policy alone = *policy;

    alone.narrowed_by = NULL;
    if (narrower == NULL || !asks_for_members(narrower))
        return policy;
    return asks_for_members(&alone) ? NULL : narrower;
}

bool search_plan_make(const struct policy *policy, const struct subject *subject,
                      struct search_plan *plan)
{
    const struct policy *chosen = looked_up_by(policy);

    *plan = (struct search_plan){0};
    if (!policy_may_show_token(policy, subject))
        return true;
    if (chosen == NULL || subject->audit_only) {
        plan->whole = true;
        return true;
    }
    plan->certificates = policy_asks_certificates(policy);
    if (!make_plan(chosen, subject, plan)) {
        search_plan_finish(plan);
        return false;
    }
    return true;
}

void search_plan_finish(struct search_plan *plan)
{
    for (size_t i = 0; i < plan->n_narrow; i++)
        attributes_finish(&plan->narrow[i]);
    free(plan->narrow);
    *plan = (struct search_plan){0};
}
