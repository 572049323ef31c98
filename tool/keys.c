// SPDX-License-Identifier: BSD-2-Clause
// p11gate keys
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "tool/describe.h"
#include "tool/tokens.h"
#include "tool/verb.h"

/* True when there was a line to print: ssh does not know every kind of key. */
static bool print_line(const struct token *token, const struct exposed_key *key)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);
    char *text = public_key_ssh_text(key->group->key);

    if (text == NULL)
        return false;
    fputs(text, stdout);
    if (label != NULL && label->ulValueLen > 0) {
        fputc(' ', stdout);
        describe_text(stdout, label->pValue, label->ulValueLen);
    }
    fputc('\n', stdout);
    free(text);
    return true;
}

/* What only an audit shows is for trying a policy out, not for a server's authorized_keys. */
static bool is_permitted(const struct exposed_key *key)
{
    return key->verdict.reason == REASON_ALLOWED && !verdict_is_audited(&key->verdict);
}

static size_t print_token(struct token *token, bool login, bool *ok)
{
    size_t printed = 0;

    if (!tokens_prepare(token, false, login, ok))
        return 0;
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        const struct exposed_key *key = &token->exposure.keys[i];
        if (is_permitted(key) && print_line(token, key))
            printed++;
    }
    return printed;
}

static enum exit_code print_all(bool login)
{
    struct gate *gate = tokens_open();
    size_t printed = 0;
    bool ok = true;

    if (gate == NULL)
        return EXIT_FAILED;
    for (size_t i = 0; i < gate->n_tokens; i++)
        printed += print_token(gate->tokens[i], login, &ok);
    if (printed == 0 && !tokens_say_none(gate))
        fputs("p11gate: no permitted key is visible; `p11gate explain` says why\n", stderr);
    gate_destroy(gate);
    return ok && printed > 0 ? EXIT_OK : EXIT_FAILED;
}

enum exit_code verb_keys(int argc, char **argv)
{
    static const struct option options[] = {
        {"login", no_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    bool login = false;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'l')
            return option_error(argv);
        login = true;
    }
    if (optind < argc)
        return usage_error(argv[0], "unexpected `%s`", argv[optind]);
    return print_all(login);
}
