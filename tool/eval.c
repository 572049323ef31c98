// SPDX-License-Identifier: BSD-2-Clause
// p11gate eval
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "config/account.h"
#include "crypto/crypto.h"
#include "tool/describe.h"
#include "tool/explain_rules.h"
#include "tool/json.h"
#include "tool/messages.h"
#include "tool/named_config.h"
#include "tool/tokenless_key.h"
#include "tool/verb.h"

struct evaluation {
    const char *file;
    const char *user;   /* NULL: the one who calls */
    const char *policy; /* NULL: the configuration in force */
    bool system;        /* policy is read with the system's rights */
    struct explain_style style;
};

static void print_head(const struct evaluation *evaluation, const struct tokenless_key *tokenless,
                       const char *subject, const char *verdict)
{
    char type[32], fingerprint[51];
    const char *colour = tokenless_key_is_shown(tokenless) ? "\033[32m" : "\033[2m";

    describe_type(&tokenless->key, type, sizeof(type));
    describe_fingerprint(&tokenless->key, fingerprint);
    printf("certificate %s\n  %s%-12s %s \"", evaluation->file,
           evaluation->style.colour ? colour : "", type, fingerprint);
    describe_text(stdout, subject, strlen(subject));
    printf("\"%s\n    %s\n", evaluation->style.colour ? "\033[0m" : "", verdict);
}

static void print_text_member(const char *name, const char *text)
{
    json_member(stdout, name, text, text != NULL ? strlen(text) : 0);
    fputs(", ", stdout);
}

static void print_json_head(const struct evaluation *evaluation,
                            const struct tokenless_key *tokenless, const char *subject,
                            const char *verdict)
{
    const struct exposed_key *key = &tokenless->key;
    char type[32], fingerprint[51] = "";
    bool known = public_key_fingerprint_text(key->group->key, fingerprint);

    describe_type(key, type, sizeof(type));
    putchar('{');
    print_text_member("certificate", evaluation->file);
    print_text_member("subject", subject);
    print_text_member("type", type);
    print_text_member("fingerprint", known ? fingerprint : NULL);
    printf("\"shown\": %s, \"audited\": %s, ", tokenless_key_is_shown(tokenless) ? "true" : "false",
           verdict_is_audited(&key->verdict) ? "true" : "false");
    print_text_member("why", verdict);
    fputs("\"rules\": [", stdout);
}

/* What a token would tell beside; NULL: nothing. */
static const char *on_a_token(const struct tokenless_key *tokenless, bool open)
{
    if (tokenless_key_is_none(tokenless))
        return "whether it has such a key object";
    if (tokenless->key.verdict.by_policy)
        return open ? "whether its private key is there and signs, and what the rule says of it"
                    : "whether its private key is there and signs";
    return open ? "what the rules say of it" : NULL;
}

static void print_tail(const struct evaluation *evaluation, const char *token, const char *supposed)
{
    if (evaluation->style.json) {
        fputs("], ", stdout);
        print_text_member("on_a_token", token);
        json_member(stdout, "if_not_denied", supposed, supposed != NULL ? strlen(supposed) : 0);
        puts("}");
        return;
    }
    if (supposed != NULL)
        printf("    that rule is unknown for lack of a token, and deny acts on unknown; if no such "
               "rule holds: %s\n",
               supposed);
    if (token != NULL)
        printf("    on a token: %s\n", token);
}

static bool print(const struct evaluation *evaluation, const struct tokenless_key *tokenless,
                  const struct policy *policy)
{
    bool readable, open = false, ok = true;
    char *subject = name_text(&tokenless->certificate->content->subject, &readable);
    char *verdict = tokenless_key_describe(tokenless);
    char *supposed = NULL;

    (evaluation->style.json ? print_json_head : print_head)(
        evaluation, tokenless, subject != NULL ? subject : "", verdict != NULL ? verdict : "");
    if (!tokenless_key_is_none(tokenless)) {
        ok = explain_rules(&evaluation->style, &tokenless->subject, &tokenless->key.verdict,
                           &open) &&
             tokenless_key_suppose(tokenless, policy, &supposed);
    }
    print_tail(evaluation, on_a_token(tokenless, open), supposed);
    free(subject);
    free(verdict);
    free(supposed);
    return ok;
}

static enum exit_code decide(const struct evaluation *evaluation, struct crypto *crypto,
                             const struct config *config)
{
    struct tokenless_key tokenless;
    enum exit_code code = EXIT_TROUBLE;

    if (tokenless_key_init(&tokenless, crypto, config, evaluation->file) &&
        print(evaluation, &tokenless, &config->policy))
        code = tokenless_key_is_shown(&tokenless) ? EXIT_OK : EXIT_FAILED;
    tokenless_key_finish(&tokenless);
    return code;
}

static enum exit_code load_and_decide(const struct evaluation *evaluation,
                                      const struct account *user)
{
    struct message_list messages = {0};
    struct crypto *crypto = crypto_create();
    struct config *config = NULL;
    enum exit_code code = EXIT_TROUBLE;

    if (crypto != NULL &&
        (evaluation->policy == NULL || named_config_exists(evaluation->policy, &messages)))
        config = config_load_of(crypto, user, evaluation->policy, evaluation->system, &messages);
    messages_print(&messages);
    if (config != NULL)
        code = decide(evaluation, crypto, config);
    config_destroy(config);
    crypto_destroy(crypto);
    message_list_finish(&messages);
    return code;
}

static enum exit_code evaluate(const struct evaluation *evaluation)
{
    struct account user;
    enum exit_code code;

    if (evaluation->user == NULL)
        return load_and_decide(evaluation, NULL);
    switch (account_find(evaluation->user, &user)) {
    case ACCOUNT_FOUND:
        code = load_and_decide(evaluation, &user);
        account_finish(&user);
        return code;
    case ACCOUNT_UNKNOWN:
        fprintf(stderr, "p11gate: this machine has no user %s\n", evaluation->user);
        return EXIT_TROUBLE;
    case ACCOUNT_FAILED:
        fprintf(stderr, "p11gate: user %s cannot be looked up: %s\n", evaluation->user,
                strerror(errno));
        return EXIT_TROUBLE;
    }
    return EXIT_TROUBLE;
}

static const struct option options[] = {
    {"certificate", required_argument, NULL, 'c'},
    {"user", required_argument, NULL, 'u'},
    {"policy", required_argument, NULL, 'p'},
    {"system", no_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0},
};

static bool take_option(struct evaluation *evaluation, int option)
{
    if (option == 'c')
        evaluation->file = optarg;
    else if (option == 'u')
        evaluation->user = optarg;
    else if (option == 'p')
        evaluation->policy = optarg;
    else if (option == 's')
        evaluation->system = true;
    else if (option == 'j')
        evaluation->style.json = true;
    else
        return false;
    return true;
}

enum exit_code verb_eval(int argc, char **argv)
{
    struct evaluation evaluation = {
        .style = {.colour = isatty(STDOUT_FILENO) == 1, .tokenless = true}};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!take_option(&evaluation, option))
            return option_error(argv);
    }
    if (optind < argc)
        return usage_error(argv[0], "expected options alone, found `%s`", argv[optind]);
    if (evaluation.file == NULL)
        return usage_error(argv[0], "expected `--certificate FILE`");
    if (evaluation.system && evaluation.policy == NULL)
        return usage_error(argv[0], "expected `--policy FILE` beside `--system`");
    return evaluate(&evaluation);
}
