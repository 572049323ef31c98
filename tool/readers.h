// SPDX-License-Identifier: BSD-2-Clause
// The readers of pcscd.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { READERS_MAX = 16, READER_NAME_SIZE = 128 };

struct reader {
    char name[READER_NAME_SIZE];
    bool present;   /* a card is in it */
    bool mute;      /* and does not answer */
    bool exclusive; /* and another program lets nobody else use it */
};

struct readers {
    struct reader items[READERS_MAX];
    size_t count;
};

enum readers_answer { READERS_SEEN, READERS_REFUSED, READERS_NO_LIBRARY };

/* Asks it by libpcsclite, which is loaded into this process for good. It may wait for ever: libpcsclite has no time limit. */
enum readers_answer readers_look(struct readers *readers);
