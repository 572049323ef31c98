// SPDX-License-Identifier: BSD-2-Clause
// Several threads at once, each with a session of its own.
#include "tests/module/host.h"

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 8, ROUNDS = 25 };

static const char permit_one[] = "allow:\n  - id: \"01\"\n";
static const struct mock_key key_one = {"rsa:2048", "one", "01", "one", MOCK_PAIR};

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host.mock->key_add(slot, &key_one);
    return 0;
}

/* cmocka's assertions belong to its own thread: the first error is what a thread returns. */
static CK_RV find_and_sign(CK_SESSION_HANDLE session)
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
    return rv == CKR_OK ? host_sign(session, CKM_RSA_PKCS, key, signature, &size) : rv;
}

static void *work(void *context)
{
    CK_RV *result = context;
    CK_SESSION_HANDLE session = 0;
    CK_RV rv = host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);

    for (int i = 0; rv == CKR_OK && i < ROUNDS; i++)
        rv = find_and_sign(session);
    if (rv == CKR_OK)
        rv = host.functions->C_CloseSession(session);
    *result = rv;
    return NULL;
}

static void eight_threads_find_and_sign(void **state)
{
    pthread_t threads[THREADS];
    CK_RV results[THREADS];
    CK_SESSION_HANDLE session = host_start_logged_in(permit_one, slot);

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &results[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(results[i], CKR_OK);
    }
    assert_int_equal(host.mock->calls_of("C_Sign"), THREADS * ROUNDS);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    host_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(eight_threads_find_and_sign, make_token, host_reset),
    };

    return cmocka_run_group_tests_name("threads", tests, host_load, host_unload);
}
