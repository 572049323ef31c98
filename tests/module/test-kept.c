// SPDX-License-Identifier: BSD-2-Clause
// login: {keep_pin: ...}: a PIN that the token has accepted logs in again, until something says that it is forgotten.
#include "tests/module/ssh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char keep[] = "allow: [{id: [\"01\", \"02\"]}]\nlogin: {keep_pin: {survive_removal: true}}\n";

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    host_remove("log");
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    return 0;
}

static int end(void **state)
{
    host_remove("pin");
    return host_reset(state);
}

static CK_ULONG list(void)
{
    CK_ULONG found = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &found), CKR_OK);
    return found;
}

static CK_ULONG count(CK_SESSION_HANDLE session)
{
    return host_find_class(session, CKO_PRIVATE_KEY, NULL, 0);
}

static bool wants_login(CK_SLOT_ID which)
{
    return (host_token_flags(which) & CKF_LOGIN_REQUIRED) != 0;
}

/* The card is out, and in again; the vendor's sessions and its login are gone. noticed: the application listed meanwhile. */
static void replug(bool noticed)
{
    host.mock->token_insert(slot, false);
    if (noticed)
        assert_int_equal(list(), 0);
    host.mock->token_insert(slot, true);
    assert_int_equal(list(), 1);
}

/* The vendor has lost its session, and with it the login; whoever looks for objects next finds out. */
static void lose_session(void)
{
    replug(false);
    host_config(keep); /* a new file: the snapshot is made anew */
}

static CK_RV sign_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host_sign(session, CKM_RSA_PKCS, key, signature, &size);
}

static void a_lost_login_is_made_again_by_the_next_search(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(keep, slot);

    (void)state;
    assert_int_equal(count(session), 1);
    lose_session();
    assert_int_equal(count(session), 1);
    assert_int_equal(host.mock->logins(slot), 2);
    assert_int_equal(sign_with(session, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
}

static void without_keep_pin_nothing_is_kept(void **state)
{
    static const char *const rules[] = {"allow: [{id: \"01\"}]\n", "allow: [{id: \"01\"}]\nlogin: {keep_pin: never}\n"};

    for (size_t i = 0; i < 2; i++) {
        CK_SESSION_HANDLE session;

        make_token(state);
        session = host_start_logged_in(rules[i], slot);
        replug(true);
        assert_true(wants_login(slot));
        assert_int_equal(count(session), 0);
        assert_int_equal(host.mock->logins(slot), 1);
        host_stop();
    }
}

/* As one in a process of its own does that crashes between two calls. */
static void a_library_that_ends_while_its_slots_are_looked_into_takes_no_token_along(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow: [{id: \"01\"}]\nlogin: {keep_pin: {idle: 10m}}\n", slot);

    (void)state;
    assert_int_equal(count(session), 1);
    host.mock->refuse("C_GetTokenInfo", 1, CKR_CRYPTOKI_NOT_INITIALIZED);
    assert_int_equal(list(), 1);
    assert_false(wants_login(slot));
    host.mock->sessions_expire();
    assert_int_equal(sign_with(session, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
}

static void with_survive_removal_a_card_that_comes_back_is_logged_in_to(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(keep, slot);

    (void)state;
    for (unsigned i = 2; i < 5; i++) {
        replug(true);
        assert_false(wants_login(slot));
        assert_int_equal(count(session), 1);
        assert_int_equal(host.mock->logins(slot), i);
    }
}

static void without_it_a_card_that_was_out_wants_its_pin(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow: [{id: \"01\"}]\nlogin: {keep_pin: {idle: none, max: none}}\n", slot);

    (void)state;
    replug(true);
    assert_true(wants_login(slot));
    assert_int_equal(count(session), 0);
    assert_int_equal(host.mock->logins(slot), 1);
}

/* As ssh-agent has it: it lists no more, and its next search meets the card that came back. */
static void an_agent_signs_after_its_card_was_out(void **state)
{
    struct ssh_provider provider;
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);

    (void)state;
    host_config(keep);
    ssh_add_provider(&provider, "1234");
    assert_int_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_OK);
    host.mock->token_insert(slot, false);
    host_config(keep);
    size = sizeof(signature);
    assert_int_not_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_OK);
    host.mock->token_insert(slot, true);
    usleep(1100 * 1000); /* a token that is out is not looked for all the time */
    size = sizeof(signature);
    assert_int_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
    ssh_del_provider(&provider);
}

static void a_handle_from_before_the_loss_is_good_after_it(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(keep, slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    replug(true);
    assert_int_equal(sign_with(session, key), CKR_OK);
    assert_int_equal(host_only(session, CKO_PRIVATE_KEY), key);
    assert_int_equal(host.mock->logins(slot), 2);
}

/* The times are seconds: what is kept longer than them is asked of the unit tests. */
static void after_its_time_programs_are_told_to_ask_again(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(
        "allow: [{id: \"01\"}]\nlogin: {keep_pin: {idle: 1s, max: none, survive_removal: true}}\n", slot);

    (void)state;
    replug(true);
    assert_false(wants_login(slot));
    usleep(1100 * 1000);
    assert_true(wants_login(slot));
    assert_int_equal(count(session), 0);
    assert_int_equal(host.mock->logins(slot), 1);
}

static void each_use_of_a_key_begins_the_idle_time_anew(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(
        "allow: [{id: \"01\"}]\nlogin: {keep_pin: {idle: 1s, max: none, survive_removal: true}}\n", slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    for (int i = 0; i < 3; i++) {
        usleep(600 * 1000);
        assert_int_equal(sign_with(session, key), CKR_OK);
    }
    replug(true);
    assert_false(wants_login(slot));
}

static void C_Logout_forgets_it(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(keep, slot);

    (void)state;
    assert_int_equal(host.functions->C_Logout(session), CKR_OK);
    assert_true(wants_login(slot));
    assert_int_equal(count(session), 0);
    host_login(session, "1234");
    replug(true);
    assert_int_equal(host.functions->C_Logout(session), CKR_USER_NOT_LOGGED_IN);
    assert_true(wants_login(slot));
    assert_int_equal(count(session), 0);
    assert_int_equal(host.mock->logins(slot), 2);
}

static void C_Finalize_forgets_it(void **state)
{
    (void)state;
    host_start_logged_in(keep, slot);
    host_stop();
    host_start(keep);
    assert_true(wants_login(slot));
    assert_int_equal(count(host_open(slot)), 0);
    assert_int_equal(host.mock->logins(slot), 1);
}

static void closing_the_last_session_does_not(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(keep, slot);

    (void)state;
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    session = host_open(slot);
    assert_false(wants_login(slot));
    assert_int_equal(count(session), 1);
    assert_int_equal(host.mock->logins(slot), 2);
}

static void a_refusal_forgets_it_and_it_is_sent_once(void **state)
{
    static const CK_RV codes[] = {CKR_PIN_INCORRECT, CKR_GENERAL_ERROR, CKR_PIN_LOCKED};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        CK_SESSION_HANDLE session;

        make_token(state);
        session = host_start_logged_in(keep, slot);
        replug(true);
        host.mock->forget_calls();
        host.mock->refuse("C_Login", 1, codes[i]);
        for (int j = 0; j < 3; j++)
            assert_int_equal(count(session), 0);
        assert_int_equal(host.mock->calls_of("C_Login"), 1);
        assert_true(wants_login(slot));
        assert_int_equal(host_try_login(session, CKU_USER, "1234"), codes[i]); /* the guard remembers */
        assert_int_equal(host.mock->calls_of("C_Login"), 1);
        host_stop();
    }
}

static void a_code_that_says_nothing_of_the_pin_keeps_it(void **state)
{
    static const CK_RV codes[] = {CKR_DEVICE_ERROR, CKR_DEVICE_MEMORY, CKR_FUNCTION_CANCELED};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        CK_SESSION_HANDLE session;

        make_token(state);
        session = host_start_logged_in(keep, slot);
        replug(true);
        host.mock->refuse("C_Login", 1, codes[i]);
        assert_int_equal(count(session), 0);
        assert_int_equal(count(session), 1);
        host_stop();
    }
}

/* The vendor says "logged in" without having looked at the PIN. */
static void a_pin_that_was_not_looked_at_is_not_kept(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(keep);
    session = host_open(slot);
    host.mock->refuse("C_Login", 1, CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(host_try_login(session, CKU_USER, "9999"), CKR_USER_ALREADY_LOGGED_IN);
    replug(true);
    assert_true(wants_login(slot));
    assert_int_equal(count(session), 0);
}

static void another_token_never_gets_it(void **state)
{
    CK_SLOT_ID other = host_token("other");
    CK_SESSION_HANDLE session, second;

    (void)state;
    host_key(other, "rsa:2048", "02", MOCK_PAIR);
    session = host_start_logged_in(keep, slot);
    second = host_open(other);
    assert_true(wants_login(other));
    assert_int_equal(count(second), 0);
    host.mock->token_swap(slot, other); /* nobody has noticed */
    count(session);
    count(second);
    assert_int_equal(list(), 2);
    assert_int_equal(count(session), 1);
    assert_int_equal(count(second), 0);
    assert_int_equal(host.mock->logins(slot), 0); /* where the other is by now */
    assert_int_equal(host.mock->logins(other), 2);
}

static void a_token_that_became_hidden_does_not_get_it(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(keep, slot);

    (void)state;
    replug(true);
    host_config("allow: [{id: \"05\"}]\n");
    assert_int_equal(count(session), 0);
    assert_int_equal(host.mock->logins(slot), 1);
}

static void what_a_source_gave_is_kept_too(void **state)
{
    CK_SESSION_HANDLE session;
    char path[128];
    FILE *stream;

    (void)state;
    snprintf(path, sizeof(path), "%s/pin", host.folder);
    stream = fopen(path, "we");
    assert_non_null(stream);
    fputs("1234\n", stream);
    fclose(stream);
    assert_int_equal(chmod(path, 0600), 0);
    host_start("allow: [{id: \"01\"}]\nlogin: {pin_source: file:pin, keep_pin: {survive_removal: true}}\n");
    session = host_open(slot);
    assert_int_equal(count(session), 1);
    host_remove("pin");
    replug(true);
    assert_int_equal(count(session), 1);
    assert_int_equal(host.mock->logins(slot), 2);
}

/* tpm2-pkcs11, whose TPM was off. One PIN more is sent, and none again until a signature has succeeded. */
static void a_signature_that_fails_for_no_reason_has_the_library_begun_anew_where_the_pin_is_kept(void **state)
{
    static const CK_RV codes[] = {CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_VENDOR_DEFINED | 7};
    static const char *const rules[] = {"allow: [{id: \"01\"}]\n", keep};

    for (size_t i = 0; i < 6; i++) {
        const bool kept = i % 2 == 1;
        CK_SESSION_HANDLE session;

        make_token(state);
        session = host_start_logged_in(rules[kept], slot);
        host.mock->refuse("C_Sign", 0, codes[i / 2]);
        host.mock->forget_calls();
        for (int j = 0; j < 3; j++)
            assert_int_not_equal(sign_with(session, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
        assert_int_equal(host.mock->calls_of("C_Finalize"), kept);
        assert_int_equal(host.mock->logins(slot), kept ? 2 : 1);
        host.mock->refuse_none();
        assert_int_equal(sign_with(session, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
        host_stop();
    }
}

static void an_application_that_gives_it_again_is_answered_without(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(keep, slot);

    (void)state;
    replug(true);
    assert_int_equal(host_try_login(session, CKU_USER, "9999"), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(host.mock->logins(slot), 2);
    assert_int_equal(count(session), 1);
}

static void a_child_has_no_pin_that_was_kept_before_the_fork(void **state)
{
    int status = -1;
    pid_t pid;

    (void)state;
    host_start_logged_in(keep, slot);
    host.mock->settings->initialised = false; /* as in a child that execs */
    pid = fork();
    if (pid == 0) {
        CK_RV rv = host.functions->C_Initialize(NULL);
        _exit(rv == CKR_OK && wants_login(slot) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, end)
    const struct CMUnitTest tests[] = {
        CASE(a_lost_login_is_made_again_by_the_next_search),
        CASE(without_keep_pin_nothing_is_kept),
        CASE(a_library_that_ends_while_its_slots_are_looked_into_takes_no_token_along),
        CASE(with_survive_removal_a_card_that_comes_back_is_logged_in_to),
        CASE(without_it_a_card_that_was_out_wants_its_pin),
        CASE(an_agent_signs_after_its_card_was_out),
        CASE(a_handle_from_before_the_loss_is_good_after_it),
        CASE(after_its_time_programs_are_told_to_ask_again),
        CASE(each_use_of_a_key_begins_the_idle_time_anew),
        CASE(C_Logout_forgets_it),
        CASE(C_Finalize_forgets_it),
        CASE(closing_the_last_session_does_not),
        CASE(a_refusal_forgets_it_and_it_is_sent_once),
        CASE(a_code_that_says_nothing_of_the_pin_keeps_it),
        CASE(a_pin_that_was_not_looked_at_is_not_kept),
        CASE(another_token_never_gets_it),
        CASE(a_token_that_became_hidden_does_not_get_it),
        CASE(what_a_source_gave_is_kept_too),
        CASE(a_signature_that_fails_for_no_reason_has_the_library_begun_anew_where_the_pin_is_kept),
        CASE(an_application_that_gives_it_again_is_answered_without),
        CASE(a_child_has_no_pin_that_was_kept_before_the_fork),
    };

    return cmocka_run_group_tests_name("kept", tests, host_load, host_unload);
}
