// SPDX-License-Identifier: BSD-2-Clause
// Public key files that a policy names.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "crypto/public_key.h"

#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIME7qURhyicZ4E40b9gdwFQwXS1dhGE3vzBUwRlGhJDo"
#define ECDSA                                                                                      \
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAVdADNdI5aQv/6/"     \
    "i7sIZhe/WLCShuxBdmOFNC9ZSKadVjJ7BV0WvhsJz4/uG/+8r6TiVl9daDZqr86ogxTqf0s="
#define RSA                                                                                        \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDFSJ1t9WAYzWdjKOAK8Xb3BqKAzeJ5REDXZbhsRGy55wbStM5F4aW/" \
    "3Yz7obxZGgi7WOrk1g31WaC0HZNgxEzOPvi6OezCPoH+rRHRlbtclJoTzqcmx3WCo+"                           \
    "qQyHJRDo4B2msLITrjKutZ/5H5VRMsOAXCzuyL6YSy47GROlx6Iw=="

static const char ed25519_print[] = "SHA256:DaUS4vytv4xi2PNsL7YBLbARlpiLiojA3ISPvwfy0Yg";
static const char ecdsa_print[] = "SHA256:GJqoJnGXfc6NWDzenJ/W/lCmg+t7F2svLd/JUWKCy3k";
static const char rsa_print[] = "SHA256:MnnC0hwxZ+R7DVb7+ao6a/sdSeZeNSHaR+Vn1uW+jj8";

static const char policy[] = "version: 1\nmodule: a.so\nallow: [{public_key: k.pub}]\n";

static void assert_print(const struct public_key *key, const char *print)
{
    char text[51];

    assert_true(public_key_fingerprint_text(key, text));
    assert_string_equal(text, print);
}

static void expect_prints(const char *file, const char *const *prints, size_t count)
{
    struct config *config;
    const struct selector *selector;

    fixture_write_text("k.pub", file);
    config = fixture_load(policy);
    selector = &config->policy.allow.rules[0].condition.children[0];
    assert_int_equal(selector->kind, SELECTOR_PUBLIC_KEY);
    assert_int_equal(selector->n_keys, count);
    for (size_t i = 0; i < count; i++)
        assert_print(selector->keys[i], prints[i]);
    config_destroy(config);
}

static void every_line_of_a_file_is_a_key(void **state)
{
    static const char *const prints[] = {ed25519_print, ecdsa_print, rsa_print};

    (void)state;
    expect_prints(ED25519 "\n" ECDSA "\n" RSA "\n", prints, 3);
    expect_prints(ED25519, prints, 1);
    expect_prints(ED25519 " user@host\r\n", prints, 1);
    expect_prints("# mine\n\n  \t\n" ED25519 " a b c\n#" RSA "\n", prints, 1);
    expect_prints("command=\"echo \\\"a b\\\"\",no-pty " ED25519 "\n", prints, 1);
    expect_prints("  " ED25519 "\n\t" ECDSA "\n", prints, 2);
}

static void several_files_are_one_list(void **state)
{
    struct config *config;
    const struct selector *selector;

    (void)state;
    fixture_write_text("k.pub", ED25519);
    fixture_write_text("l.pub", RSA);
    config = fixture_load_policy("allow: [{public_key: [k.pub, l.pub]}]");
    selector = &config->policy.allow.rules[0].condition.children[0];
    assert_int_equal(selector->n_keys, 2);
    assert_print(selector->keys[1], rsa_print);
    config_destroy(config);
}

static void an_absolute_path_is_taken_as_it_is(void **state)
{
    char text[300];

    (void)state;
    fixture_write_text("k.pub", ED25519);
    snprintf(text, sizeof(text), "allow: [{public_key: %s}]", fixture_path("k.pub"));
    config_destroy(fixture_load_policy(text));
}

/* The errors are at the file's own lines, or where the configuration names it. */
static void expect_file_errors(const char *file, size_t size, bool in_file, const char *errors)
{
    const char *path = fixture_write("k.pub", file, size);
    struct message_list messages = {0};
    char prefix[256];

    snprintf(prefix, sizeof(prefix), "%s:", in_file ? path : fixture_path("config.yaml"));
    assert_null(
        config_load(fixture_crypto(), fixture_write_text("config.yaml", policy), false, &messages));
    fixture_compare(&messages, prefix, errors, file);
    message_list_finish(&messages);
}

static void a_file_without_a_key_is_an_error_where_it_is_named(void **state)
{
    (void)state;
    expect_file_errors("", 0, false, "3:22: found no key");
    expect_file_errors("# only words\n", 13, false, "3:22: found no key");
    expect_file_errors("a\0b", 3, false, "3:22: found a NUL character");
}

static void a_line_that_cannot_be_read_is_an_error_there(void **state)
{
    static const char broken[] = ED25519 "\nssh-rsa AAAA\nnonsense\n";
    static const char private[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";

    (void)state;
    expect_file_errors(broken, strlen(broken), true,
                       "2: found a line without\n3: found a line without");
    expect_file_errors(private, strlen(private), true, "1: found a line without");
}

static void keys_that_no_token_has_are_passed_over_with_a_warning(void **state)
{
    struct message_list messages = {0};
    struct config *config;

    (void)state;
    fixture_write_text("k.pub", "sk-ssh-ed25519@openssh.com AAAA\nssh-dss AAAA\n" ED25519 "\n");
    config =
        config_load(fixture_crypto(), fixture_write_text("config.yaml", policy), false, &messages);
    assert_non_null(config);
    assert_int_equal(messages.count, 2);
    assert_int_equal(messages.errors, 0);
    assert_int_equal(messages.items[0].severity, SEVERITY_WARNING);
    assert_int_equal(config->policy.allow.rules[0].condition.children[0].n_keys, 1);
    config_destroy(config);
    message_list_finish(&messages);
}

static void a_file_that_others_can_write_is_an_error_where_it_is_named(void **state)
{
    (void)state;
    assert_int_equal(chmod(fixture_write_text("k.pub", ED25519), 0666), 0);
    fixture_expect_errors(policy,
                          "3:22: k.pub: writable by others than its owner, run `chmod go-w");
}

static void a_changed_key_file_changes_the_configuration(void **state)
{
    struct config *config;

    (void)state;
    fixture_write_text("k.pub", ED25519);
    config = fixture_load(policy);
    assert_false(config_changed(config));
    fixture_write_text("k.pub", RSA);
    assert_true(config_changed(config));
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_a_file_is_a_key),
        cmocka_unit_test(several_files_are_one_list),
        cmocka_unit_test(an_absolute_path_is_taken_as_it_is),
        cmocka_unit_test(a_file_without_a_key_is_an_error_where_it_is_named),
        cmocka_unit_test(a_line_that_cannot_be_read_is_an_error_there),
        cmocka_unit_test(keys_that_no_token_has_are_passed_over_with_a_warning),
        cmocka_unit_test(a_file_that_others_can_write_is_an_error_where_it_is_named),
        cmocka_unit_test(a_changed_key_file_changes_the_configuration),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
