// SPDX-License-Identifier: BSD-2-Clause
// p11gate list, p11gate explain
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tool/describe.h"
#include "tool/json.h"
#include "tool/tokens.h"
#include "tool/verb.h"

struct listing {
    bool all;
    bool json;
    bool login;
    bool colour;
    size_t shown; /* keys printed */
};

static void print_key(const struct listing *listing, const struct token *token,
                      const struct exposed_key *key)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);
    char type[32], fingerprint[51];
    char *verdict = describe_verdict(&key->verdict);
    bool shown = key->verdict.reason == REASON_ALLOWED;

    describe_type(key, type, sizeof(type));
    describe_fingerprint(key, fingerprint);
    printf("  %s%-12s %s \"", listing->colour ? (shown ? "\033[32m" : "\033[2m") : "", type,
           fingerprint);
    if (label != NULL)
        describe_text(stdout, label->pValue, label->ulValueLen);
    printf("\"%s\n    %s\n", listing->colour ? "\033[0m" : "", verdict != NULL ? verdict : "");
    free(verdict);
}

static void print_json_key(const struct listing *listing, const struct token *token,
                           const struct exposed_key *key)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);
    const CK_TOKEN_INFO *info = &token->info;
    char type[32], fingerprint[51] = "";
    char *verdict = describe_verdict(&key->verdict);
    bool known = key->group->key != NULL &&
                 public_key_fingerprint_text(key->group->key, fingerprint);

    describe_type(key, type, sizeof(type));
    fputs(listing->shown > 0 ? ",\n  {" : "\n  {", stdout);
    json_member(stdout, "token", info->label, (size_t)describe_label_size(token));
    fputs(", ", stdout);
    json_member(stdout, "serial", info->serialNumber, (size_t)describe_serial_size(token));
    fputs(", ", stdout);
    json_member(stdout, "type", type, strlen(type));
    fputs(", ", stdout);
    json_member(stdout, "fingerprint", known ? fingerprint : NULL, strlen(fingerprint));
    fputs(", ", stdout);
    json_member(stdout, "label", label != NULL ? label->pValue : NULL,
                label != NULL ? label->ulValueLen : 0);
    printf(", \"shown\": %s, ", key->verdict.reason == REASON_ALLOWED ? "true" : "false");
    json_member(stdout, "why", verdict, verdict != NULL ? strlen(verdict) : 0);
    fputc('}', stdout);
    free(verdict);
}

static void print_token(const struct listing *listing, const struct token *token)
{
    if (listing->json)
        return;
    fputs("token ", stdout);
    describe_token(stdout, token);
    fputc('\n', stdout);
    if (token_is_shy(token) && listing->login)
        puts("  its keys show only after login, and no allow rule names the token: it is sent no PIN");
    else if (token_is_shy(token))
        puts("  its keys show only after login: add --login");
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
            print_key(listing, token, key);
        listing->shown++;
    }
}

static bool list_token(struct listing *listing, struct token *token)
{
    if (!token_is_usable(token) || (!listing->all && !token_is_visible(token)))
        return true;
    if (listing->login && token_is_visible(token) && !tokens_log_in(token))
        return false;
    if (!tokens_read(token, listing->all))
        return false;
    print_token(listing, token);
    print_keys(listing, token);
    return true;
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
        ok = list_token(listing, gate->tokens[i]) && ok;
    if (listing->json)
        fputs(listing->shown > 0 ? "\n]\n" : "]\n", stdout);
    if (listing->shown == 0 && !listing->json)
        fprintf(stderr, "p11gate: no %s of %zu tokens; %s\n",
                listing->all ? "key is visible" : "permitted key is visible", gate->n_tokens,
                listing->all ? "are the keys visible only after login (--login)?"
                             : "`p11gate explain` says why");
    gate_destroy(gate);
    return ok && listing->shown > 0 ? EXIT_OK : EXIT_FAILED;
}

static enum exit_code run(int argc, char **argv, bool all)
{
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'},
        {"json", no_argument, NULL, 'j'},
        {"login", no_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    struct listing listing = {.all = all, .colour = isatty(STDOUT_FILENO) == 1};
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

enum exit_code verb_list(int argc, char **argv)
{
    return run(argc, argv, false);
}

enum exit_code verb_explain(int argc, char **argv)
{
    return run(argc, argv, true);
}
