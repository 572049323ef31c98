// SPDX-License-Identifier: BSD-2-Clause
// Warns of what is allowed to be written and is hardly meant.
#include "config/config.h"

#include <unistd.h>
#include "common/names.h"
#include "config/contradiction.h"
#include "config/implication.h"
#include "config/trust_anchors.h"
#include "filters/mechanism.h"

struct lint {
    const struct config *config;
    struct message_list *messages;
};

static void check_never_true(const struct lint *lint, const struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (selector_is_never_true(&list->rules[i].condition)) {
            message_add(lint->messages, SEVERITY_WARNING, list->rules[i].position,
                        "this rule is never true: of what it puts into its values something is "
                        "unknown here");
        }
    }
}

/* The first rule of the list that holds wherever this one does; NULL: none. */
static const struct rule *find_implied(const struct rule_list *list, size_t count,
                                       const struct rule *rule)
{
    for (size_t i = 0; i < count; i++)
        if (selector_implies(&rule->condition, &list->rules[i].condition))
            return &list->rules[i];
    return NULL;
}

/* The rule that denies whatever is not something that this one excludes; NULL: none. */
static const struct rule *find_denying_others(const struct rule_list *list, const struct rule *rule)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct selector *all = &list->rules[i].condition;

        if (all->n_children == 1 && all->children[0].kind == SELECTOR_NOT &&
            contradiction_between(&rule->condition, &all->children[0].children[0]))
            return &list->rules[i];
    }
    return NULL;
}

static const struct rule *find_excluding(const struct rule_list *list, const struct rule *rule)
{
    for (size_t i = 0; i < list->count; i++)
        if (contradiction_between(&rule->condition, &list->rules[i].condition))
            return &list->rules[i];
    return NULL;
}

static void warn_by(const struct lint *lint, const struct rule *rule, const struct rule *other,
                    const char *why)
{
    message_add(lint->messages, SEVERITY_WARNING, rule->position, "%s line %u column %u", why,
                other->position.line, other->position.column);
}

/* Rules of allow that another rule leaves nothing to. */
static void check_shadowed(const struct lint *lint, const struct policy *policy)
{
    for (size_t i = 0; i < policy->allow.count; i++) {
        const struct rule *rule = &policy->allow.rules[i];
        const struct rule *earlier = find_implied(&policy->allow, i, rule);
        const struct rule *denying = find_implied(&policy->deny, policy->deny.count, rule);
        const struct rule *others = find_denying_others(&policy->deny, rule);
        const struct rule *requiring = find_excluding(&policy->require, rule);

        if (denying != NULL || others != NULL)
            warn_by(lint, rule, denying != NULL ? denying : others,
                    "this rule shows no key: all that it holds for are denied in");
        else if (requiring != NULL)
            warn_by(lint, rule, requiring,
                    "this rule shows no key: it excludes what is required in");
        else if (earlier != NULL)
            warn_by(lint, rule, earlier,
                    "this rule is never the first that is true: whenever it is, so is the one in");
    }
}

static bool is_when(enum selector_kind kind)
{
    return kind >= SELECTOR_WHEN_USER && kind <= SELECTOR_WHEN_TIME;
}

/* The first selector, in the order of the file, that is of the kinds; NULL: none. */
static const struct selector *find_kind(const struct selector *selector,
                                        bool (*is_kind)(enum selector_kind))
{
    const struct selector *found = is_kind(selector->kind) ? selector : NULL;

    for (size_t i = 0; i < selector->n_children && found == NULL; i++)
        found = find_kind(&selector->children[i], is_kind);
    return found;
}

static void check_required_when(const struct lint *lint, const struct policy *policy)
{
    for (size_t i = 0; i < policy->require.count; i++) {
        const struct selector *found = find_kind(&policy->require.rules[i].condition, is_when);

        if (found != NULL) {
            message_add(lint->messages, SEVERITY_WARNING, found->position,
                        "`when` in a rule of `require` hides every key from all whom it does not "
                        "hold for; in a rule of `allow` it says who sees what that rule shows");
        }
    }
}

static bool is_content(enum selector_kind kind)
{
    return kind == SELECTOR_ID || kind == SELECTOR_LABEL || kind == SELECTOR_OBJECT ||
           selector_asks_certificate(kind);
}

/* Does it hold for certain keys only, or for those that an authority vouches for, whatever is written beside them? */
static bool pins_key(const struct selector *selector)
{
    if (selector->kind == SELECTOR_FINGERPRINT || selector->kind == SELECTOR_PUBLIC_KEY ||
        selector->kind == SELECTOR_CERTIFICATE_SHA256 || selector->kind == SELECTOR_CERTIFICATE_CA)
        return true;
    for (size_t i = 0; selector->kind == SELECTOR_ALL && i < selector->n_children; i++)
        if (pins_key(&selector->children[i]))
            return true;
    return false;
}

static bool list_pins_key(const struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (pins_key(&list->rules[i].condition))
            return true;
    return false;
}

static void check_trusted_content(const struct lint *lint, const struct policy *policy)
{
    for (size_t i = 0; i < policy->allow.count && !list_pins_key(&policy->require); i++) {
        const struct selector *condition = &policy->allow.rules[i].condition;
        const struct selector *found = find_kind(condition, is_content);

        if (found != NULL && !pins_key(condition)) {
            message_add(
                lint->messages, SEVERITY_WARNING, found->position,
                "ids, labels and certificates can be written by who holds the card: a rule of the "
                "system's file asks for `ca`, `fingerprint` or `public_key` as well");
        }
    }
}

static bool lacks_intermediates(const struct trust_wish *wish)
{
    for (size_t i = 0; i < wish->n_sources; i++)
        if (!trust_anchors_have_intermediates(wish->sources[i]->anchors))
            return true;
    return false;
}

/* The first `ca` that is better for a certificate when it is not true; against: is the rule, so far, one that hides by what is true? */
static const struct selector *find_against(const struct selector *selector, bool against)
{
    const struct selector *found = NULL;

    if (selector->kind == SELECTOR_NOT)
        against = !against;
    if (selector->kind == SELECTOR_CERTIFICATE_CA)
        return against && lacks_intermediates(&selector->trust) ? selector : NULL;
    for (size_t i = 0; i < selector->n_children && found == NULL; i++)
        found = find_against(&selector->children[i], against);
    return found;
}

static void check_against(const struct lint *lint, const struct rule_list *list, bool against)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct selector *found = find_against(&list->rules[i].condition, against);

        if (found != NULL) {
            message_add(lint->messages, SEVERITY_WARNING, found->position,
                        "`ca` counts against a certificate here, and authorities that are on the "
                        "card alone can be taken off it: name all that lie between in "
                        "`intermediates`");
        }
    }
}

static bool asks_revocation(const struct selector *selector, const struct trust_source *source)
{
    for (size_t i = 0; i < selector->trust.n_sources; i++)
        if (selector->trust.sources[i] == source && selector->trust.crl_mode != TRUST_CRL_OFF)
            return true;
    for (size_t i = 0; i < selector->n_children; i++)
        if (asks_revocation(&selector->children[i], source))
            return true;
    return false;
}

static bool policy_asks_revocation(const struct policy *policy, const struct trust_source *source)
{
    const struct rule_list *lists[] = {&policy->require, &policy->deny, &policy->allow};

    for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            if (asks_revocation(&lists[l]->rules[i].condition, source))
                return true;
    return false;
}

/* A CRL that is fetched and never looked into. */
static void check_crls(const struct lint *lint)
{
    const struct trust_store *store = lint->config->trust;
    const char *name;

    for (size_t i = 0; (name = trust_store_name(store, i)) != NULL; i++) {
        const struct trust_source *source = trust_store_find(store, name);

        if (source->crls != NULL && !policy_asks_revocation(&lint->config->policy, source)) {
            message_add(lint->messages, SEVERITY_WARNING, trust_store_position(store, i),
                        "no rule looks into the `crl` of this authority: `revocation: {check: "
                        "crl}` beside `ca` does");
        }
    }
}

static void check_policy(const struct lint *lint, const struct policy *policy)
{
    check_never_true(lint, &policy->require);
    check_never_true(lint, &policy->deny);
    check_never_true(lint, &policy->allow);
    check_shadowed(lint, policy);
    check_required_when(lint, policy);
}

static bool same_place(struct position a, struct position b)
{
    return a.line == b.line && a.column == b.column;
}

/* A group names several functions in one place. */
static void check_functions(const struct lint *lint)
{
    const struct settings *settings = &lint->config->settings;
    const struct access_list *allow = &settings->functions.allow;

    for (size_t i = 0; i < allow->count; i++) {
        enum function_id id = (enum function_id)allow->items[i].value;

        if (preset_permits(settings->preset, id) ||
            (i > 0 && same_place(allow->items[i].position, allow->items[i - 1].position)))
            continue;
        message_add(lint->messages, SEVERITY_WARNING, allow->items[i].position,
                    "%s is refused by the preset: `allow` only narrows what that permits",
                    functions[id].name);
    }
}

static void check_mechanisms(const struct lint *lint)
{
    const struct settings *settings = &lint->config->settings;
    const struct access_list *allow = &settings->mechanisms.allow;

    for (size_t i = 0; i < allow->count && settings->preset != PRESET_TRANSPARENT; i++) {
        if (!mechanism_known(settings->preset, allow->items[i].value)) {
            message_add(lint->messages, SEVERITY_WARNING, allow->items[i].position,
                        "%s (%#lx) is refused by the preset: `allow` only narrows what that "
                        "permits",
                        name_of_mechanism(allow->items[i].value), allow->items[i].value);
        }
    }
}

/* Where the daemon alone uses the libraries, it alone has to reach them. */
static void check_modules(const struct lint *lint)
{
    const struct settings *settings = &lint->config->settings;

    for (size_t i = 0; settings->daemon.use != DAEMON_REQUIRE && i < settings->n_modules; i++) {
        const struct module_settings *module = &settings->modules[i];

        if (access(module->path, R_OK) != 0) {
            message_add(lint->messages, SEVERITY_WARNING, module->position,
                        "%s cannot be read (%m); expected the vendor's library", module->path);
        }
    }
}

static void check_daemon(const struct lint *lint)
{
    const struct daemon_settings *daemon = &lint->config->settings.daemon;

    if (daemon->names_socket && daemon->use_position.line == 0)
        message_add(lint->messages, SEVERITY_WARNING, daemon->position,
                    "daemon: use is off; say `use: prefer` or `use: require`, or `use: off` if "
                    "that is meant");
}

static void check_login(const struct lint *lint)
{
    const struct login_settings *login = &lint->config->settings.login;

    if (login->automatic_position.line > 0 && login->source == PIN_SOURCE_NONE && !login->keeps)
        message_add(lint->messages, SEVERITY_WARNING, login->automatic_position,
                    "`automatic` says when p11gate logs in by itself, and without `pin_source` and "
                    "`keep_pin` it never does");
    if (login->keeps && login->max > 0 && login->idle >= login->max &&
        login->idle_position.line > 0)
        message_add(lint->messages, SEVERITY_WARNING, login->idle_position,
                    "`idle` never ends before `max` does");
    if ((login->source == PIN_SOURCE_FILE || login->source == PIN_SOURCE_COMMAND) &&
        lint->config->settings.daemon.use != DAEMON_REQUIRE &&
        access(login->source_name, F_OK) != 0)
        message_add(lint->messages, SEVERITY_WARNING, login->source_position,
                    "%s cannot be read (%m); expected where the PIN comes from",
                    login->source_name);
}

void config_lint(const struct config *config, struct message_list *messages)
{
    const struct lint lint = {config, messages};

    check_modules(&lint);
    check_daemon(&lint);
    check_login(&lint);
    check_functions(&lint);
    check_mechanisms(&lint);
    check_policy(&lint, &config->policy);
    check_crls(&lint);
    if (config->system) {
        check_trusted_content(&lint, &config->policy);
        check_against(&lint, &config->policy.require, false);
        check_against(&lint, &config->policy.deny, true);
        check_against(&lint, &config->policy.allow, false);
    }
    if (config->policy.narrowed_by != NULL)
        check_policy(&lint, config->policy.narrowed_by);
}
