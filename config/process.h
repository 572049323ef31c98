// SPDX-License-Identifier: BSD-2-Clause
// Who the process is, for `when` (policy.md 3): its real user and groups, its host.
#pragma once

#include "filters/decide.h"

struct process {
    char *user;    /* owned; of getuid(); NULL: unknown */
    char **groups; /* owned array of owned, each NULL where it is unknown; NULL: unknown */
    size_t n_groups;
    char *host; /* owned; NULL: unknown */
};

/* Asks the system for what the policy has selectors on, and for nothing else: names can come from
 * far away. No memory: unknown. */
void process_init(struct process *process, const struct policy *policy);
void process_finish(struct process *process);

/* With the time of now. trusted_clock: where a variable of the user's (TZ) moves it, it is
 * unknown. */
struct circumstances process_now(const struct process *process, bool trusted_clock);
