// SPDX-License-Identifier: BSD-2-Clause
// The audit: which lines are written when, what is in them and never in them, and what is refused where they cannot be written.
#include "tests/module/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/module/audit_file.h"

static const char one_rule[] = "allow:\n  - {name: my key, id: \"01\"}\n";
static const char pin[] = "correct-horse", wrong_pin[] = "battery-staple";

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    host_remove("audit");
    host_remove("log");
    host.audit = "audit: audit";
    slot = host.mock->token_add(&(struct mock_token){.label = "one", .pin = pin});
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    return 0;
}

static int end(void **state)
{
    host_remove("audit");
    return host_reset(state);
}

static CK_SESSION_HANDLE start_logged_in(const char *text)
{
    CK_SESSION_HANDLE session;

    host_start(text);
    session = host_open(slot);
    host_login(session, pin);
    return session;
}

static CK_RV sign(CK_SESSION_HANDLE session)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    return host_sign(session, CKM_RSA_PKCS, host_only(session, CKO_PRIVATE_KEY), signature, &size);
}

static unsigned logged(const char *text)
{
    return audit_count("log", text);
}

static void a_key_a_login_and_a_signature_are_written_down_in_their_order(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in(one_rule);
    char expected[128], program[256];
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);

    (void)state;
    assert_true(size > 0);
    program[size] = '\0';
    assert_int_equal(sign(session), CKR_OK);
    assert_string_equal(audit_events("audit"), "key-shown login-begins login-accepted "
                                               "signature-begins signature-made");
    snprintf(expected, sizeof(expected), "%lu", (unsigned long)getuid());
    assert_string_equal(audit_value("audit", "signature-made", "uid"), expected);
    snprintf(expected, sizeof(expected), "%ld", (long)getpid());
    assert_string_equal(audit_value("audit", "signature-made", "pid"), expected);
    assert_string_equal(audit_value("audit", "signature-made", "program"), program);
    assert_string_equal(audit_value("audit", "signature-made", "token"), "one");
    assert_string_equal(audit_value("audit", "signature-made", "serial"), "0000000000000064");
    assert_string_equal(audit_value("audit", "signature-made", "label"), "01");
    assert_string_equal(audit_value("audit", "signature-made", "id"), "01");
    assert_string_equal(audit_value("audit", "signature-made", "function"), "C_Sign");
    assert_string_equal(audit_value("audit", "signature-made", "mechanism"), "CKM_RSA_PKCS");
    snprintf(expected, sizeof(expected), "%s/config.yaml:5:5", host.folder);
    assert_string_equal(audit_value("audit", "signature-made", "rule"), expected);
    assert_string_equal(audit_value("audit", "signature-made", "rule_name"), "my key");
    assert_string_equal(audit_value("audit", "signature-made", "result"), "CKR_OK");
    assert_null(audit_value("audit", "signature-begins", "result"));
    assert_string_equal(audit_value("audit", "signature-begins", "fingerprint"),
                        audit_value("audit", "key-shown", "fingerprint"));
    assert_int_equal(strncmp(audit_value("audit", "key-shown", "fingerprint"), "SHA256:", 7), 0);
    assert_string_equal(audit_value("audit", "login-accepted", "user"), "user");
    assert_string_equal(audit_value("audit", "login-accepted", "serial"), "0000000000000064");
    host_stop();
}

static void the_hash_function_is_written_down_where_the_data_tells_it(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in(one_rule);
    unsigned char info[51] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                              0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
                  signature[256];
    CK_ULONG size = sizeof(signature);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    (void)state;
    assert_int_equal(
        host.functions->C_SignInit(session, &mechanism, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
    assert_int_equal(host.functions->C_Sign(session, info, sizeof(info), signature, &size), CKR_OK);
    assert_string_equal(audit_value("audit", "signature-made", "digest"), "CKM_SHA256");
    assert_int_equal(sign(session), CKR_OK); /* of what is no DigestInfo */
    assert_null(audit_value("audit", "signature-made", "digest"));
    host_stop();
}

static void expect_nowhere(const unsigned char *bytes, size_t size)
{
    char text[3] = "", hex[33] = "";

    for (size_t i = 0; i < size && i < 16; i++) {
        snprintf(text, sizeof(text), "%02x", bytes[i]);
        strcat(hex, text);
    }
    assert_int_equal(audit_count("audit", hex), 0);
}

/* Neither those that were accepted nor those that were not, in no form; nor what is signed, nor the signature. */
static void no_PIN_and_no_data_is_ever_written_down(void **state)
{
    CK_SESSION_HANDLE session;
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    host_start(one_rule);
    session = host_open(slot);
    assert_int_equal(host_try_login(session, CKU_USER, wrong_pin), CKR_PIN_INCORRECT);
    assert_int_equal(host_try_login(session, CKU_USER, wrong_pin), CKR_PIN_INCORRECT);
    host_login(session, pin);
    assert_int_equal(
        host_sign(session, CKM_RSA_PKCS, host_only(session, CKO_PRIVATE_KEY), signature, &size),
        CKR_OK);
    assert_string_equal(audit_events("audit"),
                        "key-shown login-begins login-refused login-stopped login-begins "
                        "login-accepted signature-begins signature-made");
    assert_int_equal(audit_count("audit", pin), 0);
    assert_int_equal(audit_count("audit", wrong_pin), 0);
    expect_nowhere((const unsigned char *)pin, strlen(pin));
    assert_int_equal(audit_count("audit", "thirty-two bytes"), 0);
    expect_nowhere(host_data, sizeof(host_data));
    expect_nowhere(signature, size);
    assert_string_equal(audit_value("audit", "login-refused", "result"), "CKR_PIN_INCORRECT");
    assert_string_equal(audit_value("audit", "login-stopped", "result"), "CKR_PIN_INCORRECT");
    host_stop();
}

/* Not at every listing, search and login. */
static void a_key_is_written_down_when_it_is_shown_and_when_that_changes(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_key(slot, "ec:P-256", "02", MOCK_PAIR);
    session = start_logged_in("cache: {max_age: 0s}\nallow: [{label: {glob: \"01\"}}]\n");
    for (int i = 0; i < 3; i++) {
        CK_ULONG count = 0;
        assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
        host_only(session, CKO_PRIVATE_KEY);
        assert_int_equal(host.functions->C_Logout(session), CKR_OK);
        host_login(session, pin);
    }
    assert_int_equal(audit_count("audit", "event=\"key-shown\""), 1);
    assert_int_equal(audit_count("audit", "event=\"key-hidden\""), 1);
    assert_string_equal(audit_value("audit", "key-shown", "label"), "01");
    assert_string_equal(audit_value("audit", "key-hidden", "label"), "02");
    assert_string_equal(audit_value("audit", "key-hidden", "reason"), "not allowed");
    host_config("deny: [{name: old, id: \"01\"}]\nallow: [{label: {glob: \"*\"}}]\n");
    host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(audit_count("audit", "event=\"key-shown\""), 2);
    assert_int_equal(audit_count("audit", "event=\"key-hidden\""), 2);
    assert_string_equal(audit_value("audit", "key-shown", "label"), "02");
    assert_string_equal(audit_value("audit", "key-hidden", "label"), "01");
    assert_string_equal(audit_value("audit", "key-hidden", "reason"), "denied");
    assert_string_equal(audit_value("audit", "key-hidden", "rule_name"), "old");
    host_stop();
}

static void a_label_cannot_make_a_line_or_a_field(void **state)
{
    static const char label[] = "x\" uid=\"0\" rule=\"\n2026-01-01T00:00:00Z p11gate[1]: event=\"signature-made\" \\";

    (void)state;
    host.mock->key_add(slot, &(struct mock_key){"ec:P-256", "evil", "02", label, MOCK_PAIR});
    host_start("allow: [{name: \"r\\\" uid=\\\"0\", id: \"02\"}]\n");
    host_find_class(host_open(slot), CKO_PUBLIC_KEY, NULL, 0);
    assert_string_equal(audit_events("audit"), "key-shown");
    assert_string_equal(audit_value("audit", "key-shown", "label"),
                        "x\\\" uid=\\\"0\\\" rule=\\\"\\x0a2026-01-01T00:00:00Z p11gate[1]: "
                        "event=\\\"signature-made\\\" \\\\");
    assert_string_equal(audit_value("audit", "key-shown", "rule_name"), "r\\\" uid=\\\"0");
    host_stop();
}

static void what_the_vendor_refuses_is_written_down(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in(one_rule);

    (void)state;
    host.mock->refuse("C_Sign", 1, CKR_FUNCTION_CANCELED);
    assert_int_equal(sign(session), CKR_FUNCTION_CANCELED);
    assert_string_equal(audit_value("audit", "signature-failed", "result"), "CKR_FUNCTION_CANCELED");
    host_stop();
}

static void what_the_policy_refuses_of_a_key_is_written_down(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in(
        "allow: [{id: \"01\", use: {mechanisms: [CKM_RSA_PKCS], digests: [sha512]}}]\n");
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};

    (void)state;
    assert_int_equal(
        host.functions->C_SignInit(session, &mechanism, host_only(session, CKO_PRIVATE_KEY)),
        CKR_MECHANISM_INVALID);
    assert_string_equal(audit_value("audit", "signature-refused", "result"), "CKR_MECHANISM_INVALID");
    assert_string_equal(audit_value("audit", "signature-refused", "mechanism"),
                        "CKM_SHA256_RSA_PKCS");
    assert_string_equal(audit_value("audit", "signature-refused", "digest"), "CKM_SHA256");
    assert_int_equal(sign(session), CKR_DATA_INVALID);
    assert_string_equal(audit_value("audit", "signature-refused", "result"), "CKR_DATA_INVALID");
    assert_string_equal(audit_value("audit", "signature-refused", "reason"), "digest");
    mechanism.mechanism = CKM_RSA_PKCS; /* the hash in parts of raw data cannot be judged */
    assert_int_equal(
        host.functions->C_SignInit(session, &mechanism, host_only(session, CKO_PRIVATE_KEY)), CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, 16),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_string_equal(audit_value("audit", "signature-refused", "reason"), "in parts");
    assert_int_equal(audit_count("audit", "signature-begins"), 0);
    host_stop();
}

static CK_RV sign_in_parts(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    unsigned char signature[256];
    CK_ULONG size = 0;
    CK_RV rv = host.functions->C_SignInit(session, &mechanism, key);

    for (int i = 0; rv == CKR_OK && i < 2; i++)
        rv = host.functions->C_SignUpdate(session, host_data, sizeof(host_data));
    if (rv == CKR_OK)
        rv = host.functions->C_SignFinal(session, NULL, &size);
    return rv == CKR_OK ? host.functions->C_SignFinal(session, signature, &size) : rv;
}

static void a_signature_in_parts_is_written_down_once(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in(one_rule);

    (void)state;
    assert_int_equal(sign_in_parts(session), CKR_OK);
    assert_string_equal(audit_events("audit"), "key-shown login-begins login-accepted "
                                               "signature-begins signature-made");
    host.mock->refuse("C_SignFinal", 1, CKR_DEVICE_MEMORY);
    assert_int_equal(sign_in_parts(session), CKR_DEVICE_MEMORY);
    assert_int_equal(audit_count("audit", "signature-begins"), 2);
    assert_string_equal(audit_value("audit", "signature-failed", "result"), "CKR_DEVICE_MEMORY");
    host_stop();
}

static void begin_in_parts(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, sizeof(host_data)), CKR_OK);
}

static void a_signature_in_parts_whose_key_is_hidden_meanwhile_has_an_end(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in(one_rule), other = host_open(slot);

    (void)state;
    begin_in_parts(session);
    host_config("allow: [{id: \"05\"}]\n");
    assert_int_equal(host_find(other, NULL, 0, NULL, 0), 0);
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, sizeof(host_data)),
                     CKR_KEY_HANDLE_INVALID);
    assert_int_equal(audit_count("audit", "signature-begins"), 1);
    assert_int_equal(audit_count("audit", "signature-failed"), 1);
    assert_string_equal(audit_value("audit", "signature-failed", "result"),
                        "CKR_KEY_HANDLE_INVALID");
    host_stop();
}

static void a_signature_in_parts_that_a_card_took_with_it_has_an_end(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in(one_rule);
    CK_ULONG count = 0;

    (void)state;
    begin_in_parts(session);
    for (int in = 0; in <= 1; in++) {
        host.mock->token_insert(slot, in == 1);
        assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    }
    assert_int_equal(host.functions->C_SignUpdate(session, host_data, sizeof(host_data)),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(audit_count("audit", "signature-begins"), 1);
    assert_int_equal(audit_count("audit", "signature-failed"), 1);
    host_stop();
}

/* Below a file there is no folder. */
static const char unwritable[] = "audit: config.yaml/audit";
static const char required[] = "audit: config.yaml/audit, audit_required: true";

static void where_the_audit_must_be_written_and_cannot_nothing_is_signed(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in(one_rule);

    (void)state;
    assert_int_equal(sign(session), CKR_OK);
    host.audit = required;
    host_config(one_rule);
    host.mock->forget_calls();
    assert_int_equal(sign(session), CKR_FUNCTION_FAILED);
    assert_int_equal(sign_in_parts(session), CKR_FUNCTION_FAILED);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
    assert_int_equal(host.mock->calls_of("C_Sign"), 0);
    assert_int_equal(host.mock->calls_of("C_SignUpdate"), 0);
    assert_int_equal(logged("a signature is refused: it must be audited"), 2);
    assert_int_equal(logged("config.yaml/audit: Not a directory"), 1);
    host.audit = "audit: audit, audit_required: true";
    host_config(one_rule);
    assert_int_equal(sign(session), CKR_OK);
    host_stop();
}

static void where_it_must_be_written_and_cannot_no_PIN_is_sent(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host.audit = required;
    host_start(one_rule);
    session = host_open(slot);
    assert_int_equal(host_try_login(session, CKU_USER, pin), CKR_FUNCTION_FAILED);
    assert_int_equal(host.mock->logins(slot), 0);
    assert_int_equal(logged("a login is refused: it must be audited"), 1);
    host.audit = "audit: audit, audit_required: true";
    host_config(one_rule);
    host_login(session, pin);
    host_stop();
}

static void where_it_must_be_written_and_cannot_nothing_is_decrypted(void **state)
{
    static const char read_only[] = "preset: read-only\nallow: all\n";
    CK_SESSION_HANDLE session = start_logged_in(read_only);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    host.audit = required;
    host_config(read_only);
    host.mock->forget_calls();
    assert_int_equal(host.functions->C_DecryptInit(session, &mechanism, key), CKR_FUNCTION_FAILED);
    assert_int_equal(host.functions->C_SignRecoverInit(session, &mechanism, key),
                     CKR_FUNCTION_FAILED);
    assert_int_equal(host.mock->calls_of("C_DecryptInit"), 0);
    assert_int_equal(host.mock->calls_of("C_SignRecoverInit"), 0);
    assert_int_equal(logged("a decryption is refused: it must be audited"), 1);
    host_stop();
}

static void where_it_need_not_be_written_all_goes_on_and_the_log_says_so_once(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host.audit = unwritable;
    session = start_logged_in(one_rule);
    assert_int_equal(sign(session), CKR_OK);
    assert_int_equal(sign(session), CKR_OK);
    assert_int_equal(logged("the audit cannot be written to "), 1);
    host_stop();
}

/* The mock does not decrypt; what it answers is what became of it. */
static void a_use_that_is_passed_to_the_vendor_is_written_down(void **state)
{
    CK_SESSION_HANDLE session = start_logged_in("preset: read-only\nallow: all\n");
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    assert_int_equal(host.functions->C_DecryptInit(session, &mechanism, key),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_string_equal(audit_events("audit"), "key-shown login-begins login-accepted "
                                               "decryption-begins decryption-failed");
    assert_string_equal(audit_value("audit", "decryption-failed", "function"), "C_DecryptInit");
    assert_string_equal(audit_value("audit", "decryption-failed", "result"),
                        "CKR_FUNCTION_NOT_SUPPORTED");
    assert_int_equal(host.functions->C_SignRecoverInit(session, &mechanism, key),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_string_equal(audit_value("audit", "signature-failed", "function"), "C_SignRecoverInit");
    host_stop();
}

static void an_audit_is_switched_in_the_file(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host.audit = "audit: none";
    session = start_logged_in(one_rule);
    assert_int_equal(sign(session), CKR_OK);
    assert_string_equal(audit_events("audit"), "");
    host.audit = "audit: audit";
    host_config(one_rule);
    assert_int_equal(sign(session), CKR_OK);
    assert_string_equal(audit_events("audit"), "key-shown signature-begins signature-made");
    host.audit = "audit: none";
    host_config(one_rule);
    assert_int_equal(sign(session), CKR_OK);
    assert_string_equal(audit_events("audit"), "key-shown signature-begins signature-made");
    host_stop();
}

/* The file that was begun says what is shown, also where the decision is the same. */
static void another_file_of_the_audit_is_told_of_the_keys_again(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_remove("audit.other");
    session = start_logged_in(one_rule);
    assert_int_equal(sign(session), CKR_OK);
    host.audit = "audit: audit.other";
    host_config(one_rule);
    assert_int_equal(sign(session), CKR_OK);
    assert_string_equal(audit_events("audit.other"), "key-shown signature-begins signature-made");
    host_stop();
    host_remove("audit.other");
}

static void a_child_after_a_fork_writes_its_own_number(void **state)
{
    char number[24];
    int status = 0;
    pid_t child;

    (void)state;
    host_start(one_rule);
    child = fork();
    if (child == 0) {
        CK_SESSION_HANDLE session = 0;
        bool good = host.functions->C_Initialize(NULL) == CKR_OK &&
                    host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) ==
                        CKR_OK &&
                    host_try_login(session, CKU_USER, pin) == CKR_OK;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    snprintf(number, sizeof(number), "%ld", (long)child);
    assert_string_equal(audit_value("audit", "login-accepted", "pid"), number);
    snprintf(number, sizeof(number), "p11gate[%ld]", (long)child);
    assert_true(audit_count("audit", number) >= 3);
    host_stop();
}

/* It passes calls unseen, and goes on to do so until the next C_Initialize: nothing is shown where lines would have to be written. */
static void a_transparent_module_that_is_to_audit_shows_nothing(void **state)
{
    static const char *const wishes[] = {"allow: all\n", "allow: [{id: \"01\", use: {confirm: true}}]\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
        CK_SESSION_HANDLE session;

        host.audit = NULL;
        host_start("preset: transparent\n");
        session = host_open(slot);
        assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 1);
        host.audit = i == 0 ? "audit: audit" : NULL;
        host_config(wishes[i]);
        assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 0);
        assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 0);
        assert_int_equal(logged("until the next C_Initialize nothing is shown"), i + 1);
        host_stop();
        host.functions->C_Finalize(NULL);
        host_start(wishes[i]);
        assert_int_equal(host_find_class(host_open(slot), CKO_PUBLIC_KEY, NULL, 0), 1);
        host_stop();
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, end)
    const struct CMUnitTest tests[] = {
        CASE(a_key_a_login_and_a_signature_are_written_down_in_their_order),
        CASE(the_hash_function_is_written_down_where_the_data_tells_it),
        CASE(no_PIN_and_no_data_is_ever_written_down),
        CASE(a_key_is_written_down_when_it_is_shown_and_when_that_changes),
        CASE(a_label_cannot_make_a_line_or_a_field),
        CASE(what_the_vendor_refuses_is_written_down),
        CASE(what_the_policy_refuses_of_a_key_is_written_down),
        CASE(a_signature_in_parts_is_written_down_once),
        CASE(a_signature_in_parts_whose_key_is_hidden_meanwhile_has_an_end),
        CASE(a_signature_in_parts_that_a_card_took_with_it_has_an_end),
        CASE(where_the_audit_must_be_written_and_cannot_nothing_is_signed),
        CASE(where_it_must_be_written_and_cannot_no_PIN_is_sent),
        CASE(where_it_must_be_written_and_cannot_nothing_is_decrypted),
        CASE(where_it_need_not_be_written_all_goes_on_and_the_log_says_so_once),
        CASE(a_use_that_is_passed_to_the_vendor_is_written_down),
        CASE(an_audit_is_switched_in_the_file),
        CASE(another_file_of_the_audit_is_told_of_the_keys_again),
        CASE(a_child_after_a_fork_writes_its_own_number),
        CASE(a_transparent_module_that_is_to_audit_shows_nothing),
    };

    return cmocka_run_group_tests_name("audit", tests, host_load, host_unload);
}
