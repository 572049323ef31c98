// SPDX-License-Identifier: BSD-2-Clause
#include "tool/readers.h"

#include <dlfcn.h>
#include <string.h>

/* As winscard.h has it for Linux; its headers need not be there to build. */
struct reader_state {
    const char *reader;
    void *user_data;
    unsigned long current, event;
    unsigned long answer_size;
    unsigned char answer[33];
};

enum { SCOPE_SYSTEM = 2, STATE_PRESENT = 0x20, STATE_EXCLUSIVE = 0x80, STATE_MUTE = 0x200 };

static const unsigned long success = 0, no_readers = 0x8010002EUL;

static struct {
    long (*establish)(unsigned long, const void *, const void *, long *);
    long (*list)(long, const char *, char *, unsigned long *);
    long (*status)(long, unsigned long, struct reader_state *, unsigned long);
} library;

static const struct {
    const char *name;
    void **place;
} symbols[] = {
    {"SCardEstablishContext", (void **)&library.establish},
    {"SCardListReaders", (void **)&library.list},
    {"SCardGetStatusChange", (void **)&library.status},
};

static bool load(void)
{
    void *handle = dlopen("libpcsclite.so.1", RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        *symbols[i].place = handle != NULL ? dlsym(handle, symbols[i].name) : NULL;
        if (*symbols[i].place == NULL)
            return false;
    }
    return true;
}

/* Codes are 32 bits wide, whatever a long is. */
static unsigned long code_of(long rv)
{
    return (unsigned long)rv & 0xffffffffUL;
}

/* Names with a NUL behind each, and another behind the last. What does not fit is left out. */
static void take_names(const char *names, struct readers *readers)
{
    for (size_t size; (size = strlen(names)) > 0 && readers->count < READERS_MAX;
         names += size + 1) {
        if (size < READER_NAME_SIZE)
            strcpy(readers->items[readers->count++].name, names);
    }
}

static bool take_states(long context, struct readers *readers)
{
    struct reader_state states[READERS_MAX] = {0};

    for (size_t i = 0; i < readers->count; i++)
        states[i].reader = readers->items[i].name;
    if (code_of(library.status(context, 0, states, readers->count)) != success)
        return false;
    for (size_t i = 0; i < readers->count; i++) {
        readers->items[i].present = (states[i].event & STATE_PRESENT) != 0;
        readers->items[i].mute = (states[i].event & STATE_MUTE) != 0;
        readers->items[i].exclusive = (states[i].event & STATE_EXCLUSIVE) != 0;
    }
    return true;
}

enum readers_answer readers_look(struct readers *readers)
{
    char names[READERS_MAX * READER_NAME_SIZE + 2] = "";
    unsigned long size = sizeof(names) - 2, rv; /* what ends them stays there */
    long context = 0;

    *readers = (struct readers){0};
    if (!load())
        return READERS_NO_LIBRARY;
    if (code_of(library.establish(SCOPE_SYSTEM, NULL, NULL, &context)) != success)
        return READERS_REFUSED;
    rv = code_of(library.list(context, NULL, names, &size));
    if (rv == no_readers)
        return READERS_SEEN;
    if (rv != success)
        return READERS_REFUSED;
    take_names(names, readers);
    return readers->count == 0 || take_states(context, readers) ? READERS_SEEN : READERS_REFUSED;
}
