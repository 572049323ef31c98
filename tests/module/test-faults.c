// SPDX-License-Identifier: BSD-2-Clause
// A vendor that fails: each of its functions, at each of its calls in a client's run, with each code of the standard; and one that says
// CKR_OK and answers nonsense, or has no such function.
#include "tests/module/client.h"
#include "tests/module/codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/names.h"
#include "caller.gen.h"

enum { CALLS_MAX = 4096, CASES_MIN = 7500 };

static const char permit[] = "cache: {max_age: 0s}\nallow:\n  - id: [\"01\", \"03\"]\n"
                             "    uri: \"pkcs11:library-manufacturer=mock;slot-manufacturer=mock\"\n";
static const char permit_more[] = "preset: read-only\ncache: {max_age: 0s}\nallow:\n  - id: [\"01\", \"03\"]\n";

static unsigned cases;

struct fault {
    const char *preset; /* the configuration */
    const char *function;
    unsigned nth; /* 0: each call */
    CK_RV rv;
};

/* More than any run needs, whatever fails: p11gate goes round in circles. */
static void stop_circles(const char *function)
{
    if (host.mock->calls() < CALLS_MAX)
        return;
    fprintf(stderr, "%u vendor calls, and %s after them\n", host.mock->calls(), function);
    abort();
}

static bool says_gone(CK_RV rv)
{
    return rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED ||
           rv == CKR_DEVICE_REMOVED || rv == CKR_SLOT_ID_INVALID;
}

static const char *run(bool gone, bool initialize_fails, bool finalize_fails)
{
    const char *wrong;

    cases++;
    host.mock->settings->calls_back = stop_circles;
    wrong = client_run();
    if (wrong == NULL)
        wrong = client_lost_a_try(gone);
    if (wrong == NULL && finalize_fails)
        wrong = client_finishes(true);
    if (wrong == NULL)
        wrong = client_recovers();
    if (wrong == NULL)
        wrong = client_lost_a_try(gone);
    if (wrong == NULL)
        wrong = client_finishes(initialize_fails || finalize_fails);
    host.mock->settings->calls_back = NULL;
    return wrong;
}

static unsigned failures;

static void try_fault(const struct fault *fault)
{
    const char *wrong;

    client_set_up(fault->preset);
    host.mock->refuse(fault->function, fault->nth, fault->rv);
    wrong = run(says_gone(fault->rv), strcmp(fault->function, "C_Initialize") == 0,
                strcmp(fault->function, "C_Finalize") == 0);
    if (wrong == NULL)
        return;
    print_error("%s, call %u (0: each): %s (%#lx): %s\n", fault->function, fault->nth,
                name_of_rv(fault->rv), fault->rv, wrong);
    failures++;
}

/* Of the codes that make no difference, a call gets each so manyth; all get all where the argument is "all". */
static CK_RV stride = 16;

static void try_codes(struct fault fault)
{
    for (CK_RV rv = codes_next(CKR_OK); rv <= CKR_VENDOR_DEFINED; rv = codes_next(rv)) {
        if (fault.nth > 0 && !codes_told_apart(rv) && (rv + fault.nth) % stride != 0)
            continue;
        fault.rv = rv;
        try_fault(&fault);
    }
}

/* How often a run calls each function, if nothing fails. */
static void count_calls(const char *preset, unsigned counts[FUNCTION_COUNT])
{
    client_set_up(preset);
    assert_null(client_run());
    assert_null(client_lost_a_try(false));
    assert_null(client_finishes(false));
    for (int i = 0; i < FUNCTION_COUNT; i++)
        counts[i] = host.mock->calls_of(function_kinds[i].name);
}

static void try_all(const char *preset, bool once, const unsigned *known)
{
    unsigned counts[FUNCTION_COUNT];

    failures = 0;
    count_calls(preset, counts);
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        unsigned last = once ? counts[i] : 0;
        if (counts[i] == 0 || (known != NULL && known[i] > 0))
            continue;
        for (unsigned nth = once ? 1 : 0; nth <= last; nth++)
            try_codes((struct fault){preset, function_kinds[i].name, nth, 0});
    }
    assert_int_equal(failures, 0);
}

static void a_call_that_fails_once_does_no_harm(void **state)
{
    (void)state;
    try_all(permit, true, NULL);
}

static void a_function_that_always_fails_does_no_harm(void **state)
{
    (void)state;
    try_all(permit, false, NULL);
}

/* Of what only read-only passes on. */
static void the_functions_of_read_only_that_fail_do_no_harm(void **state)
{
    unsigned known[FUNCTION_COUNT];

    (void)state;
    count_calls(permit, known);
    try_all(permit_more, true, known);
    try_all(permit_more, false, known);
}

static void try_garbage(const char *preset, enum mock_garbage garbage)
{
    const char *wrong;

    client_set_up(preset);
    host.mock->settings->garbage = garbage;
    wrong = run(garbage == MOCK_TOKEN_WITHOUT_TEXT || garbage <= MOCK_SLOTS_UNKNOWN, false, false);
    if (wrong == NULL)
        return;
    print_error("nonsense %d: %s\n", (int)garbage, wrong);
    failures++;
}

static void nonsense_that_is_said_to_be_right_does_no_harm(void **state)
{
    (void)state;
    failures = 0;
    for (int garbage = MOCK_NO_GARBAGE + 1; garbage < MOCK_GARBAGE_KINDS; garbage++) {
        try_garbage(permit, (enum mock_garbage)garbage);
        try_garbage(permit_more, (enum mock_garbage)garbage);
    }
    assert_int_equal(failures, 0);
}

/* In a list of 2.40. */
enum { LISTED = FUNCTION_C_WaitForSlotEvent + 1 };

/* The places of the functions behind the version, as the standard has them since 2.01. */
static void *take_out(CK_FUNCTION_LIST *list, int function)
{
    void **places = (void **)&list->C_Initialize;
    void *taken = places[function];

    places[function] = NULL;
    return taken;
}

static void try_list(CK_FUNCTION_LIST *list, const char *name)
{
    const char *wrong;

    client_set_up(permit_more);
    host.mock->settings->functions = list;
    cases++;
    host.mock->settings->calls_back = stop_circles;
    wrong = client_run();
    host.functions->C_Finalize(NULL);
    if (wrong != NULL) {
        print_error("without %s: %s\n", name, wrong);
        failures++;
    }
}

static void a_function_that_is_missing_does_no_harm(void **state)
{
    CK_FUNCTION_LIST list = *host.mock->functions;

    (void)state;
    failures = 0;
    for (int i = 0; i < LISTED; i++) {
        list = *host.mock->functions;
        take_out(&list, i);
        try_list(&list, function_kinds[i].name);
    }
    for (int i = 0; i < LISTED; i++)
        take_out(&list, i);
    try_list(&list, "any function");
    assert_int_equal(failures, 0);
}

/* A list of version 2.0 ends before C_WaitForSlotEvent: what stands there is not a function. */
static void lists_of_old_and_new_versions_are_used(void **state)
{
    static const CK_VERSION versions[] = {{2, 0},  {2, 1},  {2, 11}, {2, 20},
                                          {2, 30}, {2, 40}, {3, 0},  {1, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        CK_FUNCTION_LIST list = *host.mock->functions;
        list.version = versions[i];
        if (versions[i].major < 2 || versions[i].minor < 1)
            memset(&list.C_WaitForSlotEvent, 0xff, sizeof(list.C_WaitForSlotEvent));
        client_set_up(permit);
        host.mock->settings->functions = &list;
        cases++;
        assert_null(client_run());
        assert_null(client_recovers());
        assert_null(client_finishes(false));
    }
}

static void the_cases_are_many(void **state)
{
    (void)state;
    print_message("# %u cases of a vendor that fails\n", cases);
    assert_true(cases >= CASES_MIN);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_call_that_fails_once_does_no_harm, host_reset),
        cmocka_unit_test_teardown(a_function_that_always_fails_does_no_harm, host_reset),
        cmocka_unit_test_teardown(the_functions_of_read_only_that_fail_do_no_harm, host_reset),
        cmocka_unit_test_teardown(nonsense_that_is_said_to_be_right_does_no_harm, host_reset),
        cmocka_unit_test_teardown(a_function_that_is_missing_does_no_harm, host_reset),
        cmocka_unit_test_teardown(lists_of_old_and_new_versions_are_used, host_reset),
        cmocka_unit_test(the_cases_are_many),
    };

    if (count > 1 && strcmp(arguments[1], "all") == 0)
        stride = 1;
    return cmocka_run_group_tests_name("faults", tests, host_load, host_unload);
}
