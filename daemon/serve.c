// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/serve.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"
#include "daemon/client.h"
#include "daemon/connections.h"
#include "daemon/control.h"
#include "daemon/daemon.h"
#include "daemon/door.h"
#include "daemon/keeper.h"
#include "daemon/lookout.h"
#include "daemon/peers.h"
#include "daemon/relay.h"
#include "daemon/seclusion.h"
#include "daemon/served.h"
#include "daemon/sockets.h"
#include "daemon/trunk.h"
#include "daemon/vendor_child.h"

enum { LOOK_MS = 1000, SHORT_MS = 50, GRACE_S = 3 };

static void client_serve(void *context, int fd, const struct peer *peer)
{
    struct client client = {.daemon = context, .peer = *peer};

    log_debug("process %ld of user %lu begins", (long)peer->pid, (unsigned long)peer->uid);
    served_for(&client);
    relay_run(&served_functions, fd, peer);
    client_close(&client);
    log_debug("process %ld of user %lu has ended", (long)peer->pid, (unsigned long)peer->uid);
}

/* Whoever a user's daemon does not know is turned away; a machine's is for all, and its policy decides. */
static bool is_welcome(const struct daemon *daemon, const struct peer *peer)
{
    if (daemon->system || daemon_is_master(daemon, peer->uid))
        return true;
    log_error("process %ld of user %lu is turned away: this daemon is for user %lu alone", (long)peer->pid,
              (unsigned long)peer->uid, (unsigned long)daemon->uid);
    return false;
}

static void accept_from(int listening, const struct daemon *daemon, connection_body *body)
{
    int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    struct peer peer;

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            usleep(SHORT_MS * 1000); /* what waits is still there */
        return;
    }
    if (peer_of(fd, &peer) && is_welcome(daemon, &peer))
        connection_start(fd, &peer, body, (void *)(uintptr_t)daemon);
    else
        close(fd);
}

/* SIGTERM and SIGINT are read, so that they end the daemon at one place. */
static int take_signals(void)
{
    sigset_t ending;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* the libraries' processes are waited for */
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    return pthread_sigmask(SIG_BLOCK, &ending, NULL) == 0 ? signalfd(-1, &ending, SFD_CLOEXEC) : -1;
}

static void loop(struct sockets *sockets, const struct daemon *daemon, int signals)
{
    struct pollfd watched[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = sockets->clients, .events = POLLIN},
        {.fd = sockets->control, .events = POLLIN},
    };

    while (watched[0].revents == 0) {
        if (poll(watched, sizeof(watched) / sizeof(watched[0]), LOOK_MS) < 0)
            continue;
        sockets_look(sockets, daemon);
        if ((watched[1].revents & POLLIN) != 0)
            accept_from(sockets->clients, daemon, client_serve);
        if ((watched[2].revents & POLLIN) != 0)
            accept_from(sockets->control, daemon, control_serve);
        watched[1].fd = sockets->clients;
        watched[2].fd = sockets->control;
    }
}

/* What is not done by then is a library that hangs. */
static void *kill_libraries(void *unused)
{
    (void)unused;
    sleep(GRACE_S);
    vendor_children_kill();
    return NULL;
}

/* Somebody who is asked is not waited for either. */
static void end_work(const struct daemon *daemon, struct sockets *sockets)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, kill_libraries, NULL) == 0)
        pthread_detach(thread);
    else
        vendor_children_kill();
    if (!connections_end(2 * GRACE_S) || !lookout_end(GRACE_S)) {
        log_error("ended in the middle of a call");
        sockets_close(sockets, daemon);
        _exit(EXIT_SUCCESS);
    }
}

static bool serve_at(const struct daemon *daemon, struct sockets *sockets)
{
    int signals = take_signals();

    if (signals < 0 || trunk_start(daemon) != CKR_OK || !lookout_start()) {
        log_error("nothing can be served");
        return false;
    }
    door_init();
    log_always("serving %s at %s", daemon->path, daemon->socket);
    loop(sockets, daemon, signals);
    end_work(daemon, sockets);
    keeper_stop();
    trunk_stop();
    close(signals);
    return true;
}

bool serve(void)
{
    struct daemon daemon;
    struct sockets sockets;
    bool ok;

    seclude();
    seclude_memory();
    if (!daemon_init(&daemon))
        return false;
    ok = sockets_open(&sockets, &daemon);
    if (ok) {
        ok = serve_at(&daemon, &sockets);
        sockets_close(&sockets, &daemon);
    }
    daemon_finish(&daemon);
    return ok;
}
