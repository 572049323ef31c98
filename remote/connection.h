// SPDX-License-Identifier: BSD-2-Clause
// The connection of an instance: opened, agreed on, lost. It belongs to the process that opened it.
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include "remote/remote.h"
#include "remote/wire.h"

struct connection {
    int fd;       /* -1: none */
    dev_t device; /* with inode: what fd is, as long as nobody else has closed it */
    ino_t inode;
    pid_t pid; /* who opened it */
    uint8_t version;
    uint32_t code; /* of the last request */
    CK_RV late;    /* as in remote_options */
    char error[160];
};

void connection_init(struct connection *connection);

/* Is it there, and this process's? A host may have closed all files, and opened others under their
 * numbers. */
bool connection_is_up(const struct connection *connection);

/* Connects to a server of one of the users and agrees on a version of the protocol.
 * CKR_DEVICE_ERROR, with the reason. */
CK_RV connection_open(struct connection *connection, const struct remote_options *options);

/* A parent's stays as it is; and so does what is not ours. */
void connection_close(struct connection *connection);

/* connection_close() with a reason; CKR_DEVICE_ERROR. */
CK_RV connection_give_up(struct connection *connection, const char *reason);

/* Sends a request and receives its answer, which the caller wipes. CKR_CRYPTOKI_NOT_INITIALIZED: it
 * was lost. CKR_DEVICE_ERROR: late or malformed. The connection is closed then. */
CK_RV connection_exchange(struct connection *connection, const struct wire *request,
                          struct wire *answer, unsigned call_ms);
