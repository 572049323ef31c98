// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/connections.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"

enum { MOST = 128, MOST_OF_USER = 96, SILENT_S = 60, STACK_SIZE = 512 * 1024 };

struct connection {
    struct connection *next;
    int fd;
    struct peer peer;
    connection_body *body;
    void *context;
    time_t used;  /* monotonic; under the lock, as is: */
    bool is_busy; /* a call runs */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static struct connection *open_ones; /* under the lock */
static _Thread_local struct connection *own;

static time_t seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void leave(struct connection *connection)
{
    struct connection **place = &open_ones;

    pthread_mutex_lock(&lock);
    while (*place != connection)
        place = &(*place)->next;
    *place = connection->next;
    close(connection->fd); /* within the lock: nobody shuts another one down that got the number */
    pthread_cond_broadcast(&ended);
    pthread_mutex_unlock(&lock);
    free(connection);
}

static void *run(void *argument)
{
    own = argument;
    own->body(own->context, own->fd, &own->peer);
    leave(own);
    return NULL;
}

static void note_call(bool runs)
{
    pthread_mutex_lock(&lock);
    own->used = seconds_now();
    own->is_busy = runs;
    pthread_mutex_unlock(&lock);
}

void connection_begin_call(void)
{
    note_call(true);
}

void connection_end_call(void)
{
    note_call(false);
}

bool connection_is_there(void)
{
    struct pollfd other = {.fd = own->fd, .events = POLLRDHUP};

    return poll(&other, 1, 0) <= 0 || (other.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
}

static size_t count(uid_t user, bool all)
{
    size_t found = 0;

    for (const struct connection *one = open_ones; one != NULL; one = one->next)
        found += all || one->peer.uid == user;
    return found;
}

/* Of that user's, or of all. */
static struct connection *most_silent(uid_t user, bool all)
{
    struct connection *found = NULL;

    for (struct connection *one = open_ones; one != NULL; one = one->next) {
        if (!one->is_busy && (all || one->peer.uid == user) && (found == NULL || one->used < found->used))
            found = one;
    }
    return found;
}

/* A user who fills his share takes nobody else's. */
static bool make_room(const struct peer *peer)
{
    bool all = count(peer->uid, false) < MOST_OF_USER;
    struct connection *silent;

    if (all && count(0, true) < MOST)
        return true;
    silent = most_silent(peer->uid, all);
    if (silent == NULL || seconds_now() - silent->used < SILENT_S) {
        log_error("too many clients: process %ld of user %lu is turned away", (long)peer->pid, (unsigned long)peer->uid);
        return false;
    }
    shutdown(silent->fd, SHUT_RDWR);
    silent->used = seconds_now();
    return count(0, true) < MOST + 16; /* until its thread is done */
}

static bool start_thread(struct connection *connection)
{
    pthread_attr_t attributes;
    pthread_t thread;
    bool started;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
              pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
              pthread_create(&thread, &attributes, run, connection) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

void connection_start(int fd, const struct peer *peer, connection_body *body, void *context)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    bool room;

    if (connection == NULL) {
        close(fd);
        return;
    }
    *connection = (struct connection){.fd = fd, .peer = *peer, .body = body, .context = context, .used = seconds_now()};
    pthread_mutex_lock(&lock);
    room = make_room(peer);
    if (room) {
        connection->next = open_ones;
        open_ones = connection;
    }
    pthread_mutex_unlock(&lock);
    if (!room) {
        close(fd);
        free(connection);
    } else if (!start_thread(connection)) {
        log_error("a client is turned away: no thread can be started for it");
        leave(connection);
    }
}

bool connections_end(unsigned seconds)
{
    const struct timespec end = {.tv_sec = seconds_now() + (time_t)seconds + 1};
    bool done;
    int rc = 0;

    pthread_mutex_lock(&lock);
    for (const struct connection *one = open_ones; one != NULL; one = one->next)
        shutdown(one->fd, SHUT_RDWR);
    while (open_ones != NULL && rc == 0)
        rc = pthread_cond_clockwait(&ended, &lock, CLOCK_MONOTONIC, &end);
    done = open_ones == NULL;
    pthread_mutex_unlock(&lock);
    return done;
}
