// SPDX-License-Identifier: BSD-2-Clause
// p11gate diff
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "crypto/crypto.h"
#include "tool/listed_keys.h"
#include "tool/messages.h"
#include "tool/named_config.h"
#include "tool/tokens.h"
#include "tool/verb.h"

enum change { UNCHANGED, GAINED, LOST, CHANGED };

struct difference {
    struct listed_keys old;
    struct listed_keys new;
    bool json;
    bool login;
    bool system;
    bool colour;
    size_t count; /* of keys printed */
};

/* Either may be NULL: the key is not there. */
static enum change compare(const struct listed_key *old, const struct listed_key *new)
{
    bool was = old != NULL && old->shown, is = new != NULL &&new->shown;

    if (was != is)
        return is ? GAINED : LOST;
    if (is && (strcmp(old->label, new->label) != 0 || strcmp(old->options, new->options) != 0 ||
               old->place != new->place || old->audited != new->audited))
        return CHANGED;
    return UNCHANGED;
}

static void print_changes(const struct listed_key *old, const struct listed_key *new)
{
    if (old->audited != new->audited)
        printf("    %s; was %s\n", new->why, old->why);
    if (strcmp(old->label, new->label) != 0)
        printf("    label \"%s\", was \"%s\"\n", new->label, old->label);
    if (strcmp(old->options, new->options) != 0)
        printf("    options (%s), were (%s)\n", new->options, old->options);
    if (old->place != new->place)
        printf("    place %zu, was %zu\n", new->place, old->place);
}

static void print_text(const struct difference *difference, enum change change,
                       const struct listed_key *old, const struct listed_key *new)
{
    static const struct {
        char sign;
        const char *colour;
    } looks[] = {
        [GAINED] = {'+', "\033[32m"}, [LOST] = {'-', "\033[31m"}, [CHANGED] = {'~', "\033[33m"}};
    const struct listed_key *key = new != NULL ? new : old;

    printf("%s%c %s \"%s\"%s on token %s\n", difference->colour ? looks[change].colour : "",
           looks[change].sign, key->text, key->label, difference->colour ? "\033[0m" : "",
           key->token_text);
    if (change == CHANGED)
        print_changes(old, new);
    else
        printf("    %s\n", new != NULL ? new->why : "its token is not there");
}

static void print_json_side(const char *name, const struct listed_key *key)
{
    if (key == NULL)
        printf(", \"%s\": null", name);
    else if (key->place > 0)
        printf(", \"%s\": {%s, \"place\": %zu}", name, key->json, key->place);
    else
        printf(", \"%s\": {%s, \"place\": null}", name, key->json);
}

static void print_json(const struct difference *difference, enum change change,
                       const struct listed_key *old, const struct listed_key *new)
{
    static const char *const names[] = {
        [GAINED] = "gained", [LOST] = "lost", [CHANGED] = "changed"};

    printf("%s  {\"change\": \"%s\"", difference->count > 0 ? ",\n" : "\n", names[change]);
    print_json_side("old", old);
    print_json_side("new", new);
    fputc('}', stdout);
}

static void print_pair(struct difference *difference, const struct listed_key *old,
                       const struct listed_key *new)
{
    enum change change = compare(old, new);

    if (change == UNCHANGED)
        return;
    if (difference->json)
        print_json(difference, change, old, new);
    else
        print_text(difference, change, old, new);
    difference->count++;
}

static void print_differences(struct difference *difference)
{
    if (difference->json)
        fputc('[', stdout);
    for (size_t i = 0; i < difference->old.count; i++) {
        const struct listed_key *old = &difference->old.items[i];
        print_pair(difference, old, old->other);
    }
    for (size_t i = 0; i < difference->new.count; i++) {
        const struct listed_key *new = &difference->new.items[i];
        if (new->other == NULL)
            print_pair(difference, NULL, new);
    }
    if (difference->json)
        fputs(difference->count > 0 ? "\n]\n" : "]\n", stdout);
}

/* False with the reason on stderr. */
static bool read_file(const struct difference *difference, struct crypto *crypto, const char *path,
                      struct listed_keys *list)
{
    struct message_list messages = {0};
    struct config *config = named_config_load(crypto, path, difference->system, &messages);
    struct gate *gate = NULL;
    bool ok;

    messages_print(&messages);
    message_list_finish(&messages);
    if (config != NULL)
        gate = tokens_open_with(config, false);
    ok = gate != NULL && listed_keys_read(list, gate, difference->login);
    gate_destroy(gate);
    return ok;
}

static enum exit_code diff(struct difference *difference, const char *old, const char *new)
{
    struct crypto *crypto = crypto_create();
    enum exit_code code = EXIT_TROUBLE;

    if (crypto != NULL && read_file(difference, crypto, old, &difference->old) &&
        read_file(difference, crypto, new, &difference->new)) {
        listed_keys_pair(&difference->old, &difference->new);
        print_differences(difference);
        code = difference->count > 0 ? EXIT_DIFFERENT : EXIT_OK;
    }
    if (fflush(stdout) != 0)
        code = EXIT_TROUBLE;
    listed_keys_finish(&difference->old);
    listed_keys_finish(&difference->new);
    crypto_destroy(crypto);
    return code;
}

enum exit_code verb_diff(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"login", no_argument, NULL, 'l'},
        {"system", no_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    struct difference difference = {.colour = isatty(STDOUT_FILENO) == 1};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j')
            difference.json = true;
        else if (option == 'l')
            difference.login = true;
        else if (option == 's')
            difference.system = true;
        else
            return option_error(argv);
    }
    if (argc - optind < 2)
        return usage_error(argv[0], "expected two files, OLD and NEW");
    if (argc - optind > 2)
        return usage_error(argv[0], "unexpected `%s`", argv[optind + 2]);
    return diff(&difference, argv[optind], argv[optind + 1]);
}
