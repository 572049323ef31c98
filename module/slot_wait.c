// SPDX-License-Identifier: BSD-2-Clause
#include "module/slot_wait.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include "module/entry.h"
#include "module/events.h"
#include "module/gate.h"

/* How often the vendors are asked where pcscd tells nothing, or a vendor may not know the card yet; how long pcscd is waited for at a
 * time, as it may have been asked just too late to hear of C_Finalize or of a reader. */
enum { POLL_MS = 1000, SLICE_MS = 2000, PAUSE_MS = 100 };

struct waiter {
    struct waiter *next;
    unsigned endings; /* when it began */
    bool began;
    bool polls;
    bool watches;                /* pcscd tells */
    struct pcsc_readers readers; /* as they were when nothing had happened */
    struct pcsc *pcsc;           /* owned; NULL: no connection; changed under the lock while listed */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows; taken within the lock of all calls */
static pthread_cond_t ending = PTHREAD_COND_INITIALIZER;
static struct waiter *waiters; /* those that wait */
static atomic_uint endings;    /* changed under both locks */

void slot_wait_end_all(void)
{
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&endings, 1);
    for (const struct waiter *waiter = waiters; waiter != NULL; waiter = waiter->next) {
        if (waiter->pcsc != NULL)
            pcsc_cancel(waiter->pcsc);
    }
    pthread_cond_broadcast(&ending);
    pthread_mutex_unlock(&lock);
}

void slot_wait_after_fork(void)
{
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    ending = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    waiters = NULL;
}

static bool has_ended(const struct waiter *waiter)
{
    return atomic_load(&endings) != waiter->endings;
}

static void enlist(struct waiter *waiter)
{
    pthread_mutex_lock(&lock);
    waiter->next = waiters;
    waiters = waiter;
    pthread_mutex_unlock(&lock);
}

static void leave(struct waiter *waiter)
{
    struct waiter **place = &waiters;

    pthread_mutex_lock(&lock);
    while (*place != waiter)
        place = &(*place)->next;
    *place = waiter->next;
    pthread_mutex_unlock(&lock);
}

static void set_pcsc(struct waiter *waiter, struct pcsc *pcsc)
{
    pthread_mutex_lock(&lock);
    waiter->pcsc = pcsc;
    pthread_mutex_unlock(&lock);
}

static void rest(const struct waiter *waiter, unsigned milliseconds)
{
    struct timespec until;
    int rv = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)milliseconds % 1000 * 1000000;
    until.tv_sec += (time_t)milliseconds / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    while (rv == 0 && !has_ended(waiter))
        rv = pthread_cond_clockwait(&ending, &lock, CLOCK_MONOTONIC, &until);
    pthread_mutex_unlock(&lock);
}

static long milliseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void disconnect(struct waiter *waiter)
{
    struct pcsc *pcsc = waiter->pcsc;

    set_pcsc(waiter, NULL);
    pcsc_disconnect(pcsc);
}

/* Waits for pcscd, for so long at most; the pause is for one that says something to no purpose, again and again. */
static bool watch_once(struct waiter *waiter, unsigned milliseconds, bool *differs)
{
    struct pcsc_readers now;

    if (!pcsc_wait(waiter->pcsc, &waiter->readers, milliseconds) ||
        !pcsc_look(waiter->pcsc, &now)) {
        disconnect(waiter);
        return false;
    }
    *differs = events_differ(&waiter->readers, &now);
    if (!*differs)
        rest(waiter, PAUSE_MS);
    return true;
}

/* False when pcscd does not answer. */
static bool watch(struct waiter *waiter)
{
    const long end = milliseconds_now() + POLL_MS;
    bool differs = false;

    if (waiter->pcsc == NULL)
        set_pcsc(waiter, pcsc_connect());
    if (waiter->pcsc == NULL)
        return false;
    while (!differs && !has_ended(waiter)) {
        long left = waiter->polls ? end - milliseconds_now() : SLICE_MS;
        if (left <= 0)
            break;
        if (!watch_once(waiter, (unsigned)left, &differs))
            return false;
    }
    return true;
}

/* Until something is different, or the vendors are to be asked. */
static void wait_for_change(struct waiter *waiter)
{
    enlist(waiter);
    if (!waiter->watches || !watch(waiter))
        rest(waiter, POLL_MS);
    leave(waiter);
}

static struct gate *gate_below(struct layer *top)
{
    while (top->lower != NULL)
        top = top->lower;
    return gate_of(top);
}

/* Asks once, under the lock; *again: nothing has happened, and the answer is to be waited for. */
static CK_RV ask(struct waiter *waiter, CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved,
                 bool *again)
{
    struct layer *top;
    CK_RV rv = entry_begin(FUNCTION_C_WaitForSlotEvent, &top);

    *again = false;
    if (rv != CKR_OK)
        return rv;
    if (waiter->began && has_ended(waiter))
        return entry_end(top, CKR_CRYPTOKI_NOT_INITIALIZED);
    waiter->began = true;
    waiter->endings = atomic_load(&endings);
    rv = top->C_WaitForSlotEvent(top, flags, slot, reserved);
    /* What takes no lock is the vendor's function, which waits by itself. */
    *again = rv == CKR_NO_EVENT && !top->takes_no_lock && (flags & CKF_DONT_BLOCK) == 0;
    if (*again) {
        waiter->watches = events_readers(gate_below(top), &waiter->readers);
        waiter->polls = !events_quiet(gate_below(top));
    }
    return entry_end(top, rv);
}

CK_RV entry_C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pReserved)
{
    struct waiter waiter = {0};
    bool again;
    CK_RV rv = ask(&waiter, flags, pSlot, pReserved, &again);

    while (again) {
        wait_for_change(&waiter);
        rv = ask(&waiter, flags, pSlot, pReserved, &again);
    }
    disconnect(&waiter);
    return rv;
}
