// SPDX-License-Identifier: BSD-2-Clause
// What many clients at once get from a module: `signatures MODULE PIN SECONDS KEY.pem...` starts a
// process for each key, whose id on the token is its number from 1. All sign for so long, each its
// own data with its own key, and prove then that every signature is theirs. Prints "SIGNATURES
// FEWEST ELAPSED P50 P99 LONGEST": of all, of the client that got fewest, and in microseconds how
// long it took and what a signature took. An error, or a signature that is another's, is told on
// stderr, and the status is 1.
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "common/names.h"
#include "tests/load/proof.h"
#include "tests/load/signer.h"

enum { CLIENTS_MOST = 64, TIMES_PER_SECOND = 40000, LOOK_US = 500 };

/* What a client tells of itself. */
struct client {
    size_t count;   /* its signatures */
    uint64_t ended; /* when the last one was made */
};

/* All processes have it. */
static struct {
    atomic_size_t ready;    /* clients that wait for the beginning, or have failed */
    _Atomic uint64_t begin; /* in microseconds; 0: not yet */
    struct client clients[CLIENTS_MOST];
} * shared;

static uint32_t *times; /* shared, too: microseconds, so many for each client: */
static size_t room;

struct signature {
    size_t size;
    unsigned char bytes[SIGNER_SIGNATURE_MAX];
};

static uint64_t microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Nobody waits for a client that has failed. */
static void fail(void)
{
    if (shared != NULL)
        shared->ready++;
    _exit(1);
}

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "signatures: %s failed\n", what);
    fail();
}

static void *share(size_t size)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    need(memory != MAP_FAILED, "mmap");
    return memory;
}

/* No other signature is of the same. */
static void make_hash(size_t client, size_t number, unsigned char hash[SIGNER_HASH_SIZE])
{
    memset(hash, 0x5a, SIGNER_HASH_SIZE);
    memcpy(hash, &client, sizeof(client));
    memcpy(hash + sizeof(client), &number, sizeof(number));
}

static void need_call(const struct signer *signer, size_t client, CK_RV rv)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "client %zu after %zu signatures: %s: %s (0x%lx)\n", client,
            shared->clients[client].count, signer->failed, name_of_rv(rv), rv);
    fail();
}

/* Until the time is over; what is signed is kept in a file, of which the client proves it
 * afterwards. */
static void sign(struct signer *signer, size_t client, uint64_t length, FILE *kept)
{
    struct client *own = &shared->clients[client];
    unsigned char hash[SIGNER_HASH_SIZE];
    struct signature made;
    uint64_t start = shared->begin, before = start;

    while (before < start + length && own->count < room) {
        make_hash(client, own->count, hash);
        before = microseconds();
        need_call(signer, client, signer_sign(signer, hash, made.bytes, &made.size));
        own->ended = microseconds();
        times[client * room + own->count] = (uint32_t)(own->ended - before);
        need(fwrite(&made, offsetof(struct signature, bytes) + made.size, 1, kept) == 1,
             "keeping a signature");
        own->count++;
    }
    need(own->count < room, "noting so many times");
}

/* Returns how many signatures are not what they should be. */
static size_t prove(EVP_PKEY *key, size_t client, FILE *kept)
{
    unsigned char hash[SIGNER_HASH_SIZE];
    struct signature made;
    size_t wrong = 0;

    rewind(kept);
    for (size_t i = 0; i < shared->clients[client].count; i++) {
        make_hash(client, i, hash);
        need(fread(&made.size, sizeof(made.size), 1, kept) == 1 &&
                 fread(made.bytes, made.size, 1, kept) == 1,
             "reading a signature");
        wrong += !proof_holds(key, hash, made.bytes, made.size);
    }
    return wrong;
}

/* One after the other: SoftHSM writes its token's file at a login, and who reads it meanwhile
 * fails.
 */
static void wait_for_turn(size_t client)
{
    while (shared->ready < client)
        usleep(LOOK_US);
}

static void wait_for_beginning(void)
{
    shared->ready++;
    while (shared->begin == 0 || microseconds() < shared->begin)
        usleep(LOOK_US);
}

/* The process of one client. */
static int be_client(char **arguments, size_t client)
{
    EVP_PKEY *key = proof_key(arguments[4 + client]);
    CK_KEY_TYPE type = key != NULL && EVP_PKEY_base_id(key) == EVP_PKEY_EC ? CKK_EC : CKK_RSA;
    uint64_t length = (uint64_t)(strtod(arguments[3], NULL) * 1e6);
    struct signer signer;
    FILE *kept = tmpfile();
    size_t wrong;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    wait_for_turn(client);
    need(key != NULL && kept != NULL, arguments[4 + client]);
    need_call(
        &signer, client,
        signer_open(&signer, arguments[1], arguments[2], (unsigned char)(client + 1), type, NULL));
    wait_for_beginning();
    sign(&signer, client, length, kept);
    need_call(&signer, client, signer_close(&signer));
    wrong = prove(key, client, kept);
    if (wrong > 0)
        fprintf(stderr, "client %zu: %zu of %zu signatures are wrong\n", client, wrong,
                shared->clients[client].count);
    EVP_PKEY_free(key);
    fclose(kept);
    return wrong > 0;
}

static bool all_went_well(size_t n_clients)
{
    bool well = true;
    int status;

    for (size_t i = 0; i < n_clients; i++)
        well = wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && well;
    return well;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void print(size_t n_clients)
{
    size_t count = 0, fewest = SIZE_MAX;
    uint64_t ended = 0;

    for (size_t i = 0; i < n_clients; i++) {
        const struct client *client = &shared->clients[i];

        memmove(times + count, times + i * room, client->count * sizeof(*times));
        count += client->count;
        fewest = client->count < fewest ? client->count : fewest;
        ended = client->ended > ended ? client->ended : ended;
    }
    need(fewest > 0, "a signature for each client");
    qsort(times, count, sizeof(*times), compare);
    printf("%zu %zu %llu %u %u %u\n", count, fewest, (unsigned long long)(ended - shared->begin),
           times[count / 2], times[count - 1 - count / 100], times[count - 1]);
}

int main(int argc, char **argv)
{
    size_t n_clients = (size_t)argc - 4;

    need(argc > 4 && n_clients <= CLIENTS_MOST, "usage: signatures MODULE PIN SECONDS KEY.pem...");
    room = (size_t)(strtod(argv[3], NULL) * TIMES_PER_SECOND);
    shared = share(sizeof(*shared));
    times = share(n_clients * room * sizeof(*times));
    for (size_t i = 0; i < n_clients; i++) {
        pid_t pid = fork();

        need(pid >= 0, "fork");
        if (pid == 0)
            _exit(be_client(argv, i));
    }
    while (shared->ready < n_clients)
        usleep(LOOK_US);
    shared->begin = microseconds();
    if (!all_went_well(n_clients))
        return 1;
    print(n_clients);
    return 0;
}
