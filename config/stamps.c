// SPDX-License-Identifier: BSD-2-Clause
// Remembers the state of files.
#include "config/stamps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stamp {
    char *path; /* owned */
    bool missing;
    struct stat status; /* unless missing */
};

struct config_stamps {
    struct stamp *items; /* owned */
    size_t count;
};

struct config_stamps *stamps_create(void)
{
    return calloc(1, sizeof(struct config_stamps));
}

void stamps_destroy(struct config_stamps *stamps)
{
    if (stamps == NULL)
        return;
    for (size_t i = 0; i < stamps->count; i++)
        free(stamps->items[i].path);
    free(stamps->items);
    free(stamps);
}

/* The path is copied into it. */
static bool add(struct config_stamps *stamps, const char *path, struct stamp stamp)
{
    struct stamp *items = reallocarray(stamps->items, stamps->count + 1, sizeof(*items));

    if (items == NULL)
        return false;
    stamps->items = items;
    stamp.path = strdup(path);
    if (stamp.path == NULL)
        return false;
    stamps->items[stamps->count++] = stamp;
    return true;
}

bool stamps_add(struct config_stamps *stamps, const char *path, const struct stat *status)
{
    return add(stamps, path, (struct stamp){.status = *status});
}

bool stamps_add_missing(struct config_stamps *stamps, const char *path)
{
    return add(stamps, path, (struct stamp){.missing = true});
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool stamp_holds(const struct stamp *stamp)
{
    const struct stat *then = &stamp->status;
    struct stat now;

    if (stamp->missing)
        return stat(stamp->path, &now) != 0 && (errno == ENOENT || errno == ENOTDIR);
    return stat(stamp->path, &now) == 0 && now.st_dev == then->st_dev &&
           now.st_ino == then->st_ino && now.st_size == then->st_size &&
           same_time(now.st_mtim, then->st_mtim) && same_time(now.st_ctim, then->st_ctim);
}

bool stamps_changed(const struct config_stamps *stamps)
{
    for (size_t i = 0; i < stamps->count; i++)
        if (!stamp_holds(&stamps->items[i]))
            return true;
    return false;
}
