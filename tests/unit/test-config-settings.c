// SPDX-License-Identifier: BSD-2-Clause
// The top level: version, module, preset, log, and what later versions will know.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/identity.h"

static struct config *load_module(const char *module)
{
    char text[256];

    snprintf(text, sizeof(text), "version: 1\nmodule: %s\nallow: []\n", module);
    return fixture_load(text);
}

static void a_module_is_absolute_or_in_the_folder_of_p11_kit(void **state)
{
    struct identity identity;
    char home[512];
    struct {
        const char *written;
        const char *path;
    } cases[] = {
        {"opensc-pkcs11.so", P11_MODULE_PATH "/opensc-pkcs11.so"},
        {"sub/a.so", P11_MODULE_PATH "/sub/a.so"},
        {"/usr/lib/libeToken.so", "/usr/lib/libeToken.so"},
        {"\"/opt/a b#c.so\"", "/opt/a b#c.so"},
        {"xp11gate.so", P11_MODULE_PATH "/xp11gate.so"},
        {"~/a.so", home},
        {"\"%d/a.so\"", home},
    };

    (void)state;
    identity_init(&identity);
    assert_non_null(identity.home);
    snprintf(home, sizeof(home), "%s/a.so", identity.home);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *config = load_module(cases[i].written);

        assert_string_equal(config->settings.modules[0].path, cases[i].path);
        assert_int_equal(config->settings.modules[0].position.line, 2);
        assert_int_equal(config->settings.modules[0].position.column, 9);
        config_destroy(config);
    }
    identity_finish(&identity);
}

static void log_settings_have_the_defaults_of_the_policy(void **state)
{
    struct config *config;

    (void)state;
    setenv("XDG_STATE_HOME", "/state", 1);
    config = load_module("a.so");
    assert_string_equal(config->settings.log.file, "/state/p11gate/log");
    assert_int_equal(config->settings.log.level, LOG_ERROR);
    assert_false(config->settings.log.trace);
    assert_true(config->settings.log.to_stderr);
    assert_int_equal(config->settings.preset, PRESET_SSH);
    config_destroy(config);
}

static void without_a_good_xdg_state_home_the_log_is_in_the_home(void **state)
{
    static const char *const values[] = {NULL, "", "relative"};
    struct identity identity;
    char path[512];

    (void)state;
    identity_init(&identity);
    assert_non_null(identity.home);
    snprintf(path, sizeof(path), "%s/.local/state/p11gate/log", identity.home);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct config *config;

        unsetenv("XDG_STATE_HOME");
        if (values[i] != NULL)
            setenv("XDG_STATE_HOME", values[i], 1);
        config = load_module("a.so");
        assert_string_equal(config->settings.log.file, path);
        config_destroy(config);
    }
    identity_finish(&identity);
}

static void log_settings_are_read(void **state)
{
    struct config *config = fixture_load_policy(
        "preset: ssh\nallow: all\nlog: {file: logs/a, level: debug, trace: true, stderr: never}");
    const struct log_settings *log = &config->settings.log;

    (void)state;
    assert_string_equal(log->file, fixture_path("logs/a"));
    assert_int_equal(log->level, LOG_DEBUG);
    assert_true(log->trace);
    assert_false(log->to_stderr);
    config_destroy(config);
    config = fixture_load_policy("allow: all\nlog: {file: /var/log/a, level: info, stderr: auto}");
    assert_string_equal(config->settings.log.file, "/var/log/a");
    assert_int_equal(config->settings.log.level, LOG_INFO);
    assert_true(config->settings.log.to_stderr);
    config_destroy(config);
}

static void every_mistake_at_the_top_is_reported(void **state)
{
    static const struct {
        const char *text;
        const char *errors;
    } cases[] = {
        {"", "1:1: empty file, expected `version: 1`"},
        {"just text", "1:1: found `just text`, expected a map"},
        {"- version: 1", "1:1: found a list, expected a map"},
        {"{}", "1:1: found an empty map\n1:1: `version`\n1:1: `module`\n1:1: `allow`"},
        {"allow: []", "1:1: found no `version`, expected `version: 1`\n1:1: found no `module`"},
        {"# head\n\nmodule: a.so\nallow: []", "3:1: found no `version`"},
        {"version: 2\nmodule: a.so\nallow: []", "1:10: found `2`, expected 1"},
        {"version: 1.0\nmodule: a.so\nallow: []", "1:10: found `1.0`, expected 1"},
        {"version: 01\nmodule: a.so\nallow: []", "1:10: found `01`, expected 1"},
        {"version: [1]\nmodule: a.so\nallow: []", "1:10: found a list, expected 1"},
        {"version:\nmodule: a.so\nallow: []", "1:1: found nothing, expected 1"},
        {"version: 1\nallow: []", "1:1: found no `module`"},
        {"version: 1\nmodule:\nallow: []", "2:1: found nothing, expected a path"},
        {"version: 1\nmodule: [a.so]\nallow: []", "2:9: found a list, expected a path"},
        {"version: 1\nmodule: \"\"\nallow: []", "2:9: expected a path"},
        {"version: 1\nmodule: p11gate.so\nallow: []",
         "2:9: found `p11gate.so`, expected the vendor's module"},
        {"version: 1\nmodule: /usr/lib/pkcs11/p11gate.so\nallow: []",
         "2:9: expected the vendor's module"},
        {"version: 1\nmodule: /opt/p11gate-card.so\nallow: []",
         "2:9: expected the vendor's module"},
        {"version: 1\nmodule: a.so\nmodule: b.so\nallow: []",
         "3:1: `module` again, expected it once; the first is in line 2"},
        {"version: 1\nmodul: a.so\nallow: []",
         "2:1: unknown key `modul`, expected `version`, `module`, `preset`, `require`, `deny`, "
         "`allow` or `log`; did you mean `module`?\n1:1: found no `module`"},
        {"version: 1\nmodule: a.so\nalow: all",
         "3:1: did you mean `allow`?\n1:1: found no `allow`"},
        {"version: 1\nmodule: a.so\nallow: []\ntrust_anchor: {}",
         "4:1: did you mean `trust_anchors`?"},
        {"version: 1\nmodule: a.so\nallow: []\nnonsense: 1", "4:1: unknown key `nonsense`"},
        {"version: 1\nmodule: a.so\nallow: []\n? \n: 1", "4:2: unknown key nothing"},
        {"version: 1\nmodule: a.so\nallow: []\npreset: read-only", "4:9: read-only: not yet"},
        {"version: 1\nmodule: a.so\nallow: []\npreset: transparent", "4:9: transparent: not yet"},
        {"version: 1\nmodule: a.so\nallow: []\npreset: shh",
         "4:9: expected `ssh`, `read-only` or `transparent`; did you mean `ssh`?"},
        {"version: 1\nmodule: a.so\nallow: []\npreset: [ssh]", "4:9: found a list"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {}", "4:6: found an empty map"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: yes",
         "4:6: found `yes`, expected a map of log settings"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {level: warn}",
         "4:14: expected `error`, `info` or `debug`"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {trace: on}", "4:14: expected true or false"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {stderr: always}",
         "4:15: expected `auto` or `never`"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {file: }",
         "4:7: found nothing, expected a path"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {audit: none}", "4:7: audit: not yet"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {audit_required: false}",
         "4:7: audit_required: not yet"},
        {"version: 1\nmodule: a.so\nallow: []\nlog:\n  levle: info", "5:3: did you mean `level`?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        fixture_expect_errors(cases[i].text, cases[i].errors);
}

static void keys_of_later_versions_are_known_by_name(void **state)
{
    static const char *const keys[] = {
        "modules", "trust_anchors", "functions",   "mechanisms", "login",  "session",
        "cache",   "audit_only",    "user_config", "profiles",   "daemon",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char text[128];
        char error[128];

        snprintf(text, sizeof(text), "allow: []\n%s: {a: [b]}\n", keys[i]);
        snprintf(error, sizeof(error), "4:1: %s: not yet supported by this version", keys[i]);
        fixture_expect_policy_errors(text, error);
    }
}

static void found_text_is_cut_between_characters(void **state)
{
    char text[512] = "version: ";

    (void)state;
    for (size_t i = 0; i < 60; i++)
        strcat(text, "\xe2\x82\xac");
    strcat(text, "\nmodule: a.so\nallow: []");
    fixture_expect_errors(text, "1:10: found `\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac`..., expected 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_is_absolute_or_in_the_folder_of_p11_kit),
        cmocka_unit_test(log_settings_have_the_defaults_of_the_policy),
        cmocka_unit_test(without_a_good_xdg_state_home_the_log_is_in_the_home),
        cmocka_unit_test(log_settings_are_read),
        cmocka_unit_test(every_mistake_at_the_top_is_reported),
        cmocka_unit_test(keys_of_later_versions_are_known_by_name),
        cmocka_unit_test(found_text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
