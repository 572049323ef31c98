// SPDX-License-Identifier: BSD-2-Clause
// use: {confirm: true}: the user is asked before a key is used, once for each use, and without a yes the vendor hears nothing.
#include "tests/module/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/module/audit_file.h"

static const char asking[] = "preset: read-only\nallow:\n  - {id: \"01\", use: {confirm: true}}\n  - id: \"02\"\n";

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    host_remove("log");
    host_remove("audit");
    host_remove("asked");
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    host_key(slot, "ec:P-256", "02", MOCK_PAIR);
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    return 0;
}

static int end(void **state)
{
    host_remove("audit");
    host_remove("asked");
    host_remove("askpass");
    unsetenv("SSH_ASKPASS");
    unsetenv("SSH_ASKPASS_REQUIRE");
    return host_reset(state);
}

/* A program that writes down what it is asked, and how, and then does as line says. */
static void answer(const char *line)
{
    char path[128];
    FILE *stream;

    snprintf(path, sizeof(path), "%s/askpass", host.folder);
    stream = fopen(path, "we");
    assert_non_null(stream);
    fprintf(stream, "#!/bin/sh\nprintf '%%s %%s|' \"$SSH_ASKPASS_PROMPT\" \"$1\" >> %s/asked\n%s\n",
            host.folder, line);
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(chmod(path, 0700), 0);
    setenv("SSH_ASKPASS", path, 1);
}

/* How often it was asked. */
static unsigned asked(void)
{
    return audit_count("asked", "|");
}

static CK_OBJECT_HANDLE private_key(CK_SESSION_HANDLE session, unsigned char id)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
    CK_OBJECT_HANDLE found = 0;

    assert_int_equal(host_find(session, template, 2, &found, 1), 1);
    return found;
}

static CK_RV sign(CK_SESSION_HANDLE session)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host_sign(session, CKM_RSA_PKCS, private_key(session, 1), signature, &size);
}

static const struct {
    const char *line;
    CK_RV rv;
} answers[] = {
    {"", CKR_OK},
    {"echo", CKR_OK},
    {"echo yes", CKR_OK},
    {"echo YES", CKR_OK},
    {"exit 1", CKR_FUNCTION_REJECTED},
    {"echo yes; exit 1", CKR_FUNCTION_REJECTED},
    {"echo no", CKR_FUNCTION_REJECTED},
    {"echo yes, please", CKR_FUNCTION_REJECTED},
    {"printf '\\000no\\n'", CKR_FUNCTION_REJECTED}, /* neither empty nor yes */
    {"printf 'yes\\000no\\n'", CKR_FUNCTION_REJECTED},
    {"kill -9 $$", CKR_FUNCTION_REJECTED},
};

static void only_with_a_yes_the_vendor_is_asked_for_a_signature(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(asking, slot);

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        answer(answers[i].line);
        host.mock->forget_calls();
        assert_int_equal(sign(session), answers[i].rv);
        assert_int_equal(host.mock->calls_of("C_SignInit"), answers[i].rv == CKR_OK);
        assert_int_equal(host.mock->calls_of("C_Sign"), answers[i].rv == CKR_OK);
        assert_int_equal(asked(), i + 1);
    }
    assert_int_equal(audit_count("log", "a signature is refused: it was not confirmed (asked by "), 7);
    host_stop();
}

static void a_key_whose_rule_does_not_ask_is_used_at_once(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(asking, slot);
    unsigned char signature[64];
    CK_ULONG size = sizeof(signature);

    (void)state;
    answer("exit 1");
    assert_int_equal(host_sign(session, CKM_ECDSA, private_key(session, 2), signature, &size), CKR_OK);
    assert_int_equal(asked(), 0);
    host_stop();
}

static void each_signature_is_asked_for_once_and_a_question_for_its_size_not_at_all(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(asking, slot);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char signature[256];
    CK_ULONG size = 0;

    (void)state;
    answer("");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(host.functions->C_SignInit(session, &mechanism, private_key(session, 1)), CKR_OK);
        assert_int_equal(host.functions->C_Sign(session, host_data, 32, NULL, &size), CKR_OK);
        size = 10;
        assert_int_equal(host.functions->C_Sign(session, host_data, 32, signature, &size),
                         CKR_BUFFER_TOO_SMALL);
        assert_int_equal(asked(), i);
        assert_int_equal(host.functions->C_Sign(session, host_data, 32, signature, &size), CKR_OK);
        assert_int_equal(asked(), i + 1);
    }
    host_stop();
}

/* The vendor has lost the session: the signature is begun anew, and is the same. */
static void a_signature_that_is_begun_anew_is_not_asked_for_again(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(asking, slot);

    (void)state;
    answer("");
    host.mock->refuse("C_SignInit", 1, CKR_OPERATION_ACTIVE);
    assert_int_equal(sign(session), CKR_OK);
    assert_int_equal(asked(), 1);
    host_stop();
}

static void a_signature_in_parts_is_asked_for_once(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(asking, slot);
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_FUNCTION_LIST *calls = host.functions;
    unsigned char signature[256];
    CK_ULONG size = 0;

    (void)state;
    answer("");
    assert_int_equal(calls->C_SignInit(session, &mechanism, private_key(session, 1)), CKR_OK);
    assert_int_equal(calls->C_SignUpdate(session, host_data, 16), CKR_OK);
    assert_int_equal(calls->C_SignUpdate(session, host_data + 16, 16), CKR_OK);
    assert_int_equal(calls->C_SignFinal(session, NULL, &size), CKR_OK);
    assert_int_equal(calls->C_SignFinal(session, signature, &size), CKR_OK);
    assert_int_equal(asked(), 1);
    answer("exit 1");
    host.mock->forget_calls();
    assert_int_equal(calls->C_SignInit(session, &mechanism, private_key(session, 1)), CKR_OK);
    assert_int_equal(calls->C_SignUpdate(session, host_data, 16), CKR_FUNCTION_REJECTED);
    assert_int_equal(calls->C_SignFinal(session, signature, &size), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
    assert_int_equal(host.mock->calls_of("C_SignUpdate"), 0);
    host_stop();
}

static void decrypting_and_signing_with_recovery_are_asked_for_too(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(asking, slot);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_FUNCTION_LIST *calls = host.functions;

    (void)state;
    answer("exit 1");
    host.mock->forget_calls();
    assert_int_equal(calls->C_DecryptInit(session, &mechanism, private_key(session, 1)),
                     CKR_FUNCTION_REJECTED);
    assert_int_equal(calls->C_SignRecoverInit(session, &mechanism, private_key(session, 1)),
                     CKR_FUNCTION_REJECTED);
    assert_int_equal(host.mock->calls_of("C_DecryptInit"), 0);
    assert_int_equal(host.mock->calls_of("C_SignRecoverInit"), 0);
    assert_int_equal(audit_count("asked", "Allow a decryption with the key"), 1);
    answer("");
    assert_int_equal(calls->C_DecryptInit(session, &mechanism, private_key(session, 1)),
                     CKR_FUNCTION_NOT_SUPPORTED); /* as the mock has it */
    assert_int_equal(host.mock->calls_of("C_DecryptInit"), 1);
    assert_int_equal(asked(), 3);
    host_stop();
}

static void the_question_names_the_key_the_token_and_the_program(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(
        "allow: [{id: \"01\", use: {confirm: true, show_label: \"my card\"}}]\n", slot);
    char program[256], number[32];
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);

    (void)state;
    assert_true(size > 0);
    program[size] = '\0';
    answer("");
    assert_int_equal(sign(session), CKR_OK);
    assert_int_equal(audit_count("asked", "confirm Allow a signature with the key \"my card\"?\n"), 1);
    assert_int_equal(audit_count("asked", "Key fingerprint SHA256:"), 1);
    assert_int_equal(audit_count("asked", "Token one\n"), 1);
    assert_int_equal(audit_count("asked", program), 1);
    snprintf(number, sizeof(number), ", process %ld|", (long)getpid());
    assert_int_equal(audit_count("asked", number), 1);
    host_stop();
}

static void a_label_cannot_write_into_the_question(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host.mock->key_add(slot, &(struct mock_key){"rsa:2048", "evil", "03",
                                                "nice\"?\nToken mine\x1b[2J\xe2\x80\xae", MOCK_PAIR});
    session = host_start_logged_in("allow: [{id: \"03\", use: {confirm: true}}]\n", slot);
    answer("");
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, private_key(session, 3), signature, &size), CKR_OK);
    assert_int_equal(audit_count("asked", "with the key \"nice\"??Token mine?[2J???\"?\n"), 1);
    assert_int_equal(audit_count("asked", "\x1b"), 0);
    host_stop();
}

static void expect_refused(CK_SESSION_HANDLE session, const char *why)
{
    unsigned before = audit_count("log", why);

    host.mock->forget_calls();
    assert_int_equal(sign(session), CKR_FUNCTION_REJECTED);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
    assert_int_equal(audit_count("log", why), before + 1);
}

static void where_nobody_can_be_asked_it_is_refused_and_said_what_to_do(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(asking, slot);

    (void)state;
    answer("");
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("SSH_ASKPASS_REQUIRE");
    expect_refused(session, "it must be confirmed, and there is no display to ask on");
    setenv("DISPLAY", "", 1);
    expect_refused(session, "there is no display to ask on");
    setenv("DISPLAY", ":99", 1);
    assert_int_equal(sign(session), CKR_OK);
    setenv("SSH_ASKPASS_REQUIRE", "never", 1);
    expect_refused(session, "there is no display to ask on");
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    setenv("SSH_ASKPASS", "askpass", 1);
    expect_refused(session, "it must be confirmed, and $SSH_ASKPASS is no absolute path");
    setenv("SSH_ASKPASS", "/nonexistent/askpass", 1);
    expect_refused(session, "there is no program that asks: install ssh-askpass");
    setenv("SSH_ASKPASS", "/dev/null", 1);
    expect_refused(session, "there is no program that asks");
    unsetenv("DISPLAY");
    assert_int_equal(asked(), 1);
    host_stop();
}

static void a_refusal_is_in_the_audit(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host.audit = "audit: audit";
    session = host_start_logged_in(asking, slot);
    answer("exit 1");
    assert_int_equal(sign(session), CKR_FUNCTION_REJECTED);
    assert_string_equal(audit_value("audit", "signature-refused", "reason"), "not confirmed");
    assert_string_equal(audit_value("audit", "signature-refused", "result"), "CKR_FUNCTION_REJECTED");
    assert_int_equal(audit_count("audit", "signature-begins"), 0);
    host_stop();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, end)
    const struct CMUnitTest tests[] = {
        CASE(only_with_a_yes_the_vendor_is_asked_for_a_signature),
        CASE(a_key_whose_rule_does_not_ask_is_used_at_once),
        CASE(each_signature_is_asked_for_once_and_a_question_for_its_size_not_at_all),
        CASE(a_signature_that_is_begun_anew_is_not_asked_for_again),
        CASE(a_signature_in_parts_is_asked_for_once),
        CASE(decrypting_and_signing_with_recovery_are_asked_for_too),
        CASE(the_question_names_the_key_the_token_and_the_program),
        CASE(a_label_cannot_write_into_the_question),
        CASE(where_nobody_can_be_asked_it_is_refused_and_said_what_to_do),
        CASE(a_refusal_is_in_the_audit),
    };

    return cmocka_run_group_tests_name("confirm", tests, host_load, host_unload);
}
