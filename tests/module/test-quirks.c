// SPDX-License-Identifier: BSD-2-Clause
// Quirks of vendors: what each changes, and that without it nothing of that is done.
#include "tests/module/host.h"

#include <stdio.h>
#include <stdlib.h>

static const char permit[] = "allow:\n  - id: \"01\"\n";
static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host_key(slot, "ec:P-256", "01", MOCK_PAIR);
    return 0;
}

/* C_Initialize with these quirks in the configuration. */
static void start_with(const char *quirks)
{
    char text[1024];

    snprintf(text, sizeof(text), "modules: [{path: %s, quirks: [%s]}]", getenv("MOCK_VENDOR_SO"),
             quirks);
    host.modules = text;
    host_start(permit);
    host.modules = NULL;
}

static CK_ULONG count_slots(void)
{
    CK_ULONG count = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    return count;
}

static void assert_signs(CK_SESSION_HANDLE session)
{
    unsigned char signature[64];
    CK_ULONG size = sizeof(signature);

    assert_int_equal(
        host_sign(session, CKM_ECDSA, host_only(session, CKO_PRIVATE_KEY), signature, &size),
        CKR_OK);
}

static void log_in_and_sign(void)
{
    CK_SESSION_HANDLE session = host_open(slot);

    host_login(session, "1234");
    assert_signs(session);
}

static void no_finalize_leaves_the_library_initialised_and_closes_the_sessions(void **state)
{
    (void)state;
    start_with("no-finalize");
    log_in_and_sign();
    host_stop();
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    assert_int_equal(host.mock->sessions(), 0);
    start_with("no-finalize");
    log_in_and_sign();
    host_stop();
    make_token(NULL);
    start_with("");
    host_stop();
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
}

/* The token comes when the library has been asked already. */
static void insert_later(const char *quirks)
{
    make_token(NULL);
    host.mock->settings->freezes_slots = true;
    host.mock->token_insert(slot, false);
    start_with(quirks);
    assert_int_equal(count_slots(), 0);
    host.mock->token_insert(slot, true);
}

static void slots_frozen_lets_a_card_be_seen_that_came_later(void **state)
{
    (void)state;
    insert_later("");
    assert_int_equal(count_slots(), 0);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    insert_later("slots-frozen");
    assert_int_equal(count_slots(), 1);
    log_in_and_sign();
}

static void slots_frozen_does_nothing_while_a_session_is_open(void **state)
{
    CK_SLOT_ID second;

    (void)state;
    host.mock->settings->freezes_slots = true;
    second = host_token("two");
    host_key(second, "ec:P-256", "01", MOCK_PAIR);
    host.mock->token_insert(second, false);
    start_with("slots-frozen");
    log_in_and_sign();
    host.mock->token_insert(second, true);
    assert_int_equal(count_slots(), 1);
    assert_int_equal(host.mock->calls_of("C_Initialize"), 1);
    assert_true((host_token_flags(slot) & CKF_LOGIN_REQUIRED) == 0);
}

static void slots_frozen_leaves_a_library_alone_that_somebody_else_initialised(void **state)
{
    (void)state;
    host.mock->settings->initialised = true;
    host.mock->token_insert(slot, false);
    start_with("slots-frozen");
    assert_int_equal(count_slots(), 0);
    assert_int_equal(count_slots(), 0);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
}

static void p11_kits_client_without_a_server_is_known_by_itself(void **state)
{
    (void)state;
    host.mock->settings->freezes_slots = true;
    host.mock->settings->manufacturer = "p11-kit";
    host.mock->settings->description = "p11-kit (no connection)";
    host.mock->token_insert(slot, false);
    start_with("");
    assert_int_equal(count_slots(), 0);
    host.mock->token_insert(slot, true);
    assert_int_equal(count_slots(), 1);
}

static void no_reinitialize_holds_whatever_else_would_want_it(void **state)
{
    (void)state;
    insert_later("slots-frozen, no-reinitialize");
    assert_int_equal(count_slots(), 0);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    insert_later("slots-frozen, no-finalize");
    assert_int_equal(count_slots(), 0);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
}

static void cackey_is_known_by_itself(void **state)
{
    (void)state;
    make_token(NULL);
    host.mock->settings->freezes_slots = true;
    host.mock->settings->manufacturer = "U.S. Government";
    host.mock->settings->description = "CACKey";
    host.mock->token_insert(slot, false);
    start_with("slots-frozen");
    assert_int_equal(count_slots(), 0);
    assert_int_equal(count_slots(), 0);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    host_stop();
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
}

static void rw_session_opens_nothing_else_where_that_is_refused(void **state)
{
    (void)state;
    host.mock->settings->read_only_answer = CKR_FUNCTION_FAILED;
    start_with("");
    assert_int_equal(count_slots(), 0);
    host_stop();
    start_with("rw-session");
    assert_int_equal(count_slots(), 1);
    log_in_and_sign();
    assert_int_equal(host.mock->settings->session_flags, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    assert_int_equal(host.mock->calls_of("C_OpenSession"), 2);
}

static void rw_session_is_read_only_on_a_token_that_is(void **state)
{
    CK_SLOT_ID other;

    (void)state;
    host.mock->reset();
    other = host.mock->token_add(
        &(struct mock_token){.label = "one", .pin = "1234", .flags = CKF_WRITE_PROTECTED});
    host_key(other, "ec:P-256", "01", MOCK_PAIR);
    start_with("rw-session");
    assert_int_equal(count_slots(), 1);
    log_in_and_sign();
    assert_int_equal(host.mock->settings->session_flags, CKF_SERIAL_SESSION);
}

/* What the application asked for, and `read_only`, are about its own sessions. */
static void rw_session_changes_nothing_of_what_the_application_is_told(void **state)
{
    CK_SESSION_HANDLE session;
    CK_SESSION_INFO info;

    (void)state;
    start_with("rw-session");
    session = host_open(slot);
    assert_int_equal(host.functions->C_GetSessionInfo(session, &info), CKR_OK);
    assert_int_equal(info.flags, CKF_SERIAL_SESSION);
    assert_int_equal(info.state, CKS_RO_PUBLIC_SESSION);
    assert_int_equal(host.mock->settings->session_flags, CKF_SERIAL_SESSION | CKF_RW_SESSION);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, host_reset)
    const struct CMUnitTest tests[] = {
        CASE(no_finalize_leaves_the_library_initialised_and_closes_the_sessions),
        CASE(slots_frozen_lets_a_card_be_seen_that_came_later),
        CASE(slots_frozen_does_nothing_while_a_session_is_open),
        CASE(slots_frozen_leaves_a_library_alone_that_somebody_else_initialised),
        CASE(p11_kits_client_without_a_server_is_known_by_itself),
        CASE(no_reinitialize_holds_whatever_else_would_want_it),
        CASE(cackey_is_known_by_itself),
        CASE(rw_session_opens_nothing_else_where_that_is_refused),
        CASE(rw_session_is_read_only_on_a_token_that_is),
        CASE(rw_session_changes_nothing_of_what_the_application_is_told),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
