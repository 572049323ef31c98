// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/request.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, HEAD_MAX = 256 };

static const char *const verbs[REQUEST_VERBS] = {
    [REQUEST_STATUS] = "status",
    [REQUEST_UNLOCK] = "unlock",
    [REQUEST_LOCK] = "lock",
    [REQUEST_REFRESH] = "refresh",
};

static long milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All of it, before the end of the time. */
static bool receive(int fd, void *to, size_t size, long end)
{
    unsigned char *at = to;

    while (size > 0) {
        struct pollfd one = {.fd = fd, .events = POLLIN};
        long left = end - milliseconds();
        ssize_t n;

        if (left <= 0 || poll(&one, 1, (int)left) < 0)
            return false;
        n = recv(fd, at, size, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Up to and with the empty line; byte by byte, as a PIN may stand behind it. */
static bool receive_head(int fd, char head[HEAD_MAX], long end)
{
    for (size_t size = 0; size + 1 < HEAD_MAX; size++) {
        if (!receive(fd, &head[size], 1, end) || head[size] == '\0')
            return false;
        head[size + 1] = '\0';
        if (head[size] == '\n' && (size == 0 || head[size - 1] == '\n'))
            return true;
    }
    return false;
}

static bool read_verb(const char *line, struct request *request)
{
    for (size_t i = 0; i < REQUEST_VERBS; i++) {
        if (strcmp(verbs[i], line) == 0) {
            request->verb = (enum request_verb)i;
            return true;
        }
    }
    return false;
}

static bool read_token(const char *text, struct request *request)
{
    size_t size = strlen(text);

    if (size == 0 || size > REQUEST_TOKEN_MAX)
        return false;
    memcpy(request->token, text, size + 1);
    return true;
}

static bool read_pin_size(const char *text, struct request *request)
{
    char *end;
    unsigned long size = strtoul(text, &end, 10);

    request->pin_size = size;
    return *end == '\0' && text[0] >= '0' && text[0] <= '9' && size > 0 && size <= REQUEST_PIN_MAX;
}

static bool read_line(const char *line, struct request *request)
{
    if (strcmp(line, "keypad") == 0)
        return request->keypad = true;
    if (strncmp(line, "token ", 6) == 0)
        return read_token(line + 6, request);
    return strncmp(line, "pin ", 4) == 0 && read_pin_size(line + 4, request);
}

static bool parse(char *head, struct request *request)
{
    char *rest = head;
    char *line = strsep(&rest, "\n");
    bool ok = read_verb(line, request);

    while (ok && (line = strsep(&rest, "\n")) != NULL && line[0] != '\0')
        ok = read_line(line, request);
    return ok;
}

bool request_read(int fd, struct request *request)
{
    long end = milliseconds() + PATIENCE_MS;
    char head[HEAD_MAX];

    *request = (struct request){0};
    if (receive_head(fd, head, end) && parse(head, request) &&
        receive(fd, request->pin, request->pin_size, end))
        return true;
    explicit_bzero(request, sizeof(*request));
    return false;
}

static bool send_all(int fd, const void *from, size_t size)
{
    const unsigned char *at = from;

    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

bool request_write(int fd, const struct request *request)
{
    char head[HEAD_MAX];
    bool named = request->token[0] != '\0';
    int size = snprintf(head, sizeof(head), "%s\n%s%s%s%s", verbs[request->verb],
                        request->keypad ? "keypad\n" : "", named ? "token " : "", request->token, named ? "\n" : "");

    if (size > 0 && request->pin_size > 0)
        size += snprintf(head + size, sizeof(head) - (size_t)size, "pin %zu\n", request->pin_size);
    return size > 0 && send_all(fd, head, (size_t)size) && send_all(fd, "\n", 1) &&
           send_all(fd, request->pin, request->pin_size);
}
