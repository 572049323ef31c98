// SPDX-License-Identifier: BSD-2-Clause
// p11gate list
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>
#include "tool/describe.h"
#include "tool/tokens.h"
#include "tool/verb.h"

struct listing {
    bool all;
    bool json;
    bool login;
    bool colour;
    size_t shown; /* keys printed */
};

static void print_json_key(const struct listing *listing, const struct token *token,
                           const struct exposed_key *key)
{
    fputs(listing->shown > 0 ? ",\n  {" : "\n  {", stdout);
    describe_json_key(stdout, token, key);
    fputc('}', stdout);
}

static void print_keys(struct listing *listing, const struct token *token)
{
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        const struct exposed_key *key = &token->exposure.keys[i];
        if (!listing->all && key->verdict.reason != REASON_ALLOWED)
            continue;
        if (listing->json)
            print_json_key(listing, token, key);
        else
            describe_key(token, key, listing->colour);
        listing->shown++;
    }
}

static void list_token(struct listing *listing, struct token *token, bool *ok)
{
    if (!tokens_prepare(token, listing->all, listing->login, ok))
        return;
    if (!listing->json)
        describe_token_head(token, listing->login);
    print_keys(listing, token);
}

static enum exit_code list_all(struct listing *listing)
{
    struct gate *gate = tokens_open();
    bool ok = true;

    if (gate == NULL)
        return EXIT_FAILED;
    if (listing->json)
        fputc('[', stdout);
    for (size_t i = 0; i < gate->n_tokens; i++)
        list_token(listing, gate->tokens[i], &ok);
    if (listing->json)
        fputs(listing->shown > 0 ? "\n]\n" : "]\n", stdout);
    if (listing->shown == 0 && !listing->json && !tokens_say_none(gate))
        fprintf(stderr, "p11gate: no %s on %zu token%s; %s\n",
                listing->all ? "key is visible" : "permitted key is visible", tokens_count(gate),
                tokens_count(gate) == 1 ? "" : "s",
                listing->all ? "are the keys visible only after login (--login)?"
                             : "`p11gate explain` says why");
    gate_destroy(gate);
    return ok && listing->shown > 0 ? EXIT_OK : EXIT_FAILED;
}

enum exit_code verb_list(int argc, char **argv)
{
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'},
        {"json", no_argument, NULL, 'j'},
        {"login", no_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    struct listing listing = {.colour = isatty(STDOUT_FILENO) == 1};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'a')
            listing.all = true;
        else if (option == 'j')
            listing.json = true;
        else if (option == 'l')
            listing.login = true;
        else
            return option_error(argv);
    }
    if (optind < argc)
        return usage_error(argv[0], "unexpected `%s`", argv[optind]);
    return list_all(&listing);
}
