// SPDX-License-Identifier: BSD-2-Clause
#include "module/server.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool find_owner(const char *path, uid_t *owner)
{
    char *folder = strdup(path);
    char *end = folder != NULL ? strrchr(folder, '/') : NULL;
    struct stat status;
    bool found = false;

    if (end != NULL) {
        end[end == folder] = '\0';
        found = stat(folder, &status) == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
        *owner = status.st_uid;
    }
    free(folder);
    return found;
}

size_t server_trusted(const char *path, uid_t users[SERVER_TRUSTED_MOST])
{
    size_t count = 0;

    users[count++] = 0;
    users[count++] = geteuid();
    if (find_owner(path, &users[count]))
        count++;
    return count;
}
