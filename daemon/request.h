// SPDX-License-Identifier: BSD-2-Clause
// What a command asks of the daemon over the control socket: lines of text, an empty one, and the bytes of a PIN where there is one.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_TOKEN_MAX = 64, REQUEST_PIN_MAX = 255 };

enum request_verb { REQUEST_STATUS, REQUEST_UNLOCK, REQUEST_LOCK, REQUEST_REFRESH, REQUEST_VERBS };

struct request {
    enum request_verb verb;
    char token[REQUEST_TOKEN_MAX + 1]; /* a label or serial number; "": none was named */
    bool keypad;                       /* the PIN is entered at the reader */
    size_t pin_size;                   /* 0: none is sent */
    unsigned char pin[REQUEST_PIN_MAX]; /* to be wiped by whoever has the request */
};

/* Reads one, within ten seconds. False when it is none; what was read is wiped then. */
bool request_read(int fd, struct request *request);

/* Sends one. False with errno. */
bool request_write(int fd, const struct request *request);
