// SPDX-License-Identifier: BSD-2-Clause
// Asks for user, groups and host.
#include "config/process.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "config/account.h"
#include "config/identity.h"

enum { LARGEST_ENTRY = 1 << 20 };

/* The caller frees; NULL: unknown. */
static char *group_name(gid_t id)
{
    struct group entry;
    struct group *found = NULL;
    char *buffer = NULL;
    char *name = NULL;
    int code = ERANGE;

    for (size_t size = 1024; code == ERANGE && size <= LARGEST_ENTRY; size *= 4) {
        char *larger = realloc(buffer, size);

        if (larger == NULL)
            break;
        buffer = larger;
        code = getgrgid_r(id, &entry, buffer, size, &found);
    }
    if (code == 0 && found != NULL && found->gr_name[0] != '\0')
        name = strdup(found->gr_name);
    free(buffer);
    return name;
}

/* The real group and the supplementary ones. The caller frees; NULL: unknown. */
static gid_t *own_groups(size_t *n_ids)
{
    int count = getgroups(0, NULL);
    gid_t *ids = count >= 0 ? calloc((size_t)count + 1, sizeof(*ids)) : NULL;

    if (ids == NULL)
        return NULL;
    ids[0] = getgid();
    count = getgroups(count, ids + 1);
    if (count < 0) {
        free(ids);
        return NULL;
    }
    *n_ids = (size_t)count + 1;
    return ids;
}

static void init_groups(struct process *process, const struct account *user)
{
    size_t count = 0;
    gid_t *ids = user != NULL ? account_groups(user, &count) : own_groups(&count);

    process->groups = ids != NULL ? calloc(count + 1, sizeof(*process->groups)) : NULL;
    if (process->groups != NULL) {
        process->n_groups = count;
        for (size_t i = 0; i < count; i++)
            process->groups[i] = group_name(ids[i]);
    }
    free(ids);
}

void process_init(struct process *process, const struct policy *policy)
{
    process_init_of(process, policy, NULL);
}

void process_init_of(struct process *process, const struct policy *policy,
                     const struct account *user)
{
    struct identity identity = {0};

    *process = (struct process){0};
    if (policy_uses(policy, SELECTOR_WHEN_USER) || policy_uses(policy, SELECTOR_WHEN_HOST)) {
        identity_init_of(&identity, user != NULL ? user->id : getuid());
        process->user = identity.user;
        process->host = identity.host;
        identity.user = NULL;
        identity.host = NULL;
        identity_finish(&identity);
    }
    if (policy_uses(policy, SELECTOR_WHEN_GROUP))
        init_groups(process, user);
}

void process_finish(struct process *process)
{
    for (size_t i = 0; i < process->n_groups; i++)
        free(process->groups[i]);
    free(process->groups);
    free(process->user);
    free(process->host);
    *process = (struct process){0};
}

struct circumstances process_now(const struct process *process, bool trusted_clock)
{
    struct circumstances now = {.user = process->user,
                                .groups = (const char *const *)process->groups,
                                .n_groups = process->n_groups,
                                .host = process->host};
    time_t seconds = time(NULL);
    struct tm local;

    if ((trusted_clock && getenv("TZ") != NULL) || localtime_r(&seconds, &local) == NULL)
        return now;
    now.has_time = true;
    now.weekday = (unsigned)local.tm_wday;
    now.minute = (unsigned)(local.tm_hour * 60 + local.tm_min);
    return now;
}
