// SPDX-License-Identifier: BSD-2-Clause
// `login`: where a PIN comes from, how long it is kept, and what is refused there.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config/identity.h"
#include "config/secure_file.h"

static struct config *load(const char *login)
{
    char text[512];

    snprintf(text, sizeof(text), "allow: []\nlogin: %s\n", login);
    return fixture_load_policy(text);
}

static void without_login_there_is_no_source_and_nothing_is_kept(void **state)
{
    struct config *config = fixture_load_policy("allow: []\n");

    (void)state;
    assert_int_equal(config->settings.login.source, PIN_SOURCE_NONE);
    assert_false(config->settings.login.keeps);
    assert_false(config->settings.login.normal);
    config_destroy(config);
}

static void sources_are_read(void **state)
{
    struct identity identity;
    char home[600], own[600], in_folder[600];
    const struct {
        const char *written;
        enum pin_source source;
        const char *name;
    } cases[] = {
        {"file:/run/secrets/pin", PIN_SOURCE_FILE, "/run/secrets/pin"},
        {"file:~/pin", PIN_SOURCE_FILE, home},
        {"\"file:/pins/%u\"", PIN_SOURCE_FILE, own},
        {"file:pin", PIN_SOURCE_FILE, in_folder},
        {"systemd:card.pin", PIN_SOURCE_SYSTEMD, "card.pin"},
        {"systemd:file:x", PIN_SOURCE_SYSTEMD, "file:x"},
        {"command:/usr/bin/true", PIN_SOURCE_COMMAND, "/usr/bin/true"},
        {"askpass", PIN_SOURCE_ASKPASS, NULL},
    };

    (void)state;
    identity_init(&identity);
    snprintf(home, sizeof(home), "%s/pin", identity.home);
    snprintf(own, sizeof(own), "/pins/%s", identity.user);
    snprintf(in_folder, sizeof(in_folder), "%s/pin", fixture_folder());
    identity_finish(&identity);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char login[128];
        struct config *config;

        snprintf(login, sizeof(login), "{pin_source: %s}", cases[i].written);
        config = load(login);
        assert_int_equal(config->settings.login.source, cases[i].source);
        if (cases[i].name == NULL)
            assert_null(config->settings.login.source_name);
        else
            assert_string_equal(config->settings.login.source_name, cases[i].name);
        assert_false(config->settings.login.of_system);
        config_destroy(config);
    }
}

static void what_is_kept_has_the_limits_of_the_policy_unless_it_says_others(void **state)
{
    static const struct {
        const char *written;
        bool keeps;
        unsigned long idle, max;
        bool survives;
    } cases[] = {
        {"never", false, 600, 28800, false},
        {"{survive_removal: true}", true, 600, 28800, true},
        {"{idle: 90s}", true, 90, 28800, false},
        {"{max: 7d}", true, 600, 604800, false},
        {"{idle: none, max: none, survive_removal: true}", true, 0, 0, true},
        {"{survive_removal: false, idle: 3650d, max: 1s}", true, 315360000, 1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char login[128];
        struct config *config;
        const struct login_settings *read;

        snprintf(login, sizeof(login), "{keep_pin: %s}", cases[i].written);
        config = load(login);
        read = &config->settings.login;
        assert_int_equal(read->keeps, cases[i].keeps);
        assert_int_equal(read->idle, cases[i].idle);
        assert_int_equal(read->max, cases[i].max);
        assert_int_equal(read->survives_removal, cases[i].survives);
        config_destroy(config);
    }
}

static void automatic_is_careful_or_normal(void **state)
{
    struct config *config = load("{pin_source: askpass, automatic: normal}");

    (void)state;
    assert_true(config->settings.login.normal);
    config_destroy(config);
    config = load("{pin_source: askpass, automatic: careful}");
    assert_false(config->settings.login.normal);
    config_destroy(config);
}

static void a_profile_s_login_goes_over_that_of_the_file_key_by_key(void **state)
{
    const struct login_settings *login;
    struct config *config;

    (void)state;
    setenv("P11GATE_PROFILE", "p", 1);
    config = fixture_load_policy("allow: []\nlogin: {pin_source: systemd:a, keep_pin: {idle: 1m}, automatic: normal}\n"
                                 "profiles: {p: {login: {pin_source: askpass, keep_pin: never}}}\n");
    unsetenv("P11GATE_PROFILE");
    login = &config->settings.login;
    assert_int_equal(login->source, PIN_SOURCE_ASKPASS);
    assert_null(login->source_name);
    assert_false(login->keeps);
    assert_true(login->normal);
    config_destroy(config);
}

static void mistakes_are_reported_at_their_place(void **state)
{
    static const struct {
        const char *login;
        const char *errors;
    } cases[] = {
        {"askpass", "4:8: found `askpass`, expected a map with `pin_source`"},
        {"{}", "4:8: found an empty map, expected a map with `pin_source`"},
        {"{pin: a}", "4:9: found the unknown key `pin`, expected `pin_source`, `keep_pin` or `automatic`"},
        {"{pin_source: 1234}", "4:21: found `1234`, expected `file:/path`, `systemd:NAME`, `command:/absolute/path` or `askpass`"},
        {"{pin_source: ask}", "4:21: found `ask`, expected `file:/path`"},
        {"{pin_source: askpassword}", "4:21: found `askpassword`, expected"},
        {"{pin_source: /run/pin}", "4:21: found `/run/pin`, expected `file:/path`"},
        {"{pin_source: 'file:'}", "4:21: found `file:`, expected a path"},
        {"{pin_source: 'systemd:'}", "4:21: found `systemd:`, expected the name of a credential"},
        {"{pin_source: systemd:a/b}", "4:21: found `systemd:a/b`, expected the name of a credential, without `/`"},
        {"{pin_source: systemd:..}", "4:21: found `systemd:..`, expected the name of a credential"},
        {"{pin_source: command:true}", "4:21: found `command:true`, expected the absolute path of a program"},
        {"{pin_source: 'file:%q'}", "4:21: `%` before a letter"},
        {"{keep_pin: always}", "4:19: found `always`, expected `never`"},
        {"{keep_pin: true}", "4:19: found `true`, expected `never`"},
        {"{keep_pin: []}", "4:19: found an empty list, expected `never` or a map with `idle`"},
        {"{keep_pin: {}}", "4:19: found an empty map, expected `never` or a map with `idle`"},
        {"{keep_pin: {idle: 0s}}", "4:26: found `0s`, expected a duration above zero, such as 10m, or `none`"},
        {"{keep_pin: {idle: 10}}", "4:26: found `10`, expected a duration above zero"},
        {"{keep_pin: {max: never}}", "4:25: found `never`, expected a duration above zero"},
        {"{keep_pin: {max: 4000d}}", "4:25: found `4000d`, expected at most 3650d"},
        {"{keep_pin: {survive_removal: yes}}", "4:37: found `yes`, expected true or false"},
        {"{automatic: true}", "4:20: found `true`, expected `careful` or `normal`"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "allow: []\nlogin: %s\n", cases[i].login);
        fixture_expect_policy_errors(text, cases[i].errors);
    }
}

static void under_transparent_nobody_logs_in_and_nothing_is_kept(void **state)
{
    (void)state;
    fixture_expect_policy_errors("preset: transparent\nlogin: {pin_source: askpass}\n",
                                 "4:21: found `pin_source` under `preset: transparent`, expected none");
    fixture_expect_policy_errors("preset: transparent\nlogin: {keep_pin: {idle: 1m}}\n",
                                 "4:9: found `keep_pin` under `preset: transparent`, expected `never`");
    config_destroy(fixture_load_policy("preset: transparent\nlogin: {keep_pin: never, automatic: careful}\n"));
}

/* mode: of the PIN file; expected: "" for none. */
static void expect_file(mode_t mode, const char *expected)
{
    char text[600], errors[600] = "";
    const char *path = fixture_write_text("pin", "1234\n");

    assert_int_equal(chmod(path, mode), 0);
    snprintf(text, sizeof(text), "allow: []\nlogin: {pin_source: file:%s}\n", path);
    if (expected[0] != '\0')
        snprintf(errors, sizeof(errors), "4:21: %s%s", path, expected);
    if (expected[0] != '\0')
        fixture_expect_policy_errors(text, errors);
    else
        config_destroy(fixture_load_policy(text));
    unlink(path);
}

static void a_file_with_a_pin_is_read_by_its_owner_alone(void **state)
{
    (void)state;
    expect_file(0600, "");
    expect_file(0400, "");
    expect_file(0000, "");
    expect_file(0640, ": readable by others than its owner, run `chmod 0600 ");
    expect_file(0604, ": readable by others than its owner, run `chmod 0600 ");
    expect_file(0610, ": readable by others than its owner, run `chmod 0600 ");
    expect_file(0620, ": writable by others than its owner, run `chmod go-w ");
}

static void a_program_that_others_can_write_is_refused(void **state)
{
    const char *path = fixture_write_text("program", "#!/bin/sh\n");
    char text[600], errors[600];

    (void)state;
    assert_int_equal(chmod(path, 0777), 0);
    snprintf(text, sizeof(text), "allow: []\nlogin: {pin_source: command:%s}\n", path);
    snprintf(errors, sizeof(errors), "4:21: %s: writable by others than its owner", path);
    fixture_expect_policy_errors(text, errors);
    assert_int_equal(chmod(path, 0755), 0);
    config_destroy(fixture_load_policy(text));
}

static void read_secret(mode_t mode, const char *expected)
{
    const char *path = fixture_write_text("secret", "1234\n");
    struct message_list messages = {0};
    struct secure_file file = {0};

    assert_int_equal(chmod(path, mode), 0);
    if (secure_file_read_secret(path, 1024, false, &messages, &file)) {
        assert_null(expected);
        assert_string_equal(file.text, "1234\n");
    } else {
        assert_non_null(expected);
        assert_int_equal(messages.count, 1);
        assert_non_null(strstr(messages.items[0].text, expected));
    }
    secure_file_wipe(&file);
    assert_null(file.text);
    message_list_finish(&messages);
    unlink(path);
}

static void a_secret_is_not_read_where_others_could(void **state)
{
    (void)state;
    read_secret(0600, NULL);
    read_secret(0644, "readable by others");
    read_secret(0660, "writable by others");
}

/* In place of the fixture's module, which is not there, is a path that is. */
static void expect_warnings(const char *login, const char *expected)
{
    struct message_list messages = {0};
    struct config *config = load(login);
    char prefix[300];

    snprintf(prefix, sizeof(prefix), "%s:", config->path);
    strcpy(config->settings.modules[0].path, "/");
    config_lint(config, &messages);
    fixture_compare(&messages, prefix, expected, login);
    message_list_finish(&messages);
    config_destroy(config);
}

static void what_can_mean_nothing_is_warned_of(void **state)
{
    (void)state;
    expect_warnings("{automatic: normal}", "4:9: `automatic` says when p11gate logs in by itself");
    expect_warnings("{automatic: careful, keep_pin: never}", "4:9: `automatic` says when");
    expect_warnings("{automatic: normal, keep_pin: {idle: 1m}}", "");
    expect_warnings("{automatic: normal, pin_source: askpass}", "");
    expect_warnings("{keep_pin: {idle: 8h}}", "4:20: `idle` never ends before `max` does");
    expect_warnings("{keep_pin: {idle: 1h, max: 10m}}", "4:20: `idle` never ends before `max`");
    expect_warnings("{keep_pin: {idle: 9h, max: none}}", "");
    expect_warnings("{keep_pin: {max: 1m}}", "");
    expect_warnings("{keep_pin: {idle: none, max: 1m}}", "");
    expect_warnings("{pin_source: file:missing}",
                    "4:21: missing cannot be read (No such file or directory)");
    expect_warnings("{pin_source: command:/run/p11gate-test-missing}",
                    "4:21: /run/p11gate-test-missing cannot");
    expect_warnings("{pin_source: systemd:pin}", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_login_there_is_no_source_and_nothing_is_kept),
        cmocka_unit_test(sources_are_read),
        cmocka_unit_test(what_is_kept_has_the_limits_of_the_policy_unless_it_says_others),
        cmocka_unit_test(automatic_is_careful_or_normal),
        cmocka_unit_test(a_profile_s_login_goes_over_that_of_the_file_key_by_key),
        cmocka_unit_test(mistakes_are_reported_at_their_place),
        cmocka_unit_test(under_transparent_nobody_logs_in_and_nothing_is_kept),
        cmocka_unit_test(a_file_with_a_pin_is_read_by_its_owner_alone),
        cmocka_unit_test(a_program_that_others_can_write_is_refused),
        cmocka_unit_test(a_secret_is_not_read_where_others_could),
        cmocka_unit_test(what_can_mean_nothing_is_warned_of),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
