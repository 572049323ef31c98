// SPDX-License-Identifier: BSD-2-Clause
// p11-kit's server of its remote protocol.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>
#include "remote/wire.h"

/* Answers the calls that come over the socket, in this thread, until the other end closes it or sends what is no call. */
void remote_server_run(CK_FUNCTION_LIST *functions, int fd);

/* The same of one request at a time, by two files in memory. */
struct remote_server {
    CK_FUNCTION_LIST *functions; /* borrowed */
    int requests, answers;
    uint8_t version;
};

/* False with errno: there are no files for it. */
bool remote_server_open(struct remote_server *server, CK_FUNCTION_LIST *functions);
void remote_server_close(struct remote_server *server);

/* Sets the version of the protocol: that one, or an earlier that the server has. False: it has none. */
bool remote_server_agree(struct remote_server *server, uint8_t version);

/* Answers a request that is whole, of that code: both without their headers, the answer with its own. Nothing of them is left in the files. False: the server
 * takes it for none, or there is no memory. */
bool remote_server_answer(struct remote_server *server, uint32_t code, const struct wire *request, struct wire *answer);
