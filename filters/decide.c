// SPDX-License-Identifier: BSD-2-Clause
#include "filters/decide.h"

#include <limits.h>

static bool certificates_sign(const struct key_group *group, bool *signs)
{
    bool said = false;

    *signs = false;
    for (size_t i = 0; i < group->n_certificates; i++) {
        enum key_usage usage = group->certificates[i]->usage;
        said = said || usage != KEY_USAGE_ABSENT;
        *signs = *signs || usage == KEY_USAGE_SIGNS;
    }
    return said;
}

bool key_group_signs(const struct key_group *group)
{
    bool signs = true;

    if (group->private_key != NULL) {
        attributes_bool(&group->private_key->attributes, CKA_SIGN, &signs);
        return signs;
    }
    if (certificates_sign(group, &signs))
        return signs;
    signs = true;
    for (size_t i = 0; i < group->n_public_keys; i++) {
        if (attributes_bool(&group->public_keys[i]->attributes, CKA_VERIFY, &signs))
            return signs;
    }
    return signs;
}

static const struct rule *denying_rule(const struct policy *policy, const struct subject *subject)
{
    for (size_t i = 0; i < policy->deny.count; i++) {
        if (selector_match(&policy->deny.rules[i].condition, subject) != TRUTH_FALSE)
            return &policy->deny.rules[i];
    }
    return NULL;
}

static const struct rule *failing_requirement(const struct policy *policy,
                                              const struct subject *subject)
{
    for (size_t i = 0; i < policy->require.count; i++) {
        if (selector_match(&policy->require.rules[i].condition, subject) != TRUTH_TRUE)
            return &policy->require.rules[i];
    }
    return NULL;
}

/* A rule's place counts from 1; use: {order} puts another number in its stead. */
static bool find_allowing(const struct policy *policy, const struct subject *subject,
                          struct verdict *verdict)
{
    for (size_t i = 0; i < policy->allow.count; i++) {
        const struct rule *rule = &policy->allow.rules[i];
        if (selector_match(&rule->condition, subject) != TRUTH_TRUE)
            continue;
        verdict->rule = rule;
        verdict->order = rule->use.has_order ? rule->use.order : (long)i + 1;
        return true;
    }
    return policy->allow_all;
}

static void ask_policy(const struct policy *policy, const struct subject *subject,
                       struct verdict *verdict)
{
    verdict->policy = policy;
    verdict->rule = denying_rule(policy, subject);
    if (verdict->rule != NULL) {
        verdict->reason = REASON_DENIED;
        return;
    }
    verdict->rule = failing_requirement(policy, subject);
    if (verdict->rule != NULL) {
        verdict->reason = REASON_REQUIRED;
        return;
    }
    verdict->by_policy = find_allowing(policy, subject, verdict);
    verdict->reason = verdict->by_policy ? REASON_ALLOWED : REASON_NOT_ALLOWED;
}

/* The user's wish for order and label holds where one is said; `allow: all` says none. */
static void narrow(const struct policy *policy, const struct subject *subject,
                   struct verdict *verdict)
{
    struct verdict narrower = {.reason = REASON_NOT_ALLOWED};

    ask_policy(policy, subject, &narrower);
    if (!narrower.by_policy) {
        narrower.certificate = verdict->certificate;
        *verdict = narrower;
        return;
    }
    verdict->narrowing = narrower.rule;
    if (narrower.rule == NULL)
        return;
    verdict->system_order = verdict->order;
    verdict->order = narrower.order;
}

bool verdict_is_audited(const struct verdict *verdict)
{
    return verdict->reason == REASON_ALLOWED && verdict->audited != REASON_ALLOWED;
}

const char *verdict_label(const struct verdict *verdict)
{
    if (verdict->narrowing != NULL && verdict->narrowing->use.show_label != NULL)
        return verdict->narrowing->use.show_label;
    return verdict->rule != NULL ? verdict->rule->use.show_label : NULL;
}

bool verdict_asks(const struct verdict *verdict)
{
    return (verdict->rule != NULL && verdict->rule->use.confirm) ||
           (verdict->narrowing != NULL && verdict->narrowing->use.confirm);
}

unsigned verdict_most_per_minute(const struct verdict *verdict)
{
    return verdict->rule != NULL ? verdict->rule->use.most_per_minute : 0;
}

/* For an audit: what the policy hides is listed behind all that it permits. */
static void permit_for_audit(struct verdict *verdict)
{
    verdict->audited = verdict->reason;
    verdict->reason = REASON_ALLOWED;
    verdict->order = LONG_MAX;
    verdict->by_policy = true;
}

static struct verdict ask_both(const struct policy *policy, const struct subject *subject)
{
    struct verdict verdict = {.reason = REASON_NOT_ALLOWED,
                              .audited = REASON_ALLOWED,
                              .certificate = subject->certificate};

    ask_policy(policy, subject, &verdict);
    if (!verdict.by_policy && subject->audit_only)
        permit_for_audit(&verdict);
    if (verdict.by_policy && policy->narrowed_by != NULL)
        narrow(policy->narrowed_by, subject, &verdict);
    return verdict;
}

/* The place of an allow rule in its list; `allow: all` stands behind all of them. */
static size_t place_of(const struct rule *rule, const struct policy *policy)
{
    return rule != NULL ? (size_t)(rule - policy->allow.rules) : policy->allow.count;
}

/* Both are allowed, or neither is. */
static bool comes_first(const struct policy *policy, const struct verdict *a,
                        const struct verdict *b)
{
    bool a_audited = a->audited != REASON_ALLOWED, b_audited = b->audited != REASON_ALLOWED;

    if (!a->by_policy || a_audited != b_audited)
        return a->by_policy && b_audited;
    if (a_audited)
        return false;
    if (a->rule != b->rule)
        return place_of(a->rule, policy) < place_of(b->rule, policy);
    return policy->narrowed_by != NULL &&
           place_of(a->narrowing, policy->narrowed_by) < place_of(b->narrowing, policy->narrowed_by);
}

static struct verdict ask_about_each(const struct policy *policy, const struct subject *subject)
{
    const struct key_group *group = subject->group;
    struct subject one = *subject;
    struct verdict best;

    one.certificate = group->n_certificates > 0 ? group->certificates[0] : NULL;
    best = ask_both(policy, &one);
    for (size_t i = 1; i < group->n_certificates; i++) {
        struct verdict next;

        one.certificate = group->certificates[i];
        next = ask_both(policy, &one);
        if (next.by_policy != best.by_policy ? next.by_policy : comes_first(policy, &next, &best))
            best = next;
    }
    return best;
}

bool policy_shows_certificate(const struct policy *policy, const struct subject *subject,
                              const struct object *certificate)
{
    struct subject one = *subject;

    one.certificate = certificate;
    return ask_both(policy, &one).by_policy;
}

struct verdict policy_decide(const struct policy *policy, const struct subject *subject)
{
    const struct key_group *group = subject->group;
    struct verdict verdict = ask_about_each(policy, subject);

    if (!verdict.by_policy)
        return verdict;
    if (group->key == NULL)
        verdict.reason = REASON_NO_PUBLIC_KEY;
    else if (group->private_key == NULL && subject->private_visible)
        verdict.reason = REASON_NO_PRIVATE_KEY;
    else if (subject->preset == PRESET_SSH && !key_group_signs(group))
        verdict.reason = REASON_CANNOT_SIGN;
    return verdict;
}

static bool may_show_token(const struct policy *policy, const struct subject *subject)
{
    for (size_t i = 0; i < policy->deny.count; i++) {
        if (selector_match(&policy->deny.rules[i].condition, subject) == TRUTH_TRUE)
            return false;
    }
    for (size_t i = 0; i < policy->require.count; i++) {
        if (selector_match(&policy->require.rules[i].condition, subject) == TRUTH_FALSE)
            return false;
    }
    for (size_t i = 0; i < policy->allow.count; i++) {
        if (selector_match(&policy->allow.rules[i].condition, subject) != TRUTH_FALSE)
            return true;
    }
    return policy->allow_all;
}

bool policy_may_show_token(const struct policy *policy, const struct subject *subject)
{
    return (subject->audit_only || may_show_token(policy, subject)) &&
           (policy->narrowed_by == NULL || may_show_token(policy->narrowed_by, subject));
}

/* A URI names a token by its label or serial only; token: and slot: by any of their fields. */
static bool can_name(const struct selector *selector)
{
    switch ((int)selector->kind) {
    case SELECTOR_TOKEN_LABEL:
    case SELECTOR_TOKEN_SERIAL:
        return true;
    case SELECTOR_TOKEN_MANUFACTURER:
    case SELECTOR_TOKEN_MODEL:
    case SELECTOR_SLOT_DESCRIPTION:
    case SELECTOR_SLOT_ID:
        return !selector->from_uri;
    }
    return false;
}

static bool is_plain(const struct selector *selector)
{
    size_t size;

    for (size_t i = 0; i < selector->n_patterns; i++) {
        if (pattern_exact(selector->patterns[i], &size) == NULL)
            return false;
    }
    for (size_t i = 0; i < selector->n_numbers; i++) {
        if (selector->numbers[i].comparison != COMPARE_EQUAL)
            return false;
    }
    return true;
}

static bool names(const struct selector *selector, const struct subject *subject)
{
    if (selector->kind != SELECTOR_ALL)
        return can_name(selector) && is_plain(selector) &&
               selector_match(selector, subject) == TRUTH_TRUE;
    for (size_t i = 0; i < selector->n_children; i++) {
        if (names(&selector->children[i], subject))
            return true;
    }
    return false;
}

static bool is_when(enum selector_kind kind)
{
    return kind >= SELECTOR_WHEN_USER && kind <= SELECTOR_WHEN_TIME;
}

/* Is any `when` in it one that cannot be told? (One that is false makes its rule false, or is one
 * of several.) */
static bool when_unknown(const struct selector *selector, const struct subject *subject)
{
    if (is_when(selector->kind))
        return selector_match(selector, subject) == TRUTH_UNKNOWN;
    for (size_t i = 0; i < selector->n_children; i++) {
        if (when_unknown(&selector->children[i], subject))
            return true;
    }
    return false;
}

static bool names_token(const struct policy *policy, const struct subject *subject)
{
    for (size_t i = 0; i < policy->allow.count; i++) {
        const struct selector *condition = &policy->allow.rules[i].condition;
        if (names(condition, subject) && selector_match(condition, subject) != TRUTH_FALSE &&
            !when_unknown(condition, subject))
            return true;
    }
    return false;
}

/* What the system's policy consents to, the user's `allow: all` takes nothing from. */
bool policy_names_token(const struct policy *policy, const struct subject *subject)
{
    const struct policy *narrower = policy->narrowed_by;

    if (!policy_may_show_token(policy, subject) ||
        (!subject->audit_only && !names_token(policy, subject)))
        return false;
    return narrower == NULL || narrower->allow_all || names_token(narrower, subject);
}
