// SPDX-License-Identifier: BSD-2-Clause
// p11gate explain
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "filters/explain.h"
#include "tool/describe.h"
#include "tool/explain_text.h"
#include "tool/json.h"
#include "tool/key_name.h"
#include "tool/tokens.h"
#include "tool/verb.h"

struct listing {
    struct key_name name;
    bool json;
    bool login;
    bool colour;
    size_t shown; /* keys printed */
    bool ok;
};

/* The rules that decided: one of each policy, or all of allow where none of them is true. */
struct deciding {
    const struct rule *rules; /* borrowed */
    size_t count;
    const struct rule *narrowing; /* borrowed; NULL: none */
    bool several; /* or one that the verdict does not name */
};

static struct deciding deciding_rules(const struct verdict *verdict)
{
    const struct rule_list *allow = &verdict->policy->allow;

    if (verdict->reason == REASON_NOT_ALLOWED || verdict->audited == REASON_NOT_ALLOWED)
        return (struct deciding){allow->rules, allow->count, verdict->narrowing, true};
    return (struct deciding){verdict->rule, verdict->rule != NULL ? 1 : 0, verdict->narrowing,
                             verdict->narrowing != NULL || !describe_names_rules(verdict)};
}

/* What only a login will tell of a key; NULL: nothing. open: it may change what a rule says. */
static const char *after_login(const struct subject *subject, const struct verdict *verdict,
                               bool open)
{
    if (subject->private_visible)
        return NULL;
    if (verdict->by_policy && subject->group->private_key == NULL)
        return open ? "whether its private key is there and signs, and what the rule says of it"
                    : "whether its private key is there and signs";
    return open ? "what the rules say of its private key" : NULL;
}

/* The verdict has named a rule that is the only one. */
static bool print_rule(const struct listing *listing, const struct rule *rule, bool named,
                       const struct subject *subject, bool *open)
{
    struct explanation condition;

    if (!explanation_make(&rule->condition, subject, &condition))
        return false;
    if (listing->json) {
        explain_text_json(stdout, rule, &condition);
    } else {
        if (!named)
            explain_text_rule(stdout, rule, condition.truth, listing->colour);
        explain_text_selectors(stdout, &condition, listing->colour);
    }
    *open = *open || condition.open;
    explanation_finish(&condition);
    return true;
}

/* False when there was no memory. */
static bool print_rules(const struct listing *listing, const struct deciding *deciding,
                        const struct subject *subject, bool *open)
{
    size_t count = deciding->count + (deciding->narrowing != NULL);

    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = i < deciding->count ? &deciding->rules[i] : deciding->narrowing;

        if (listing->json && i > 0)
            fputs(", ", stdout);
        if (!print_rule(listing, rule, !deciding->several, subject, open))
            return false;
    }
    return true;
}

static void print_after_login(const struct listing *listing, const char *text)
{
    if (listing->json) {
        fputs("], ", stdout);
        json_member(stdout, "after_login", text, text != NULL ? strlen(text) : 0);
        fputc('}', stdout);
    } else if (text != NULL) {
        printf("    after login: %s\n", text);
    }
}

static bool print_key(const struct listing *listing, const struct token *token,
                      const struct exposed_key *key)
{
    struct deciding deciding = deciding_rules(&key->verdict);
    struct subject subject = token_subject(token);
    bool open = false, ok;

    subject.group = key->group;
    subject.certificate = key->verdict.certificate;
    if (listing->json) {
        fputs(listing->shown > 0 ? ",\n  {" : "\n  {", stdout);
        describe_json_key(stdout, token, key);
        fputs(", \"rules\": [", stdout);
    } else {
        describe_key(token, key, listing->colour);
    }
    ok = print_rules(listing, &deciding, &subject, &open);
    print_after_login(listing, after_login(&subject, &key->verdict, open));
    return ok;
}

static void print_token(struct listing *listing, struct token *token)
{
    bool headed = listing->json;

    if (!tokens_prepare(token, true, listing->login, &listing->ok))
        return;
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        const struct exposed_key *key = &token->exposure.keys[i];

        if (!key_name_fits(&listing->name, token, key))
            continue;
        if (!headed)
            describe_token_head(token, listing->login);
        headed = true;
        listing->ok = print_key(listing, token, key) && listing->ok;
        listing->shown++;
    }
    if (!headed && (listing->name.text == NULL || token_is_shy(token)))
        describe_token_head(token, listing->login);
}

static void print_all(struct listing *listing, struct gate *gate)
{
    if (listing->json)
        fputc('[', stdout);
    for (size_t i = 0; i < gate->n_tokens; i++)
        print_token(listing, gate->tokens[i]);
    if (listing->json)
        fputs(listing->shown > 0 ? "\n]\n" : "]\n", stdout);
    if (listing->shown > 0 || listing->json)
        return;
    fprintf(stderr,
            "p11gate: no key%s%s is visible on %zu tokens; does it show only after login "
            "(--login)?\n",
            listing->name.text != NULL ? " " : "",
            listing->name.text != NULL ? listing->name.text : "", gate->n_tokens);
}

static enum exit_code explain(struct listing *listing, const char *name)
{
    struct gate *gate = tokens_open();

    if (gate == NULL)
        return EXIT_FAILED;
    listing->ok = key_name_init(&listing->name, gate->crypto, name);
    if (listing->ok)
        print_all(listing, gate);
    key_name_finish(&listing->name);
    gate_destroy(gate);
    return listing->ok && listing->shown > 0 ? EXIT_OK : EXIT_FAILED;
}

enum exit_code verb_explain(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"login", no_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    struct listing listing = {.colour = isatty(STDOUT_FILENO) == 1};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j')
            listing.json = true;
        else if (option == 'l')
            listing.login = true;
        else
            return option_error(argv);
    }
    if (optind + 1 < argc)
        return usage_error(argv[0], "expected at most one KEY, found `%s`", argv[optind + 1]);
    return explain(&listing, argv[optind]);
}
