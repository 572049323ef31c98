// SPDX-License-Identifier: BSD-2-Clause
#include "common/audit_sink.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/own_file.h"

enum { FILE_MAX = 16 * 1024 * 1024 };

const char *audit_sink_name(const struct audit_sink *sink)
{
    switch (sink->kind) {
    case AUDIT_NONE:
        break;
    case AUDIT_FILE:
        return sink->path;
    case AUDIT_SYSLOG:
        return SYSLOG_SOCKET;
    case AUDIT_JOURNAL:
        return JOURNAL_SOCKET;
    }
    return "none";
}

/* A line of which only a part was written, where the disk was full, must not be the beginning of the next. */
static bool is_torn(int fd)
{
    struct stat info;
    char last;

    return fstat(fd, &info) == 0 && info.st_size > 0 &&
           pread(fd, &last, 1, info.st_size - 1) == 1 && last != '\n';
}

/* One write, which the kernel keeps apart from those of others; line has a newline at its beginning for where one is missing. */
static int append(int fd, const char *line, size_t size)
{
    size_t skipped = is_torn(fd) ? 0 : 1;
    ssize_t written;

    do
        written = write(fd, line + skipped, size - skipped);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return errno;
    return (size_t)written == size - skipped ? 0 : ENOSPC;
}

static int write_file(const char *path, const char *line, size_t size)
{
    int fd = own_file_open(path);
    int error;

    if (fd >= 0)
        fd = own_file_rotate(fd, path, FILE_MAX);
    if (fd < 0)
        return errno;
    error = append(fd, line, size);
    close(fd);
    return error;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, error;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int send_once(int fd, const char *datagram, size_t size)
{
    ssize_t sent;

    do
        sent = send(fd, datagram, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

static int send_to(const char *path, const char *datagram, size_t size, int patience)
{
    int fd = connect_to(path);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int error;

    if (fd < 0)
        return errno;
    error = send_once(fd, datagram, size);
    if (error == EAGAIN && patience > 0 && poll(&ready, 1, patience) == 1)
        error = send_once(fd, datagram, size);
    close(fd);
    return error;
}

int audit_sink_write(const struct audit_sink *sink, const struct audit_record *record, long pid,
                     int patience)
{
    char *out = malloc(AUDIT_DATAGRAM_SIZE + 1);
    struct timespec now;
    int error = 0;

    if (out == NULL)
        return ENOMEM;
    clock_gettime(CLOCK_REALTIME, &now);
    switch (sink->kind) {
    case AUDIT_NONE:
        break;
    case AUDIT_FILE:
        out[0] = '\n';
        error = write_file(sink->path, out, 1 + audit_record_line(record, &now, pid, out + 1));
        break;
    case AUDIT_SYSLOG:
        error = send_to(SYSLOG_SOCKET, out, audit_record_syslog(record, &now, pid, out), patience);
        break;
    case AUDIT_JOURNAL:
        error = send_to(JOURNAL_SOCKET, out, audit_record_journal(record, out), patience);
        break;
    }
    free(out);
    return error;
}
