// SPDX-License-Identifier: BSD-2-Clause
// The two sockets that the daemon listens on: handed over by systemd (sd_listen_fds(3)), or made by itself.
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct daemon;

struct sockets {
    int clients; /* p11-kit's protocol */
    int control; /* the commands */
    bool own;    /* made here, and removed at the end */
    ino_t clients_file, control_file; /* of their paths, where they are own */
    time_t not_before; /* seconds of the monotonic clock; when what is gone may be made anew */
    int lock;    /* held on PATH.lock where they are own, so that no second daemon takes their place; else -1 */
};

/* What the commands' socket is called: the other's path with `.control` behind it. The caller frees; NULL without memory. */
char *sockets_control_path(const char *path);

/* False with the reason on stderr and in the log. */
bool sockets_open(struct sockets *sockets, const struct daemon *daemon);
/* Makes a socket of ours anew whose file somebody has removed, or put another in its place. To be called now and then; the descriptors may be others then. */
void sockets_look(struct sockets *sockets, const struct daemon *daemon);

void sockets_close(struct sockets *sockets, const struct daemon *daemon);
