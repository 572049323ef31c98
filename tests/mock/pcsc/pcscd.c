// SPDX-License-Identifier: BSD-2-Clause
#include "tests/mock/pcsc/pcscd.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#define EXPORTED __attribute__((visibility("default")))

enum { READERS = 8, CONTEXTS = 64 };

struct reader {
    char name[128]; /* "": there is none */
    bool in;
    unsigned counter;
};

struct context {
    bool open, busy, waits, cancelled;
    pid_t process;
    unsigned life; /* of the daemon */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct reader readers[READERS];
static struct context contexts[CONTEXTS]; /* by their number - 1; each is given once */
static unsigned n_contexts, life, pause_ms, connections, looks, misused;
static bool runs = true, refuses;

static struct reader *find(const char *name)
{
    for (size_t i = 0; i < READERS; i++) {
        if (strcmp(readers[i].name, name) == 0)
            return &readers[i];
    }
    return NULL;
}

static void reset(void)
{
    pthread_mutex_lock(&lock);
    memset(readers, 0, sizeof(readers));
    memset(contexts, 0, sizeof(contexts));
    n_contexts = pause_ms = connections = looks = misused = 0;
    life++;
    runs = true;
    refuses = false;
    pthread_mutex_unlock(&lock);
}

static void set_reader(const char *name, bool there)
{
    struct reader *reader;

    pthread_mutex_lock(&lock);
    reader = find(there ? "" : name);
    *reader = (struct reader){.name = ""};
    if (there)
        snprintf(reader->name, sizeof(reader->name), "%s", name);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void set_card(const char *name, bool in)
{
    struct reader *reader;

    pthread_mutex_lock(&lock);
    reader = find(name);
    reader->in = in;
    reader->counter = (reader->counter + 1) & 0xffff;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void set_daemon(bool running)
{
    pthread_mutex_lock(&lock);
    runs = running;
    life += !running;
    for (size_t i = 0; !running && i < READERS; i++)
        readers[i].counter = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void set_refuse(bool refusing)
{
    pthread_mutex_lock(&lock);
    refuses = refusing;
    pthread_mutex_unlock(&lock);
}

static void set_delay(unsigned milliseconds)
{
    pthread_mutex_lock(&lock);
    pause_ms = milliseconds;
    pthread_mutex_unlock(&lock);
}

static unsigned get(const unsigned *counter)
{
    unsigned value;

    pthread_mutex_lock(&lock);
    value = *counter;
    pthread_mutex_unlock(&lock);
    return value;
}

static unsigned get_connections(void)
{
    return get(&connections);
}

static unsigned get_looks(void)
{
    return get(&looks);
}

static unsigned get_misused(void)
{
    return get(&misused);
}

static unsigned get_open(void)
{
    unsigned count = 0;

    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < n_contexts; i++)
        count += contexts[i].open;
    pthread_mutex_unlock(&lock);
    return count;
}

static unsigned get_waiting(void)
{
    unsigned count = 0;

    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < n_contexts; i++)
        count += contexts[i].waits;
    pthread_mutex_unlock(&lock);
    return count;
}

EXPORTED extern const struct pcscd_control pcscd_control;
const struct pcscd_control pcscd_control = {
    reset,           set_reader, set_card, set_daemon,  set_refuse, set_delay,
    get_connections, get_looks,  get_open, get_waiting, get_misused,
};

EXPORTED LONG SCardEstablishContext(DWORD scope, LPCVOID one, LPCVOID two, LPSCARDCONTEXT context)
{
    LONG rv = SCARD_E_NO_SERVICE;

    (void)scope;
    (void)one;
    (void)two;
    pthread_mutex_lock(&lock);
    connections++;
    if (runs && refuses) {
        rv = SCARD_F_COMM_ERROR;
    } else if (runs && n_contexts < CONTEXTS) {
        contexts[n_contexts] = (struct context){.open = true, .process = getpid(), .life = life};
        *context = ++n_contexts;
        rv = SCARD_S_SUCCESS;
    }
    pthread_mutex_unlock(&lock);
    return rv;
}

/* With the lock held. */
static LONG use(SCARDCONTEXT number, struct context **context)
{
    *context = number > 0 && number <= (SCARDCONTEXT)n_contexts ? &contexts[number - 1] : NULL;
    if (*context == NULL || !(*context)->open || (*context)->process != getpid() ||
        (*context)->busy) {
        misused++;
        return SCARD_E_INVALID_HANDLE;
    }
    return runs && (*context)->life == life ? SCARD_S_SUCCESS : SCARD_E_NO_SERVICE;
}

EXPORTED LONG SCardReleaseContext(SCARDCONTEXT number)
{
    struct context *context;
    LONG rv;

    pthread_mutex_lock(&lock);
    rv = use(number, &context);
    if (rv != SCARD_E_INVALID_HANDLE)
        context->open = false;
    pthread_mutex_unlock(&lock);
    return rv;
}

EXPORTED LONG SCardCancel(SCARDCONTEXT number)
{
    pthread_mutex_lock(&lock);
    if (number < 1 || number > (SCARDCONTEXT)n_contexts || !contexts[number - 1].open)
        misused++;
    else
        contexts[number - 1].cancelled = contexts[number - 1].waits;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return SCARD_S_SUCCESS;
}

EXPORTED LONG SCardListReaders(SCARDCONTEXT number, LPCSTR groups, LPSTR names, LPDWORD size)
{
    struct context *context;
    DWORD length = 0;
    LONG rv;

    (void)groups;
    usleep(get(&pause_ms) * 1000);
    pthread_mutex_lock(&lock);
    rv = use(number, &context);
    for (size_t i = 0; rv == SCARD_S_SUCCESS && i < READERS; i++) {
        if (readers[i].name[0] != '\0' && length + sizeof(readers[i].name) < *size) {
            strcpy(names + length, readers[i].name);
            length += strlen(readers[i].name) + 1;
        }
    }
    if (rv == SCARD_S_SUCCESS && length == 0)
        rv = SCARD_E_NO_READERS_AVAILABLE;
    else if (rv == SCARD_S_SUCCESS)
        names[length++] = '\0';
    *size = length;
    looks += rv != SCARD_E_NO_SERVICE && rv != SCARD_E_INVALID_HANDLE;
    pthread_mutex_unlock(&lock);
    return rv;
}

/* How many readers differ from what the caller knows of them; -1: one is not there. Readers that come are not told of here: as with
 * pcscd, those that came just before the question are missed. */
static int compare(SCARD_READERSTATE *states, DWORD count)
{
    int differ = 0;

    for (DWORD i = 0; i < count; i++) {
        const struct reader *reader = find(states[i].szReader);
        if (strstr(states[i].szReader, "PnP") != NULL)
            continue;
        if (reader == NULL)
            return -1;
        states[i].dwEventState = (DWORD)reader->counter << 16 |
                                 (reader->in ? SCARD_STATE_PRESENT : SCARD_STATE_EMPTY);
        differ += states[i].dwEventState != states[i].dwCurrentState;
    }
    return differ;
}

static int wait_for_change(struct context *context, SCARD_READERSTATE *states, DWORD count,
                           DWORD milliseconds)
{
    struct timespec end;
    int differ = compare(states, count), timed_out = 0;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    end.tv_sec += (time_t)(milliseconds / 1000) + end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    context->waits = true;
    context->cancelled = false;
    while (differ == 0 && !timed_out && !context->cancelled && runs && context->life == life) {
        timed_out = pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &end);
        differ = compare(states, count);
    }
    context->waits = false;
    return differ;
}

EXPORTED LONG SCardGetStatusChange(SCARDCONTEXT number, DWORD milliseconds,
                                   SCARD_READERSTATE *states, DWORD count)
{
    struct context *context;
    int differ = 0;
    LONG rv;

    pthread_mutex_lock(&lock);
    rv = use(number, &context);
    if (rv == SCARD_S_SUCCESS) {
        context->busy = true;
        differ = milliseconds > 0 ? wait_for_change(context, states, count, milliseconds)
                                  : compare(states, count);
        context->busy = false;
        if (context->cancelled)
            rv = SCARD_E_CANCELLED;
        else if (!runs || context->life != life)
            rv = SCARD_E_NO_SERVICE;
        else if (differ < 0)
            rv = SCARD_E_UNKNOWN_READER;
        else if (differ == 0)
            rv = SCARD_E_TIMEOUT;
    }
    pthread_mutex_unlock(&lock);
    return rv;
}
