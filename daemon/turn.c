// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/turn.h"

#include <pthread.h>
#include <time.h>

enum { WAIT_S = 10, LOGIN_S = 60, OPERATION_S = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static CK_SESSION_HANDLE holder; /* 0: nobody; under the lock */
static struct timespec until;    /* of the holder's */

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

static bool is_others(CK_SESSION_HANDLE session)
{
    const struct timespec now = in_seconds(0);

    return holder != 0 && holder != session && is_before(&now, &until);
}

/* With the lock held. */
static bool wait_for(CK_SESSION_HANDLE session)
{
    const struct timespec end = in_seconds(WAIT_S);
    struct timespec now = in_seconds(0);

    while (is_others(session) && is_before(&now, &end)) {
        const struct timespec next = is_before(&until, &end) ? until : end;
        pthread_cond_clockwait(&ended, &lock, CLOCK_MONOTONIC, &next);
        now = in_seconds(0);
    }
    return !is_others(session);
}

bool turn_wait(CK_SESSION_HANDLE session)
{
    bool free;

    pthread_mutex_lock(&lock);
    free = wait_for(session);
    pthread_mutex_unlock(&lock);
    return free;
}

bool turn_take(CK_SESSION_HANDLE session)
{
    bool free;

    pthread_mutex_lock(&lock);
    free = wait_for(session);
    if (free) {
        holder = session;
        until = in_seconds(LOGIN_S);
    }
    pthread_mutex_unlock(&lock);
    return free;
}

void turn_limit(CK_SESSION_HANDLE session)
{
    pthread_mutex_lock(&lock);
    if (holder == session)
        until = in_seconds(OPERATION_S);
    pthread_mutex_unlock(&lock);
}

void turn_end(CK_SESSION_HANDLE session)
{
    pthread_mutex_lock(&lock);
    if (holder == session) {
        holder = 0;
        pthread_cond_broadcast(&ended);
    }
    pthread_mutex_unlock(&lock);
}
