// SPDX-License-Identifier: BSD-2-Clause
#include "tests/remote/liar.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "remote_signatures.gen.h"

enum { INITIALIZE_CODE = 1, INITIALIZE_NUMBER = 1 };

int liar_open(void *context)
{
    struct liar *liar = context;
    const size_t at = liar->opened++;
    int ends[2];

    if (at >= LIAR_CONNECTIONS || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    if (send(ends[1], liar->connections[at].speech.bytes, liar->connections[at].speech.size, 0) !=
        (ssize_t)liar->connections[at].speech.size)
        abort();
    if (liar->connections[at].end == LIAR_STOPS)
        shutdown(ends[1], SHUT_WR);
    liar->far[at] = ends[1];
    if (liar->connections[at].end == LIAR_CLOSES) {
        close(ends[1]);
        liar->far[at] = -1;
    }
    liar->near = ends[0];
    return ends[0];
}

void liar_finish(struct liar *liar)
{
    for (size_t i = 0; i < LIAR_CONNECTIONS; i++) {
        wire_finish(&liar->connections[i].speech);
        if (i < liar->opened && liar->far[i] >= 0)
            close(liar->far[i]);
    }
    *liar = (struct liar){0};
}

void liar_say(struct wire *speech, uint32_t code, const struct wire *body)
{
    uint8_t *to;

    wire_put_u32(speech, code);
    wire_put_u32(speech, 0);
    wire_put_u32(speech, (uint32_t)body->size);
    to = wire_append(speech, body->size);
    if (to != NULL && body->size > 0)
        memcpy(to, body->bytes, body->size);
}

void liar_greet(struct wire *speech, uint8_t version)
{
    struct wire body = {0};

    wire_put_byte(speech, version);
    wire_put_u32(&body, INITIALIZE_NUMBER);
    wire_put_array(&body, "", 0);
    liar_say(speech, INITIALIZE_CODE, &body);
    wire_finish(&body);
}

void liar_error(struct wire *body, uint64_t rv)
{
    wire_put_u32(body, 0);
    wire_put_array(body, "u", 1);
    wire_put_u64(body, rv);
}

/* Of space padded texts, in the order of the answer. */
static size_t text_size(const char *signature, size_t text)
{
    static const size_t token[] = {32, 32, 16, 16, 16};

    if (strlen(signature) > 5)
        return token[text];
    return strcmp(signature, "ssuvv") == 0 && text == 0 ? 64 : 32;
}

static void put_text(struct wire *body, size_t size)
{
    char text[64];

    memset(text, ' ', sizeof(text));
    wire_put_array(body, text, size);
}

/* CKA_LABEL, which is there, and CKA_CLASS, which is not. */
static void put_template(struct wire *body)
{
    wire_put_u32(body, 2);
    wire_put_u32(body, CKA_LABEL);
    wire_put_byte(body, 1);
    wire_put_u32(body, 2);
    wire_put_array(body, "xy", 2);
    wire_put_u32(body, CKA_CLASS);
    wire_put_byte(body, 0);
}

static void put_list(struct wire *body)
{
    wire_put_byte(body, 1);
    wire_put_u32(body, 2);
    wire_put_u64(body, 1);
    wire_put_u64(body, 2);
}

static void put_two_bytes(struct wire *body)
{
    wire_put_byte(body, 1);
    wire_put_array(body, "\1\2", 2);
}

static size_t put_part(struct wire *body, const char *signature, size_t at, size_t *texts)
{
    if (strncmp(signature + at, "aA", 2) == 0)
        put_template(body);
    else if (strncmp(signature + at, "au", 2) == 0)
        put_list(body);
    else if (strncmp(signature + at, "ay", 2) == 0)
        put_two_bytes(body);
    if (signature[at] == 'a')
        return 2;
    if (signature[at] == 's')
        put_text(body, text_size(signature, (*texts)++));
    else if (signature[at] == 'v')
        wire_put_byte(body, 2), wire_put_byte(body, 40);
    else if (at > 0 && signature[at - 1] == 'A')
        wire_put_u64(body, CKR_OK);
    else
        wire_put_u64(body, 7);
    return 1;
}

void liar_answer(struct wire *body, enum function_id function)
{
    const char *signature = remote_signatures[function].answer;
    size_t texts = 0;

    wire_put_u32(body, remote_signatures[function].number);
    wire_put_array(body, signature, strlen(signature));
    for (size_t at = 0; signature[at] != '\0';)
        at += put_part(body, signature, at, &texts);
}

struct remote *liar_remote(struct liar *liar, unsigned call_ms)
{
    struct remote_options options = {
        .open = liar_open,
        .context = liar,
        .server_uids = {getuid()},
        .n_server_uids = 1,
        .call_ms = call_ms,
    };

    return remote_create(&options);
}
