// SPDX-License-Identifier: BSD-2-Clause
// The system's audit and the user's beside it: who gets which line. Only root can make a system's file: the gate is opened with
// configurations that were read as a user's and then told what they are.
#include "tests/module/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/log.h"
#include "config/config.h"
#include "crypto/crypto.h"
#include "module/gate.h"
#include "tests/module/audit_file.h"

static struct crypto *crypto;
static struct gate *gate;
static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    host_remove("log");
    slot = host_token("one");
    host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    host_key(slot, "ec:P-256", "02", MOCK_PAIR);
    host_key(slot, "ec:P-384", "03", MOCK_PAIR);
    crypto = crypto_create();
    return crypto != NULL ? 0 : -1;
}

static int end(void **state)
{
    gate_destroy(gate);
    gate = NULL;
    log_close();
    crypto_destroy(crypto);
    host_remove("system-audit");
    host_remove("user-audit");
    return host_reset(state);
}

static struct config *load(const char *audit, const char *policy)
{
    struct message_list messages = {0};
    struct config *config;

    host.audit = audit;
    host_config(policy);
    config = config_load(crypto, getenv("P11GATE_CONFIG"), false, &messages);
    assert_non_null(config);
    message_list_finish(&messages);
    return config;
}

/* As config.c joins the two files. */
static struct config *join(const char *audit, const char *policy, const char *user_audit,
                           const char *user_policy)
{
    struct config *config = load(audit, policy), *user = load(user_audit, user_policy);
    struct policy *narrower = malloc(sizeof(*narrower));
    struct config_stamps *stamps = config->stamps;

    config->stamps = user->stamps; /* of the file as it is there now */
    user->stamps = stamps;
    assert_non_null(narrower);
    *narrower = user->policy;
    user->policy = (struct policy){0};
    config->policy.narrowed_by = narrower;
    config->settings.user_audit = user->settings.audit;
    user->settings.audit = (struct audit_settings){0};
    free(config->user_path);
    config->user_path = user->path; /* which the rules name */
    user->path = NULL;
    config->system = true;
    config_destroy(user);
    return config;
}

static void open_gate(struct config *config)
{
    log_open(&config->settings.log);
    assert_int_equal(gate_create_with(config, &gate), CKR_OK);
    gate->serves = true;
}

static CK_SESSION_HANDLE log_in(CK_RV expected)
{
    struct layer *layer = &gate->layer;
    CK_SESSION_HANDLE session = 0;

    assert_int_equal(layer->C_OpenSession(layer, slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
    assert_int_equal(layer->C_Login(layer, session, CKU_USER, (CK_UTF8CHAR *)"1234", 4), expected);
    return session;
}

/* All that are shown. */
static CK_ULONG find_private_keys(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE found[8])
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    struct layer *layer = &gate->layer;
    CK_ULONG count = 0;

    assert_int_equal(layer->C_FindObjectsInit(layer, session, &template, 1), CKR_OK);
    assert_int_equal(layer->C_FindObjects(layer, session, found, 8, &count), CKR_OK);
    assert_int_equal(layer->C_FindObjectsFinal(layer, session), CKR_OK);
    return count;
}

static CK_RV sign(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    struct layer *layer = &gate->layer;
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_OBJECT_HANDLE found[8];
    CK_RV rv;

    assert_true(find_private_keys(session, found) > 0);
    rv = layer->C_SignInit(layer, session, &mechanism, found[0]);
    return rv == CKR_OK ? layer->C_Sign(layer, session, host_data, 32, signature, &size) : rv;
}

/* The system shows 01 and 02, the user 01 and 03. */
static const char system_policy[] = "allow: [{name: corp, label: [\"01\", \"02\"]}]\n";
static const char user_policy[] = "allow: [{name: mine, label: [\"01\", \"03\"]}]\n";

static void both_audits_get_what_is_shown_and_used_with_both_rules(void **state)
{
    static const char *const files[] = {"system-audit", "user-audit"};
    CK_SESSION_HANDLE session;

    (void)state;
    open_gate(join("audit: system-audit", system_policy, "audit: user-audit", user_policy));
    session = log_in(CKR_OK);
    assert_int_equal(sign(session), CKR_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(audit_count(files[i], "login-accepted"), 1);
        assert_int_equal(audit_count(files[i], "signature-begins"), 1);
        assert_int_equal(audit_count(files[i], "signature-made"), 1);
        assert_string_equal(audit_value(files[i], "key-shown", "label"), "01");
        assert_string_equal(audit_value(files[i], "signature-made", "rule_name"), "corp");
        assert_string_equal(audit_value(files[i], "signature-made", "user_rule_name"), "mine");
        assert_non_null(strstr(audit_value(files[i], "signature-made", "user_rule"), "config.yaml:4:"));
    }
}

/* Trap: hidden objects are for the administrator's log, not for a file that the user reads; nor for the log at any level. */
static void what_the_system_hides_is_in_no_file_of_the_users(void **state)
{
    (void)state;
    open_gate(join("audit: system-audit", system_policy, "audit: user-audit", user_policy));
    log_in(CKR_OK);
    assert_int_equal(audit_count("system-audit", "event=\"key-hidden\""), 2);
    assert_int_equal(audit_count("system-audit", "label=\"03\""), 1);
    assert_int_equal(audit_count("user-audit", "event=\"key-hidden\""), 1);
    assert_string_equal(audit_value("user-audit", "key-hidden", "label"), "02"); /* by the user's own file */
    assert_int_equal(audit_count("user-audit", "label=\"03\""), 0);
    assert_int_equal(audit_count("log", " is hidden by "), 1);
}

static void without_a_system_s_audit_the_user_s_has_it_as_explain_tells_it_all_the_same(void **state)
{
    (void)state;
    open_gate(join("audit: none", system_policy, "audit: user-audit", user_policy));
    log_in(CKR_OK);
    assert_int_equal(audit_count("user-audit", "event=\"key-hidden\""), 2);
    assert_int_equal(audit_count("log", " is hidden by "), 2);
}

static void expect_nothing_used(void)
{
    host.mock->forget_calls();
    log_in(CKR_FUNCTION_FAILED);
    assert_int_equal(host.mock->calls_of("C_Login"), 0);
    gate_destroy(gate);
    gate = NULL;
}

static void each_file_may_require_that_both_are_written(void **state)
{
    (void)state;
    open_gate(join("audit: config.yaml/x, audit_required: true", system_policy,
                   "audit: user-audit, audit_required: false", user_policy));
    expect_nothing_used();
    open_gate(join("audit: system-audit, audit_required: true", system_policy,
                   "audit: config.yaml/x", user_policy));
    expect_nothing_used();
    open_gate(join("audit: system-audit", system_policy,
                   "audit: config.yaml/x, audit_required: true", user_policy));
    expect_nothing_used();
    open_gate(join("audit: config.yaml/x", system_policy, "audit: user-audit", user_policy));
    assert_int_equal(sign(log_in(CKR_OK)), CKR_OK);
    assert_int_equal(audit_count("user-audit", "signature-made"), 1);
}

static void a_key_that_audit_only_shows_is_marked(void **state)
{
    struct config *config = load("audit: system-audit", "deny: [{name: old, label: \"01\"}]\nallow: [{label: \"02\"}]\n");

    (void)state;
    config->system = true;
    config->settings.audit_only = true;
    open_gate(config);
    log_in(CKR_OK);
    assert_int_equal(audit_count("system-audit", "event=\"key-shown\""), 3);
    assert_int_equal(audit_count("system-audit", "audit_only=\"yes\""), 2);
    assert_int_equal(audit_count("system-audit", "rule_name=\"old\" audit_only=\"yes\" reason=\"denied\""), 1);
    assert_int_equal(audit_count("system-audit", "event=\"key-hidden\""), 0);
}

/* The command looks at tokens under policies that are not in force; what it logs in to is another matter. */
static void the_command_writes_down_logins_and_no_decisions(void **state)
{
    (void)state;
    open_gate(load("audit: system-audit", system_policy));
    gate->serves = false;
    log_in(CKR_OK);
    assert_string_equal(audit_events("system-audit"), "login-begins login-accepted");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, end)
    const struct CMUnitTest tests[] = {
        CASE(both_audits_get_what_is_shown_and_used_with_both_rules),
        CASE(what_the_system_hides_is_in_no_file_of_the_users),
        CASE(without_a_system_s_audit_the_user_s_has_it_as_explain_tells_it_all_the_same),
        CASE(each_file_may_require_that_both_are_written),
        CASE(a_key_that_audit_only_shows_is_marked),
        CASE(the_command_writes_down_logins_and_no_decisions),
    };

    return cmocka_run_group_tests_name("audit_two", tests, host_load, host_unload);
}
