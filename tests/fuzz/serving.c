// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the daemon's side of p11-kit's protocol: relay, p11-kit's server, and a client's gate above the mock vendor. The input is what a client sends: its preset,
// its version of the protocol, and requests with their headers, each after the answer to the one before. Handles that were answered are random: an input names them
// by their place, as "SESS" or "OBJT" and a number of four bytes. What is answered belongs to the request and is bounded, and no session outlives its client.
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "config/config.h"
#include "crypto/crypto.h"
#include "daemon/client.h"
#include "daemon/connections.h"
#include "daemon/frame.h"
#include "daemon/keeper.h"
#include "daemon/relay.h"
#include "daemon/served.h"
#include "tests/fuzz/fuzz.h"
#include "tests/mock/mock.h"

enum {
    HEADER_SIZE = 12,
    HANDLE_SIZE = 8,
    HANDLES = 16,
    OPENS_SESSION = 10, /* numbers of the protocol */
    FINDS_OBJECTS = 27,
    ANSWER_MOST = FRAME_ROOM_MOST + (64 << 10),
    REQUESTS_MOST = 200,
    PRESETS = 2,
    FIRST_SLOT = 100,
    TOKENS = 2,
    ANEW_EACH = 500,
};

static const char *const policies[PRESETS] = {
    "version: 1\nmodule: mock.so\npreset: ssh\nallow: [{id: \"01\"}, {id: \"02\"}]\n",
    "version: 1\nmodule: mock.so\npreset: read-only\nallow: all\n",
};

static struct {
    const struct mock_control *mock;
    CK_FUNCTION_LIST door; /* as door.c has it */
    struct peer peer;
    size_t preset;
    struct gate *gates[PRESETS];
    size_t clients;
} world;

static CK_RV initialize(CK_VOID_PTR arguments)
{
    (void)arguments;
    return CKR_CRYPTOKI_ALREADY_INITIALIZED;
}

static CK_RV do_not(CK_VOID_PTR reserved)
{
    (void)reserved;
    return CKR_OK;
}

/* Few: each input has them read anew. */
static void add_tokens(void)
{
    const struct mock_key rsa = {"rsa:2048", "one", "01", "one", MOCK_PAIR}, ec = {"ec:P-256", "two", "02", "two", MOCK_PAIR},
                          ed = {"ed25519", "three", "03", "three", MOCK_PAIR};
    CK_SLOT_ID first = world.mock->token_add(&(struct mock_token){.label = "first"});
    CK_SLOT_ID second = world.mock->token_add(&(struct mock_token){.label = "second", .pin = "1234"});

    world.mock->key_add(first, &rsa);
    world.mock->key_add(first, &ec);
    world.mock->key_add(second, &ed);
}

static void make_world(void)
{
    const char *path = getenv("MOCK_VENDOR_SO");
    void *library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

    FUZZ_REQUIRE(library != NULL);
    world.mock = dlsym(library, "mock_control");
    FUZZ_REQUIRE(world.mock != NULL);
    world.mock->reset();
    add_tokens();
    world.door = *world.mock->functions;
    FUZZ_REQUIRE(world.door.C_Initialize(NULL) == CKR_OK);
    world.peer = (struct peer){.uid = getuid(), .pid = getpid()};
    world.door.C_Initialize = initialize;
    world.door.C_Finalize = do_not;
}

/* In place of keeper.c, connections.c and client.c. */
CK_RV keeper_compare(CK_SLOT_ID slot, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    (void)slot;
    return size == 4 && pin != NULL && memcmp(pin, "1234", 4) == 0 ? CKR_OK : CKR_PIN_INCORRECT;
}

void connection_begin_call(void)
{
}

void connection_end_call(void)
{
}

static void has_session(void *session, void *unused)
{
    (void)session;
    (void)unused;
    FUZZ_REQUIRE(false);
}

static struct config *read_policy(void *context, struct crypto *crypto, enum load load)
{
    struct message_list messages = {0};
    struct config *config;

    (void)context;
    (void)load;
    fuzz_set_file(policies[world.preset], strlen(policies[world.preset]));
    config = config_load(crypto, fuzz_config_path, false, &messages);
    FUZZ_REQUIRE(config != NULL);
    message_list_finish(&messages);
    return config;
}

static struct gate *make_gate(const struct peer *peer)
{
    static const struct vendor_elsewhere below = {.functions = &world.door};
    const struct setting setting = {.below = &below, .below_name = "mock", .load = read_policy, .peer = peer};
    struct crypto *crypto = crypto_create();
    struct gate *gate;

    FUZZ_REQUIRE(crypto != NULL);
    FUZZ_REQUIRE(gate_create_in(&setting, crypto, read_policy(NULL, crypto, LOAD_FIRST), false, &gate) == CKR_OK);
    gate->serves = true;
    return gate;
}

/* One that another client has left is as good as new, and is there at once; now and then it is made anew all the same. */
CK_RV client_open(struct client *client)
{
    struct gate **kept = &world.gates[world.preset];

    if (*kept == NULL)
        *kept = make_gate(&world.peer);
    client->gate = *kept;
    return CKR_OK;
}

void client_close(struct client *client)
{
    struct gate *gate = client->gate;

    client->gate = NULL;
    if (gate == NULL)
        return;
    for (CK_SLOT_ID slot = FIRST_SLOT; slot < FIRST_SLOT + TOKENS; slot++)
        gate->layer.C_CloseAllSessions(&gate->layer, slot);
    handles_each(&gate->sessions, has_session, NULL);
    if (++world.clients % ANEW_EACH != 0)
        return;
    gate_destroy(gate);
    world.gates[world.preset] = NULL;
    FUZZ_REQUIRE(world.gates[0] != NULL || world.gates[1] != NULL || world.mock->sessions() == 0);
}

static void *serve(void *end)
{
    struct client client = {.peer = world.peer};

    served_for(&client);
    relay_run(&served_functions, *(int *)end, &client.peer);
    client_close(&client);
    close(*(int *)end);
    return NULL;
}

/* The client's side. */
struct handles_seen {
    size_t count;
    uint8_t bytes[HANDLES][HANDLE_SIZE];
};

struct dialogue {
    int fd;
    const uint8_t *data;
    size_t size;
    struct handles_seen sessions, objects;
};

static void see(struct handles_seen *seen, const uint8_t *handle)
{
    if (seen->count < HANDLES)
        memcpy(seen->bytes[seen->count++], handle, HANDLE_SIZE);
}

static void put_handles(const struct handles_seen *seen, const char *word, uint8_t *at)
{
    const uint32_t place = wire_u32(at + 4);

    if (memcmp(at, word, 4) == 0 && place < seen->count)
        memcpy(at, seen->bytes[place], HANDLE_SIZE);
}

static bool receive(const struct dialogue *dialogue, void *to, size_t size)
{
    return size == 0 || recv(dialogue->fd, to, size, MSG_WAITALL) == (ssize_t)size;
}

static void learn(struct dialogue *dialogue, const uint8_t *body, size_t size)
{
    const uint32_t number = wire_u32(body);
    size_t at = 8 + wire_u32(body + 4);

    if (number == OPENS_SESSION && at + HANDLE_SIZE == size)
        see(&dialogue->sessions, body + at);
    for (at += 5; number == FINDS_OBJECTS && at + HANDLE_SIZE <= size; at += HANDLE_SIZE)
        see(&dialogue->objects, body + at);
}

/* False: the other end is gone. */
static bool take_answer(struct dialogue *dialogue, const uint8_t *request, size_t request_size)
{
    uint8_t header[HEADER_SIZE], *body;
    size_t size;
    bool whole;

    if (!receive(dialogue, header, sizeof(header)))
        return false;
    size = wire_u32(header + 8);
    FUZZ_REQUIRE(memcmp(header, request, 4) == 0 && wire_u32(header + 4) == 0);
    FUZZ_REQUIRE(size >= 8 && size <= ANSWER_MOST);
    body = malloc(size);
    FUZZ_REQUIRE(body != NULL);
    whole = receive(dialogue, body, size);
    FUZZ_REQUIRE(whole && 8 + wire_u32(body + 4) <= size);
    if (wire_u32(body) != 0) {
        const uint8_t *asked = request + HEADER_SIZE + wire_u32(request + 4);
        FUZZ_REQUIRE(asked + 4 <= request + request_size && memcmp(asked, body, 4) == 0);
        learn(dialogue, body, size);
    }
    free(body);
    return true;
}

static void finish(const struct dialogue *dialogue)
{
    uint8_t rest[256];

    shutdown(dialogue->fd, SHUT_WR);
    while (recv(dialogue->fd, rest, sizeof(rest), 0) > 0)
        ;
}

static bool send_request(struct dialogue *dialogue)
{
    const uint64_t told = HEADER_SIZE + (uint64_t)wire_u32(dialogue->data + 4) + wire_u32(dialogue->data + 8);
    const size_t size = told < dialogue->size ? (size_t)told : dialogue->size;
    uint8_t *request = malloc(size);
    bool goes_on;

    FUZZ_REQUIRE(request != NULL);
    memcpy(request, dialogue->data, size);
    for (size_t i = HEADER_SIZE; i + HANDLE_SIZE <= size; i++) {
        put_handles(&dialogue->sessions, "SESS", request + i);
        put_handles(&dialogue->objects, "OBJT", request + i);
    }
    goes_on = send(dialogue->fd, request, size, MSG_NOSIGNAL) == (ssize_t)size && size == told && take_answer(dialogue, request, size);
    free(request);
    dialogue->data += size;
    dialogue->size -= size;
    return goes_on;
}

static void speak(struct dialogue *dialogue)
{
    uint8_t version;
    size_t count = 0;

    if (send(dialogue->fd, dialogue->data, 1, MSG_NOSIGNAL) != 1 || !receive(dialogue, &version, 1))
        return;
    FUZZ_REQUIRE(version <= dialogue->data[0]);
    dialogue->data++;
    dialogue->size--;
    while (dialogue->size >= HEADER_SIZE && count < REQUESTS_MOST && send_request(dialogue))
        count++;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct dialogue dialogue = {.data = data + 1, .size = size - 1};
    int pair[2];
    pthread_t thread;

    if (size < 2)
        return;
    if (world.mock == NULL)
        make_world();
    world.preset = data[0] % PRESETS;
    FUZZ_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    FUZZ_REQUIRE(pthread_create(&thread, NULL, serve, &pair[1]) == 0);
    dialogue.fd = pair[0];
    speak(&dialogue);
    finish(&dialogue);
    pthread_join(thread, NULL);
    close(pair[0]);
    world.mock->forget_calls();
}
