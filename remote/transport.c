// SPDX-License-Identifier: BSD-2-Clause
#include "remote/transport.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG_MS = 10 };

static uint64_t now(void)
{
    struct timespec time = {0};

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

uint64_t transport_deadline(unsigned ms)
{
    return now() + ms;
}

/* False: the deadline has passed. True does not promise that anything has happened. */
static bool wait_for(int fd, short events, uint64_t deadline)
{
    struct pollfd waited = {.fd = fd, .events = events};
    uint64_t time = now();

    if (time >= deadline)
        return false;
    poll(&waited, 1, deadline - time < INT_MAX ? (int)(deadline - time) : INT_MAX);
    return true;
}

/* A unix socket is connected at once, or not at all: EAGAIN is a server whose backlog is full, for
 * which no event tells. */
static bool keep_connecting(int fd, const struct sockaddr_un *address, uint64_t deadline)
{
    while (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
        if (errno != EAGAIN && errno != EINTR)
            return false;
        if (now() >= deadline) {
            errno = ETIMEDOUT;
            return false;
        }
        poll(NULL, 0, BACKLOG_MS);
    }
    return true;
}

int transport_connect(const char *path, uint64_t deadline)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, error;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (!keep_connecting(fd, &address, deadline)) {
        error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static bool is_passing(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

enum transport_result transport_send(int fd, const void *bytes, size_t size, uint64_t deadline)
{
    const char *from = bytes;

    while (size > 0) {
        ssize_t sent = send(fd, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && !is_passing())
            return TRANSPORT_LOST;
        if (sent < 0) {
            if (!wait_for(fd, POLLOUT, deadline))
                return TRANSPORT_LATE;
            continue;
        }
        from += sent;
        size -= (size_t)sent;
    }
    return TRANSPORT_DONE;
}

enum transport_result transport_receive(int fd, void *bytes, size_t size, uint64_t deadline)
{
    char *to = bytes;

    while (size > 0) {
        ssize_t received = recv(fd, to, size, MSG_DONTWAIT);

        if (received == 0 || (received < 0 && !is_passing()))
            return TRANSPORT_LOST;
        if (received < 0) {
            if (!wait_for(fd, POLLIN, deadline))
                return TRANSPORT_LATE;
            continue;
        }
        to += received;
        size -= (size_t)received;
    }
    return TRANSPORT_DONE;
}
