// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/lookout.h"

#include <pthread.h>
#include <time.h>
#include "daemon/keeper.h"
#include "daemon/trunk.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool ending, ended; /* under the lock */

/* For so many seconds, or until one of the two is true; with the lock held. Is it? */
static bool wait_for(const bool *what, unsigned seconds)
{
    struct timespec end;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)seconds;
    while (!*what && rc == 0)
        rc = pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &end);
    return *what;
}

static void *look_on(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    while (!wait_for(&ending, 1)) {
        pthread_mutex_unlock(&lock);
        trunk_look();
        keeper_look();
        pthread_mutex_lock(&lock);
    }
    ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

bool lookout_start(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, look_on, NULL) == 0 && pthread_detach(thread) == 0;
}

bool lookout_end(unsigned seconds)
{
    bool done;

    pthread_mutex_lock(&lock);
    ending = true;
    pthread_cond_broadcast(&changed);
    done = wait_for(&ended, seconds);
    pthread_mutex_unlock(&lock);
    return done;
}
