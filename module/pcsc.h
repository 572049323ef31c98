// SPDX-License-Identifier: BSD-2-Clause
// The one door to pcsclite, which tells of readers and of cards that come and go (PC/SC part 5; libpcsclite's winscard.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PCSC_READERS_MAX = 32, PCSC_NAME_SIZE = 128 };

struct pcsc_reader {
    char name[PCSC_NAME_SIZE];
    bool present;     /* a card is in it */
    unsigned counter; /* of cards that came and went, 16 bits; begins anew with the reader */
    unsigned state;   /* as pcscd told it, for pcsc_wait() */
};

struct pcsc_readers {
    size_t count;
    struct pcsc_reader items[PCSC_READERS_MAX];
};

/* A connection to pcscd, to be used by one thread, but for pcsc_cancel(), and not after a fork: the child leaves it alone. */
struct pcsc;

/* Is libpcsclite in this process? A vendor library that uses pcscd has brought it; it is never loaded for our own sake. Asks nobody, and
 * is not for two threads at once. */
bool pcsc_is_loaded(void);

/* Loads it: for p11gate's own daemon, whose vendors' libraries are in other processes. False where there is none. */
bool pcsc_load(void);

/* NULL where it is not loaded, or pcscd is not there; *refused: it is, and ends the connection, as where polkit does not let this user
 * in, or where its version is another. */
struct pcsc *pcsc_try(bool *refused);

/* The same for who does not ask why. The functions that follow wait for pcscd without a limit if it is stopped (SIGSTOP),
 * as the vendor's do: libpcsclite has none. */
struct pcsc *pcsc_connect(void);

/* NULL is accepted. */
void pcsc_disconnect(struct pcsc *pcsc);

/* What is there at the moment. False, with nothing written, when the connection is of no use any more. */
bool pcsc_look(struct pcsc *pcsc, struct pcsc_readers *readers);

/* Waits until something differs from what was seen, for so many milliseconds or until pcsc_cancel(); it may come back early without a
 * reason. False when the connection is of no use any more. */
bool pcsc_wait(struct pcsc *pcsc, const struct pcsc_readers *seen, unsigned milliseconds);

/* Ends the wait of another thread; one that has not quite begun is not met. */
void pcsc_cancel(struct pcsc *pcsc);
