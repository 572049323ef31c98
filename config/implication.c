// SPDX-License-Identifier: BSD-2-Clause
// Compares the values of selectors of one kind; takes any, all and not apart.
#include "config/implication.h"

#include <string.h>
#include "crypto/public_key.h"

static bool pattern_implies(const struct pattern *a, const struct selector *b)
{
    size_t size = 0;
    const void *bytes = pattern_exact(a, &size);

    for (size_t i = 0; bytes != NULL && i < b->n_patterns; i++)
        if (pattern_match(b->patterns[i], bytes, size) == TRUTH_TRUE)
            return true;
    return false;
}

/* The least that the one asks for is enough for the other. */
static bool number_implies(const struct number *a, const struct selector *b)
{
    for (size_t i = 0; i < b->n_numbers; i++) {
        const struct number *other = &b->numbers[i];
        bool same = a->comparison == other->comparison && a->number == other->number;
        bool at_least = (a->comparison == COMPARE_AT_LEAST || a->comparison == COMPARE_MORE) &&
                        other->comparison == COMPARE_AT_LEAST && a->number >= other->number;

        if (same || at_least || (a->comparison == COMPARE_EQUAL && number_holds(other, a->number)))
            return true;
    }
    return false;
}

static bool hash_implies(const uint8_t hash[32], const struct selector *b)
{
    for (size_t i = 0; i < b->n_hashes; i++)
        if (memcmp(hash, b->hashes[i], sizeof(b->hashes[i])) == 0)
            return true;
    return false;
}

static bool key_implies(const struct public_key *key, const struct selector *b)
{
    for (size_t i = 0; i < b->n_keys; i++)
        if (public_key_equal(key, b->keys[i]))
            return true;
    return false;
}

static bool window_implies(const struct time_window *a, const struct selector *b)
{
    for (size_t i = 0; i < b->n_windows; i++) {
        const struct time_window *other = &b->windows[i];
        bool inside = a->from >= other->from && a->to <= other->to;

        for (size_t day = 0; day < sizeof(a->days) / sizeof(a->days[0]); day++)
            inside = inside && (!a->days[day] || other->days[day]);
        if (inside)
            return true;
    }
    return false;
}

static bool is_boolean(enum selector_kind kind)
{
    return kind >= SELECTOR_KEY_SIGN && kind <= SELECTOR_KEY_LOCAL;
}

/* Each value of the one is among those of the other. What has no values of its own is not compared:
 * a URI's object. */
static bool values_imply(const struct selector *a, const struct selector *b)
{
    size_t count = a->n_patterns + a->n_numbers + a->n_hashes + a->n_keys + a->n_windows;
    bool all = is_boolean(a->kind) ? a->boolean == b->boolean : count > 0;

    if (a->trust.n_sources > 0)
        return trust_wish_equal(&a->trust, &b->trust);

    for (size_t i = 0; i < a->n_patterns && all; i++)
        all = pattern_implies(a->patterns[i], b);
    for (size_t i = 0; i < a->n_numbers && all; i++)
        all = number_implies(&a->numbers[i], b);
    for (size_t i = 0; i < a->n_hashes && all; i++)
        all = hash_implies(a->hashes[i], b);
    for (size_t i = 0; i < a->n_keys && all; i++)
        all = key_implies(a->keys[i], b);
    for (size_t i = 0; i < a->n_windows && all; i++)
        all = window_implies(&a->windows[i], b);
    return all;
}

static bool each_child_is_implied(const struct selector *a, const struct selector *b)
{
    for (size_t i = 0; i < b->n_children; i++)
        if (!selector_implies(a, &b->children[i]))
            return false;
    return true;
}

static bool each_child_implies(const struct selector *a, const struct selector *b)
{
    for (size_t i = 0; i < a->n_children; i++)
        if (!selector_implies(&a->children[i], b))
            return false;
    return a->n_children > 0;
}

static bool some_child_implies(const struct selector *a, const struct selector *b)
{
    for (size_t i = 0; i < a->n_children; i++)
        if (selector_implies(&a->children[i], b))
            return true;
    return false;
}

static bool some_child_is_implied(const struct selector *a, const struct selector *b)
{
    for (size_t i = 0; i < b->n_children; i++)
        if (selector_implies(a, &b->children[i]))
            return true;
    return false;
}

bool selector_implies(const struct selector *a, const struct selector *b)
{
    if (b->kind == SELECTOR_ALL)
        return each_child_is_implied(a, b);
    if (a->kind == SELECTOR_ANY)
        return each_child_implies(a, b);
    if (a->kind == SELECTOR_ALL)
        return some_child_implies(a, b);
    if (b->kind == SELECTOR_ANY)
        return some_child_is_implied(a, b);
    if (a->kind == SELECTOR_NOT && b->kind == SELECTOR_NOT)
        return b->n_children > 0 && each_child_is_implied(&b->children[0], a);
    return a->kind == b->kind && values_imply(a, b);
}

static bool has_unknown_values_alone(const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_patterns; i++)
        if (pattern_match(selector->patterns[i], "", 0) != TRUTH_UNKNOWN)
            return false;
    return selector->n_patterns > 0;
}

static bool is_never(enum truth truth, const struct selector *selector)
{
    /* One child is enough to make an `all` false and an `any` true. */
    bool one_is_enough = selector->kind == (truth == TRUTH_TRUE ? SELECTOR_ALL : SELECTOR_ANY);
    size_t never = 0;

    if (selector->kind != SELECTOR_ALL && selector->kind != SELECTOR_ANY &&
        selector->kind != SELECTOR_NOT)
        return has_unknown_values_alone(selector);
    if (selector->kind == SELECTOR_NOT)
        truth = truth_not(truth);
    for (size_t i = 0; i < selector->n_children; i++)
        never += is_never(truth, &selector->children[i]);
    return one_is_enough ? never > 0 : never == selector->n_children;
}

bool selector_is_never_true(const struct selector *selector)
{
    return is_never(TRUTH_TRUE, selector);
}
