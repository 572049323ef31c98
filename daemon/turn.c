// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/turn.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

enum { PLACES_MAX = 64, LOGIN_S = 60, USE_S = 2 };

/* Who waits stands in a queue, on its own stack. */
struct waiter {
    struct waiter *next;
};

struct place {
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE holder; /* 0: nobody */
    struct timespec until;    /* of the holder's */
    unsigned running;         /* uses of sessions that do not have the turn */
    struct waiter *first;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct place places[PLACES_MAX]; /* all under the lock; what is beyond shares the last one */
static size_t count;
static _Thread_local bool is_counted; /* the use that this thread has begun is in `running` */

static struct timespec in_seconds(time_t seconds)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += seconds;
    return moment;
}

static bool is_before(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec < other->tv_sec || (one->tv_sec == other->tv_sec && one->tv_nsec < other->tv_nsec);
}

static struct place *place_of(CK_SLOT_ID slot)
{
    for (size_t i = 0; i < count; i++) {
        if (places[i].slot == slot)
            return &places[i];
    }
    if (count < PLACES_MAX)
        places[count++].slot = slot;
    return &places[count - 1];
}

static void drop_expired(struct place *place)
{
    const struct timespec now = in_seconds(0);

    if (place->holder != 0 && !is_before(&now, &place->until))
        place->holder = 0;
}

static void stand_behind(struct place *place, struct waiter *waiter)
{
    struct waiter **end = &place->first;

    while (*end != NULL)
        end = &(*end)->next;
    *end = waiter;
}

/* Until those who came before have been served, and nobody else has the turn. */
static void wait_for_turn(struct place *place, CK_SESSION_HANDLE session)
{
    struct waiter own = {NULL};

    drop_expired(place);
    if (place->holder == session || (place->holder == 0 && place->first == NULL))
        return;
    stand_behind(place, &own);
    while (place->first != &own || place->holder != 0) {
        if (place->first == &own) {
            const struct timespec until = place->until;
            pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &until);
        } else {
            pthread_cond_wait(&changed, &lock);
        }
        drop_expired(place);
    }
    place->first = own.next;
    pthread_cond_broadcast(&changed);
}

void turn_begin_use(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    struct place *place;

    pthread_mutex_lock(&lock);
    place = place_of(slot);
    wait_for_turn(place, session);
    is_counted = place->holder != session;
    if (is_counted)
        place->running++;
    else
        place->until = in_seconds(LOGIN_S);
    pthread_mutex_unlock(&lock);
}

void turn_end_use(CK_SLOT_ID slot, CK_SESSION_HANDLE session, bool ends)
{
    struct place *place;

    pthread_mutex_lock(&lock);
    place = place_of(slot);
    if (is_counted)
        place->running--;
    else if (place->holder == session && ends)
        place->holder = 0;
    else if (place->holder == session)
        place->until = in_seconds(USE_S);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void turn_take(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    struct place *place;

    pthread_mutex_lock(&lock);
    place = place_of(slot);
    wait_for_turn(place, session);
    if (place->holder == 0) {
        place->holder = session;
        place->until = in_seconds(LOGIN_S);
    }
    while (place->running > 0)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

void turn_limit(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    const struct timespec end = in_seconds(USE_S);
    struct place *place;

    pthread_mutex_lock(&lock);
    place = place_of(slot);
    if (place->holder == session && is_before(&end, &place->until)) {
        place->until = end;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
}

void turn_leave(CK_SESSION_HANDLE session)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++) {
        if (places[i].holder == session)
            places[i].holder = 0;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}
