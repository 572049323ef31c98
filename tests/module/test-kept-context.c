// SPDX-License-Identifier: BSD-2-Clause
// login: {keep_pin: ...} and keys that want a login for each signature (CKA_ALWAYS_AUTHENTICATE): p11gate makes it.
#include "tests/module/ssh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tests/module/audit_file.h"

static const char keep[] = "allow: [{id: [\"01\", \"02\"]}]\nlogin: {keep_pin: {survive_removal: true}}\n";

static CK_SLOT_ID slot;

static int begin(void **state)
{
    host_remove("log");
    return host_reset(state);
}

static int end(void **state)
{
    host_remove("asked");
    host_remove("askpass");
    unsetenv("SSH_ASKPASS");
    unsetenv("SSH_ASKPASS_REQUIRE");
    return host_reset(state);
}

static CK_RV sign_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host_sign(session, CKM_RSA_PKCS, key, signature, &size);
}

/* Keys that want a login for each signature (PIV 9C). */
static const struct mock_key strict = {"rsa:2048", "02", "02", "02", MOCK_PAIR | MOCK_ALWAYS_AUTHENTICATE};

static CK_SESSION_HANDLE start_strict(const char *rules)
{
    CK_SESSION_HANDLE session;

    host_reset(NULL);
    slot = host_token("one");
    host.mock->key_add(slot, &strict);
    session = host_start_logged_in(rules, slot);
    return session;
}

static CK_BBOOL always(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_BBOOL value = 7;
    CK_ATTRIBUTE wanted = {CKA_ALWAYS_AUTHENTICATE, &value, sizeof(value)};

    assert_int_equal(host.functions->C_GetAttributeValue(session, key, &wanted, 1), CKR_OK);
    return value;
}

static void an_always_authenticate_key_signs_several_times_without_the_application(void **state)
{
    static const char *const calls[] = {"C_SignInit", "C_Login", "C_Sign", NULL};
    CK_SESSION_HANDLE session = start_strict(keep);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    assert_int_equal(always(session, key), CK_FALSE);
    for (int i = 0; i < 4; i++) {
        host.mock->forget_calls();
        assert_int_equal(sign_with(session, key), CKR_OK);
        if (i > 0) /* the flags were read anew after the login */
            host_assert_calls(calls);
    }
}

static void ssh_and_its_agent_sign_with_it_again_and_again(void **state)
{
    (void)state;
    for (int agent = 0; agent < 2; agent++) {
        struct ssh_provider provider;
        unsigned char signature[512];

        start_strict(keep);
        host_stop();
        ssh_add_provider(&provider, agent ? "1234" : NULL);
        for (int i = 0; i < 3; i++) {
            CK_ULONG size = sizeof(signature);
            assert_int_equal(ssh_sign(&provider, 0, agent ? NULL : "1234", signature, &size), CKR_OK);
            assert_true(host.mock->verifies(&strict, CKM_RSA_PKCS, host_data, sizeof(host_data), signature, size));
        }
        ssh_del_provider(&provider);
    }
}

static void a_search_for_keys_that_want_a_login_finds_what_is_told_of_them(void **state)
{
    CK_SESSION_HANDLE session = start_strict(keep);
    CK_BBOOL value = CK_FALSE;
    CK_ATTRIBUTE template = {CKA_ALWAYS_AUTHENTICATE, &value, sizeof(value)};

    (void)state;
    assert_int_equal(host_find(session, &template, 1, NULL, 0), 1);
    value = CK_TRUE;
    assert_int_equal(host_find(session, &template, 1, NULL, 0), 0);
}

static void without_a_kept_pin_the_key_says_what_it_wants_and_gets_nothing(void **state)
{
    CK_SESSION_HANDLE session = start_strict("allow: [{id: \"02\"}]\n");
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    assert_int_equal(always(session, key), CK_TRUE);
    assert_int_equal(sign_with(session, key), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.mock->logins(slot), 1);
}

static void a_refused_login_for_a_signature_forgets_the_pin(void **state)
{
    CK_SESSION_HANDLE session = start_strict(keep);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    host.mock->refuse("C_Login", 1, CKR_PIN_INCORRECT);
    assert_int_equal(sign_with(session, key), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(always(session, key), CK_TRUE);
    host.mock->forget_calls();
    assert_int_equal(sign_with(session, key), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host.mock->calls_of("C_Login"), 0);
}

/* Whether the card has looked at it, nobody knows. */
static void a_login_for_a_signature_that_failed_is_not_made_again_by_a_replay(void **state)
{
    static const CK_RV codes[] = {CKR_OPERATION_NOT_INITIALIZED, CKR_DEVICE_ERROR,
                                  CKR_DEVICE_REMOVED, CKR_DEVICE_MEMORY};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        CK_SESSION_HANDLE session = start_strict(keep);
        CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

        (void)state;
        host.mock->forget_calls();
        host.mock->refuse("C_Login", 0, codes[i]);
        assert_int_not_equal(sign_with(session, key), CKR_OK);
        assert_int_equal(host.mock->calls_of("C_Login"), 1);
        assert_int_equal(host.mock->calls_of("C_Sign"), 0);
        host.mock->refuse_none();
        assert_int_equal(sign_with(session, key), CKR_OK);
        host_stop();
    }
}

/* The login was made: the signature is another matter. */
static void a_login_for_a_signature_that_was_accepted_is_made_again_for_a_replay(void **state)
{
    CK_SESSION_HANDLE session = start_strict(keep);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    host.mock->forget_calls();
    host.mock->refuse("C_Sign", 1, CKR_GENERAL_ERROR);
    assert_int_equal(sign_with(session, key), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_Login"), 2);
}

static void a_refusal_of_the_applications_own_login_for_a_signature_forgets_it_too(void **state)
{
    CK_SESSION_HANDLE session = start_strict(keep);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(host_try_login(session, CKU_CONTEXT_SPECIFIC, "9999"), CKR_PIN_INCORRECT);
    assert_int_equal(always(session, key), CK_TRUE);
}

static void a_confirmation_is_asked_before_the_login_for_a_signature(void **state)
{
    CK_SESSION_HANDLE session = start_strict("allow: [{id: \"02\", use: {confirm: true}}]\nlogin: {keep_pin: {idle: 1m}}\n");
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    char path[128];
    FILE *stream;

    (void)state;
    snprintf(path, sizeof(path), "%s/askpass", host.folder);
    stream = fopen(path, "we");
    assert_non_null(stream);
    fprintf(stream, "#!/bin/sh\necho asked >> %s/asked\nexit 1\n", host.folder);
    fclose(stream);
    assert_int_equal(chmod(path, 0700), 0);
    setenv("SSH_ASKPASS", path, 1);
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    assert_int_equal(sign_with(session, key), CKR_FUNCTION_REJECTED);
    assert_int_equal(audit_count("asked", "asked"), 1);
    assert_int_equal(host.mock->logins(slot), 1);
    setenv("SSH_ASKPASS", "/bin/true", 1);
    assert_int_equal(sign_with(session, key), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
}

static void an_application_may_still_make_the_login_itself(void **state)
{
    CK_SESSION_HANDLE session = start_strict(keep);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(host_try_login(session, CKU_CONTEXT_SPECIFIC, "1234"), CKR_OK);
    assert_int_equal(host.functions->C_Sign(session, host_data, 32, signature, &size), CKR_OK);
    assert_int_equal(host.mock->logins(slot), 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(an_always_authenticate_key_signs_several_times_without_the_application),
        CASE(ssh_and_its_agent_sign_with_it_again_and_again),
        CASE(a_search_for_keys_that_want_a_login_finds_what_is_told_of_them),
        CASE(without_a_kept_pin_the_key_says_what_it_wants_and_gets_nothing),
        CASE(a_refused_login_for_a_signature_forgets_the_pin),
        CASE(a_login_for_a_signature_that_failed_is_not_made_again_by_a_replay),
        CASE(a_login_for_a_signature_that_was_accepted_is_made_again_for_a_replay),
        CASE(a_refusal_of_the_applications_own_login_for_a_signature_forgets_it_too),
        CASE(a_confirmation_is_asked_before_the_login_for_a_signature),
        CASE(an_application_may_still_make_the_login_itself),
    };

    return cmocka_run_group_tests_name("kept-context", tests, host_load, host_unload);
}
