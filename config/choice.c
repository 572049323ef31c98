// SPDX-License-Identifier: BSD-2-Clause
// Asks files, variables and the module's name for the choice.
#include "config/choice.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "config/account.h"
#include "config/identity.h"
#include "config/reader.h"

#ifndef SYSTEM_CONFIG
#define SYSTEM_CONFIG "/etc/p11gate/config.yaml"
#endif

bool choice_system_exists(void)
{
    struct stat status;

    return lstat(SYSTEM_CONFIG, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

char *choice_system_path(void)
{
    return strdup(SYSTEM_CONFIG);
}

/* NULL when the variable is unset or empty. */
static const char *filled_variable(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* False without memory. The XDG base directory specification has relative paths ignored. */
static bool default_path(char **path)
{
    const char *folder = filled_variable("XDG_CONFIG_HOME");
    struct identity identity;
    int length = 0;

    *path = NULL;
    identity_init(&identity);
    if (folder != NULL && folder[0] == '/')
        length = asprintf(path, "%s/p11gate/config.yaml", folder);
    else if (identity.home != NULL)
        length = asprintf(path, "%s/.config/p11gate/config.yaml", identity.home);
    identity_finish(&identity);
    return length >= 0;
}

/* Messages repeat the path: one that no file can have is refused before. */
static bool check_named(const char *named, struct message_list *messages)
{
    bool fits = strlen(named) < PATH_MAX;
    char found[READER_FOUND_SIZE];

    if (named[0] == '/' && fits)
        return true;
    reader_quote(named, found);
    message_add(messages, SEVERITY_ERROR, (struct position){0},
                "P11GATE_CONFIG: found %s, expected %s", found,
                fits ? "an absolute path" : "a shorter path");
    return false;
}

bool choice_user_path(char **path, struct message_list *messages)
{
    const char *named = filled_variable("P11GATE_CONFIG");
    bool good;

    if (named != NULL && !check_named(named, messages))
        return false;
    if (named != NULL) {
        *path = strdup(named);
        good = *path != NULL;
    } else {
        good = default_path(path);
    }
    if (!good)
        message_add(messages, SEVERITY_ERROR, (struct position){0}, "no memory");
    return good;
}

bool choice_path_of(const struct account *user, char **path, struct message_list *messages)
{
    *path = NULL;
    if (user->home == NULL || asprintf(path, "%s/.config/p11gate/config.yaml", user->home) >= 0)
        return true;
    *path = NULL;
    message_add(messages, SEVERITY_ERROR, (struct position){0}, "no memory");
    return false;
}

/* The NAME of .../p11gate-NAME.so with its length; NULL: the file has none. */
static const char *name_in_file(const char *file, size_t *length)
{
    static const char front[] = "p11gate-";
    static const char end[] = ".so";
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    size_t size = strlen(name);

    if (strncmp(name, front, strlen(front)) != 0 || size <= strlen(front) + strlen(end) ||
        strcmp(name + size - strlen(end), end) != 0)
        return NULL;
    *length = size - strlen(front) - strlen(end);
    return name + strlen(front);
}

char *choice_profile(const char *module_file, bool *no_memory)
{
    const char *named = filled_variable("P11GATE_PROFILE");
    size_t length = 0;
    const char *name = module_file != NULL ? name_in_file(module_file, &length) : NULL;
    char *profile = NULL;

    if (named != NULL)
        profile = strdup(named);
    else if (name != NULL)
        profile = strndup(name, length);
    *no_memory = profile == NULL && (named != NULL || name != NULL);
    return profile;
}
