// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"
#include "daemon/frame.h"
#include "daemon/remote_server.h"
#include "daemon/large.h"
#include "remote/transport.h"

/* Of a large message the whole must come, or be taken, within a time: others may wait for its turn. */
enum { VERSION_NEWEST = 2, HEADER_SIZE = 12, OPTIONS_MOST = 4096, LARGE = 64 << 10, LARGE_MS = 30000 };

struct relay {
    int fd;
    const struct peer *peer;
    struct remote_server server;
    bool has_turn;
};

/* One request and its answer. */
struct errand {
    uint32_t code;
    struct wire request, answer; /* the answer with its header */
};

static bool cut_off(const struct relay *relay, const char *reason)
{
    log_error("process %ld of user %lu is cut off: %s", (long)relay->peer->pid, (unsigned long)relay->peer->uid, reason);
    return false;
}

/* False: the other end is gone, in the middle or before. */
static bool receive(const struct relay *relay, void *to, size_t size)
{
    unsigned char *at = to;

    if (relay->has_turn)
        return transport_receive(relay->fd, to, size, transport_deadline(LARGE_MS)) == TRANSPORT_DONE;
    while (size > 0) {
        ssize_t n = recv(relay->fd, at, size, MSG_WAITALL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool send_all(const struct relay *relay, const void *bytes, size_t size)
{
    const unsigned ms = relay->has_turn ? LARGE_MS : UINT_MAX;

    return transport_send(relay->fd, bytes, size, transport_deadline(ms)) == TRANSPORT_DONE;
}

static void need_turn(struct relay *relay, size_t size)
{
    if (size <= LARGE || relay->has_turn)
        return;
    large_take(relay->peer->uid);
    relay->has_turn = true;
}

/* The client's options are its own affair. */
static bool receive_request(struct relay *relay, struct errand *errand)
{
    uint8_t header[HEADER_SIZE], options[OPTIONS_MOST];
    size_t n_options, size;
    uint8_t *body;

    if (!receive(relay, header, sizeof(header)))
        return false;
    errand->code = wire_u32(header);
    n_options = wire_u32(header + 4);
    size = wire_u32(header + 8);
    if (n_options > sizeof(options) || size > FRAME_SIZE_MOST)
        return cut_off(relay, "its request is too large");
    need_turn(relay, size);
    body = wire_append(&errand->request, size);
    if (body == NULL)
        return cut_off(relay, "no memory for its request");
    return receive(relay, options, n_options) && receive(relay, body, size);
}

static bool refuse(struct errand *errand, CK_RV rv)
{
    struct wire body = {0};

    frame_put_error(&body, rv);
    wire_put_u32(&errand->answer, errand->code);
    wire_put_u32(&errand->answer, 0);
    wire_put_array(&errand->answer, body.bytes, body.size); /* the header ends with the body's length */
    wire_finish(&body);
    return !errand->answer.failed;
}

static bool answer(struct relay *relay, struct errand *errand)
{
    struct frame frame = {.body = &errand->request, .version = relay->server.version};
    enum frame_fate fate = frame_judge(&frame);

    if (fate == FRAME_MALFORMED)
        return cut_off(relay, "its request is malformed");
    if (fate == FRAME_REFUSED)
        return refuse(errand, frame.rv);
    need_turn(relay, frame.room);
    return remote_server_answer(&relay->server, errand->code, &errand->request, &errand->answer) ||
           cut_off(relay, "its request is not understood, or there is no memory for the answer");
}

static bool exchange(struct relay *relay)
{
    struct errand errand = {0};
    bool ok = receive_request(relay, &errand) && answer(relay, &errand);

    wire_finish(&errand.request); /* a PIN, of which nothing is left when the client is answered */
    ok = ok && send_all(relay, errand.answer.bytes, errand.answer.size);
    wire_finish(&errand.answer);
    if (relay->has_turn)
        large_give_back(relay->peer->uid);
    relay->has_turn = false;
    return ok;
}

static bool agree(struct relay *relay)
{
    uint8_t version;

    return receive(relay, &version, 1) &&
           remote_server_agree(&relay->server, version < VERSION_NEWEST ? version : VERSION_NEWEST) &&
           send_all(relay, &relay->server.version, 1);
}

void relay_run(CK_FUNCTION_LIST *list, int fd, const struct peer *peer)
{
    struct relay relay = {.fd = fd, .peer = peer};

    if (!remote_server_open(&relay.server, list)) {
        cut_off(&relay, strerror(errno));
        return;
    }
    if (agree(&relay)) {
        while (exchange(&relay))
            ;
    }
    remote_server_close(&relay.server);
}
