// SPDX-License-Identifier: BSD-2-Clause
// Who asks, for `when` (policy.md 3): the real user and groups of the process, its host.
#pragma once

#include "filters/decide.h"

struct account;

struct process {
    char *user;    /* owned; NULL: unknown */
    char **groups; /* owned array of owned, each NULL where it is unknown; NULL: unknown */
    size_t n_groups;
    char *host; /* owned; NULL: unknown */
};

/* Asks the system for what the policy has selectors on, and for nothing else: names can come from
 * far away. No memory: unknown. */
void process_init(struct process *process, const struct policy *policy);

/* The same as if a process of that user's asked, with the groups that a login gives; NULL: this
 * process. */
void process_init_of(struct process *process, const struct policy *policy,
                     const struct account *user);
void process_finish(struct process *process);

/* With the time of now. trusted_clock: where a variable of the user's (TZ) moves it, it is
 * unknown. */
struct circumstances process_now(const struct process *process, bool trusted_clock);
