// SPDX-License-Identifier: BSD-2-Clause
#include "module/pcsc.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

enum { TRIES = 3 };

static const char notification[] = "\\\\?PnP?\\Notification"; /* a reader whose event is that readers come or go */

struct pcsc {
    SCARDCONTEXT context;
};

/* Found once, and never let go of: libpcsclite does not bear being unloaded. */
static struct {
    LONG (*establish)(DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT);
    LONG (*release)(SCARDCONTEXT);
    LONG (*list)(SCARDCONTEXT, LPCSTR, LPSTR, LPDWORD);
    LONG (*status)(SCARDCONTEXT, DWORD, SCARD_READERSTATE *, DWORD);
    LONG (*cancel)(SCARDCONTEXT);
} library;

static const struct {
    const char *name;
    void **place;
} symbols[] = {
    {"SCardEstablishContext", (void **)&library.establish},
    {"SCardReleaseContext", (void **)&library.release},
    {"SCardListReaders", (void **)&library.list},
    {"SCardGetStatusChange", (void **)&library.status},
    {"SCardCancel", (void **)&library.cancel},
};

static unsigned long long searched; /* of the libraries that the process ever loaded, how many were looked at */

struct search {
    unsigned long long loaded;
    char path[PATH_MAX]; /* "": it is not there */
};

static int look_at_library(struct dl_phdr_info *info, size_t size, void *context)
{
    struct search *search = context;
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *name = slash != NULL ? slash + 1 : info->dlpi_name;

    (void)size;
    search->loaded = info->dlpi_adds;
    if (info->dlpi_adds == searched)
        return 1;
    if (strcmp(name, "libpcsclite.so.1") != 0 || strlen(info->dlpi_name) >= sizeof(search->path))
        return 0;
    strcpy(search->path, info->dlpi_name);
    return 1;
}

static bool find_symbols(const char *path)
{
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);

    for (size_t i = 0; handle != NULL && i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        *symbols[i].place = dlsym(handle, symbols[i].name);
        if (*symbols[i].place == NULL)
            handle = NULL;
    }
    return handle != NULL;
}

bool pcsc_is_loaded(void)
{
    static bool found;
    struct search search = {0};

    if (found)
        return true;
    dl_iterate_phdr(look_at_library, &search);
    searched = search.loaded;
    found = search.path[0] != '\0' && find_symbols(search.path);
    return found;
}

bool pcsc_load(void)
{
    return dlopen("libpcsclite.so.1", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE) != NULL &&
           pcsc_is_loaded();
}

struct pcsc *pcsc_try(bool *refused)
{
    struct pcsc *pcsc = library.cancel != NULL ? calloc(1, sizeof(*pcsc)) : NULL;
    LONG rv;

    *refused = false;
    if (pcsc == NULL)
        return NULL;
    rv = library.establish(SCARD_SCOPE_SYSTEM, NULL, NULL, &pcsc->context);
    if (rv == SCARD_S_SUCCESS)
        return pcsc;
    *refused = rv == SCARD_F_COMM_ERROR || rv == SCARD_W_SECURITY_VIOLATION;
    free(pcsc);
    return NULL;
}

struct pcsc *pcsc_connect(void)
{
    bool refused;

    return pcsc_try(&refused);
}

void pcsc_disconnect(struct pcsc *pcsc)
{
    if (pcsc == NULL)
        return;
    library.release(pcsc->context);
    free(pcsc);
}

/* Names with a NUL behind each, and another behind the last. */
static bool take_names(const char *names, struct pcsc_readers *readers)
{
    readers->count = 0;
    for (size_t length; (length = strlen(names)) > 0; names += length + 1) {
        struct pcsc_reader *reader = &readers->items[readers->count];
        if (readers->count == PCSC_READERS_MAX || length >= sizeof(reader->name))
            return false;
        *reader = (struct pcsc_reader){0};
        memcpy(reader->name, names, length);
        readers->count++;
    }
    return true;
}

static LONG list(const struct pcsc *pcsc, struct pcsc_readers *readers)
{
    char names[PCSC_READERS_MAX * PCSC_NAME_SIZE + 2] = "";
    DWORD size = sizeof(names) - 2; /* what ends them stays there */
    LONG rv = library.list(pcsc->context, NULL, names, &size);

    readers->count = 0;
    if (rv == SCARD_E_NO_READERS_AVAILABLE)
        return SCARD_S_SUCCESS;
    if (rv == SCARD_S_SUCCESS && !take_names(names, readers))
        rv = SCARD_E_INSUFFICIENT_BUFFER;
    return rv;
}

static LONG ask(const struct pcsc *pcsc, struct pcsc_readers *readers)
{
    SCARD_READERSTATE states[PCSC_READERS_MAX];
    LONG rv = list(pcsc, readers);

    if (rv != SCARD_S_SUCCESS || readers->count == 0)
        return rv;
    memset(states, 0, sizeof(states));
    for (size_t i = 0; i < readers->count; i++)
        states[i].szReader = readers->items[i].name;
    rv = library.status(pcsc->context, 0, states, (DWORD)readers->count);
    for (size_t i = 0; i < readers->count; i++) {
        struct pcsc_reader *reader = &readers->items[i];
        reader->state = (unsigned)states[i].dwEventState;
        reader->present = (reader->state & SCARD_STATE_PRESENT) != 0;
        reader->counter = reader->state >> 16;
    }
    return rv;
}

/* A reader may go between the two questions. */
bool pcsc_look(struct pcsc *pcsc, struct pcsc_readers *readers)
{
    struct pcsc_readers seen;
    LONG rv = SCARD_E_UNKNOWN_READER;

    for (int i = 0; i < TRIES && rv == SCARD_E_UNKNOWN_READER; i++)
        rv = ask(pcsc, &seen);
    if (rv != SCARD_S_SUCCESS)
        return false;
    *readers = seen;
    return true;
}

/* Who shares the card is no matter: it changes with each use. */
bool pcsc_wait(struct pcsc *pcsc, const struct pcsc_readers *seen, unsigned milliseconds)
{
    const DWORD no_matter = SCARD_STATE_CHANGED | SCARD_STATE_INUSE | SCARD_STATE_EXCLUSIVE;
    SCARD_READERSTATE states[PCSC_READERS_MAX + 1];
    LONG rv;

    memset(states, 0, sizeof(states));
    for (size_t i = 0; i < seen->count; i++) {
        states[i].szReader = seen->items[i].name;
        states[i].dwCurrentState = seen->items[i].state & ~no_matter;
    }
    states[seen->count].szReader = notification;
    states[seen->count].dwCurrentState = seen->count << 16;
    rv = library.status(pcsc->context, milliseconds, states, (DWORD)seen->count + 1);
    return rv == SCARD_S_SUCCESS || rv == SCARD_E_TIMEOUT || rv == SCARD_E_CANCELLED ||
           rv == SCARD_E_UNKNOWN_READER;
}

void pcsc_cancel(struct pcsc *pcsc)
{
    library.cancel(pcsc->context);
}
