// SPDX-License-Identifier: BSD-2-Clause
// Several threads at once, each with a session of its own.
#include "tests/module/host.h"

#include <pthread.h>
#include <stdio.h>
#include "tests/module/audit_file.h"

enum { THREADS = 8, ROUNDS = 25 };

static const char permit_one[] = "allow:\n  - id: \"01\"\n";
static const struct mock_key key_one = {"rsa:2048", "one", "01", "one", MOCK_PAIR};
static const struct mock_key key_two = {"ec:P-256", "two", "01", "two", MOCK_PAIR};

/* Of two vendors, as the application knows them. */
static CK_SLOT_ID slots[2];

static int make_tokens(void **state)
{
    host_reset(state);
    host_remove("audit");
    host.both = true;
    host.audit = "audit: audit, audit_required: true";
    slots[0] = host_token("one");
    host.mock->key_add(slots[0], &key_one);
    slots[1] = host.mock_2->token_add(&(struct mock_token){.label = "two", .pin = "1234"});
    host.mock_2->key_add(slots[1], &key_two);
    slots[1] += 0x10000;
    return 0;
}

/* cmocka's assertions belong to its own thread: the first error is what a thread returns. */
static CK_RV find_and_sign(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE mechanism)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    unsigned char signature[512];
    CK_ULONG count = 0, size = sizeof(signature);
    CK_OBJECT_HANDLE key = 0;
    CK_RV rv = host.functions->C_FindObjectsInit(session, &template, 1);

    if (rv == CKR_OK)
        rv = host.functions->C_FindObjects(session, &key, 1, &count);
    if (rv == CKR_OK)
        rv = host.functions->C_FindObjectsFinal(session);
    if (rv == CKR_OK && count != 1)
        return CKR_KEY_HANDLE_INVALID;
    return rv == CKR_OK ? host_sign(session, mechanism, key, signature, &size) : rv;
}

struct job {
    int vendor;
    CK_RV rv;
};

static void *work(void *context)
{
    static const CK_MECHANISM_TYPE mechanisms[] = {CKM_RSA_PKCS, CKM_ECDSA};
    struct job *job = context;
    CK_SESSION_HANDLE session = 0;
    CK_RV rv =
        host.functions->C_OpenSession(slots[job->vendor], CKF_SERIAL_SESSION, NULL, NULL, &session);

    for (int i = 0; rv == CKR_OK && i < ROUNDS; i++)
        rv = find_and_sign(session, mechanisms[job->vendor]);
    if (rv == CKR_OK)
        rv = host.functions->C_CloseSession(session);
    job->rv = rv;
    return NULL;
}

/* The mock vendors have no locks of their own. */
static void eight_threads_find_and_sign_with_two_vendors(void **state)
{
    pthread_t threads[THREADS];
    struct job jobs[THREADS];
    CK_SESSION_HANDLE session = host_start_logged_in(permit_one, slots[0]);

    (void)state;
    host_login(host_open(slots[1]), "1234");
    for (int i = 0; i < THREADS; i++) {
        jobs[i].vendor = i % 2;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(jobs[i].rv, CKR_OK);
    }
    assert_int_equal(host.mock->calls_of("C_Sign"), THREADS / 2 * ROUNDS);
    assert_int_equal(host.mock_2->calls_of("C_Sign"), THREADS / 2 * ROUNDS);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    host_stop();
    audit_events("audit"); /* whole lines */
    assert_int_equal(audit_count("audit", "event=\"signature-begins\""), THREADS * ROUNDS);
    assert_int_equal(audit_count("audit", "event=\"signature-made\""), THREADS * ROUNDS);
    host_remove("audit");
}

/* OpenSSL keeps something for each thread, and looks for it again when the thread ends. */
static void *outlive(void *context)
{
    pthread_barrier_t *barrier = context;
    struct job job = {0, CKR_OK};

    work(&job);
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    return NULL;
}

static void a_thread_outlives_C_Finalize(void **state)
{
    pthread_barrier_t barrier;
    pthread_t thread;

    (void)state;
    pthread_barrier_init(&barrier, NULL, 2);
    host_start(permit_one);
    assert_int_equal(pthread_create(&thread, NULL, outlive, &barrier), 0);
    pthread_barrier_wait(&barrier);
    host_stop();
    pthread_barrier_wait(&barrier);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_thread_outlives_C_Finalize, make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(eight_threads_find_and_sign_with_two_vendors, make_tokens,
                                        host_reset),
    };

    return cmocka_run_group_tests_name("threads", tests, host_load, host_unload);
}
