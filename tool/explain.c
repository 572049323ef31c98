// SPDX-License-Identifier: BSD-2-Clause
// p11gate explain
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tool/describe.h"
#include "tool/explain_rules.h"
#include "tool/json.h"
#include "tool/key_name.h"
#include "tool/tokens.h"
#include "tool/verb.h"

struct listing {
    struct explain_style style;
    struct key_name name;
    bool login;
    size_t shown; /* keys printed */
    bool ok;
};

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

static void print_after_login(const struct listing *listing, const char *text)
{
    if (listing->style.json) {
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
    struct subject subject = token_subject(token);
    bool open = false, ok;

    subject.group = key->group;
    subject.certificate = key->verdict.certificate;
    if (listing->style.json) {
        fputs(listing->shown > 0 ? ",\n  {" : "\n  {", stdout);
        describe_json_key(stdout, token, key);
        fputs(", \"rules\": [", stdout);
    } else {
        describe_key(token, key, listing->style.colour);
    }
    ok = explain_rules(&listing->style, &subject, &key->verdict, &open);
    print_after_login(listing, after_login(&subject, &key->verdict, open));
    return ok;
}

static void print_token(struct listing *listing, struct token *token)
{
    bool headed = listing->style.json;

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
    if (listing->style.json)
        fputc('[', stdout);
    for (size_t i = 0; i < gate->n_tokens; i++)
        print_token(listing, gate->tokens[i]);
    if (listing->style.json)
        fputs(listing->shown > 0 ? "\n]\n" : "]\n", stdout);
    if (listing->shown > 0 || listing->style.json || tokens_say_none(gate))
        return;
    fprintf(stderr,
            "p11gate: no key%s%s is visible on %zu token%s; does it show only after login "
            "(--login)?\n",
            listing->name.text != NULL ? " " : "",
            listing->name.text != NULL ? listing->name.text : "", tokens_count(gate),
            tokens_count(gate) == 1 ? "" : "s");
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
    struct listing listing = {.style.colour = isatty(STDOUT_FILENO) == 1};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j')
            listing.style.json = true;
        else if (option == 'l')
            listing.login = true;
        else
            return option_error(argv);
    }
    if (optind + 1 < argc)
        return usage_error(argv[0], "expected at most one KEY, found `%s`", argv[optind + 1]);
    return explain(&listing, argv[optind]);
}
