// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "daemon/daemon.h"
#include "daemon/peers.h"
#include "daemon/sockets.h"
#include "module/server.h"

enum { PATIENCE_S = 60, ANSWER_MAX = 65536 };

static bool is_trusted(const char *path, uid_t user)
{
    uid_t users[SERVER_TRUSTED_MOST];
    size_t count = server_trusted(path, users);

    for (size_t i = 0; i < count; i++) {
        if (users[i] == user)
            return true;
    }
    return false;
}

/* NULL, or what is wrong. */
static const char *connect_to(const char *path, int *fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct peer peer;

    if (strlen(path) >= sizeof(address.sun_path))
        return "its path is too long";
    strcpy(address.sun_path, path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd >= 0)
        setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)); /* of connect(2), too */
    if (*fd < 0 || connect(*fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        return strerror(errno);
    if (!peer_of(*fd, &peer) || !is_trusted(path, peer.uid))
        return "a process of another user listens there";
    setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return NULL;
}

/* All that is sent, with a NUL behind it; NULL: nothing, or no end. */
static char *receive(int fd)
{
    char *text = calloc(1, ANSWER_MAX);
    size_t size = 0;
    ssize_t n = 1;

    while (text != NULL && n > 0 && size + 1 < ANSWER_MAX) {
        n = recv(fd, text + size, ANSWER_MAX - 1 - size, 0);
        if (n < 0 && errno == EINTR)
            n = 1;
        else
            size += n > 0 ? (size_t)n : 0;
    }
    if (size > 0 && n == 0)
        return text;
    free(text);
    return NULL;
}

/* "CODE\\n" and the text behind it. */
static bool take_answer(char *answer, enum control_code *code, char **text)
{
    if (answer == NULL || answer[0] < '0' || answer[0] > '2' || answer[1] != '\n')
        return false;
    *code = (enum control_code)(answer[0] - '0');
    *text = strdup(answer + 2);
    return true;
}

static enum control_code ask_at(const char *path, const struct request *request, bool quiet, char **text)
{
    enum control_code code = CONTROL_NO_DAEMON;
    int fd = -1;
    const char *wrong = connect_to(path, &fd);
    char *answer = NULL;

    if (wrong == NULL && !request_write(fd, request))
        wrong = strerror(errno);
    if (wrong == NULL)
        answer = receive(fd);
    if (wrong == NULL && !take_answer(answer, &code, text))
        wrong = "it does not answer";
    if (wrong != NULL && !quiet)
        fprintf(stderr, "p11gate: no daemon at %s: %s; `p11gate serve` starts one\n", path, wrong);
    free(answer);
    if (fd >= 0)
        close(fd);
    return code;
}

enum control_code ask_daemon(const struct request *request, bool quiet, char **text)
{
    struct daemon daemon;
    enum control_code code = CONTROL_NO_DAEMON;
    char *path;

    *text = NULL;
    if (!daemon_init(&daemon))
        return code;
    path = sockets_control_path(daemon.socket);
    if (path != NULL)
        code = ask_at(path, request, quiet, text);
    free(path);
    daemon_finish(&daemon);
    return code;
}
