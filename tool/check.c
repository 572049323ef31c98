// SPDX-License-Identifier: BSD-2-Clause
// p11gate check
#include <getopt.h>
#include <stdio.h>
#include "crypto/crypto.h"
#include "tool/messages.h"
#include "tool/named_config.h"
#include "tool/surroundings.h"
#include "tool/verb.h"

static void print_policy(const char *path, const struct policy *policy, bool warned)
{
    printf("%s: %s: ", path, warned ? "no mistake, but there are warnings" : "all right");
    if (policy->allow_all)
        fputs("allow: all", stdout);
    else
        printf("%zu allow", policy->allow.count);
    printf(", %zu require, %zu deny\n", policy->require.count, policy->deny.count);
}

static enum exit_code check_file(const char *path, bool system)
{
    struct message_list messages = {0};
    struct crypto *crypto = crypto_create();
    struct config *config =
        crypto != NULL ? named_config_load(crypto, path, system, &messages) : NULL;
    enum exit_code code = config != NULL ? EXIT_OK : EXIT_FAILED;

    if (config != NULL) {
        config_lint(config, &messages);
        surroundings_check(config, &messages);
    }
    messages_print(&messages);
    if (config != NULL)
        print_policy(config->path, &config->policy, messages.count > 0);
    if (config != NULL && config->policy.narrowed_by != NULL)
        print_policy(config->user_path, config->policy.narrowed_by, messages.count > 0);
    config_destroy(config);
    crypto_destroy(crypto);
    message_list_finish(&messages);
    return code;
}

enum exit_code verb_check(int argc, char **argv)
{
    static const struct option options[] = {
        {"system", no_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    bool system = false;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 's')
            return option_error(argv);
        system = true;
    }
    if (optind + 1 < argc)
        return usage_error(argv[0], "expected at most a FILE, found `%s`", argv[argc - 1]);
    if (system && optind == argc)
        return usage_error(argv[0], "expected a FILE behind `--system`");
    return check_file(argv[optind], system);
}
