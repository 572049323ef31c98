// SPDX-License-Identifier: BSD-2-Clause
#define P11_KIT_FUTURE_UNSTABLE_API 1 /* p11_kit_set_progname */
#include "tool/surroundings.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <p11-kit/p11-kit.h>
#include "common/shell_word.h"
#include "module/vendor.h"
#include "tool/vendors.h"

/* What `ssh-agent -P` is where it is not said. */
static const char agent_default[] = "/usr/lib*/*,/usr/local/lib*/*";

/* A pattern behind ! refuses whatever the others say (match_pattern_list() of OpenSSH). */
bool surroundings_agent_takes(const char *path, const char *patterns)
{
    char *real = realpath(path, NULL);
    char *list = strdup(patterns != NULL ? patterns : agent_default), *rest = list, *pattern;
    bool takes = false, refuses = list == NULL;

    while (rest != NULL && (pattern = strsep(&rest, ",")) != NULL) {
        bool not = pattern[0] == '!';

        if (fnmatch(pattern + not, real != NULL ? real : path, FNM_NOESCAPE) == 0)
            *(not ? &refuses : &takes) = true;
    }
    free(list);
    free(real);
    return takes && !refuses;
}

static void check_agent(struct message_list *messages)
{
    char *word;

    if (surroundings_agent_takes(MODULE_INSTALL_PATH, NULL))
        return;
    word = shell_word(MODULE_INSTALL_PATH);
    message_add(messages, SEVERITY_WARNING, (struct position){0},
                "%s: found a folder that ssh-agent loads no modules from, expected /usr/lib* or "
                "/usr/local/lib*; start the agent with `-P %s`",
                MODULE_INSTALL_PATH, word != NULL ? word : "PATH");
    free(word);
}

static void check_library(const struct module_settings *module, struct message_list *messages)
{
    char *error = NULL;
    struct vendor *vendor = vendor_load(module, &error);

    if (vendor == NULL)
        message_add(messages, SEVERITY_WARNING, module->position, "cannot load %s: %s",
                    module->path, error != NULL ? error : "no memory");
    else if (vendors_is_p11gate(module->path))
        message_add(messages, SEVERITY_WARNING, module->position,
                    "found %s, which is p11gate itself, expected the vendor's module",
                    module->path);
    vendor_destroy(vendor);
    free(error);
}

bool surroundings_is_same_file(const char *a, const char *b)
{
    struct stat first, second;

    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* A program of that name loads these from p11-kit. */
struct enabled {
    bool p11gate;
    bool library;
};

static struct enabled enabled_for(const char *program, const char *library)
{
    struct enabled enabled = {false, false};
    CK_FUNCTION_LIST **modules;

    p11_kit_set_progname(program);
    modules = p11_kit_modules_load(NULL, 0);
    for (size_t i = 0; modules != NULL && modules[i] != NULL; i++) {
        char *path = p11_kit_module_get_filename(modules[i]);

        enabled.p11gate = enabled.p11gate || (path != NULL && vendors_is_p11gate(path));
        enabled.library = enabled.library || (path != NULL && surroundings_is_same_file(path, library));
        free(path);
    }
    if (modules != NULL)
        p11_kit_modules_release(modules);
    return enabled;
}

/* A module's file in p11-kit may name the programs that it is for. The first stands for those that
 * no file names. */
void surroundings_check_p11_kit(const struct module_settings *module, struct message_list *messages)
{
    static const char *const programs[] = {"p11gate",     "p11-kit-proxy", "firefox",
                                           "thunderbird", "chrome",        "chromium"};

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        struct enabled enabled = enabled_for(programs[i], module->path);

        if (!enabled.p11gate || !enabled.library)
            continue;
        message_add(
            messages, SEVERITY_WARNING, module->position,
            "found p11gate and %s both enabled in p11-kit%s%s, expected one of them: there the "
            "library shows what p11gate hides; see p11gate(7)",
            module->path, i > 0 ? " for " : "", i > 0 ? programs[i] : "");
        return;
    }
}

void surroundings_check(const struct config *config, struct message_list *messages)
{
    check_agent(messages);
    p11_kit_be_quiet();
    for (size_t i = 0; i < config->settings.n_modules; i++) {
        if (access(config->settings.modules[i].path, R_OK) != 0)
            continue; /* config_lint() says so */
        check_library(&config->settings.modules[i], messages);
        surroundings_check_p11_kit(&config->settings.modules[i], messages);
    }
}
