// SPDX-License-Identifier: BSD-2-Clause
// The top level: version, module, preset, log and so on.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/identity.h"
#include "config/quirk.h"

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

static void the_audit_is_read(void **state)
{
    static const struct {
        const char *log;
        enum audit_kind kind;
        const char *file; /* in the folder of the configuration, if it is relative */
        bool required;
    } cases[] = {
        {"level: error", AUDIT_NONE, NULL, false},
        {"audit: none", AUDIT_NONE, NULL, false},
        {"audit: syslog", AUDIT_SYSLOG, NULL, false},
        {"audit: journal, audit_required: true", AUDIT_JOURNAL, NULL, true},
        {"audit: /var/log/p11gate.audit, audit_required: false", AUDIT_FILE,
         "/var/log/p11gate.audit", false},
        {"audit: trail", AUDIT_FILE, "trail", false},
        {"audit: ./syslog", AUDIT_FILE, "./syslog", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        struct config *config;
        const struct audit_settings *audit;

        snprintf(text, sizeof(text), "allow: all\nlog: {%s}", cases[i].log);
        config = fixture_load_policy(text);
        audit = &config->settings.audit;
        assert_int_equal(audit->kind, cases[i].kind);
        assert_int_equal(audit->required, cases[i].required);
        assert_int_equal(config->settings.user_audit.kind, AUDIT_NONE);
        if (cases[i].file == NULL)
            assert_null(audit->path);
        else
            assert_string_equal(audit->path, cases[i].file[0] == '/' ? cases[i].file
                                                                     : fixture_path(cases[i].file));
        config_destroy(config);
    }
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
         "2:1: unknown key `modul`, expected `version`, `module`, `modules`, `preset`, "
         "`require`, `deny`, `allow`, `log`, `functions`, `mechanisms`, `session`, `cache`, "
         "`audit_only`, `user_config`, `profiles`, `trust_anchors`, `login` or `daemon`; "
         "did you mean `module`?\n1:1: found no `module`"},
        {"version: 1\nmodule: a.so\nalow: all",
         "3:1: did you mean `allow`?\n1:1: found no `allow`"},
        {"version: 1\nmodule: a.so\nallow: []\ntrust_anchor: {}",
         "4:1: did you mean `trust_anchors`?"},
        {"version: 1\nmodule: a.so\nallow: []\nnonsense: 1", "4:1: unknown key `nonsense`"},
        {"version: 1\nmodule: a.so\nallow: []\n? \n: 1", "4:2: unknown key nothing"},
        {"version: 1\nmodule: a.so\npreset: transparent\nallow: [{id: 01, use: {digests: [sha256]}}]",
         "4:34: found a list of mechanisms, expected none: `preset: transparent` passes them"},
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
        {"version: 1\nmodule: a.so\nallow: []\nlog: {audit: Syslog}",
         "4:14: found `Syslog`, expected `none`, `syslog` or `journal`; did you mean `syslog`?"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {audit: journald}",
         "4:14: did you mean `journal`?"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {audit: [syslog]}", "4:14: found a list"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {audit: syslog, audit_required: on}",
         "4:38: expected true or false"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {audit_required: true}",
         "4:7: found `audit_required` without an `audit`, expected syslog, journal or the path"},
        {"version: 1\nmodule: a.so\nallow: []\nlog: {audit_required: true, audit: none}",
         "4:7: found `audit_required` without an `audit`"},
        {"version: 1\nmodule: a.so\npreset: transparent\nlog: {audit: journal}",
         "4:7: found `audit` under `preset: transparent`, expected none"},
        {"version: 1\nmodule: a.so\npreset: transparent\nallow: [{id: 01, use: {confirm: true}}]",
         "4:9: found a rule with `confirm` under `preset: transparent`, expected none"},
        {"version: 1\nmodule: a.so\nallow: []\nlog:\n  levle: info", "5:3: did you mean `level`?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        fixture_expect_errors(cases[i].text, cases[i].errors);
}

static void modules_are_read_in_their_order(void **state)
{
    struct config *config = fixture_load(
        "version: 1\nallow: []\nmodules:\n"
        "  - {path: a.so, name: card, quirks: [serialize]}\n"
        "  - {path: /opt/b.so, init_args: \"configdir='sql:/db' flags=readOnly\", quirks: []}\n"
        "  - path: a.so\n");
    const struct module_settings *modules = config->settings.modules;

    (void)state;
    assert_int_equal(config->settings.n_modules, 3);
    assert_string_equal(modules[0].name, "card");
    assert_string_equal(modules[0].path, P11_MODULE_PATH "/a.so");
    assert_null(modules[0].init_args);
    assert_int_equal(modules[0].quirks, 1U << QUIRK_SERIALIZE);
    assert_int_equal(modules[0].position.line, 4);
    assert_int_equal(modules[0].position.column, 12);
    assert_null(modules[1].name);
    assert_string_equal(modules[1].path, "/opt/b.so");
    assert_string_equal(modules[1].init_args, "configdir='sql:/db' flags=readOnly");
    assert_int_equal(modules[1].quirks, 0);
    assert_null(modules[2].name);
    config_destroy(config);
}

static void mistakes_in_modules_are_reported(void **state)
{
    static const struct {
        const char *modules;
        const char *errors;
    } cases[] = {
        {"[]", "2:10: found an empty list, expected a list of modules"},
        {"a.so", "2:10: found `a.so`, expected a list of modules"},
        {"{path: a.so}", "2:10: found a map, expected a list of modules"},
        {"[a.so]", "2:11: found `a.so`, expected a map with `path`"},
        {"[{}]", "2:11: found an empty map, expected a map with `path`"},
        {"[{name: a}]", "2:11: found no `path`, expected the vendor's library"},
        {"[{path: }]", "2:12: found nothing, expected a path"},
        {"[{path: a.so, nam: b}]", "2:24: found the unknown key `nam`"},
        {"[{path: a.so, name: [b]}]", "2:30: found a list, expected text"},
        {"[{path: a.so, name: \"\"}]", "2:30: expected text"},
        {"[{path: a.so, name: \"a\\nb\"}]", "2:30: expected text without control"},
        {"[{path: a.so, init_args: {}}]", "2:35: found an empty map, expected the text that"},
        {"[{path: a.so, quirks: [serialise]}]",
         "2:33: found `serialise`, expected `serialize`, `no-finalize`, `no-reinitialize`, `slots-frozen`, `rw-session` or `recovers`; did you mean "
         "`serialize`?"},
        {"[{path: a.so, quirks: {serialize: true}}]", "2:32: found a map, expected `serialize`, `no-finalize`"},
        {"[{path: a.so, name: x}, {path: b.so}, {path: c.so, name: x}]",
         "2:67: found a second module with the name `x`"},
        {"[{path: p11gate.so}]", "2:18: expected the vendor's module"},
        {"[{path: a.so}]\nmodule: b.so",
         "2:1: found `modules` beside `module`, expected one of them"},
        {"[{path: a.so}, {path: b.so}]\npreset: transparent",
         "2:32: found a second module, expected one: `preset: transparent` names one module"},
        {"[{path: a.so, quirks: [serialize, no-finalize]}]\npreset: transparent",
         "2:18: found the quirk `no-finalize`, expected `serialize` alone: `preset: transparent`"},
        {"[{path: a.so}]\npreset: transparent\nmechanisms: {deny: [CKM_RSA_X_509]}",
         "4:21: found a list of mechanisms, expected none: `preset: transparent` passes them"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "version: 1\nmodules: %s\nallow: []", cases[i].modules);
        fixture_expect_errors(text, cases[i].errors);
    }
}

static void session_and_cache_have_defaults_and_are_read(void **state)
{
    static const struct {
        const char *written;
        unsigned long seconds;
    } durations[] = {
        {"0s", 0}, {"90s", 90}, {"10m", 600}, {"8h", 28800}, {"7d", 604800}, {"007d", 604800},
    };
    struct config *config = fixture_load_policy("allow: []");

    (void)state;
    assert_false(config->settings.read_only);
    assert_int_equal(config->settings.max_age, 60);
    assert_false(config->settings.audit_only);
    assert_false(config->settings.ignore_user);
    config_destroy(config);
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        char text[128];

        snprintf(text, sizeof(text), "allow: []\nsession: {read_only: true}\ncache: {max_age: %s}",
                 durations[i].written);
        config = fixture_load_policy(text);
        assert_true(config->settings.read_only);
        assert_int_equal(config->settings.max_age, durations[i].seconds);
        config_destroy(config);
    }
}

static void mistakes_in_session_and_cache_are_reported(void **state)
{
    static const struct {
        const char *text;
        const char *errors;
    } cases[] = {
        {"session: true", "4:10: found `true`, expected a map with `read_only`"},
        {"session: {readonly: true}", "4:11: did you mean `read_only`?"},
        {"session: {read_only: yes}", "4:22: expected true or false"},
        {"cache: 60s", "4:8: found `60s`, expected a map with `max_age`"},
        {"cache: {max_age: 60}",
         "4:18: found `60`, expected a duration, such as 90s, 10m, 8h or 7d"},
        {"cache: {max_age: s}", "4:18: expected a duration"},
        {"cache: {max_age: -1s}", "4:18: expected a duration"},
        {"cache: {max_age: +1s}", "4:18: expected a duration"},
        {"cache: {max_age: 1.5h}", "4:18: expected a duration"},
        {"cache: {max_age: 1w}", "4:18: expected a duration"},
        {"cache: {max_age: 1 s}", "4:18: expected a duration"},
        {"cache: {max_age: 1hour}", "4:18: expected a duration"},
        {"cache: {max_age: 1H}", "4:18: expected a duration"},
        {"cache: {max_age: 106751991167301d}", "4:18: expected a duration"},
        {"cache: {max_age: 99999999999999999999s}", "4:18: expected a duration"},
        {"audit_only: true",
         "4:1: found `audit_only` in a user's file, expected it in the system's"},
        {"user_config: none", "4:1: found `user_config` in a user's file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "allow: []\n%s", cases[i].text);
        fixture_expect_policy_errors(text, cases[i].errors);
    }
}

static void presets_are_read_and_transparent_needs_no_allow(void **state)
{
    struct config *config = fixture_load_policy("preset: read-only\nallow: []");

    (void)state;
    assert_int_equal(config->settings.preset, PRESET_READ_ONLY);
    config_destroy(config);
    config = fixture_load_policy("preset: transparent");
    assert_int_equal(config->settings.preset, PRESET_TRANSPARENT);
    assert_true(config->policy.allow_all);
    config_destroy(config);
    config = fixture_load_policy("preset: transparent\nallow: [{key: {sign: false}}]");
    assert_false(config->policy.allow_all);
    config_destroy(config);
    fixture_expect_policy_errors("preset: read-only", "1:1: found no `allow`");
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
        cmocka_unit_test(the_audit_is_read),
        cmocka_unit_test(every_mistake_at_the_top_is_reported),
        cmocka_unit_test(modules_are_read_in_their_order),
        cmocka_unit_test(mistakes_in_modules_are_reported),
        cmocka_unit_test(session_and_cache_have_defaults_and_are_read),
        cmocka_unit_test(mistakes_in_session_and_cache_are_reported),
        cmocka_unit_test(presets_are_read_and_transparent_needs_no_allow),
        cmocka_unit_test(found_text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
