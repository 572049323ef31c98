// SPDX-License-Identifier: BSD-2-Clause
#include "tests/module/readers.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

const struct pcscd_control *pcscd;

void readers_load(void)
{
    void *library = dlopen(getenv("MOCK_PCSCLITE_SO"), RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        fail_msg("%s", dlerror());
    pcscd = dlsym(library, "pcscd_control");
    assert_non_null(pcscd);
}

void readers_reset(void)
{
    if (pcscd == NULL)
        readers_load();
    pcscd->reset();
}

CK_SLOT_ID readers_add(const char *name, const char *label, const char *id)
{
    CK_SLOT_ID slot = host.mock->token_add(
        &(struct mock_token){.label = label, .pin = "1234", .reader = name});

    host_key(slot, "rsa:2048", id, MOCK_PAIR);
    pcscd->reader(name, true);
    pcscd->card(name, true);
    return slot;
}

void readers_card(CK_SLOT_ID slot, const char *name, bool in)
{
    host.mock->token_insert(slot, in);
    pcscd->card(name, in);
}

long readers_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void readers_sleep(long milliseconds)
{
    const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};

    nanosleep(&pause, NULL);
}
