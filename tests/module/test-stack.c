// SPDX-License-Identifier: BSD-2-Clause
// What a vendor's functions find on the stack: nothing that p11gate, or who called it, has left there.
#include "tests/module/client.h"
#include "tests/module/ssh.h"

#define SHOWN "allow: [{id: \"01\"}, {id: \"03\"}]\n"

static void assert_clean(const char *preset)
{
    client_set_up(preset);
    assert_null(client_run());
    assert_null(client_finishes(false));
    assert_true(host.mock->calls() > 50);
    assert_null(host.mock->settings->littered);
}

static void each_function_of_the_vendor_has_a_clean_stack(void **state)
{
    (void)state;
    assert_clean(SHOWN);
    assert_clean("preset: read-only\n" SHOWN);
}

static const struct mock_key key = {"rsa:2048", "01", "01", "01", MOCK_PAIR};

static CK_SLOT_ID make_token(void)
{
    CK_SLOT_ID slot;

    host_reset(NULL);
    slot = host_token("one");
    host.mock->key_add(slot, &key);
    return slot;
}

/* p11gate reads the token by itself there, between the calls of the application. */
static void so_have_they_where_transparent_has_rules(void **state)
{
    (void)state;
    make_token();
    host_config("preset: transparent\n" SHOWN);
    ssh_log_in(&key);
    assert_null(host.mock->settings->littered);
}

/* The configuration was looked at before. What p11gate has no part in finds what the application left. */
static void so_have_those_that_begin_a_use_where_it_has_none(void **state)
{
    CK_SLOT_ID slot = make_token();
    CK_SESSION_HANDLE session;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_ATTRIBUTE any = {CKA_TOKEN, NULL, 0};

    (void)state;
    host_start("preset: transparent\n");
    session = host_open(slot);
    host.mock->settings->littered = NULL;
    host_login(session, "1234");
    host.functions->C_FindObjectsInit(session, &any, 0);
    assert_null(host.mock->settings->littered);
    host.functions->C_FindObjectsFinal(session);
    host.mock->settings->littered = NULL;
    host.functions->C_SignInit(session, &mechanism, 0);
    assert_null(host.mock->settings->littered);
    host_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_function_of_the_vendor_has_a_clean_stack, host_reset),
        cmocka_unit_test_teardown(so_have_they_where_transparent_has_rules, host_reset),
        cmocka_unit_test_teardown(so_have_those_that_begin_a_use_where_it_has_none, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
