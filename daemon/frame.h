// SPDX-License-Identifier: BSD-2-Clause
// A client's request as it comes over the socket, before p11-kit's server reads it. The server takes memory for whatever number stands in one, and until
// p11-kit 0.26 reads templates within templates by calling itself, as deep as they go: only what cannot lead it there is passed on.
#pragma once

#include <stddef.h>
#include <p11-kit/pkcs11.h>
#include "remote/wire.h"

enum {
    FRAME_SIZE_MOST = 4 << 20,   /* bytes of a request */
    FRAME_ROOM_MOST = 2 << 20,   /* bytes that a request wants room for in its answer */
    FRAME_RANDOM_MOST = 1 << 20, /* the same of C_GenerateRandom */
    FRAME_SEED_MOST = 64 << 10,  /* bytes of a request of C_SeedRandom */
    FRAME_TEMPLATE_MOST = 1024,  /* attributes */
};

enum frame_fate {
    FRAME_PASSES,    /* to p11-kit's server */
    FRAME_REFUSED,   /* it is answered with rv, and the next may come */
    FRAME_MALFORMED, /* no client sends that */
};

struct frame {
    struct wire *body; /* borrowed; behind the header */
    unsigned version;  /* of the protocol, as it was agreed on */
    size_t room;       /* filled in: bytes that the server will take for the answer */
    CK_RV rv;          /* filled in: why it is refused */
};

/* Looks at a request. One of a function that every preset refuses is given other arguments, all of them nothing, but for the session: nobody reads them, and
 * a PIN among them is wiped. */
enum frame_fate frame_judge(struct frame *frame);

/* An answer that says rv, as the body of one. */
void frame_put_error(struct wire *answer, CK_RV rv);
