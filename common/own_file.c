// SPDX-License-Identifier: BSD-2-Clause
#include "common/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes the folders that lead to a file, each private to the user. */
static void make_parents(const char *path)
{
    char *copy = strdup(path);

    for (char *slash = copy != NULL && *copy != '\0' ? strchr(copy + 1, '/') : NULL;
         slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700);
        *slash = '/';
    }
    free(copy);
}

static int try_open(const char *path)
{
    return open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

/* By a second name it may be any file of the user's. */
static bool is_own(int fd)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return false;
    errno = EPERM;
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || info.st_nlink > 1)
        return false;
    return (info.st_mode & 07777) == 0600 || fchmod(fd, 0600) == 0;
}

int own_file_open(const char *path)
{
    int fd = try_open(path);
    int error;

    if (fd < 0 && errno == ENOENT) {
        make_parents(path);
        fd = try_open(path);
    }
    if (fd < 0 || is_own(fd))
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Has another process begun a new file since? */
static bool is_replaced(const char *path, const struct stat *open_file_info)
{
    struct stat named;

    return lstat(path, &named) != 0 || named.st_dev != open_file_info->st_dev ||
           named.st_ino != open_file_info->st_ino;
}

/* One process at a time; one that holds the lock and is stopped there stops nobody else. */
static bool rename_full(int fd, const char *path, const struct stat *info)
{
    char *old = NULL;
    bool renamed;

    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return false;
    if (is_replaced(path, info))
        return true; /* closing unlocks */
    renamed = asprintf(&old, "%s.1", path) >= 0 && rename(path, old) == 0;
    free(old);
    if (!renamed)
        flock(fd, LOCK_UN);
    return renamed;
}

int own_file_rotate(int fd, const char *path, off_t most)
{
    struct stat info;

    if (fstat(fd, &info) != 0 || info.st_size < most || !rename_full(fd, path, &info))
        return fd;
    close(fd);
    return own_file_open(path);
}
