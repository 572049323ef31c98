// SPDX-License-Identifier: BSD-2-Clause
// The log: a file of the user's own, and stderr for what the user must see. Never stdout, never a secret.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_INFO, LOG_DEBUG };

struct log_settings {
    char *file; /* owned; NULL: no file */
    enum log_level level;
    bool trace;     /* every call, arguments redacted by their kind */
    bool to_stderr; /* errors and notices go to stderr as well */
};

/* The file is opened at once for appending (0600, its folder made with 0700); at 1 MiB it becomes FILE.1 and a new one is begun, by
 * whichever of the processes that share it comes first. A link, or a file of somebody else's, is not written to.
 * A file that cannot be opened costs its lines and nothing else. settings is borrowed and copied. */
void log_open(const struct log_settings *settings);
void log_close(void);

/* In the child after a fork: the parent's other threads hold no lock here. */
void log_after_fork(void);

/* One line each. Errors and notices ("nothing is shown") also go to stderr, where the settings allow it. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To the file at any level, and never to stderr. */
void log_always(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Is the trace on? */
bool log_traces(void);
void log_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
