// SPDX-License-Identifier: BSD-2-Clause
// The preset transparent without rules: the vendor is asked what the application asks, and its answer is the answer.
#include "tests/module/host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "caller.gen.h"

static const char transparent[] = "preset: transparent\n";

static CK_SLOT_ID slot;
static struct mock_handles key;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    key = host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    return 0;
}

/* By the function's place, so that no answer is another's. */
static CK_RV odd_answer(int function)
{
    return CKR_VENDOR_DEFINED + 1000 + (CK_RV)function;
}

static bool is_passed(int function)
{
    return strcmp(function_kinds[function].how[0], "entry") != 0;
}

/* Where it is not initialised the library is loaded for each call. */
static void ask_each_function(bool loads)
{
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct call_arguments arguments = {.session = 77, .slot = 99};
        CK_RV rv;

        if (!is_passed(f))
            continue;
        host.mock->refuse_none();
        host.mock->refuse(function_kinds[f].name, 0, odd_answer(f));
        host.mock->forget_calls();
        rv = call_function(host.functions, (enum function_id)f, &arguments);
        if (rv != odd_answer(f))
            fail_msg("%s: %#lx", function_kinds[f].name, rv);
        host_assert_calls((const char *const[]){"C_GetFunctionList", "C_GetInterface", function_kinds[f].name, NULL} + (loads ? 0 : 2));
    }
    host.mock->refuse_none();
}

static void every_function_is_asked_of_the_vendor_once_and_its_answer_returned(void **state)
{
    (void)state;
    host_start(transparent);
    ask_each_function(false);
    host_stop();
}

static void so_it_is_before_C_Initialize_and_after_C_Finalize(void **state)
{
    CK_C_INITIALIZE_ARGS arguments = {.flags = 0};

    (void)state;
    host_config(transparent);
    ask_each_function(true);
    host.mock->refuse("C_Finalize", 1, odd_answer(0));
    assert_int_equal(host.functions->C_Finalize(NULL), odd_answer(0));
    assert_int_equal(host.functions->C_Finalize(&arguments), CKR_CRYPTOKI_NOT_INITIALIZED);
    assert_int_equal(host.functions->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    host_start(transparent);
    host_stop();
    ask_each_function(true);
}

static void with_rules_none_is_asked_before_C_Initialize(void **state)
{
    static const char *const none[] = {
        "preset: transparent\nallow: [{id: \"01\"}]\n",
        "preset: transparent\nallow: no\n",
        "allow: all\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        host_config(none[i]);
        host.mock->forget_calls();
        for (int f = 0; f < FUNCTION_COUNT; f++) {
            struct call_arguments arguments = {.session = 77};
            if (is_passed(f))
                assert_int_equal(call_function(host.functions, (enum function_id)f, &arguments), CKR_CRYPTOKI_NOT_INITIALIZED);
        }
        assert_int_equal(host.functions->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
        host_assert_calls((const char *const[]){NULL});
    }
}

static void handles_and_slots_are_the_vendors(void **state)
{
    CK_SLOT_ID slots[4];
    CK_ULONG count = 4;
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(transparent);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(slots[0], slot);
    assert_int_equal(host.mock->sessions(), 0);
    session = host_open(slot);
    assert_int_equal(session, 1);
    assert_int_equal(host.mock->sessions(), 1);
    assert_int_equal(host_only(session, CKO_PUBLIC_KEY), key.public_key);
    host_login(session, "1234");
    assert_int_equal(host_only(session, CKO_PRIVATE_KEY), key.private_key);
    host_stop();
}

static void a_wrong_PIN_is_sent_as_often_as_it_is_given(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(transparent);
    session = host_open(slot);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(host_try_login(session, CKU_USER, "9999"), CKR_PIN_INCORRECT);
        assert_int_equal(host.mock->logins(slot), i);
    }
    host_stop();
}

static void the_description_alone_tells_of_p11gate(void **state)
{
    CK_INFO direct, through;

    (void)state;
    host_start(transparent);
    assert_int_equal(host.functions->C_GetInfo(&through), CKR_OK);
    assert_memory_equal(through.libraryDescription, "p11gate: mock vendor            ", 32);
    memcpy(&direct, &through, sizeof(direct));
    memset(direct.manufacturerID, ' ', sizeof(direct.manufacturerID));
    memcpy(direct.manufacturerID, "mock", 4);
    assert_memory_equal(&direct, &through, sizeof(direct));
    assert_int_equal(through.libraryVersion.major, 1);
    host_stop();
}

static void C_Initialize_hands_over_the_applications_arguments(void **state)
{
    CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS};

    (void)state;
    host_config(transparent);
    assert_int_equal(host.functions->C_Initialize(&arguments), CKR_OK);
    assert_ptr_equal(host.mock->settings->init_argument, &arguments);
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    assert_null(host.mock->settings->init_argument);
    host_stop();
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_OK);
    assert_null(host.mock->settings->init_argument);
    host_stop();
}

static CK_RV create_mutex(void **mutex)
{
    (void)mutex;
    return CKR_OK;
}

static void what_C_Initialize_and_C_Finalize_answer_is_the_vendors(void **state)
{
    CK_C_INITIALIZE_ARGS half = {.CreateMutex = create_mutex};
    CK_ULONG count;

    (void)state;
    host_config(transparent);
    host.mock->settings->arguments_answer = CKR_CANT_LOCK;
    assert_int_equal(host.functions->C_Initialize(&half), CKR_CANT_LOCK);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count),
                     CKR_CRYPTOKI_NOT_INITIALIZED);
    host.mock->settings->arguments_answer = CKR_OK;
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_OK);
    host.mock->refuse("C_Finalize", 1, CKR_VENDOR_DEFINED);
    assert_int_equal(host.functions->C_Finalize(NULL), CKR_VENDOR_DEFINED);
    assert_int_equal(host.functions->C_Finalize(&count), CKR_ARGUMENTS_BAD);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    host_stop();
    assert_int_equal(host.functions->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void a_library_that_is_initialised_already_says_so_and_serves(void **state)
{
    CK_ULONG count;

    (void)state;
    host.mock->settings->initialised = true;
    host_config(transparent);
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    host_stop();
}

static void a_configuration_that_breaks_hides_everything_until_it_is_whole(void **state)
{
    CK_SESSION_HANDLE session;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_ULONG count = 1;

    (void)state;
    host_start(transparent);
    session = host_open(slot);
    host_login(session, "1234");
    host_config("preset: transparent\nallow: no\n");
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key.private_key),
                     CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 0);
    host_config(transparent);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 2);
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key.private_key), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    host_stop();
}

static void a_child_is_answered_by_the_vendor_and_may_initialise(void **state)
{
    CK_ULONG count = 0;
    int status;
    pid_t child;

    (void)state;
    host_start(transparent);
    child = fork();
    if (child == 0) {
        bool good = host.functions->C_GetSlotList(CK_TRUE, NULL, &count) ==
                        CKR_CRYPTOKI_NOT_INITIALIZED && /* the mock's way */
                    host.functions->C_Initialize(NULL) == CKR_OK &&
                    host.functions->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && count == 1 &&
                    host.functions->C_Finalize(NULL) == CKR_OK;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    host_stop();
}

static void a_child_whose_C_Initialize_fails_is_answered_as_before(void **state)
{
    CK_C_INITIALIZE_ARGS half = {.CreateMutex = create_mutex};
    CK_ULONG count = 0;
    int status;
    pid_t child;

    (void)state;
    host_start(transparent);
    child = fork();
    if (child == 0) {
        host.mock->settings->arguments_answer = CKR_CANT_LOCK;
        host.mock->refuse("C_GetSlotList", 1, CKR_VENDOR_DEFINED);
        bool good = host.functions->C_Initialize(&half) == CKR_CANT_LOCK &&
                    host.functions->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_VENDOR_DEFINED;
        host.mock->settings->arguments_answer = CKR_OK;
        good = good && host.functions->C_Initialize(NULL) == CKR_OK &&
               host.functions->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK &&
               host.functions->C_Finalize(NULL) == CKR_OK;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    host_stop();
}

/* A vendor that waits in C_WaitForSlotEvent until it is finalised. */
static atomic_bool waiting;

static void wait_until_finalised(const char *function)
{
    if (strcmp(function, "C_WaitForSlotEvent") != 0)
        return;
    atomic_store(&waiting, true);
    while (host.mock->settings->initialised)
        usleep(1000);
}

static void *wait_for_slot(void *context)
{
    CK_SLOT_ID changed;

    *(CK_RV *)context = host.functions->C_WaitForSlotEvent(0, &changed, NULL);
    return NULL;
}

static void check_waiting(void)
{
    pthread_t thread;
    CK_RV answer = CKR_OK;
    CK_SESSION_HANDLE session;

    atomic_store(&waiting, false);
    host_start(transparent);
    host.mock->settings->calls_back = wait_until_finalised;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_slot, &answer), 0);
    while (!atomic_load(&waiting))
        usleep(1000);
    session = host_open(slot);
    assert_int_equal(host_only(session, CKO_PUBLIC_KEY), key.public_key);
    host_stop();
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(answer, CKR_CRYPTOKI_NOT_INITIALIZED);
    host.mock->settings->calls_back = NULL;
}

static void name_serialised_library(char *text, size_t size)
{
    snprintf(text, size, "modules: [{name: mock, path: %s, quirks: [serialize]}]",
             getenv("MOCK_VENDOR_SO"));
    host.modules = text;
}

static void a_thread_that_waits_for_a_slot_holds_up_no_other_and_ends_with_C_Finalize(void **state)
{
    char text[256];

    (void)state;
    check_waiting();
    name_serialised_library(text, sizeof(text));
    check_waiting();
    host_start(transparent);
    host_stop();
}

enum { THREADS = 4 };

/* All threads have to be in the vendor at the same time before one comes out. */
static pthread_barrier_t together;

static void meet(const char *function)
{
    if (strcmp(function, "C_SeedRandom") == 0)
        pthread_barrier_wait(&together);
}

static void *seed(void *context)
{
    CK_SESSION_HANDLE session = *(CK_SESSION_HANDLE *)context;

    host.functions->C_SeedRandom(session, host_data, sizeof(host_data));
    return NULL;
}

static void several_threads_are_in_the_vendor_at_the_same_time(void **state)
{
    pthread_t threads[THREADS];
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(transparent);
    session = host_open(slot);
    pthread_barrier_init(&together, NULL, THREADS);
    host.mock->settings->calls_back = meet;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seed, &session), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    host.mock->settings->calls_back = NULL;
    pthread_barrier_destroy(&together);
    assert_int_equal(host.mock->calls_of("C_SeedRandom"), THREADS);
    host_stop();
}

/* How many were in the vendor at once. */
static atomic_int in_vendor, most_in_vendor;

static void stay_a_while(const char *function)
{
    int now;

    if (strcmp(function, "C_SeedRandom") != 0)
        return;
    now = atomic_fetch_add(&in_vendor, 1) + 1;
    if (now > atomic_load(&most_in_vendor))
        atomic_store(&most_in_vendor, now);
    usleep(20000);
    atomic_fetch_sub(&in_vendor, 1);
}

static void a_library_to_be_serialised_has_one_thread_in_it(void **state)
{
    pthread_t threads[THREADS];
    char text[256];
    CK_SESSION_HANDLE session;

    (void)state;
    name_serialised_library(text, sizeof(text));
    atomic_store(&most_in_vendor, 0);
    host_start(transparent);
    session = host_open(slot);
    host.mock->settings->calls_back = stay_a_while;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seed, &session), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    host.mock->settings->calls_back = NULL;
    assert_int_equal(host.mock->calls_of("C_SeedRandom"), THREADS);
    assert_int_equal(atomic_load(&most_in_vendor), 1);
    host_stop();
}

static void the_trace_names_every_call_and_no_PIN(void **state)
{
    char path[128], text[65536];
    CK_SESSION_HANDLE session;
    FILE *stream;
    size_t size;

    (void)state;
    host.traces = true;
    host_start(transparent);
    session = host_open(slot);
    host_login(session, "1234");
    host_stop();
    snprintf(path, sizeof(path), "%s/log", host.folder);
    stream = fopen(path, "re");
    assert_non_null(stream);
    size = fread(text, 1, sizeof(text) - 1, stream);
    text[size] = '\0';
    fclose(stream);
    assert_non_null(strstr(text, "C_OpenSession"));
    assert_non_null(strstr(text, "C_Login hSession=0x1 userType=1 pPin=(hidden)"));
    assert_null(strstr(text, "1234"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_token, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_function_is_asked_of_the_vendor_once_and_its_answer_returned),
        TEST(so_it_is_before_C_Initialize_and_after_C_Finalize),
        TEST(with_rules_none_is_asked_before_C_Initialize),
        TEST(handles_and_slots_are_the_vendors),
        TEST(a_wrong_PIN_is_sent_as_often_as_it_is_given),
        TEST(the_description_alone_tells_of_p11gate),
        TEST(C_Initialize_hands_over_the_applications_arguments),
        TEST(what_C_Initialize_and_C_Finalize_answer_is_the_vendors),
        TEST(a_library_that_is_initialised_already_says_so_and_serves),
        TEST(a_configuration_that_breaks_hides_everything_until_it_is_whole),
        TEST(a_child_is_answered_by_the_vendor_and_may_initialise),
        TEST(a_child_whose_C_Initialize_fails_is_answered_as_before),
        TEST(a_thread_that_waits_for_a_slot_holds_up_no_other_and_ends_with_C_Finalize),
        TEST(several_threads_are_in_the_vendor_at_the_same_time),
        TEST(a_library_to_be_serialised_has_one_thread_in_it),
        TEST(the_trace_names_every_call_and_no_PIN),
    };

    return cmocka_run_group_tests_name("transparent", tests, host_load, host_unload);
}
