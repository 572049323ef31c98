// SPDX-License-Identifier: BSD-2-Clause
// p11gate eval
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "config/account.h"
#include "config/config.h"
#include "crypto/crypto.h"
#include "tool/certificate_file.h"
#include "tool/describe.h"
#include "tool/explain_rules.h"
#include "tool/json.h"
#include "tool/messages.h"
#include "tool/named_config.h"
#include "tool/supposition.h"
#include "tool/verb.h"

struct evaluation {
    const char *file;
    const char *user;   /* NULL: the one who calls */
    const char *policy; /* NULL: the configuration in force */
    bool system;        /* policy is read with the system's rights */
    struct explain_style style;
};

/* What is decided on: a key of which a certificate is all that is seen. */
struct candidate {
    const struct object *certificate; /* borrowed */
    struct key_group group;
    struct subject subject;
    struct exposed_key key;
};

static void candidate_init(struct candidate *candidate, const struct config *config,
                           const struct object *certificate)
{
    *candidate = (struct candidate){.certificate = certificate};
    candidate->group = (struct key_group){
        .certificates = &candidate->certificate, .n_certificates = 1, .key = certificate->key};
    candidate->subject = (struct subject){.preset = config->settings.preset,
                                          .group = &candidate->group,
                                          .certificate = certificate,
                                          .audit_only = config->settings.audit_only,
                                          .circumstances = config_circumstances(config)};
    candidate->key = (struct exposed_key){
        .group = &candidate->group, .verdict = policy_decide(&config->policy, &candidate->subject)};
}

/* Certificates of authorities make no key by themselves, but where nothing is made. */
static bool is_no_key(const struct candidate *candidate)
{
    return candidate->certificate->authority && candidate->subject.preset != PRESET_TRANSPARENT;
}

static const char no_key[] = "hidden: it is an authority's (CA:TRUE), and hidden unless the token "
                             "has a key object of the same key";

/* The caller frees; NULL without memory. */
static char *describe(const struct candidate *candidate)
{
    return is_no_key(candidate) ? strdup(no_key) : describe_verdict(&candidate->key.verdict);
}

static bool is_shown(const struct candidate *candidate)
{
    return !is_no_key(candidate) && candidate->key.verdict.reason == REASON_ALLOWED;
}

static void print_head(const struct evaluation *evaluation, const struct candidate *candidate,
                       const char *subject, const char *verdict)
{
    char type[32], fingerprint[51];
    const char *colour = is_shown(candidate) ? "\033[32m" : "\033[2m";

    describe_type(&candidate->key, type, sizeof(type));
    describe_fingerprint(&candidate->key, fingerprint);
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

static void print_json_head(const struct evaluation *evaluation, const struct candidate *candidate,
                            const char *subject, const char *verdict)
{
    const struct exposed_key *key = &candidate->key;
    char type[32], fingerprint[51] = "";
    bool known = public_key_fingerprint_text(key->group->key, fingerprint);

    describe_type(key, type, sizeof(type));
    putchar('{');
    print_text_member("certificate", evaluation->file);
    print_text_member("subject", subject);
    print_text_member("type", type);
    print_text_member("fingerprint", known ? fingerprint : NULL);
    printf("\"shown\": %s, \"audited\": %s, ", is_shown(candidate) ? "true" : "false",
           verdict_is_audited(&key->verdict) ? "true" : "false");
    print_text_member("why", verdict);
    fputs("\"rules\": [", stdout);
}

/* What the verdict would be if no rule of deny held that is unknown for lack of a token; the caller
 * frees. NULL: the same. False without memory. */
static bool describe_supposed(const struct candidate *candidate, const struct policy *policy,
                              char **text)
{
    const struct verdict *verdict = &candidate->key.verdict;
    const struct subject *subject = &candidate->subject;
    struct supposition supposition;
    struct verdict supposed;
    bool lacks = false;

    if (verdict->reason == REASON_DENIED &&
        !supposition_lacks_token(verdict->rule, subject, &lacks))
        return false;
    if (!lacks)
        return true;
    if (!supposition_init(&supposition, policy, subject))
        return false;
    supposed = policy_decide(&supposition.policy, subject);
    *text = describe_verdict(&supposed);
    supposition_finish(&supposition);
    return *text != NULL;
}

/* What a token would tell beside; NULL: nothing. */
static const char *on_a_token(const struct candidate *candidate, bool open)
{
    if (is_no_key(candidate))
        return "whether it has such a key object";
    if (candidate->key.verdict.by_policy)
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

static bool print(const struct evaluation *evaluation, const struct candidate *candidate,
                  const struct policy *policy)
{
    bool readable, open = false, ok = true;
    char *subject = name_text(&candidate->certificate->content->subject, &readable);
    char *verdict = describe(candidate);
    char *supposed = NULL;

    (evaluation->style.json ? print_json_head : print_head)(
        evaluation, candidate, subject != NULL ? subject : "", verdict != NULL ? verdict : "");
    if (!is_no_key(candidate)) {
        ok = explain_rules(&evaluation->style, &candidate->subject, &candidate->key.verdict,
                           &open) &&
             describe_supposed(candidate, policy, &supposed);
    }
    print_tail(evaluation, on_a_token(candidate, open), supposed);
    free(subject);
    free(verdict);
    free(supposed);
    return ok;
}

static enum exit_code decide(const struct evaluation *evaluation, struct crypto *crypto,
                             const struct config *config)
{
    struct object_list objects = {0};
    struct candidate candidate;
    enum exit_code code = EXIT_TROUBLE;

    if (certificate_file_read(crypto, evaluation->file, &objects)) {
        candidate_init(&candidate, config, objects.items[0]);
        if (print(evaluation, &candidate, &config->policy))
            code = is_shown(&candidate) ? EXIT_OK : EXIT_FAILED;
    }
    object_list_finish(&objects);
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
