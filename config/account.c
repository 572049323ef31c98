// SPDX-License-Identifier: BSD-2-Clause
// Asks the system for a user by his name.
#include "config/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_ENTRY = 1 << 20, MOST_GROUPS = 65536 };

/* 0 or an errno; *found is NULL where there is no such user. The entry's text lies in *buffer,
 * which the caller frees. */
static int find_entry(const char *name, struct passwd *entry, char **buffer, struct passwd **found)
{
    int code = ERANGE;

    *buffer = NULL;
    *found = NULL;
    for (size_t size = 1024; code == ERANGE && size <= LARGEST_ENTRY; size *= 4) {
        char *larger = realloc(*buffer, size);

        if (larger == NULL)
            return ENOMEM;
        *buffer = larger;
        code = getpwnam_r(name, entry, *buffer, size, found);
    }
    return code;
}

/* A name that nobody has is told by some of the sources of names as an error (POSIX leaves open
 * which). */
static bool means_nobody(int code)
{
    return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

static bool copy(const struct passwd *entry, struct account *account)
{
    struct account made = {
        .name = strdup(entry->pw_name), .id = entry->pw_uid, .group = entry->pw_gid};
    bool has_home = entry->pw_dir != NULL && entry->pw_dir[0] != '\0';

    if (has_home)
        made.home = strdup(entry->pw_dir);
    if (made.name == NULL || (has_home && made.home == NULL)) {
        account_finish(&made);
        return false;
    }
    *account = made;
    return true;
}

enum account_outcome account_find(const char *name, struct account *account)
{
    struct passwd entry;
    struct passwd *found;
    char *buffer;
    int code = find_entry(name, &entry, &buffer, &found);
    enum account_outcome outcome = ACCOUNT_FAILED;

    if (found == NULL && means_nobody(code))
        outcome = ACCOUNT_UNKNOWN;
    else if (found != NULL && copy(found, account))
        outcome = ACCOUNT_FOUND;
    else
        errno = found != NULL ? ENOMEM : code;
    free(buffer);
    return outcome;
}

void account_finish(struct account *account)
{
    free(account->name);
    free(account->home);
    *account = (struct account){0};
}

gid_t *account_groups(const struct account *account, size_t *count)
{
    gid_t *groups = NULL;
    int room = 64;

    for (int got = -1; got < 0 && room <= MOST_GROUPS; room *= 4) {
        gid_t *larger = reallocarray(groups, (size_t)room, sizeof(*groups));

        if (larger == NULL)
            break;
        groups = larger;
        int size = room;
        got = getgrouplist(account->name, account->group, groups, &size);
        if (got >= 0) {
            *count = (size_t)size;
            return groups;
        }
    }
    free(groups);
    return NULL;
}
