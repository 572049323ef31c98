// SPDX-License-Identifier: BSD-2-Clause
// The interfaces of PKCS#11 3.0 (5.4): what is offered, and before which vendors.
#include "tests/module/ssh.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char permit_one[] = "allow:\n  - id: \"01\"\n";
static const char *const presets[] = {"ssh", "read-only", "transparent"};

enum { N_PRESETS = sizeof(presets) / sizeof(presets[0]) };

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    host_config(permit_one);
    return 0;
}

/* CKR_OK with the interface of that version, 0.0 for the default. */
static CK_RV get(unsigned char major, unsigned char minor, CK_INTERFACE **interface)
{
    host_get_interface find = (host_get_interface)dlsym(host.library, "C_GetInterface");
    CK_VERSION version = {major, minor};

    return find((CK_UTF8CHAR *)"PKCS 11", major != 0 ? &version : NULL, interface, 0);
}

static CK_ULONG list(CK_INTERFACE *interfaces, CK_ULONG room)
{
    host_get_interfaces find = (host_get_interfaces)dlsym(host.library, "C_GetInterfaceList");

    assert_int_equal(find(interfaces, &room), CKR_OK);
    return room;
}

/* By default, by its version, and in the list. 2.40 is there whatever the vendor has. */
static void assert_offered(bool offered)
{
    CK_INTERFACE *found = NULL, interfaces[2];
    void *first = offered ? host.functions : host.functions_2_40;

    assert_int_equal(get(2, 40, &found), CKR_OK);
    assert_ptr_equal(found->pFunctionList, host.functions_2_40);
    assert_int_equal(get(0, 0, &found), CKR_OK);
    assert_ptr_equal(found->pFunctionList, first);
    assert_int_equal(get(3, 0, &found) == CKR_OK, offered); /* why not is told elsewhere */
    assert_int_equal(list(NULL, 0), offered ? 2 : 1);
    assert_int_equal(list(interfaces, 2), offered ? 2 : 1);
    assert_ptr_equal(interfaces[0].pFunctionList, first);
}

static void start_under(const char *preset, const char *more)
{
    char text[256];

    snprintf(text, sizeof(text), "preset: %s\n%s%s", preset, permit_one, more);
    host_start(text);
}

static void a_vendor_that_has_3_0_is_offered_with_it(void **state)
{
    (void)state;
    assert_offered(true);
    for (size_t p = 0; p < N_PRESETS; p++) {
        start_under(presets[p], "");
        assert_offered(true);
        host_stop();
    }
    assert_offered(true);
}

/* It fails, gives nothing, another's, one of another version, one that ends early. */
static void a_vendor_that_misleads_is_one_of_2_40(void **state)
{
    (void)state;
    for (int kind = MOCK_HAS_3_0 + 1; kind < MOCK_INTERFACE_HAS_HOLES; kind++) {
        host.mock->settings->interface = (enum mock_interface)kind;
        assert_offered(false);
        for (size_t p = 0; p < N_PRESETS; p++) {
            start_under(presets[p], "");
            assert_offered(false);
            assert_int_equal(host.functions_3_0->C_MessageSignFinal(host_open(slot)),
                             CKR_FUNCTION_NOT_SUPPORTED);
            host_stop();
        }
    }
}

static void the_interface_of_a_library_that_the_vendor_links_is_not_the_vendors(void **state)
{
    char modules[512];

    (void)state;
    snprintf(modules, sizeof(modules), "module: %s", getenv("LINKED_VENDOR_SO"));
    host.modules = modules;
    host_config(permit_one);
    assert_offered(false);
    host_start(permit_one);
    assert_offered(false);
    host_stop();
}

/* A NULL in it is no function. */
static void holes_in_the_list_answer_for_themselves(void **state)
{
    (void)state;
    host.mock->settings->interface = MOCK_INTERFACE_HAS_HOLES;
    start_under("transparent", "");
    assert_offered(true);
    assert_int_equal(host.functions_3_0->C_SessionCancel(0, 0), CKR_FUNCTION_NOT_SUPPORTED);
    host_stop();
}

static void assert_listed(size_t i, unsigned char major, unsigned char minor, CK_FLAGS flags)
{
    CK_INTERFACE interfaces[4];
    CK_VERSION *version;

    assert_int_equal(list(interfaces, 4), 2);
    version = interfaces[i].pFunctionList;
    assert_string_equal((const char *)interfaces[i].pInterfaceName, "PKCS 11");
    assert_int_equal(version->major, major);
    assert_int_equal(version->minor, minor);
    assert_int_equal(interfaces[i].flags, flags);
}

/* An application cannot tell under transparent; but its functions are ours. */
static void under_transparent_they_are_listed_as_the_library_does(void **state)
{
    CK_INTERFACE *found = NULL, *again = NULL;
    const CK_FUNCTION_LIST *older;
    CK_INFO info;

    (void)state;
    host.mock->settings->lists_interfaces = true;
    host_config("preset: transparent\n");
    assert_listed(0, 3, 0, CKF_INTERFACE_FORK_SAFE);
    assert_listed(1, 2, 20, 0);
    assert_int_equal(get(2, 20, &found), CKR_OK);
    assert_int_equal(get(2, 20, &again), CKR_OK);
    assert_ptr_equal(found, again);
    older = found->pFunctionList;
    assert_ptr_equal(older->C_Sign, host.functions_2_40->C_Sign);
    assert_int_equal(get(2, 40, &found), CKR_OK);
    assert_int_equal(get(0, 0, &found), CKR_OK);
    assert_ptr_equal(found->pFunctionList, host.functions);
    host_start("preset: transparent\n");
    assert_int_equal(older->C_GetInfo(&info), CKR_OK);
    assert_memory_equal(info.libraryDescription, "p11gate", 7);
    host_stop();
    start_under("transparent", ""); /* whose rules hold in a child only after its own C_Initialize */
    assert_listed(0, 3, 0, 0);
    assert_listed(1, 2, 20, 0);
    host_stop();
    start_under("ssh", "");
    assert_listed(0, 3, 0, 0);
    assert_listed(1, 2, 40, 0);
    assert_int_equal(get(2, 20, &found), CKR_ARGUMENTS_BAD);
    host_stop();
}

/* C_GetInterface's answer for what is not there, and for what is the library's own. */
static void under_transparent_the_library_says_why_there_is_none(void **state)
{
    host_get_interface find = (host_get_interface)dlsym(host.library, "C_GetInterface");
    CK_VERSION version = {3, 0};
    CK_INTERFACE *found = NULL;

    (void)state;
    host_config("preset: transparent\n");
    assert_int_equal(get(2, 30, &found), CKR_FUNCTION_FAILED);
    assert_int_equal(find((CK_UTF8CHAR *)"Vendor other", NULL, &found, 0), CKR_FUNCTION_FAILED);
    assert_int_equal(find((CK_UTF8CHAR *)"Vendor mock", &version, &found, 0), CKR_ARGUMENTS_BAD);
    assert_null(found);
    start_under("ssh", "");
    assert_int_equal(get(2, 30, &found), CKR_ARGUMENTS_BAD);
    host_stop();
}

/* What such a library leaves of a larger list would be read for interfaces. */
static void a_library_that_tells_the_number_only_to_who_asks_for_it_is_asked(void **state)
{
    (void)state;
    host.mock->settings->lists_interfaces = true;
    host.mock->settings->keeps_count = true;
    host_config("preset: transparent\n");
    assert_listed(0, 3, 0, CKF_INTERFACE_FORK_SAFE);
    assert_listed(1, 2, 20, 0);
}

static void one_vendor_of_several_suffices(void **state)
{
    (void)state;
    host.both = true;
    host.mock->settings->interface = MOCK_INTERFACE_FAILS;
    host_config(permit_one);
    assert_offered(true);
    host_start(permit_one);
    assert_offered(true);
    host_stop();
    host.mock_2->settings->interface = MOCK_INTERFACE_FAILS;
    assert_offered(false);
}

/* p11-kit's protocol has no functions of 3.0. */
static void a_daemon_is_one_of_2_40(void **state)
{
    static const char *const uses[] = {"require", "prefer"};

    (void)state;
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        char more[256];
        snprintf(more, sizeof(more), "daemon: {socket: %s/none, use: %s}\n", host.folder, uses[i]);
        snprintf(more + strlen(more), sizeof(more) - strlen(more), "%s", permit_one);
        host_config(more);
        assert_offered(false);
        host_start(more);
        assert_offered(false);
        host_stop();
    }
}

static long log_size(void)
{
    char path[128];
    struct stat status;

    snprintf(path, sizeof(path), "%s/log", host.folder);
    return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

/* C_Initialize does both, and says what is wrong. */
static void to_ask_begins_nothing_and_says_nothing(void **state)
{
    CK_SLOT_ID slots[4];
    CK_ULONG count = 4;

    (void)state;
    host_remove("log");
    assert_offered(true);
    assert_int_equal(host.mock->calls_of("C_Initialize"), 0);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count),
                     CKR_CRYPTOKI_NOT_INITIALIZED);
    host_config("allow: [");
    assert_offered(false);
    assert_int_equal(log_size(), -1);
    host.modules = "module: /no/such/library.so";
    host_config(permit_one);
    assert_offered(false);
    assert_int_equal(log_size(), -1);
}

/* The login's budget has no room for a question that ssh does not ask. */
static void the_vendor_is_not_asked_for_what_nobody_wants(void **state)
{
    (void)state;
    host_start(permit_one);
    host_stop();
    assert_int_equal(host.mock->calls_of("C_GetInterface"), 0);
}

static void an_interface_is_found_by_name_version_and_flags(void **state)
{
    static const struct {
        const char *name;
        CK_VERSION version; /* 0.0: any */
        CK_FLAGS flags;
        CK_VERSION found; /* 0.0: none */
    } cases[] = {
        {NULL, {0, 0}, 0, {3, 0}},          {"PKCS 11", {0, 0}, 0, {3, 0}},
        {"PKCS 11", {2, 40}, 0, {2, 40}},   {NULL, {2, 40}, 0, {2, 40}},
        {"PKCS 11", {3, 0}, 0, {3, 0}},     {NULL, {3, 0}, 0, {3, 0}},
        {"PKCS 11", {2, 20}, 0, {0, 0}},    {"PKCS 11", {3, 1}, 0, {0, 0}},
        {"PKCS 11", {3, 2}, 0, {0, 0}},     {"PKCS 11", {0, 0}, 1, {0, 0}},
        {"PKCS 11", {3, 0}, 1, {0, 0}},     {"Vendor mock", {0, 0}, 0, {0, 0}},
        {"", {0, 0}, 0, {0, 0}},            {"PKCS 1", {0, 0}, 0, {0, 0}},
        {"PKCS 11 ", {0, 0}, 0, {0, 0}},    {"pkcs 11", {0, 0}, 0, {0, 0}},
    };
    host_get_interface find = (host_get_interface)dlsym(host.library, "C_GetInterface");

    (void)state;
    assert_int_equal(find(NULL, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[32];
        CK_VERSION version = cases[i].version, *shown;
        CK_INTERFACE *interface = NULL;
        CK_RV rv;

        snprintf(name, sizeof(name), "%s", cases[i].name != NULL ? cases[i].name : "");
        rv = find(cases[i].name != NULL ? (CK_UTF8CHAR *)name : NULL,
                  version.major != 0 ? &version : NULL, &interface, cases[i].flags);
        assert_int_equal(rv, cases[i].found.major != 0 ? CKR_OK : CKR_ARGUMENTS_BAD);
        if (rv != CKR_OK)
            continue;
        shown = interface->pFunctionList;
        assert_memory_equal(shown, &cases[i].found, sizeof(*shown));
        assert_string_equal((const char *)interface->pInterfaceName, "PKCS 11");
        assert_int_equal(interface->flags, 0);
    }
}

static void the_list_says_how_many_there_are(void **state)
{
    host_get_interfaces find = (host_get_interfaces)dlsym(host.library, "C_GetInterfaceList");
    CK_INTERFACE interfaces[3] = {{0}};
    CK_ULONG count = 7;

    (void)state;
    assert_int_equal(find(NULL, NULL), CKR_ARGUMENTS_BAD);
    assert_int_equal(find(NULL, &count), CKR_OK);
    assert_int_equal(count, 2);
    count = 1;
    assert_int_equal(find(interfaces, &count), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(count, 2);
    assert_null(interfaces[0].pFunctionList);
    count = 3;
    assert_int_equal(find(interfaces, &count), CKR_OK);
    assert_int_equal(count, 2);
    assert_null(interfaces[2].pFunctionList);
    assert_int_equal(host.functions_3_0->C_GetInterfaceList(NULL, &count), CKR_OK);
    assert_int_equal(count, 2);
}

/* C_GetInfo is of the interface in which it is called. */
static void each_list_tells_its_own_version(void **state)
{
    CK_INFO info;

    (void)state;
    for (size_t p = 0; p < N_PRESETS; p++) {
        start_under(presets[p], "");
        assert_int_equal(host.functions_2_40->C_GetInfo(&info), CKR_OK);
        assert_int_equal(info.cryptokiVersion.major, 2);
        assert_int_equal(info.cryptokiVersion.minor, 40);
        assert_int_equal(host.functions->C_GetInfo(&info), CKR_OK);
        assert_int_equal(info.cryptokiVersion.major, 3);
        assert_memory_equal(info.libraryDescription, "p11gate", 7);
        host_stop();
    }
}

/* The list that an application holds stays good. */
static void a_vendor_may_lose_3_0_between_the_question_and_C_Initialize(void **state)
{
    (void)state;
    assert_offered(true);
    host.mock->settings->interface = MOCK_INTERFACE_FAILS;
    start_under("transparent", "");
    assert_int_equal(host.functions_3_0->C_MessageSignFinal(host_open(slot)), CKR_FUNCTION_NOT_SUPPORTED);
    host_stop();
}

static CK_RV answer;

static void *ask_once(void *unused)
{
    CK_INTERFACE *found = NULL;

    answer = get(3, 0, &found);
    return unused;
}

static int child_ended;

/* In the middle of another thread's question. */
static void *fork_and_ask(void *unused)
{
    pid_t child = fork();

    if (child == 0) {
        CK_INTERFACE *found = NULL;
        host.mock->settings->calls_back = NULL;
        alarm(20);
        _exit(get(3, 0, &found) == CKR_OK && host.functions->C_Initialize(NULL) == CKR_OK ? 0 : 1);
    }
    waitpid(child, &child_ended, 0);
    return unused;
}

static void fork_meanwhile(const char *function)
{
    pthread_t thread;

    if (strcmp(function, "C_GetInterface") != 0)
        return;
    assert_int_equal(pthread_create(&thread, NULL, fork_and_ask, NULL), 0);
    pthread_join(thread, NULL);
}

/* Whoever forks while another thread asks has a child that can ask. */
static void a_child_may_ask_and_initialise(void **state)
{
    CK_INTERFACE *found = NULL;

    (void)state;
    child_ended = -1;
    host.mock->settings->calls_back = fork_meanwhile;
    assert_int_equal(get(3, 0, &found), CKR_OK);
    host.mock->settings->calls_back = NULL;
    assert_int_equal(child_ended, 0);
}

/* Another thread's, in the middle of a call. */
static void ask_meanwhile(const char *function)
{
    pthread_t thread;

    if (strcmp(function, "C_FindObjectsInit") != 0)
        return;
    assert_int_equal(pthread_create(&thread, NULL, ask_once, NULL), 0);
    pthread_join(thread, NULL);
}

/* In p11-kit's lock C_GetInterface is called while it may be held for by whoever is in a call of ours. */
static void a_question_waits_for_no_call(void **state)
{
    (void)state;
    host_start(permit_one);
    host.mock->settings->calls_back = ask_meanwhile;
    answer = CKR_GENERAL_ERROR;
    host_open(slot);
    host_only(host_open(slot), CKO_PUBLIC_KEY);
    host.mock->settings->calls_back = NULL;
    assert_int_equal(answer, CKR_OK);
    host_stop();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_token, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_vendor_that_has_3_0_is_offered_with_it),
        TEST(a_vendor_that_misleads_is_one_of_2_40),
        TEST(the_interface_of_a_library_that_the_vendor_links_is_not_the_vendors),
        TEST(holes_in_the_list_answer_for_themselves),
        TEST(under_transparent_they_are_listed_as_the_library_does),
        TEST(under_transparent_the_library_says_why_there_is_none),
        TEST(a_library_that_tells_the_number_only_to_who_asks_for_it_is_asked),
        TEST(one_vendor_of_several_suffices),
        TEST(a_daemon_is_one_of_2_40),
        TEST(to_ask_begins_nothing_and_says_nothing),
        TEST(the_vendor_is_not_asked_for_what_nobody_wants),
        TEST(an_interface_is_found_by_name_version_and_flags),
        TEST(the_list_says_how_many_there_are),
        TEST(each_list_tells_its_own_version),
        TEST(a_vendor_may_lose_3_0_between_the_question_and_C_Initialize),
        TEST(a_child_may_ask_and_initialise),
        TEST(a_question_waits_for_no_call),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
