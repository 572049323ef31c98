// SPDX-License-Identifier: BSD-2-Clause
// Positions in configuration files, and lists of messages that name them.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Where something stands. file is borrowed from what was read and lives as long as that; line and column start at 1, 0: unknown. */
struct position {
    const char *file;
    unsigned line;
    unsigned column;
};

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct message {
    enum severity severity;
    char *text; /* owned; "FILE:LINE:COLUMN: what was found, what was expected" */
};

/* A zeroed struct is an empty list. */
struct message_list {
    struct message *items; /* owned */
    size_t count;
    size_t errors;
};

/* Adds a message; the position's parts that are unknown are left out. Never fails: without memory the error count still rises. */
void message_add(struct message_list *list, enum severity severity, struct position position,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
void message_list_finish(struct message_list *list);
