// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/rate.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

/* A second more than the span, for the one that is not over. */
enum { SECONDS = RATE_SPAN + 1 };

struct tally {
    uid_t user;
    uint8_t key[RATE_KEY_SIZE];
    time_t last; /* the second of the newest use */
    uint16_t uses[SECONDS]; /* by second, modulo; those before `last` - RATE_SPAN are nought */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tally tallies[RATE_MOST];
static size_t count;

static bool is_of(const struct tally *tally, uid_t user, const uint8_t key[RATE_KEY_SIZE])
{
    return tally->user == user && memcmp(tally->key, key, RATE_KEY_SIZE) == 0;
}

static bool is_over(const struct tally *tally, time_t now)
{
    return now - tally->last > RATE_SPAN;
}

/* That of the key, or a new one in a place that is free or has nothing to say any more. A user who fills his share takes nobody else's. */
static struct tally *find(uid_t user, const uint8_t key[RATE_KEY_SIZE], time_t now)
{
    struct tally *found = NULL;
    unsigned of_user = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_of(&tallies[i], user, key))
            return &tallies[i];
        if (is_over(&tallies[i], now))
            found = &tallies[i];
        else
            of_user += tallies[i].user == user;
    }
    if (of_user >= RATE_MOST_OF_USER)
        return NULL;
    if (found == NULL && count < RATE_MOST)
        found = &tallies[count++];
    if (found != NULL) {
        *found = (struct tally){.user = user, .last = now};
        memcpy(found->key, key, RATE_KEY_SIZE);
    }
    return found;
}

static void go_on_to(struct tally *tally, time_t now)
{
    if (is_over(tally, now))
        memset(tally->uses, 0, sizeof(tally->uses));
    for (time_t second = tally->last + 1; second <= now && !is_over(tally, now); second++)
        tally->uses[second % SECONDS] = 0;
    tally->last = now;
}

static unsigned sum(const struct tally *tally)
{
    unsigned uses = 0;

    for (size_t i = 0; i < SECONDS; i++)
        uses += tally->uses[i];
    return uses;
}

bool rate_permits(uid_t user, const uint8_t key[RATE_KEY_SIZE], unsigned most, time_t now)
{
    struct tally *tally;
    bool permits = false;

    pthread_mutex_lock(&lock);
    tally = find(user, key, now);
    if (tally != NULL && now < tally->last)
        now = tally->last; /* it was read before the lock was had */
    if (tally != NULL) {
        go_on_to(tally, now);
        permits = sum(tally) < most;
    }
    if (permits)
        tally->uses[now % SECONDS]++;
    pthread_mutex_unlock(&lock);
    return permits;
}
