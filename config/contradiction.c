// SPDX-License-Identifier: BSD-2-Clause
// Compares, within each rule, the selectors that must all hold, two by two.
#include "config/contradiction.h"

#include <stdlib.h>
#include <string.h>
#include "config/implication.h"
#include "config/quirk.h"
#include "crypto/public_key.h"

/* The selectors of a rule that must all hold, nested `all`s dissolved. */
struct conjunction {
    const struct selector **items; /* owned */
    size_t count;
};

static bool collect(struct conjunction *all, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_children; i++) {
        const struct selector *child = &selector->children[i];
        const struct selector **items;

        if (child->kind == SELECTOR_ALL) {
            if (!collect(all, child))
                return false;
            continue;
        }
        items = reallocarray(all->items, all->count + 1, sizeof(*items));
        if (items == NULL)
            return false;
        all->items = items;
        all->items[all->count++] = child;
    }
    return true;
}

/* Have both only exact patterns, and none in common? (Token, slot, library and key have one value
 * each.) */
static bool patterns_exclude(const struct selector *a, const struct selector *b)
{
    for (size_t i = 0; i < a->n_patterns; i++) {
        for (size_t j = 0; j < b->n_patterns; j++) {
            size_t size = 0;
            const void *bytes = pattern_exact(b->patterns[j], &size);

            if (bytes == NULL || pattern_match(a->patterns[i], bytes, size) != TRUTH_FALSE)
                return false;
        }
    }
    return a->n_patterns > 0 && b->n_patterns > 0;
}

static bool numbers_hold(const struct selector *selector, uint64_t value)
{
    for (size_t i = 0; i < selector->n_numbers; i++)
        if (number_holds(&selector->numbers[i], value))
            return true;
    return selector->n_numbers == 0;
}

/* Is there no value from least to most that satisfies both? Only the values beside the numbers
 * named can be the first that does. */
static bool numbers_exclude(const struct selector *a, const struct selector *b, uint64_t least,
                            uint64_t most)
{
    const struct selector *const both[] = {a, b};

    if (numbers_hold(a, least) && numbers_hold(b, least))
        return false;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < both[i]->n_numbers; j++) {
            uint64_t number = both[i]->numbers[j].number;

            for (uint64_t value = number - (number > 0); value <= number + 1 && value <= most;
                 value++)
                if (value >= least && numbers_hold(a, value) && numbers_hold(b, value))
                    return false;
        }
    }
    return true;
}

static bool hashes_exclude(const struct selector *a, const struct selector *b)
{
    for (size_t i = 0; i < a->n_hashes; i++) {
        for (size_t j = 0; j < b->n_hashes; j++)
            if (memcmp(a->hashes[i], b->hashes[j], sizeof(a->hashes[i])) == 0)
                return false;
    }
    return a->n_hashes > 0 && b->n_hashes > 0;
}

/* Is a key of that type possible with one of the curves? */
static bool type_has_curve(const char *type, size_t size, const struct selector *curves)
{
    static const struct {
        const char *type;
        enum key_curve first;
        enum key_curve last;
    } types[] = {
        {"ec", CURVE_P256, CURVE_SECP256K1},
        {"ed25519", CURVE_ED25519, CURVE_ED25519},
        {"ed448", CURVE_ED448, CURVE_ED448},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        for (size_t j = 0; j < curves->n_numbers; j++)
            if (strlen(types[i].type) == size && memcmp(types[i].type, type, size) == 0 &&
                curves->numbers[j].number >= types[i].first &&
                curves->numbers[j].number <= types[i].last)
                return true;
    }
    return curves->n_numbers == 0;
}

static bool types_exclude_curves(const struct selector *types, const struct selector *curves)
{
    for (size_t i = 0; i < types->n_patterns; i++) {
        size_t size = 0;
        const char *type = pattern_exact(types->patterns[i], &size);

        if (type == NULL || type_has_curve(type, size, curves))
            return false;
    }
    return types->n_patterns > 0;
}

/* Elliptic curves have fields of at most 571 bits (sect571r1). */
static bool types_exclude_bits(const struct selector *types, const struct selector *bits)
{
    for (size_t i = 0; i < types->n_patterns; i++) {
        size_t size = 0;
        const char *type = pattern_exact(types->patterns[i], &size);

        if (type == NULL || (size == 3 && memcmp(type, "rsa", size) == 0))
            return false;
    }
    return types->n_patterns > 0 && numbers_exclude(bits, bits, 1, 571);
}

static bool is_boolean(enum selector_kind kind)
{
    return kind >= SELECTOR_KEY_SIGN && kind <= SELECTOR_KEY_LOCAL;
}

/* Has a key, with its token, slot, library and process, one value of the kind? */
static bool is_single(enum selector_kind kind)
{
    return (kind >= SELECTOR_TOKEN_LABEL && kind <= SELECTOR_LIBRARY_VERSION) ||
           kind == SELECTOR_KEY_TYPE || kind == SELECTOR_WHEN_USER || kind == SELECTOR_WHEN_HOST;
}

static bool windows_meet(const struct time_window *a, const struct time_window *b)
{
    for (size_t i = 0; i < sizeof(a->days) / sizeof(a->days[0]); i++)
        if (a->days[i] && b->days[i] && a->from < b->to && b->from < a->to)
            return true;
    return false;
}

static bool windows_exclude(const struct selector *a, const struct selector *b)
{
    for (size_t i = 0; i < a->n_windows; i++)
        for (size_t j = 0; j < b->n_windows; j++)
            if (windows_meet(&a->windows[i], &b->windows[j]))
                return false;
    return a->n_windows > 0 && b->n_windows > 0;
}

static bool same_kind_excludes(const struct selector *a, const struct selector *b)
{
    if (is_boolean(a->kind))
        return a->boolean != b->boolean;
    if (is_single(a->kind))
        return patterns_exclude(a, b);
    if (a->kind == SELECTOR_WHEN_TIME)
        return windows_exclude(a, b);
    if (a->kind == SELECTOR_FINGERPRINT)
        return hashes_exclude(a, b);
    if (a->kind == SELECTOR_SLOT_ID || a->kind == SELECTOR_KEY_CURVE ||
        a->kind == SELECTOR_KEY_BITS)
        return numbers_exclude(a, b, 0, UINT64_MAX - 1);
    return false;
}

/* One that could not be read is empty, and implied by all. */
static bool not_excludes(const struct selector *a, const struct selector *inverted)
{
    const struct selector *child = inverted->children;

    return child != NULL && (child->kind != SELECTOR_ALL || child->n_children > 0) &&
           selector_implies(a, child);
}

static bool excludes(const struct selector *a, const struct selector *b)
{
    if (b->kind == SELECTOR_NOT)
        return not_excludes(a, b);
    if (a->kind == b->kind)
        return same_kind_excludes(a, b);
    if (a->kind == SELECTOR_KEY_TYPE && b->kind == SELECTOR_KEY_CURVE)
        return types_exclude_curves(a, b);
    return a->kind == SELECTOR_KEY_TYPE && b->kind == SELECTOR_KEY_BITS && types_exclude_bits(a, b);
}

static void check_pairs(struct reader *reader, const struct conjunction *all)
{
    for (size_t j = 0; j < all->count; j++) {
        for (size_t i = 0; i < j; i++) {
            const struct selector *a = all->items[i];
            const struct selector *b = all->items[j];

            if (excludes(a, b) || excludes(b, a)) {
                reader_error(
                    reader, b->position,
                    "found what excludes line %u column %u of the same rule, expected what "
                    "a key can have as well",
                    a->position.line, a->position.column);
            }
        }
    }
}

bool contradiction_between(const struct selector *a, const struct selector *b)
{
    struct conjunction first = {0};
    struct conjunction second = {0};
    bool found = false;

    if (!collect(&first, a) || !collect(&second, b))
        goto out;
    for (size_t i = 0; i < first.count && !found; i++)
        for (size_t j = 0; j < second.count && !found; j++)
            found = excludes(first.items[i], second.items[j]) ||
                    excludes(second.items[j], first.items[i]);
out:
    free(first.items);
    free(second.items);
    return found;
}

static void check_alone(struct reader *reader, const struct selector *selector)
{
    if (selector->kind == SELECTOR_KEY_BITS && numbers_exclude(selector, selector, 1, 1 << 20)) {
        reader_error(reader, selector->position,
                     "found a number of bits that no key has, expected one such as 2048");
    }
}

/* The selector is a SELECTOR_ALL. */
static void check_condition(struct reader *reader, const struct selector *condition)
{
    struct conjunction all = {0};

    if (!collect(&all, condition)) {
        reader_no_memory(reader);
        goto out;
    }
    check_pairs(reader, &all);
    for (size_t i = 0; i < all.count; i++) {
        check_alone(reader, all.items[i]);
        for (size_t j = 0; j < all.items[i]->n_children; j++)
            check_condition(reader, &all.items[i]->children[j]);
    }
out:
    free(all.items);
}

/* Preset ssh hides keys that do not sign, whatever the rules say. */
static void check_sign(struct reader *reader, const struct selector *condition)
{
    for (size_t i = 0; i < condition->n_children; i++) {
        const struct selector *child = &condition->children[i];

        if (child->kind == SELECTOR_ALL) {
            check_sign(reader, child);
        } else if (child->kind == SELECTOR_KEY_SIGN && !child->boolean) {
            reader_error(
                reader, child->position,
                "found `sign: false`, expected true: preset ssh hides keys that do not sign");
        }
    }
}

static void check_list(struct reader *reader, const struct rule_list *list, bool must_sign)
{
    for (size_t i = 0; i < list->count; i++) {
        check_condition(reader, &list->rules[i].condition);
        if (must_sign)
            check_sign(reader, &list->rules[i].condition);
    }
}

/* There, slots and all else are the vendor's own. */
static void check_modules(struct reader *reader, const struct settings *settings)
{
    if (settings->preset == PRESET_TRANSPARENT && settings->n_modules > 1) {
        reader_error(reader, settings->modules[1].position,
                     "found a second module, expected one: `preset: transparent` names one module");
    }
}

/* The application's calls go to the library as they are; only when they do can be changed. */
static void check_quirks(struct reader *reader, const struct settings *settings)
{
    for (size_t i = 0; settings->preset == PRESET_TRANSPARENT && i < settings->n_modules; i++) {
        for (size_t quirk = 0; quirk < QUIRK_COUNT; quirk++) {
            if (quirk != QUIRK_SERIALIZE && (settings->modules[i].quirks & 1U << quirk) != 0)
                reader_error(reader, settings->modules[i].position,
                             "found the quirk `%s`, expected `serialize` alone: `preset: "
                             "transparent` hands all calls on",
                             quirks[quirk].name);
        }
    }
}

static void check_passed(struct reader *reader, const struct access *access,
                         struct position position)
{
    if (access->deny.count > 0)
        position = access->deny.items[0].position;
    else if (access->allow.count > 0)
        position = access->allow.items[0].position;
    else if (!access->limited)
        return;
    reader_error(reader, position,
                 "found a list of mechanisms, expected none: `preset: transparent` passes them as they are");
}

static void check_mechanisms(struct reader *reader, const struct config *config)
{
    const struct rule_list *allow = &config->policy.allow;

    if (config->settings.preset != PRESET_TRANSPARENT || config->settings.n_modules == 0)
        return;
    check_passed(reader, &config->settings.mechanisms, config->settings.modules[0].position);
    for (size_t i = 0; i < allow->count; i++) {
        check_passed(reader, &allow->rules[i].use.mechanisms, allow->rules[i].position);
        check_passed(reader, &allow->rules[i].use.digests, allow->rules[i].position);
    }
}

/* Nothing would be hidden and nothing written down: as if there were no policy. */
static void check_audit(struct reader *reader, const struct settings *settings)
{
    if (settings->preset == PRESET_TRANSPARENT && settings->audit_only) {
        reader_error(reader, settings->audit_only_position,
                     "found an audit, expected none: `preset: transparent` decides on no key that "
                     "it shows");
    }
}

void contradiction_check(struct reader *reader, const struct config *config)
{
    bool must_sign = config->settings.preset == PRESET_SSH;

    check_modules(reader, &config->settings);
    check_quirks(reader, &config->settings);
    check_mechanisms(reader, config);
    check_audit(reader, &config->settings);
    check_list(reader, &config->policy.require, must_sign);
    check_list(reader, &config->policy.deny, false);
    check_list(reader, &config->policy.allow, must_sign);
}
