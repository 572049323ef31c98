// SPDX-License-Identifier: BSD-2-Clause
// login: {pin_source: ...}: when p11gate logs in by itself, to which token, and that it tries once.
#include "tests/module/ssh.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/module/audit_file.h"

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    host_remove("log");
    host_remove("audit");
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    return 0;
}

static int end(void **state)
{
    host_remove("pin");
    host_remove("audit");
    host_remove("program");
    return host_reset(state);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[128];
    FILE *stream;

    snprintf(path, sizeof(path), "%s/%s", host.folder, name);
    unlink(path);
    stream = fopen(path, "we");
    assert_non_null(stream);
    assert_int_equal(fputs(text, stream) >= 0, 1);
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* The file of the PIN is beside the configuration. */
static void start(const char *rules, const char *pin)
{
    char text[512];

    if (pin != NULL)
        write_file("pin", pin, 0600);
    snprintf(text, sizeof(text), "%s\nlogin: {pin_source: file:pin}\n", rules);
    host_start(text);
}

static const char permit[] = "allow: [{id: \"01\"}]";

static CK_ULONG count(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    return host_find_class(session, class, NULL, 0);
}

static bool wants_login(CK_SLOT_ID which)
{
    return (host_token_flags(which) & CKF_LOGIN_REQUIRED) != 0;
}

static CK_RV sign(CK_SESSION_HANDLE session)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host_sign(session, CKM_RSA_PKCS, host_only(session, CKO_PRIVATE_KEY), signature, &size);
}

static void it_logs_in_when_private_objects_are_looked_for_and_not_before(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "1234\n");
    assert_false(wants_login(slot));
    session = host_open(slot);
    assert_int_equal(count(session, CKO_PUBLIC_KEY), 1);
    assert_int_equal(count(session, CKO_CERTIFICATE), 0);
    assert_int_equal(host.mock->logins(slot), 0);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 1);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_false(wants_login(slot));
    assert_int_equal(sign(session), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 1);
}

/* template: the class (ANY: none) and CKA_PRIVATE (-1: none). */
static void which_searches_may_meet_private_objects(void **state)
{
    enum { ANY = 77 };
    static const struct {
        CK_OBJECT_CLASS class;
        int is_private;
        unsigned logins;
    } cases[] = {{CKO_PUBLIC_KEY, -1, 0}, {CKO_CERTIFICATE, -1, 0}, {CKO_DATA, -1, 0}, {ANY, 0, 0},
                 {CKO_PRIVATE_KEY, 0, 0}, {CKO_PRIVATE_KEY, -1, 1}, {ANY, 1, 1},       {ANY, -1, 1}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CK_OBJECT_CLASS class = cases[i].class;
        CK_BBOOL is_private = cases[i].is_private == 1;
        CK_ATTRIBUTE template[2];
        CK_ULONG size = 0;

        make_token(state);
        start(permit, "1234");
        if (class != ANY)
            template[size++] = (CK_ATTRIBUTE){CKA_CLASS, &class, sizeof(class)};
        if (cases[i].is_private >= 0)
            template[size++] = (CK_ATTRIBUTE){CKA_PRIVATE, &is_private, sizeof(is_private)};
        host_find(host_open(slot), template, size, NULL, 0);
        if (host.mock->logins(slot) != cases[i].logins)
            fail_msg("case %zu: %u logins", i, host.mock->logins(slot));
        host_stop();
    }
}

static void an_agent_and_a_batch_job_sign_without_a_pin(void **state)
{
    const struct mock_key key = {"rsa:2048", "01", "01", "01", MOCK_PAIR};
    static const char *const pins[] = {NULL, ""};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ssh_provider provider;
        unsigned char signature[512];
        CK_ULONG size = sizeof(signature);

        make_token(state);
        start(permit, "1234");
        host_stop();
        ssh_add_provider(&provider, pins[i]);
        assert_int_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_OK);
        assert_true(host.mock->verifies(&key, CKM_RSA_PKCS, host_data, sizeof(host_data), signature, size));
        assert_int_equal(host.mock->logins(slot), 1);
        ssh_del_provider(&provider);
    }
}

static void a_token_that_shows_nothing_before_is_logged_in_to_at_its_first_search(void **state)
{
    CK_SESSION_HANDLE session;
    CK_SLOT_ID shy = host_token("shy");

    (void)state;
    host_key(shy, "ec:P-256", "07", MOCK_PAIR | MOCK_ALL_PRIVATE);
    start("allow: [{token: {label: shy}}]", "1234");
    session = host_open(shy);
    assert_int_equal(host.mock->logins(shy), 0);
    assert_int_equal(count(session, CKO_PUBLIC_KEY), 1);
    assert_int_equal(host.mock->logins(shy), 1);
    assert_int_equal(host.mock->logins(slot), 0);
}

static void a_wrong_pin_of_a_source_is_sent_once(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "9999");
    assert_false(wants_login(slot));
    session = host_open(slot);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(count(session, CKO_PRIVATE_KEY), 0);
        assert_true(wants_login(slot));
    }
    write_file("pin", "8888", 0600); /* a new one is a second try */
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 0);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_int_equal(host_try_login(session, CKU_USER, "9999"), CKR_PIN_INCORRECT);
    assert_int_equal(host.mock->logins(slot), 1);
}

static CK_ULONG list(void)
{
    CK_ULONG found = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &found), CKR_OK);
    return found;
}

static void a_source_is_tried_again_after_the_card_was_out(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "9999");
    session = host_open(slot);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 0);
    host.mock->token_insert(slot, false);
    assert_int_equal(list(), 0);
    host.mock->token_insert(slot, true);
    assert_int_equal(list(), 1);
    write_file("pin", "1234", 0600);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 1);
    assert_int_equal(host.mock->logins(slot), 2);
}

static void a_source_is_tried_again_after_another_pin_was_accepted(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "9999");
    session = host_open(slot);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 0);
    host_login(session, "1234");
    assert_int_equal(host.functions->C_Logout(session), CKR_OK);
    write_file("pin", "1234", 0600);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 1);
    assert_int_equal(host.mock->logins(slot), 3);
}

static void a_source_is_tried_again_after_C_Finalize(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 2; i++) {
        start(permit, "9999");
        assert_int_equal(count(host_open(slot), CKO_PRIVATE_KEY), 0);
        assert_int_equal(host.mock->logins(slot), i);
        host_stop();
    }
}

static void what_is_in_the_way_is_no_failed_try(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "1234");
    session = host_open(slot);
    host.mock->refuse("C_Login", 1, CKR_DEVICE_ERROR);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 0);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 1);
}

/* As CKF_LOGIN_REQUIRED says, no PIN is needed: the application's is not compared, and not sent. */
static void a_login_of_the_applications_is_answered_by_ours(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "1234");
    session = host_open(slot);
    assert_int_equal(host_try_login(session, CKU_USER, "anything"), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 1);
}

static void where_ours_fails_the_applications_goes_to_the_token(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "9999");
    session = host_open(slot);
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
}

static void the_flags_of_the_token_stop_it_as_careful_and_normal_say(void **state)
{
    static const struct {
        CK_FLAGS flags;
        const char *automatic;
        unsigned logins;
    } cases[] = {
        {0, "careful", 1},
        {CKF_USER_PIN_COUNT_LOW, "careful", 0},
        {CKF_USER_PIN_FINAL_TRY, "careful", 0},
        {CKF_USER_PIN_LOCKED, "careful", 0},
        {CKF_PROTECTED_AUTHENTICATION_PATH, "careful", 0},
        {0, "normal", 1},
        {CKF_USER_PIN_COUNT_LOW, "normal", 1},
        {CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY, "normal", 0},
        {CKF_USER_PIN_LOCKED, "normal", 0},
        {CKF_PROTECTED_AUTHENTICATION_PATH, "normal", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        host_reset(state);
        slot = host.mock->token_add(&(struct mock_token){.label = "one", .pin = "1234", .flags = cases[i].flags});
        host_key(slot, "rsa:2048", "01", MOCK_PAIR);
        write_file("pin", "1234", 0600);
        snprintf(text, sizeof(text), "%s\nlogin: {pin_source: file:pin, automatic: %s}\n", permit, cases[i].automatic);
        host_start(text);
        assert_int_equal(wants_login(slot), cases[i].logins == 0);
        count(host_open(slot), CKO_PRIVATE_KEY);
        if (host.mock->logins(slot) != cases[i].logins)
            fail_msg("case %zu: %u logins", i, host.mock->logins(slot));
        host_stop();
    }
}

/* Somebody else's PINs, by way of the vendor's library itself. */
static void try_at_vendor(const char *pin, unsigned times)
{
    void *library = dlopen(getenv("MOCK_VENDOR_SO"), RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
    CK_FUNCTION_LIST *vendor;
    CK_SESSION_HANDLE session;

    assert_int_equal(get(&vendor), CKR_OK);
    assert_int_equal(vendor->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
    for (unsigned i = 0; i < times; i++)
        assert_int_equal(vendor->C_Login(session, CKU_USER, (CK_UTF8CHAR_PTR)(uintptr_t)pin, strlen(pin)),
                         CKR_PIN_INCORRECT);
    assert_int_equal(vendor->C_CloseSession(session), CKR_OK);
    dlclose(library);
}

static void the_flags_are_read_when_the_pin_is_about_to_be_sent(void **state)
{
    CK_SESSION_HANDLE session;

    host_reset(state);
    slot = host.mock->token_add(&(struct mock_token){.label = "one", .pin = "1234", .tries = 3});
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    start(permit, "1234");
    session = host_open(slot);
    assert_false(wants_login(slot));
    try_at_vendor("wrong", 1);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 0);
    assert_int_equal(host.mock->logins(slot), 1);
    assert_true(wants_login(slot));
}

static void another_token_in_its_place_gets_nothing(void **state)
{
    CK_SLOT_ID other = host_token("other");
    CK_SESSION_HANDLE session;

    (void)state;
    host_key(other, "rsa:2048", "02", MOCK_PAIR);
    start(permit, "1234");
    session = host_open(slot);
    host.mock->token_swap(slot, other); /* nobody has noticed */
    count(session, CKO_PRIVATE_KEY);
    assert_int_equal(host.mock->logins(slot), 0);
    list();
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 1);
    assert_int_equal(host.mock->logins(other), 1);
    assert_int_equal(host.mock->logins(slot), 0);
}

static void a_token_that_is_not_shown_gets_nothing(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "1234");
    session = host_open(slot);
    host_config("allow: [{id: \"05\"}]\nlogin: {pin_source: file:pin}\n");
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 0);
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.mock->logins(slot), 0);
}

static const char permit_two[] = "allow: [{id: [\"01\", \"02\"]}]";

static void where_two_tokens_want_a_pin_none_gets_it(void **state)
{
    CK_SLOT_ID other = host_token("other");

    (void)state;
    host_key(other, "rsa:2048", "02", MOCK_PAIR);
    start(permit_two, "1234");
    assert_true(wants_login(slot) && wants_login(other));
    assert_int_equal(count(host_open(slot), CKO_PRIVATE_KEY), 0);
    assert_int_equal(count(host_open(other), CKO_PRIVATE_KEY), 0);
    assert_int_equal(host.mock->logins(slot) + host.mock->logins(other), 0);
    assert_int_equal(audit_count("log", "no PIN can be had from file:"), 1);
    assert_int_equal(audit_count("log", "more than one token is shown that wants a PIN"), 1);
}

static void a_pin_of_a_source_belongs_to_the_first_token_it_was_sent_to(void **state)
{
    CK_SLOT_ID other = host_token("other");

    (void)state;
    host_key(other, "rsa:2048", "02", MOCK_PAIR);
    host.mock->token_insert(other, false);
    start(permit_two, "1234");
    assert_int_equal(count(host_open(slot), CKO_PRIVATE_KEY), 1);
    host.mock->token_insert(slot, false);
    host.mock->token_insert(other, true);
    assert_int_equal(list(), 1);
    assert_true(wants_login(other));
    assert_int_equal(count(host_open(other), CKO_PRIVATE_KEY), 0);
    assert_int_equal(host.mock->logins(other), 0);
}

static void who_is_asked_sees_the_token_and_answers_for_each(void **state)
{
    CK_SLOT_ID other = host_token("other");
    char path[128];

    (void)state;
    host_key(other, "rsa:2048", "02", MOCK_PAIR);
    write_file("program", "#!/bin/sh\ncase $1 in *\"'one'\"*) echo 1234;; *) exit 1;; esac\n", 0700);
    snprintf(path, sizeof(path), "%s/program", host.folder);
    setenv("SSH_ASKPASS", path, 1);
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    host_start("allow: [{id: [\"01\", \"02\"]}]\nlogin: {pin_source: askpass}\n");
    assert_int_equal(count(host_open(other), CKO_PRIVATE_KEY), 0);
    assert_int_equal(count(host_open(slot), CKO_PRIVATE_KEY), 1);
    assert_int_equal(host.mock->logins(other), 0);
    assert_true(wants_login(other));
    unsetenv("SSH_ASKPASS");
    unsetenv("SSH_ASKPASS_REQUIRE");
}

static void without_a_pin_there_programs_are_told_to_ask_until_it_is_there(void **state)
{
    (void)state;
    start(permit, NULL);
    for (int i = 0; i < 3; i++)
        assert_true(wants_login(slot));
    assert_int_equal(audit_count("log", "no PIN can be had from file:"), 1);
    write_file("pin", "1234", 0600);
    assert_false(wants_login(slot));
    assert_int_equal(count(host_open(slot), CKO_PRIVATE_KEY), 1);
}

static void a_program_that_gives_none_is_not_run_again(void **state)
{
    CK_SESSION_HANDLE session;
    char text[256], script[256];

    (void)state;
    snprintf(script, sizeof(script), "#!/bin/sh\necho run >> %s/audit\nexit 1\n", host.folder);
    write_file("program", script, 0700);
    snprintf(text, sizeof(text), "%s\nlogin: {pin_source: command:%s/program}\n", permit, host.folder);
    host_start(text);
    session = host_open(slot);
    for (int i = 0; i < 3; i++)
        assert_int_equal(count(session, CKO_PRIVATE_KEY), 0);
    assert_int_equal(audit_count("audit", "run"), 1);
    assert_int_equal(audit_count("log", "/program: the program failed"), 1);
    assert_true(wants_login(slot));
}

static void the_audit_has_our_login_too(void **state)
{
    (void)state;
    host.audit = "audit: audit";
    start(permit, "1234");
    count(host_open(slot), CKO_PRIVATE_KEY);
    assert_non_null(strstr(audit_events("audit"), "login-begins login-accepted"));
    assert_int_equal(audit_count("audit", "1234"), 0);
}

static void a_login_that_cannot_be_audited_is_not_made(void **state)
{
    (void)state;
    host.audit = "audit: config.yaml/audit, audit_required: true";
    start(permit, "1234");
    assert_int_equal(count(host_open(slot), CKO_PRIVATE_KEY), 0);
    assert_int_equal(host.mock->logins(slot), 0);
}

static void a_change_of_login_waits_for_the_next_C_Initialize(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    start(permit, "1234");
    session = host_open(slot);
    host_config(permit);
    assert_int_equal(count(session, CKO_PRIVATE_KEY), 1);
    host_stop();
    host_start(permit);
    assert_true(wants_login(slot));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, end)
    const struct CMUnitTest tests[] = {
        CASE(it_logs_in_when_private_objects_are_looked_for_and_not_before),
        CASE(which_searches_may_meet_private_objects),
        CASE(an_agent_and_a_batch_job_sign_without_a_pin),
        CASE(a_token_that_shows_nothing_before_is_logged_in_to_at_its_first_search),
        CASE(a_wrong_pin_of_a_source_is_sent_once),
        CASE(a_source_is_tried_again_after_the_card_was_out),
        CASE(a_source_is_tried_again_after_another_pin_was_accepted),
        CASE(a_source_is_tried_again_after_C_Finalize),
        CASE(what_is_in_the_way_is_no_failed_try),
        CASE(a_login_of_the_applications_is_answered_by_ours),
        CASE(where_ours_fails_the_applications_goes_to_the_token),
        CASE(the_flags_of_the_token_stop_it_as_careful_and_normal_say),
        CASE(the_flags_are_read_when_the_pin_is_about_to_be_sent),
        CASE(another_token_in_its_place_gets_nothing),
        CASE(a_token_that_is_not_shown_gets_nothing),
        CASE(where_two_tokens_want_a_pin_none_gets_it),
        CASE(a_pin_of_a_source_belongs_to_the_first_token_it_was_sent_to),
        CASE(who_is_asked_sees_the_token_and_answers_for_each),
        CASE(without_a_pin_there_programs_are_told_to_ask_until_it_is_there),
        CASE(a_program_that_gives_none_is_not_run_again),
        CASE(the_audit_has_our_login_too),
        CASE(a_login_that_cannot_be_audited_is_not_made),
        CASE(a_change_of_login_waits_for_the_next_C_Initialize),
    };

    return cmocka_run_group_tests_name("logins", tests, host_load, host_unload);
}
