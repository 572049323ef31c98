// SPDX-License-Identifier: BSD-2-Clause
// A PIN that a token has accepted, kept for the next login (login: {keep_pin: ...}): in a page of its own that is locked, in no core dump, and empty
// in a child. There the PIN is masked, and the mask is with the kernel, which forgets it when the time is over: nobody has to call for that.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "module/pin_source.h"

/* A zeroed struct keeps none. */
struct kept_pin {
    struct kept_page *page; /* owned; NULL: none */
    long mask; /* the kernel's key with it; 0: the kernel keeps none, and the page has the PIN itself */
    unsigned long idle, max; /* in seconds; 0: for ever */
    long kept_at, used_at;   /* by kept_pin_clock */
};

enum kept_form {
    KEPT_NOT,    /* memory cannot be locked, or kept out of dumps and children */
    KEPT_MASKED,
    KEPT_PLAIN,  /* the kernel keeps no keys here: it is wiped by the first call after its time */
};

/* To be called where PINs may be kept, before there are threads: a keyring that a thread makes for itself ends with that thread, and a PIN with it. */
void kept_pin_prepare(void);

/* Milliseconds; the time that the machine sleeps counts. */
long kept_pin_clock(void);

/* Keeps a PIN of at most PIN_SIZE_MAX bytes in place of the one before, from now on. */
enum kept_form kept_pin_keep(struct kept_pin *kept, const unsigned char *pin, size_t size,
                             unsigned long idle, unsigned long max, long now);

/* The PIN, until kept_pin_close; NULL: there is none, any more. Its use is one. */
const unsigned char *kept_pin_open(struct kept_pin *kept, long now, size_t *size);
void kept_pin_close(struct kept_pin *kept);

/* Is there one? Nothing of it is looked at. */
bool kept_pin_is_there(const struct kept_pin *kept, long now);

/* The token was used: the idle time begins anew. */
void kept_pin_touch(struct kept_pin *kept, long now);

/* Wipes it if its time is over. */
void kept_pin_expire(struct kept_pin *kept, long now);

/* Wipes and forgets. */
void kept_pin_drop(struct kept_pin *kept);
