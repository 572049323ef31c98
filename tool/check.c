// SPDX-License-Identifier: BSD-2-Clause
// p11gate check
#include <stdio.h>
#include <stdlib.h>
#include "config/config.h"
#include "crypto/crypto.h"
#include "tool/verb.h"

static void print_messages(const struct message_list *messages)
{
    for (size_t i = 0; i < messages->count; i++)
        fprintf(stderr, "%s%s\n",
                messages->items[i].severity == SEVERITY_WARNING ? "warning: " : "",
                messages->items[i].text);
}

static void print_summary(const struct config *config)
{
    const struct policy *policy = &config->policy;

    if (policy->allow_all)
        printf("%s: all right: allow: all", config->path);
    else
        printf("%s: all right: %zu allow", config->path, policy->allow.count);
    printf(", %zu require, %zu deny\n", policy->require.count, policy->deny.count);
}

static enum exit_code check_file(const char *path, bool system, struct message_list *messages)
{
    struct crypto *crypto = crypto_create();
    struct config *config = crypto != NULL ? config_load(crypto, path, system, messages) : NULL;
    enum exit_code code = config != NULL ? EXIT_OK : EXIT_FAILED;

    print_messages(messages);
    if (config != NULL)
        print_summary(config);
    config_destroy(config);
    crypto_destroy(crypto);
    return code;
}

enum exit_code verb_check(int argc, char **argv)
{
    struct message_list messages = {0};
    bool system = false;
    char *chosen = NULL;
    enum exit_code code = EXIT_FAILED;

    if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
        return usage_error(argv[0], "expected at most a FILE, found `%s`", argv[argc - 1]);
    if (argc < 2)
        chosen = config_path(&system, &messages);
    if (argc == 2 || chosen != NULL)
        code = check_file(argc == 2 ? argv[1] : chosen, system, &messages);
    else
        print_messages(&messages);
    message_list_finish(&messages);
    free(chosen);
    return code;
}
