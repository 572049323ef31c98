// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes what the daemon reads from its control socket: what is taken for a request is whole, and the same when it is written and read again; of what is none,
// nothing is left.
#include "daemon/request.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/fuzz/fuzz.h"

enum { LONGEST = 64 << 10 }; /* all of it must fit into the socket */

/* The other end is closed behind the bytes. */
static bool read_bytes(const uint8_t *data, size_t size, struct request *request)
{
    int pair[2];
    bool read;

    FUZZ_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    FUZZ_REQUIRE(size == 0 || send(pair[0], data, size, 0) == (ssize_t)size);
    close(pair[0]);
    memset(request, 0xa5, sizeof(*request));
    read = request_read(pair[1], request);
    close(pair[1]);
    return read;
}

static bool is_wiped(const struct request *request)
{
    const uint8_t *bytes = (const uint8_t *)request;

    for (size_t i = 0; i < sizeof(*request); i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static void write_and_read(const struct request *request, struct request *again)
{
    int pair[2];

    FUZZ_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    FUZZ_REQUIRE(request_write(pair[0], request));
    close(pair[0]);
    FUZZ_REQUIRE(request_read(pair[1], again));
    close(pair[1]);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct request request, again;

    if (size > LONGEST)
        return;
    if (!read_bytes(data, size, &request)) {
        FUZZ_REQUIRE(is_wiped(&request));
        return;
    }
    FUZZ_REQUIRE(request.verb < REQUEST_VERBS && request.pin_size <= REQUEST_PIN_MAX);
    FUZZ_REQUIRE(strnlen(request.token, sizeof(request.token)) <= REQUEST_TOKEN_MAX);
    write_and_read(&request, &again);
    FUZZ_REQUIRE(again.verb == request.verb && again.keypad == request.keypad && again.pin_size == request.pin_size);
    FUZZ_REQUIRE(strcmp(again.token, request.token) == 0);
    FUZZ_REQUIRE(memcmp(again.pin, request.pin, request.pin_size) == 0);
}
