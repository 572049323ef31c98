// SPDX-License-Identifier: BSD-2-Clause
// `rate MODULE PIN THREADS SECONDS` signs with the RSA key with id 01 in so many threads, each in a
// session of its own, for so long. Prints the signatures of a second, of all threads together.
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "common/names.h"
#include "tests/load/signer.h"

enum { THREADS_MOST = 64 };

struct worker {
    struct signer signer;
    pthread_t thread;
    size_t count;
};

static struct worker workers[THREADS_MOST];
static atomic_bool ended;

static void need(const char *what, CK_RV rv)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "rate: %s: %s\n", what, name_of_rv(rv));
    exit(1);
}

static void *work(void *argument)
{
    static const unsigned char hash[SIGNER_HASH_SIZE];
    struct worker *worker = argument;
    unsigned char signature[SIGNER_SIGNATURE_MAX];
    size_t size;

    while (!ended) {
        need("signing", signer_sign(&worker->signer, hash, signature, &size));
        worker->count++;
    }
    return NULL;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t run(size_t threads, double length)
{
    size_t count = 0;

    for (size_t i = 0; i < threads; i++)
        need("pthread_create", pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0
                                   ? CKR_OK
                                   : CKR_CANT_LOCK);
    usleep((useconds_t)(length * 1e6));
    ended = true;
    for (size_t i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        count += workers[i].count;
    }
    return count;
}

int main(int argc, char **argv)
{
    CK_C_INITIALIZE_ARGS locks = {.flags = CKF_OS_LOCKING_OK};
    size_t threads = argc == 5 ? strtoul(argv[3], NULL, 10) : 0, count;
    double start;

    if (threads == 0 || threads > THREADS_MOST) {
        fputs("usage: rate MODULE PIN THREADS SECONDS\n", stderr);
        return 1;
    }
    need("opening", signer_open(&workers[0].signer, argv[1], argv[2], 1, CKK_RSA, &locks));
    for (size_t i = 1; i < threads; i++)
        need("a session", signer_sibling(&workers[0].signer, &workers[i].signer));
    start = seconds();
    count = run(threads, strtod(argv[4], NULL));
    printf("%f\n", (double)count / (seconds() - start));
    for (size_t i = 1; i < threads; i++)
        need("closing", workers[i].signer.module->C_CloseSession(workers[i].signer.session));
    need("closing", signer_close(&workers[0].signer));
    return 0;
}
