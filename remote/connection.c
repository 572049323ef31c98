// SPDX-License-Identifier: BSD-2-Clause
#include "remote/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "remote/transport.h"

/* The version that p11-kit has from 0.25.6 on; servers answer with their own if that is less, and
 * those of before 0.24.1 close the connection at anything but 0. */
enum { VERSION_NEWEST = 2, VERSION_OLDEST = 0 };

enum { HEADER_SIZE = 12 };

void connection_init(struct connection *connection)
{
    *connection = (struct connection){.fd = -1};
}

static bool is_ours(const struct connection *connection)
{
    struct stat status;

    return connection->fd >= 0 && fstat(connection->fd, &status) == 0 &&
           status.st_ino == connection->inode && status.st_dev == connection->device;
}

bool connection_is_up(const struct connection *connection)
{
    return connection->pid == getpid() && is_ours(connection);
}

void connection_close(struct connection *connection)
{
    if (is_ours(connection))
        close(connection->fd);
    connection->fd = -1;
}

CK_RV connection_give_up(struct connection *connection, const char *reason)
{
    connection_close(connection);
    snprintf(connection->error, sizeof(connection->error), "%s", reason);
    return CKR_DEVICE_ERROR;
}

static CK_RV fail_by(struct connection *connection, enum transport_result result)
{
    if (result == TRANSPORT_LATE) {
        connection_give_up(connection, "the server did not answer in time");
        return connection->late;
    }
    connection_give_up(connection, "the server closed the connection");
    return CKR_CRYPTOKI_NOT_INITIALIZED;
}

static bool is_of_one(const struct remote_options *options, uid_t user)
{
    uid_t asked[REMOTE_UIDS_MOST];
    const uid_t *uids = options->trusted != NULL ? asked : options->server_uids;
    size_t count = options->trusted != NULL ? options->trusted(options->path, asked)
                                            : options->n_server_uids;

    for (size_t i = 0; i < count && i < REMOTE_UIDS_MOST; i++) {
        if (uids[i] == user)
            return true;
    }
    return false;
}

static bool is_wanted(struct connection *connection, const struct remote_options *options)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        connection_give_up(connection, "the server does not tell its user");
        return false;
    }
    if (is_of_one(options, peer.uid))
        return true;
    connection_give_up(connection, "");
    snprintf(connection->error, sizeof(connection->error),
             "the server is user %lu, which is none of those that it may be",
             (unsigned long)peer.uid);
    return false;
}

static void take(struct connection *connection, int fd)
{
    struct stat status = {0};

    fstat(fd, &status);
    connection->fd = fd;
    connection->device = status.st_dev;
    connection->inode = status.st_ino;
    connection->pid = getpid();
    connection->code = 0;
    connection->error[0] = '\0';
}

static CK_RV reach(struct connection *connection, const struct remote_options *options)
{
    int fd;

    connection_close(connection); /* a parent's copy */
    errno = ENOTCONN;
    fd = options->path != NULL
             ? transport_connect(options->path, transport_deadline(options->connect_ms))
             : options->open(options->context);
    if (fd < 0) {
        snprintf(connection->error, sizeof(connection->error), "connecting to the server: %s",
                 strerror(errno));
        return CKR_DEVICE_ERROR;
    }
    take(connection, fd);
    return is_wanted(connection, options) ? CKR_OK : CKR_DEVICE_ERROR;
}

/* A server answers with a lower version, or the same: at once, where it runs and systemd does not only listen for it. */
static CK_RV agree(struct connection *connection, uint8_t version, const struct remote_options *options)
{
    const uint64_t deadline = transport_deadline(options->path != NULL ? options->connect_ms : options->call_ms);
    enum transport_result result = transport_send(connection->fd, &version, 1, deadline);

    if (result == TRANSPORT_DONE)
        result = transport_receive(connection->fd, &connection->version, 1, deadline);
    if (result != TRANSPORT_DONE)
        return fail_by(connection, result);
    if (connection->version > version)
        return connection_give_up(connection, "the server speaks another version of the protocol");
    return CKR_OK;
}

CK_RV connection_open(struct connection *connection, const struct remote_options *options)
{
    CK_RV rv = reach(connection, options);

    connection->late = options->late != CKR_OK ? options->late : CKR_DEVICE_ERROR;
    if (rv == CKR_OK)
        rv = agree(connection, VERSION_NEWEST, options);
    if (rv == CKR_CRYPTOKI_NOT_INITIALIZED) {
        rv = reach(connection, options);
        if (rv == CKR_OK)
            rv = agree(connection, VERSION_OLDEST, options);
    }
    return rv == CKR_OK ? CKR_OK : CKR_DEVICE_ERROR;
}

static void put_header(struct wire *header, uint32_t code, size_t size)
{
    wire_put_u32(header, code);
    wire_put_u32(header, 0); /* options, which nobody reads */
    wire_put_u32(header, (uint32_t)size);
}

static enum transport_result send_request(struct connection *connection, const struct wire *request,
                                          uint64_t deadline)
{
    enum transport_result result = TRANSPORT_LOST;
    struct wire message = {0};
    uint8_t *body;

    put_header(&message, connection->code, request->size);
    body = wire_append(&message, request->size);
    if (body != NULL) {
        memcpy(body, request->bytes, request->size);
        result = transport_send(connection->fd, message.bytes, message.size, deadline);
    }
    wire_finish(&message);
    return result;
}

static CK_RV receive_body(struct connection *connection, struct wire *answer, size_t size,
                          uint64_t deadline)
{
    enum transport_result result = TRANSPORT_DONE;
    uint8_t *body = wire_append(answer, size);

    if (body == NULL)
        return connection_give_up(connection, "no memory for the server's answer");
    result = transport_receive(connection->fd, body, size, deadline);
    return result == TRANSPORT_DONE ? CKR_OK : fail_by(connection, result);
}

static CK_RV receive_answer(struct connection *connection, struct wire *answer, uint64_t deadline)
{
    uint8_t header[HEADER_SIZE];
    enum transport_result result =
        transport_receive(connection->fd, header, sizeof(header), deadline);
    uint64_t size = (uint64_t)wire_u32(header + 4) + wire_u32(header + 8);
    CK_RV rv;

    if (result != TRANSPORT_DONE)
        return fail_by(connection, result);
    if (wire_u32(header) != connection->code)
        return connection_give_up(connection, "the server's answer belongs to another call");
    if (size > REMOTE_MESSAGE_MAX)
        return connection_give_up(connection, "the server's answer is too large");
    rv = receive_body(connection, answer, size, deadline);
    answer->at = wire_u32(header + 4);
    return rv;
}

CK_RV connection_exchange(struct connection *connection, const struct wire *request,
                          struct wire *answer, unsigned call_ms)
{
    const uint64_t deadline = transport_deadline(call_ms);
    enum transport_result result;

    connection->code++;
    result = send_request(connection, request, deadline);
    if (result != TRANSPORT_DONE)
        return fail_by(connection, result);
    return receive_answer(connection, answer, deadline);
}
