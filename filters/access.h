// SPDX-License-Identifier: BSD-2-Clause
// What a list of permitted and a list of refused names lets through: functions, mechanisms, digests
// (policy.md 2 and 3).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "common/message.h"

struct access_item {
    unsigned long value;
    struct position position; /* of the name that it was given by */
};

struct access_list {
    struct access_item *items; /* owned array */
    size_t count;
};

/* A zeroed struct permits everything. */
struct access {
    bool limited;             /* allow was written: what is not in it is refused */
    struct access_list allow; /* not looked at unless limited */
    struct access_list deny;  /* goes before allow */
};

bool access_permits(const struct access *access, unsigned long value);

/* False without memory. */
bool access_list_add(struct access_list *list, unsigned long value, struct position position);
bool access_list_has(const struct access_list *list, unsigned long value);

/* Frees what it owns. */
void access_finish(struct access *access);
