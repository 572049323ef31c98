// SPDX-License-Identifier: BSD-2-Clause
#include "tool/named_config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Beside the system's file a user's that is not there would say nothing. */
bool named_config_exists(const char *path, struct message_list *messages)
{
    struct stat status;

    if (stat(path, &status) == 0)
        return true;
    message_add(messages, SEVERITY_ERROR, (struct position){.file = path}, "%s", strerror(errno));
    return false;
}

static bool set_variable(const char *path)
{
    char folder[PATH_MAX];
    char *absolute = NULL;
    bool set = false;

    if (path[0] == '/')
        return setenv("P11GATE_CONFIG", path, 1) == 0;
    if (getcwd(folder, sizeof(folder)) != NULL && asprintf(&absolute, "%s/%s", folder, path) >= 0) {
        set = setenv("P11GATE_CONFIG", absolute, 1) == 0;
        free(absolute);
    }
    return set;
}

struct config *named_config_load(struct crypto *crypto, const char *path, bool system,
                                 struct message_list *messages)
{
    if (path != NULL && !named_config_exists(path, messages))
        return NULL;
    if (path != NULL && system)
        return config_load(crypto, path, true, messages);
    if (path != NULL && !set_variable(path)) {
        message_add(messages, SEVERITY_ERROR, (struct position){.file = path}, "no memory");
        return NULL;
    }
    return config_load_chosen(crypto, NULL, messages);
}
