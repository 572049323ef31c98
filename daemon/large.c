// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/large.h"

#include <pthread.h>
#include <stddef.h>

enum { MOST = 8, MOST_OF_USER = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given_back = PTHREAD_COND_INITIALIZER;
static uid_t users[MOST]; /* who has one */
static size_t n_users;

static size_t count_of(uid_t user)
{
    size_t count = 0;

    for (size_t i = 0; i < n_users; i++)
        count += users[i] == user;
    return count;
}

void large_take(uid_t user)
{
    pthread_mutex_lock(&lock);
    while (n_users == MOST || count_of(user) == MOST_OF_USER)
        pthread_cond_wait(&given_back, &lock);
    users[n_users++] = user;
    pthread_mutex_unlock(&lock);
}

void large_give_back(uid_t user)
{
    size_t place = 0;

    pthread_mutex_lock(&lock);
    while (users[place] != user)
        place++;
    users[place] = users[--n_users];
    pthread_cond_broadcast(&given_back);
    pthread_mutex_unlock(&lock);
}
