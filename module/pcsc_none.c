// SPDX-License-Identifier: BSD-2-Clause
// Where p11gate is built without libpcsclite's headers: nobody tells of cards.
#include "module/pcsc.h"

bool pcsc_is_loaded(void)
{
    return false;
}

bool pcsc_load(void)
{
    return false;
}

struct pcsc *pcsc_try(bool *refused)
{
    *refused = false;
    return NULL;
}

struct pcsc *pcsc_connect(void)
{
    return NULL;
}

void pcsc_disconnect(struct pcsc *pcsc)
{
    (void)pcsc;
}

bool pcsc_look(struct pcsc *pcsc, struct pcsc_readers *readers)
{
    (void)pcsc;
    (void)readers;
    return false;
}

bool pcsc_wait(struct pcsc *pcsc, const struct pcsc_readers *seen, unsigned milliseconds)
{
    (void)pcsc;
    (void)seen;
    (void)milliseconds;
    return false;
}

void pcsc_cancel(struct pcsc *pcsc)
{
    (void)pcsc;
}
