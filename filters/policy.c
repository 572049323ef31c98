// SPDX-License-Identifier: BSD-2-Clause
#include "filters/policy.h"

#include <stdlib.h>
#include "crypto/public_key.h"

bool number_holds(const struct number *number, uint64_t value)
{
    switch (number->comparison) {
    case COMPARE_EQUAL:
        return value == number->number;
    case COMPARE_LESS:
        return value < number->number;
    case COMPARE_AT_MOST:
        return value <= number->number;
    case COMPARE_MORE:
        return value > number->number;
    case COMPARE_AT_LEAST:
        return value >= number->number;
    }
    return false;
}

static void part_finish(struct name_part *part)
{
    for (size_t i = 0; i < part->n_patterns; i++)
        pattern_destroy(part->patterns[i]);
    free(part->patterns);
    free(part->type);
}

void selector_finish(struct selector *selector)
{
    for (size_t i = 0; i < selector->n_children; i++)
        selector_finish(&selector->children[i]);
    for (size_t i = 0; i < selector->n_patterns; i++)
        pattern_destroy(selector->patterns[i]);
    for (size_t i = 0; i < selector->n_keys; i++)
        public_key_destroy(selector->keys[i]);
    for (size_t i = 0; i < selector->n_parts; i++)
        part_finish(&selector->parts[i]);
    pattern_destroy(selector->object.id);
    pattern_destroy(selector->object.label);
    free(selector->children);
    free(selector->patterns);
    free(selector->numbers);
    free(selector->hashes);
    free(selector->keys);
    free(selector->windows);
    free(selector->parts);
    trust_wish_finish(&selector->trust);
    *selector = (struct selector){0};
}

static void use_finish(struct use *use)
{
    free(use->show_label);
    access_finish(&use->mechanisms);
    access_finish(&use->digests);
}

void rule_list_finish(struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->rules[i].name);
        use_finish(&list->rules[i].use);
        selector_finish(&list->rules[i].condition);
    }
    free(list->rules);
    *list = (struct rule_list){0};
}

void policy_finish(struct policy *policy)
{
    rule_list_finish(&policy->require);
    rule_list_finish(&policy->deny);
    rule_list_finish(&policy->allow);
    if (policy->narrowed_by != NULL)
        policy_finish(policy->narrowed_by);
    free(policy->narrowed_by);
    *policy = (struct policy){0};
}

static bool selector_uses(const struct selector *selector, enum selector_kind kind)
{
    if (selector->kind == kind)
        return true;
    for (size_t i = 0; i < selector->n_children; i++) {
        if (selector_uses(&selector->children[i], kind))
            return true;
    }
    return false;
}

static bool list_uses(const struct rule_list *list, enum selector_kind kind)
{
    for (size_t i = 0; i < list->count; i++) {
        if (selector_uses(&list->rules[i].condition, kind))
            return true;
    }
    return false;
}

bool policy_uses(const struct policy *policy, enum selector_kind kind)
{
    return list_uses(&policy->require, kind) || list_uses(&policy->deny, kind) ||
           list_uses(&policy->allow, kind) ||
           (policy->narrowed_by != NULL && policy_uses(policy->narrowed_by, kind));
}

bool selector_asks_certificate(enum selector_kind kind)
{
    return kind >= SELECTOR_CERTIFICATE_PRESENT && kind <= SELECTOR_CERTIFICATE_SIGNATURE;
}

bool policy_asks_certificates(const struct policy *policy)
{
    for (int kind = SELECTOR_CERTIFICATE_PRESENT; kind <= SELECTOR_CERTIFICATE_SIGNATURE; kind++) {
        if (policy_uses(policy, (enum selector_kind)kind))
            return true;
    }
    return false;
}

bool policy_asks_trust(const struct policy *policy)
{
    return policy_uses(policy, SELECTOR_CERTIFICATE_CA) ||
           policy_uses(policy, SELECTOR_CERTIFICATE_VALID);
}

enum certificate_depth policy_certificate_depth(const struct policy *policy)
{
    if (policy_asks_trust(policy))
        return CERTIFICATE_CHAIN;
    return policy_asks_certificates(policy) ? CERTIFICATE_CONTENT : CERTIFICATE_KEY;
}
