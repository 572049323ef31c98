// SPDX-License-Identifier: BSD-2-Clause
#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "common/own_file.h"
#include "common/printable.h"

enum { LOG_FILE_MAX = 1024 * 1024, LINE_MAX_SIZE = 2048 };

/* One log a process, as there is one module a process. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    int fd; /* -1: none */
    char *path;
    _Atomic(enum log_level) level; /* these two are asked without the lock */
    atomic_bool trace;
    bool to_stderr;
} state = {.fd = -1, .level = LOG_ERROR, .to_stderr = true};

void log_open(const struct log_settings *settings)
{
    pthread_mutex_lock(&log_lock);
    if (state.fd >= 0)
        close(state.fd);
    free(state.path);
    state.fd = -1;
    state.path = settings->file != NULL ? strdup(settings->file) : NULL;
    state.level = settings->level;
    state.trace = settings->trace;
    state.to_stderr = settings->to_stderr;
    if (state.path != NULL)
        state.fd = own_file_open(state.path);
    pthread_mutex_unlock(&log_lock);
}

void log_close(void)
{
    const struct log_settings none = {.level = LOG_ERROR, .to_stderr = true};
    log_open(&none);
}

void log_after_fork(void)
{
    pthread_mutex_init(&log_lock, NULL);
}

static void write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text += n;
        size -= (size_t)n;
    }
}

static void write_file(const char *text)
{
    char line[LINE_MAX_SIZE + 64];
    struct timespec now;
    struct tm utc;

    if (state.fd < 0)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    int n = snprintf(line, sizeof(line), "%04d-%02d-%02dT%02d:%02d:%02dZ p11gate[%ld]: %s\n",
                     utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                     utc.tm_sec, (long)getpid(), text);
    if (n > 0)
        write_all(state.fd, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
    state.fd = own_file_rotate(state.fd, state.path, LOG_FILE_MAX);
}

__attribute__((format(printf, 2, 0))) static void
write_line(bool to_stderr, const char *format, va_list arguments)
{
    char text[LINE_MAX_SIZE];
    char line[LINE_MAX_SIZE + 16];

    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        return;
    printable_make(text);
    pthread_mutex_lock(&log_lock);
    write_file(text);
    if (to_stderr && state.to_stderr) {
        int n = snprintf(line, sizeof(line), "p11gate: %s\n", text);
        if (n > 0)
            write_all(STDERR_FILENO, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
    }
    pthread_mutex_unlock(&log_lock);
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(true, format, arguments);
    va_end(arguments);
}

void log_notice(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(true, format, arguments);
    va_end(arguments);
}

void log_always(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(false, format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;
    if (state.level < LOG_INFO)
        return;
    va_start(arguments, format);
    write_line(false, format, arguments);
    va_end(arguments);
}

void log_debug(const char *format, ...)
{
    va_list arguments;
    if (state.level < LOG_DEBUG)
        return;
    va_start(arguments, format);
    write_line(false, format, arguments);
    va_end(arguments);
}

bool log_traces(void)
{
    return state.trace;
}

void log_trace(const char *format, ...)
{
    va_list arguments;
    if (!state.trace)
        return;
    va_start(arguments, format);
    write_line(false, format, arguments);
    va_end(arguments);
}
