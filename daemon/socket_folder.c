// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/socket_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "common/log.h"
#include "common/shell_word.h"
#include "daemon/daemon.h"

/* Cuts the last name off, but for the first slash. */
static void ascend(char *path)
{
    char *end = strrchr(path, '/');

    end[end == path] = '\0';
}

static bool make(const char *folder, bool for_all)
{
    if (mkdir(folder, 0700) == 0)
        return !for_all || chmod(folder, 0755) == 0;
    return errno == EEXIST;
}

static bool refuse_writers(const struct daemon *daemon, const char *folder)
{
    char *word = shell_word(folder);

    log_error("cannot listen on %s: %s is writable by others than its owner, run `chmod go-w %s`", daemon->socket, folder, word != NULL ? word : "FOLDER");
    free(word);
    return false;
}

static bool check(const struct daemon *daemon, const char *folder)
{
    struct stat status;

    if (stat(folder, &status) != 0) {
        log_error("cannot listen on %s: %s: %s", daemon->socket, folder, strerror(errno));
        return false;
    }
    if (status.st_uid != 0 && status.st_uid != daemon->uid) {
        log_error("cannot listen on %s: %s belongs to user %lu, expected root or user %lu", daemon->socket, folder, (unsigned long)status.st_uid,
                  (unsigned long)daemon->uid);
        return false;
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && ((status.st_mode & S_ISVTX) == 0 || status.st_uid != 0))
        return refuse_writers(daemon, folder);
    return true;
}

/* The path has no symlink in it. */
static bool check_up(const struct daemon *daemon, char *folder)
{
    bool good = check(daemon, folder);

    while (good && daemon->system && strcmp(folder, "/") != 0) {
        ascend(folder);
        good = check(daemon, folder);
    }
    return good;
}

bool socket_folder_make(const struct daemon *daemon)
{
    char *named = strdup(daemon->socket), *folder = NULL;
    bool good;

    if (named != NULL) {
        ascend(named);
        folder = make(named, daemon->system) ? realpath(named, NULL) : NULL;
    }
    good = folder != NULL && check_up(daemon, folder);
    if (folder == NULL)
        log_error("cannot listen on %s: %s", daemon->socket, strerror(errno));
    free(folder);
    free(named);
    return good;
}
