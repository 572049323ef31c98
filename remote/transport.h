// SPDX-License-Identifier: BSD-2-Clause
// One connection to a server: bytes out and in until a deadline, by poll() and CLOCK_MONOTONIC. No
// SIGPIPE.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum transport_result {
    TRANSPORT_DONE,
    TRANSPORT_LOST, /* the other end is gone */
    TRANSPORT_LATE, /* the deadline has passed */
};

/* In milliseconds of CLOCK_MONOTONIC. */
uint64_t transport_deadline(unsigned ms);

/* A socket that is connected, close-on-exec; -1 with errno, ETIMEDOUT when the server takes no
 * connection until the deadline. */
int transport_connect(const char *path, uint64_t deadline);

enum transport_result transport_send(int fd, const void *bytes, size_t size, uint64_t deadline);
enum transport_result transport_receive(int fd, void *bytes, size_t size, uint64_t deadline);
