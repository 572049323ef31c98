// SPDX-License-Identifier: BSD-2-Clause
// p11gate as a guest in a process: initialisation, locking, fork, and vendors that are shared or
// lost.
#include "tests/module/ssh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "caller.gen.h"

static const char permit_one[] = "allow:\n  - id: \"01\"\n";
static const struct mock_key key_one = {"rsa:2048", "one", "01", "one", MOCK_PAIR};

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host.mock->key_add(slot, &key_one);
    host_config(permit_one);
    return 0;
}

static CK_RV call_blindly(int function)
{
    static unsigned char bytes[4096];
    static CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    struct call_arguments arguments = {
        .buffer = bytes,
        .count = 1,
        .data = bytes,
        .info = bytes,
        .mechanism = &mechanism,
        .mechanisms_out = (CK_MECHANISM_TYPE_PTR)(void *)bytes,
        .object_out = (CK_OBJECT_HANDLE_PTR)(void *)bytes,
        .objects_out = (CK_OBJECT_HANDLE_PTR)(void *)bytes,
        .secret = bytes,
        .session_out = (CK_SESSION_HANDLE_PTR)(void *)bytes,
        .size = (CK_ULONG_PTR)(void *)bytes,
        .slot = slot,
        .slot_out = (CK_SLOT_ID_PTR)(void *)bytes,
        .slots_out = (CK_SLOT_ID_PTR)(void *)bytes,
        .text = bytes,
        .user = CKU_USER,
    };

    return call_function(host.functions, (enum function_id)function, &arguments);
}

/* The first function that does not answer CKR_CRYPTOKI_NOT_INITIALIZED; NULL: all do. */
static const char *answers_too_early(void)
{
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        if (f != FUNCTION_C_Initialize && f != FUNCTION_C_GetFunctionList &&
            f != FUNCTION_C_GetInterface && f != FUNCTION_C_GetInterfaceList &&
            call_blindly(f) != CKR_CRYPTOKI_NOT_INITIALIZED)
            return function_kinds[f].name;
    }
    return NULL;
}

static void before_C_Initialize_every_function_says_so(void **state)
{
    (void)state;
    assert_null(answers_too_early());
    assert_int_equal(host.mock->calls(), 0);
    ssh_log_in(&key_one);
    host.mock->forget_calls();
    assert_null(answers_too_early());
    assert_int_equal(host.mock->calls(), 0);
}

/* Every pointer is NULL, every number 0; session, slot and key are good. */
static void null_arguments_hurt_nobody(void **state)
{
    static const int ending[] = {FUNCTION_C_Initialize, FUNCTION_C_Finalize,
                                 FUNCTION_C_CloseSession, FUNCTION_C_CloseAllSessions,
                                 FUNCTION_C_Logout};
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;

    (void)state;
    host_start(permit_one);
    session = host_open(slot);
    host_login(session, "1234");
    key = host_only(session, CKO_PRIVATE_KEY);
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct call_arguments arguments = {
            .session = session, .slot = slot, .object = key, .key = key};
        bool ends = false;
        for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
            ends = ends || ending[i] == f;
        if (ends)
            continue;
        CK_RV rv = call_function(host.functions, (enum function_id)f, &arguments);
        if (rv == CKR_OK && f != FUNCTION_C_FindObjectsInit && f != FUNCTION_C_FindObjectsFinal && f != FUNCTION_C_SessionCancel)
            fail_msg("%s takes NULL", function_kinds[f].name);
    }
    host_stop();
    ssh_log_in(&key_one);
}

static void it_can_be_initialised_again_and_again(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        ssh_log_in(&key_one);
        assert_false(host.mock->settings->initialised);
    }
    assert_int_equal(host.mock->calls_of("C_Initialize"), 4);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 4);
}

static void initialised_twice_is_an_error_that_changes_nothing(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit_one);
    session = host_open(slot);
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    host_only(session, CKO_PUBLIC_KEY);
    assert_int_equal(host.functions->C_Finalize(&session), CKR_ARGUMENTS_BAD);
    host_only(session, CKO_PUBLIC_KEY);
    host_stop();
    assert_int_equal(host.functions->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static CK_RV create_mutex(void **mutex)
{
    *mutex = NULL;
    return CKR_OK;
}

static CK_RV use_mutex(void *mutex)
{
    (void)mutex;
    return CKR_OK;
}

static void arguments_of_C_Initialize_are_checked(void **state)
{
    static int reserved;
    const struct {
        CK_C_INITIALIZE_ARGS arguments;
        CK_RV rv;
    } cases[] = {
        {{NULL, NULL, NULL, NULL, 0, NULL}, CKR_OK},
        {{NULL, NULL, NULL, NULL, CKF_OS_LOCKING_OK, NULL}, CKR_OK},
        {{NULL, NULL, NULL, NULL, CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS, NULL},
         CKR_OK},
        {{create_mutex, use_mutex, use_mutex, use_mutex, 0, NULL}, CKR_OK},
        {{create_mutex, use_mutex, use_mutex, use_mutex, CKF_OS_LOCKING_OK, NULL}, CKR_OK},
        {{NULL, use_mutex, use_mutex, use_mutex, 0, NULL}, CKR_ARGUMENTS_BAD},
        {{create_mutex, NULL, use_mutex, use_mutex, 0, NULL}, CKR_ARGUMENTS_BAD},
        {{create_mutex, use_mutex, NULL, use_mutex, 0, NULL}, CKR_ARGUMENTS_BAD},
        {{create_mutex, use_mutex, use_mutex, NULL, 0, NULL}, CKR_ARGUMENTS_BAD},
        {{create_mutex, NULL, NULL, NULL, CKF_OS_LOCKING_OK, NULL}, CKR_ARGUMENTS_BAD},
        {{NULL, NULL, NULL, NULL, 0, &reserved}, CKR_ARGUMENTS_BAD},
        {{NULL, NULL, NULL, NULL, CKF_OS_LOCKING_OK, &reserved}, CKR_ARGUMENTS_BAD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CK_C_INITIALIZE_ARGS arguments = cases[i].arguments;
        host.mock->forget_calls();
        assert_int_equal(host.functions->C_Initialize(&arguments), cases[i].rv);
        if (cases[i].rv == CKR_OK)
            host_stop();
        else
            assert_int_equal(host.mock->calls_of("C_Initialize"), 0);
    }
}

/* Locks that nobody needs are more that can go wrong: OpenSC forgets to release one when a card is pulled. */
static void the_vendor_is_told_of_threads_what_the_application_told(void **state)
{
    const struct {
        CK_C_INITIALIZE_ARGS arguments;
        CK_FLAGS flags;
    } cases[] = {
        {{NULL, NULL, NULL, NULL, 0, NULL}, 0},
        {{NULL, NULL, NULL, NULL, CKF_LIBRARY_CANT_CREATE_OS_THREADS, NULL}, 0},
        {{NULL, NULL, NULL, NULL, CKF_OS_LOCKING_OK, NULL}, CKF_OS_LOCKING_OK},
        {{create_mutex, use_mutex, use_mutex, use_mutex, 0, NULL}, CKF_OS_LOCKING_OK},
    };

    (void)state;
    ssh_log_in(&key_one);
    assert_null(host.mock->settings->init_argument);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CK_C_INITIALIZE_ARGS arguments = cases[i].arguments;
        assert_int_equal(host.functions->C_Initialize(&arguments), CKR_OK);
        assert_int_equal(host.mock->settings->init_flags, cases[i].flags);
        host_stop();
    }
}

static void a_vendor_that_takes_no_arguments_is_initialised_without(void **state)
{
    CK_C_INITIALIZE_ARGS threads = {.flags = CKF_OS_LOCKING_OK};
    static const CK_RV codes[] = {CKR_CANT_LOCK, CKR_ARGUMENTS_BAD, CKR_NEED_TO_CREATE_THREADS};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        make_token(state);
        host.mock->settings->arguments_answer = codes[i];
        assert_int_equal(host.functions->C_Initialize(&threads), CKR_OK);
        host_stop();
        assert_null(host.mock->settings->init_argument);
        assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
    }
}

static void a_vendor_that_cannot_be_initialised_is_an_error_and_can_be_tried_again(void **state)
{
    (void)state;
    host.mock->refuse("C_Initialize", 0, CKR_DEVICE_ERROR);
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_DEVICE_ERROR);
    assert_null(answers_too_early());
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    host.mock->refuse_none();
    ssh_log_in(&key_one);
}

static void a_vendor_that_somebody_else_initialised_is_used_and_never_finalised(void **state)
{
    (void)state;
    host.mock->settings->initialised = true;
    for (int i = 0; i < 2; i++) {
        ssh_log_in(&key_one);
        assert_true(host.mock->settings->initialised);
        assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
        assert_int_equal(host.mock->sessions(), 0);
    }
}

static void a_vendor_that_somebody_else_finalised_is_initialised_again(void **state)
{
    struct ssh_provider provider;
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);

    (void)state;
    ssh_add_provider(&provider, "1234");
    assert_int_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_OK);
    host.mock->settings->initialised = false;
    /* The login is gone: no PIN is kept that could be sent again. */
    size = sizeof(signature);
    assert_int_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.mock->calls_of("C_Initialize"), 2);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
    host_login(provider.slots[0].session, "1234");
    size = sizeof(signature);
    assert_int_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_OK);
    ssh_del_provider(&provider);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
}

/* Every call from here on finds the library finalised once: the first one of each kind recovers by
 * itself. */
static void each_call_recovers_from_a_finalised_vendor(void **state)
{
    CK_SESSION_HANDLE session;
    CK_ULONG count = 0;
    unsigned char random[8];

    (void)state;
    host_start(permit_one);
    session = host_open(slot);
    host_only(session, CKO_PUBLIC_KEY);
    host.mock->settings->initialised = false;
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    host.mock->settings->initialised = false;
    host_login(session, "1234");
    host_only(session, CKO_PRIVATE_KEY);
    host.mock->settings->initialised = false;
    assert_int_equal(host.functions->C_GenerateRandom(session, random, sizeof(random)), CKR_OK);
    host_only(session, CKO_PUBLIC_KEY);
    host_stop();
}

/* In the child: 0, or the line that went wrong. No assertions: cmocka is the parent's. */
static int use_in_child(void)
{
    CK_SESSION_HANDLE session = 0;
    CK_SLOT_ID slots[4];
    CK_ULONG count = 4;
    unsigned char signature[256];
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG found = 0, size = sizeof(signature);

    if (answers_too_early() != NULL || host.functions->C_Initialize(NULL) != CKR_OK)
        return __LINE__;
    if (host.functions->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK || count != 1)
        return __LINE__;
    if (host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK ||
        host_try_login(session, CKU_USER, "1234") != CKR_OK)
        return __LINE__;
    if (host.functions->C_FindObjectsInit(session, &template, 1) != CKR_OK ||
        host.functions->C_FindObjects(session, &key, 1, &found) != CKR_OK || found != 1 ||
        host.functions->C_FindObjectsFinal(session) != CKR_OK)
        return __LINE__;
    if (host_sign(session, CKM_RSA_PKCS, key, signature, &size) != CKR_OK ||
        !host.mock->verifies(&key_one, CKM_RSA_PKCS, host_data, sizeof(host_data), signature, size))
        return __LINE__;
    return host.functions->C_Finalize(NULL) == CKR_OK ? 0 : __LINE__;
}

/* What a child that only ends, or that ends p11gate first, does. */
static int finalize_in_child(void)
{
    return host.functions->C_Finalize(NULL) == CKR_CRYPTOKI_NOT_INITIALIZED ? 0 : __LINE__;
}

static void assert_child_succeeds(int (*function)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        int line = function();
        if (line != 0)
            dprintf(STDERR_FILENO, "child: line %d\n", line);
        _exit(line != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_child_starts_anew_and_leaves_the_parent_alone(void **state)
{
    static const char *const calls[] = {"C_SignInit", "C_Sign", NULL};
    struct ssh_provider provider;
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);

    (void)state;
    ssh_add_provider(&provider, "1234");
    assert_child_succeeds(use_in_child);
    assert_child_succeeds(finalize_in_child);
    host.mock->forget_calls();
    assert_int_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_OK);
    host_assert_calls(calls);
    ssh_del_provider(&provider);
    assert_child_succeeds(use_in_child);
}

static void a_broken_or_missing_configuration_initialises_nothing(void **state)
{
    (void)state;
    host_config("allow: [");
    assert_int_not_equal(host.functions->C_Initialize(NULL), CKR_OK);
    assert_null(answers_too_early());
    host_config("allow: all\nsurprise: 1\n");
    assert_int_not_equal(host.functions->C_Initialize(NULL), CKR_OK);
    assert_int_equal(unlink(getenv("P11GATE_CONFIG")), 0);
    assert_int_not_equal(host.functions->C_Initialize(NULL), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_Initialize"), 0);
}

static void a_configuration_that_names_p11gate_itself_is_refused(void **state)
{
    const char *vendor = getenv("MOCK_VENDOR_SO");
    char kept[4096];

    (void)state;
    snprintf(kept, sizeof(kept), "%s", vendor);
    setenv("MOCK_VENDOR_SO", getenv("P11GATE_SO"), 1);
    host_config(permit_one);
    setenv("MOCK_VENDOR_SO", kept, 1);
    assert_int_not_equal(host.functions->C_Initialize(NULL), CKR_OK);
    assert_null(answers_too_early());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_C_Initialize_every_function_says_so, make_token,
                                        host_reset),
        cmocka_unit_test_setup_teardown(null_arguments_hurt_nobody, make_token, host_reset),
        cmocka_unit_test_setup_teardown(it_can_be_initialised_again_and_again, make_token,
                                        host_reset),
        cmocka_unit_test_setup_teardown(initialised_twice_is_an_error_that_changes_nothing,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(arguments_of_C_Initialize_are_checked, make_token,
                                        host_reset),
        cmocka_unit_test_setup_teardown(the_vendor_is_told_of_threads_what_the_application_told,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(a_vendor_that_takes_no_arguments_is_initialised_without,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(
            a_vendor_that_cannot_be_initialised_is_an_error_and_can_be_tried_again, make_token,
            host_reset),
        cmocka_unit_test_setup_teardown(
            a_vendor_that_somebody_else_initialised_is_used_and_never_finalised, make_token,
            host_reset),
        cmocka_unit_test_setup_teardown(a_vendor_that_somebody_else_finalised_is_initialised_again,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(each_call_recovers_from_a_finalised_vendor, make_token,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_child_starts_anew_and_leaves_the_parent_alone, make_token,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_broken_or_missing_configuration_initialises_nothing,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(a_configuration_that_names_p11gate_itself_is_refused,
                                        make_token, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
