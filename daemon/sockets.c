// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/log.h"
#include "daemon/daemon.h"
#include "daemon/socket_folder.h"

enum { FIRST_PASSED = 3, BACKLOG = 128, REST_S = 5 };

#define CONTROL_SUFFIX ".control"

char *sockets_control_path(const char *path)
{
    char *control;

    return asprintf(&control, "%s" CONTROL_SUFFIX, path) < 0 ? NULL : control;
}

static bool set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool is_control(int fd)
{
    struct sockaddr_un address;
    socklen_t size = sizeof(address);
    size_t length, suffix = strlen(CONTROL_SUFFIX);

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 || address.sun_family != AF_UNIX)
        return false;
    length = strnlen(address.sun_path, sizeof(address.sun_path));
    return length > suffix && memcmp(address.sun_path + length - suffix, CONTROL_SUFFIX, suffix) == 0;
}

/* How many descriptors were handed to this process; the variables are not for its children. */
static int count_passed(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    int passed = pid != NULL && count != NULL && strtol(pid, NULL, 10) == (long)getpid() ? atoi(count) : 0;

    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return passed;
}

/* Two sockets, in any order: one of them has the control socket's name. */
static bool take_passed(struct sockets *sockets, int count)
{
    for (int fd = FIRST_PASSED; fd < FIRST_PASSED + count; fd++) {
        if (!set_flags(fd))
            return false;
        *(is_control(fd) ? &sockets->control : &sockets->clients) = fd;
    }
    if (count == 2 && sockets->clients != -1 && sockets->control != -1)
        return true;
    log_error("found %d sockets of systemd's, expected two: ListenStream=PATH and ListenStream=PATH" CONTROL_SUFFIX, count);
    return false;
}

/* What is there belongs to a daemon that has ended: the lock is ours. */
static int listen_at(const char *path, bool for_all)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    bool bound;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        close(fd);
        errno = EWOULDBLOCK; /* as where the lock is held: systemd's socket has none */
        return -1;
    }
    if (errno != ECONNREFUSED && errno != ENOENT) { /* somebody listens, and is busy; or it is none of ours */
        close(fd);
        return -1;
    }
    unlink(path);
    mask = umask(for_all ? 0111 : 0177);
    bound = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    umask(mask);
    if (bound && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

/* 0: there is none. */
static ino_t file_of(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 ? status.st_ino : 0;
}

static int take_lock(const char *path)
{
    char *name;
    int fd;

    if (asprintf(&name, "%s.lock", path) < 0)
        return -1;
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(name);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool make_own(struct sockets *sockets, const struct daemon *daemon)
{
    char *control;
    bool ok;

    if (!socket_folder_make(daemon))
        return false;
    control = sockets_control_path(daemon->socket);
    if (control != NULL)
        sockets->lock = take_lock(daemon->socket);
    if (sockets->lock >= 0) {
        sockets->own = true;
        sockets->clients = listen_at(daemon->socket, daemon->system);
        sockets->control = sockets->clients >= 0 ? listen_at(control, daemon->system) : -1;
    }
    ok = sockets->control >= 0;
    if (ok) {
        sockets->clients_file = file_of(daemon->socket);
        sockets->control_file = file_of(control);
    }
    if (!ok)
        log_error("cannot listen on %s: %s", daemon->socket, errno == EWOULDBLOCK ? "another daemon does" : strerror(errno));
    free(control);
    return ok;
}

bool sockets_open(struct sockets *sockets, const struct daemon *daemon)
{
    int passed = count_passed();
    bool ok;

    *sockets = (struct sockets){.clients = -1, .control = -1, .lock = -1};
    ok = passed > 0 ? take_passed(sockets, passed) : make_own(sockets, daemon);
    if (!ok)
        sockets_close(sockets, daemon);
    return ok;
}

static void close_one(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Its clients are served to their end: they have connections of their own. */
static bool look_at(const char *path, const struct daemon *daemon, int *fd, ino_t *file)
{
    int made;

    if (file_of(path) == *file)
        return true;
    made = socket_folder_make(daemon) ? listen_at(path, daemon->system) : -1;
    if (made < 0)
        return false;
    log_error("%s was removed, and is made anew", path);
    close(*fd);
    *fd = made;
    *file = file_of(path);
    return true;
}

/* What fails, and is logged, is tried again some seconds later. */
void sockets_look(struct sockets *sockets, const struct daemon *daemon)
{
    struct timespec now;
    char *control;

    clock_gettime(CLOCK_MONOTONIC, &now);
    control = sockets->own && now.tv_sec >= sockets->not_before ? sockets_control_path(daemon->socket) : NULL;
    if (control == NULL)
        return;
    if (!look_at(daemon->socket, daemon, &sockets->clients, &sockets->clients_file) ||
        !look_at(control, daemon, &sockets->control, &sockets->control_file))
        sockets->not_before = now.tv_sec + REST_S;
    free(control);
}

void sockets_close(struct sockets *sockets, const struct daemon *daemon)
{
    char *control = sockets_control_path(daemon->socket);

    if (sockets->own && sockets->clients >= 0 && file_of(daemon->socket) == sockets->clients_file)
        unlink(daemon->socket);
    if (sockets->own && sockets->control >= 0 && control != NULL && file_of(control) == sockets->control_file)
        unlink(control);
    close_one(sockets->clients);
    close_one(sockets->control);
    close_one(sockets->lock);
    free(control);
    *sockets = (struct sockets){.clients = -1, .control = -1, .lock = -1};
}
