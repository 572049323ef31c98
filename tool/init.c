// SPDX-License-Identifier: BSD-2-Clause
// p11gate init
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/shell_word.h"
#include "tool/choice.h"
#include "tool/config_file.h"
#include "tool/describe.h"
#include "tool/tokens.h"
#include "tool/vendors.h"
#include "tool/verb.h"

struct request {
    const char *module;
    const char *output;
    char **keys; /* owned array of borrowed */
    size_t n_keys;
    bool login;
    bool force;
};

/* The first known library that has a token; those that cannot be loaded here are passed over. */
static struct gate *find_vendor(void)
{
    unsigned n = 0;
    const char *path;
    bool any = false;

    while ((path = vendors_next(&n)) != NULL) {
        struct gate *gate = tokens_open_all(path, true);

        any = true;
        if (gate != NULL && tokens_count(gate) > 0) {
            printf("module %s (--module names another)\n", path);
            return gate;
        }
        gate_destroy(gate);
    }
    if (any)
        fprintf(stderr, "p11gate init: no known library has a token; is the card in the reader? "
                        "See `p11gate doctor`, or name the library: --module PATH\n");
    else
        fprintf(stderr, "p11gate init: no known library is installed; install the vendor's (for "
                        "most cards, the package opensc-pkcs11), or name it: --module PATH\n");
    return NULL;
}

/* A token that cannot be read, or is not logged in to, is passed over: there may be others. */
static bool collect(struct gate *gate, bool login, struct choice *choice)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (!token_is_usable(token) || (login && !tokens_log_in(token)))
            continue;
        if (!tokens_read(token, true))
            continue;
        if (token_is_shy(token))
            fprintf(stderr, "p11gate init: the token \"%.*s\" shows no key before login; --login "
                            "asks for its PIN\n",
                    describe_label_size(token), (const char *)token->info.label);
    }
    /* Only now: reading one token may scan the slots, and drop what was read of another. */
    for (size_t i = 0; i < gate->n_tokens; i++) {
        if (token_is_usable(gate->tokens[i]) && !choice_add(choice, gate->tokens[i]))
            return false;
    }
    if (tokens_count(gate) == 0)
        fprintf(stderr, "p11gate init: %s has no token; is the card in the reader?\n",
                gate->config->settings.modules[0].path);
    else if (choice->count == 0)
        fputs("p11gate init: no key that ssh could use was found\n", stderr);
    return choice->count > 0;
}

static bool choose(const struct request *request, struct choice *choice)
{
    bool ok = true;

    if (request->n_keys == 0) {
        choice_print(choice);
        ok = choice_ask(choice);
        if (!ok)
            fputs("\np11gate init: nothing was chosen, nothing is written; scripts use --key\n",
                  stderr);
        return ok;
    }
    for (size_t i = 0; i < request->n_keys; i++)
        ok = choice_by_fingerprint(choice, request->keys[i]) && ok;
    return ok;
}

/* The file's text; the caller frees. */
static char *make_text(const char *module, const struct choice *choice)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool ok = true;

    if (out == NULL)
        return NULL;
    fputs("# p11gate: the keys that ssh may see. `p11gate check` checks this file, `p11gate list` "
                 "shows what it means.\nversion: 1\nmodule: ",
          out);
    config_file_quoted(out, module, strlen(module));
    fputs("\nallow:\n", out);
    for (size_t i = 0; i < choice->count && ok; i++) {
        if (choice->items[i].chosen)
            ok = config_file_rule(out, choice->items[i].token, choice->items[i].key);
    }
    if (fclose(out) != 0 || !ok) {
        free(text);
        return NULL;
    }
    return text;
}

/* ssh_config is quoted as the shell is. */
static void print_next_steps(const char *path)
{
    char *module = shell_word(MODULE_INSTALL_PATH);
    const char *word = module != NULL ? module : MODULE_INSTALL_PATH;

    printf("wrote %s\n\nNow put this into ~/.ssh/config:\n\n"
           "Host *\n"
           "    PKCS11Provider %s\n"
           "    IdentityFile none\n\n"
           "or give the keys to an agent:  ssh-add -s %s\n"
           "The lines for the server's authorized_keys:  p11gate keys\n",
           path, word, word);
    free(module);
}

/* Where to: the file that would be read. The caller frees. */
static char *output_path(const struct request *request)
{
    struct message_list messages = {0};
    bool system = false;
    char *path;

    if (request->output != NULL)
        return strdup(request->output);
    path = config_path(&system, &messages);
    for (size_t i = 0; i < messages.count; i++)
        fprintf(stderr, "p11gate init: %s\n", messages.items[i].text);
    message_list_finish(&messages);
    if (path != NULL && system) {
        fprintf(stderr, "p11gate init: %s is the only file that is read here; --output writes "
                        "another\n", path);
        free(path);
        return NULL;
    }
    return path;
}

static enum exit_code init(const struct request *request)
{
    char *path = output_path(request);
    struct gate *gate = NULL;
    struct choice choice = {0};
    char *text = NULL;
    enum exit_code code = EXIT_FAILED;

    if (path == NULL || !config_file_is_free(path, request->force))
        goto out;
    if (request->module != NULL && vendors_is_p11gate(request->module)) {
        fprintf(stderr, "p11gate init: %s is p11gate itself; name the vendor's library, which it "
                        "stands before\n", request->module);
        goto out;
    }
    gate = request->module != NULL ? tokens_open_all(request->module, false) : find_vendor();
    if (gate == NULL || !collect(gate, request->login, &choice) || !choose(request, &choice))
        goto out;
    text = make_text(gate->config->settings.modules[0].path, &choice);
    if (text == NULL || !config_file_write(path, text, request->force))
        goto out;
    print_next_steps(path);
    code = EXIT_OK;
out:
    choice_finish(&choice);
    gate_destroy(gate);
    free(text);
    free(path);
    return code;
}

static bool add_key(struct request *request, char *key)
{
    char **grown = reallocarray(request->keys, request->n_keys + 1, sizeof(*grown));

    if (grown == NULL)
        return false;
    request->keys = grown;
    grown[request->n_keys++] = key;
    return true;
}

static bool take_option(struct request *request, int option)
{
    switch (option) {
    case 'm':
        request->module = optarg;
        return optarg[0] == '/';
    case 'k':
        return add_key(request, optarg);
    case 'o':
        request->output = optarg;
        return true;
    case 'l':
        request->login = true;
        return true;
    case 'f':
        request->force = true;
        return true;
    default:
        return false;
    }
}

enum exit_code verb_init(int argc, char **argv)
{
    static const struct option options[] = {
        {"module", required_argument, NULL, 'm'}, {"key", required_argument, NULL, 'k'},
        {"output", required_argument, NULL, 'o'}, {"login", no_argument, NULL, 'l'},
        {"force", no_argument, NULL, 'f'},        {NULL, 0, NULL, 0},
    };
    struct request request = {0};
    enum exit_code code;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!take_option(&request, option)) {
            free(request.keys);
            return option == 'm' ? usage_error(argv[0], "--module: expected an absolute path, found `%s`",
                                               optarg)
                                 : option_error(argv);
        }
    }
    if (optind < argc)
        code = usage_error(argv[0], "unexpected `%s`", argv[optind]);
    else
        code = init(&request);
    free(request.keys);
    return code;
}
