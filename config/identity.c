// SPDX-License-Identifier: BSD-2-Clause
// Asks for user and host without touching what the host program got from getpwuid().
#include "config/identity.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST_ENTRY = 1 << 20 };

/* NULL when the text is missing or empty. */
static char *copy_filled(const char *text)
{
    return text != NULL && text[0] != '\0' ? strdup(text) : NULL;
}

/* The entry's text lies in *buffer, which the caller frees; NULL when there is no entry. */
static struct passwd *find_entry(uid_t id, struct passwd *entry, char **buffer)
{
    struct passwd *found = NULL;
    int code = ERANGE;

    *buffer = NULL;
    for (size_t size = 1024; code == ERANGE && size <= LARGEST_ENTRY; size *= 4) {
        char *larger = realloc(*buffer, size);

        if (larger == NULL)
            return NULL;
        *buffer = larger;
        code = getpwuid_r(id, entry, *buffer, size, &found);
    }
    return code == 0 ? found : NULL;
}

static void init_user(struct identity *identity, uid_t id)
{
    struct passwd entry;
    char *buffer = NULL;
    struct passwd *found = find_entry(id, &entry, &buffer);

    if (found != NULL) {
        identity->user = copy_filled(found->pw_name);
        identity->home = copy_filled(found->pw_dir);
    }
    free(buffer);
}

static void init_host(struct identity *identity)
{
    char name[HOST_NAME_MAX + 2] = {0};

    /* A name that fills the room may have been cut. */
    if (gethostname(name, sizeof(name)) != 0 || name[sizeof(name) - 2] != '\0')
        return;
    identity->host = copy_filled(name);
    name[strcspn(name, ".")] = '\0';
    identity->host_label = copy_filled(name);
}

void identity_init_of(struct identity *identity, uid_t id)
{
    *identity = (struct identity){0};
    if (asprintf(&identity->uid, "%lu", (unsigned long)id) < 0)
        identity->uid = NULL;
    init_user(identity, id);
    init_host(identity);
}

void identity_init(struct identity *identity)
{
    identity_init_of(identity, geteuid());
}

void identity_finish(struct identity *identity)
{
    free(identity->user);
    free(identity->uid);
    free(identity->home);
    free(identity->host);
    free(identity->host_label);
    *identity = (struct identity){0};
}
