// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/peers.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of another user's process it can be told to root alone. */
static void read_program(struct peer *peer)
{
    char link[32];
    ssize_t size;

    snprintf(link, sizeof(link), "/proc/%ld/exe", (long)peer->pid);
    size = readlink(link, peer->program, sizeof(peer->program) - 1);
    peer->program[size > 0 ? size : 0] = '\0';
}

bool peer_of(int fd, struct peer *peer)
{
    struct ucred credentials;
    socklen_t size = sizeof(credentials);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
        size != sizeof(credentials))
        return false;
    peer->uid = credentials.uid;
    peer->pid = credentials.pid;
    read_program(peer);
    return true;
}
