// SPDX-License-Identifier: BSD-2-Clause
// A server that says what it was told to, whatever it is asked: all of it stands in the socket
// before the first request comes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/function_ids.gen.h"
#include "remote/remote.h"
#include "remote/wire.h"

enum liar_end {
    LIAR_WAITS,  /* and says no more */
    LIAR_CLOSES, /* its end */
    LIAR_STOPS,  /* sending; it goes on to listen */
};

enum { LIAR_CONNECTIONS = 4 };

struct liar {
    struct {
        struct wire speech; /* all that is said; wiped by liar_finish() */
        enum liar_end end;
    } connections[LIAR_CONNECTIONS]; /* in the order in which they are opened */
    size_t opened;
    int far[LIAR_CONNECTIONS];
    int near; /* the last one that was given away */
};

/* remote_options.open, with the liar for context. */
int liar_open(void *liar);
void liar_finish(struct liar *liar);

/* The version, and a good answer to C_Initialize. */
void liar_greet(struct wire *speech, uint8_t version);

/* The request of that code is answered by a body. */
void liar_say(struct wire *speech, uint32_t code, const struct wire *body);

/* A good answer to the function; with numbers, lists and arrays of two. */
void liar_answer(struct wire *body, enum function_id function);

/* The function's error. */
void liar_error(struct wire *body, uint64_t rv);

/* With the liar for its server, of this process's user. */
struct remote *liar_remote(struct liar *liar, unsigned call_ms);
