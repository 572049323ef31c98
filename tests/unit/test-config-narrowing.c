// SPDX-License-Identifier: BSD-2-Clause
// The system's file and the user's beside it, and profiles. The files, the user and their owners
// are put in place of the real ones.
#include "tests/unit/config_fixture.h"

#include "config/identity.h"
#include "config/reader.h"

/* A home within the fixture's folder, so that no test comes near the real one. */
static void test_identity_init(struct identity *identity);

/* Root's files can be made by root alone; test-config.c sees that they have to be root's. */
static bool test_reader_file(struct reader *reader, const char *path, size_t limit,
                             struct position position, struct secure_file *file)
{
    return secure_file_read_up_to(path, limit, false, position, reader->messages, file);
}

static char system_path[256];

#undef SYSTEM_CONFIG
#define SYSTEM_CONFIG system_path
#define identity_init test_identity_init
#define reader_file test_reader_file
#include "config/choice.c"
#include "config/config.c"
#undef identity_init

static bool homeless;

static void test_identity_init(struct identity *identity)
{
    *identity = (struct identity){.user = strdup("alice"),
                                  .uid = strdup("1000"),
                                  .home = homeless ? NULL : strdup(fixture_folder())};
}

static int set_up_case(void **state)
{
    (void)state;
    snprintf(system_path, sizeof(system_path), "%s/system.yaml", fixture_folder());
    unlink(system_path);
    unlink(fixture_path("user.yaml"));
    setenv("P11GATE_CONFIG", fixture_path("user.yaml"), 1);
    unsetenv("P11GATE_PROFILE");
    unsetenv("XDG_CONFIG_HOME");
    homeless = false;
    return 0;
}

/* NULL: there is no such file. */
static void write_files(const char *system, const char *user)
{
    if (system != NULL)
        fixture_write_text("system.yaml", system);
    if (user != NULL)
        fixture_write_text("user.yaml", user);
}

static struct config *load_good(const char *system, const char *user)
{
    struct message_list messages = {0};
    struct config *config;

    write_files(system, user);
    config = config_load_chosen(fixture_crypto(), NULL, &messages);
    if (config == NULL || messages.count > 0)
        fail_msg("%s\nfor:\n%s", messages.count > 0 ? messages.items[0].text : "?", user);
    message_list_finish(&messages);
    return config;
}

/* errors: one a line, without the file's path. */
static void expect_errors(const char *file, const char *system, const char *user,
                          const char *errors)
{
    struct message_list messages = {0};
    char prefix[300];

    write_files(system, user);
    snprintf(prefix, sizeof(prefix), "%s:", fixture_path(file));
    assert_null(config_load_chosen(fixture_crypto(), NULL, &messages));
    fixture_compare(&messages, prefix, errors, user != NULL ? user : system);
    message_list_finish(&messages);
}

static const char plain_system[] = "version: 1\nmodule: a.so\nallow: [{label: a}]\n";
static const char plain_user[] = "version: 1\nallow: [{label: b}]\n";

static void the_users_file_narrows_the_systems(void **state)
{
    struct config *config =
        load_good(plain_system, "version: 1\nrequire: [{id: 01}]\ndeny: [{id: 02}]\n"
                                "allow: [{label: b, use: {order: 7, show_label: mine}}]\n"
                                "log: {level: debug}\n");
    const struct policy *narrower = config->policy.narrowed_by;

    (void)state;
    assert_string_equal(config->path, system_path);
    assert_string_equal(config->user_path, fixture_path("user.yaml"));
    assert_true(config->system);
    assert_string_equal(config->policy.file, system_path);
    assert_int_equal(config->policy.allow.count, 1);
    assert_int_equal(config->policy.require.count, 0);
    assert_non_null(narrower);
    assert_string_equal(narrower->file, fixture_path("user.yaml"));
    assert_int_equal(narrower->require.count, 1);
    assert_int_equal(narrower->deny.count, 1);
    assert_int_equal(narrower->allow.count, 1);
    assert_string_equal(narrower->allow.rules[0].use.show_label, "mine");
    assert_string_equal(narrower->allow.rules[0].position.file, fixture_path("user.yaml"));
    assert_null(narrower->narrowed_by);
    assert_int_equal(config->settings.n_modules, 1);
    config_destroy(config);
}

static void the_users_log_settings_go_over_the_systems(void **state)
{
    struct config *config = load_good("version: 1\nmodule: a.so\nallow: all\n"
                                      "log: {file: /var/log/p11gate, level: info, stderr: never}",
                                      "version: 1\nallow: all\nlog: {level: debug, trace: true}");

    (void)state;
    assert_string_equal(config->settings.log.file, "/var/log/p11gate");
    assert_int_equal(config->settings.log.level, LOG_DEBUG);
    assert_true(config->settings.log.trace);
    assert_false(config->settings.log.to_stderr);
    config_destroy(config);
    config = load_good(NULL, "version: 1\nallow: all\nlog: {file: mine}");
    assert_string_equal(config->settings.log.file, fixture_path("mine"));
    config_destroy(config);
}

/* What the system's file says of the audit stays as it is, whatever a user's says beside it, in a profile too. */
static void a_users_file_adds_to_the_systems_audit_and_takes_nothing_from_it(void **state)
{
    static const struct {
        const char *user;
        enum audit_kind kind;
        bool required; /* one of them says so */
    } cases[] = {
        {NULL, AUDIT_NONE, true},
        {"level: debug", AUDIT_NONE, true},
        {"audit: none", AUDIT_NONE, true},
        {"audit_required: false", AUDIT_NONE, true},
        {"audit: none, audit_required: false", AUDIT_NONE, true},
        {"audit: /dev/null, audit_required: false", AUDIT_FILE, true},
        {"audit: journal", AUDIT_JOURNAL, true},
    };
    static const char system[] =
        "version: 1\nmodule: a.so\nallow: all\nlog: {audit: syslog, audit_required: true}\n";

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int profile = 0; profile < 2; profile++) {
            char text[256] = "version: 1\nallow: all\n";
            struct config *config;

            if (cases[i].user != NULL)
                snprintf(text, sizeof(text), "version: 1\nallow: all\n%slog: {%s}\n",
                         profile ? "profiles: {p: {" : "", cases[i].user);
            if (cases[i].user != NULL && profile)
                strcpy(text + strlen(text) - 1, "}}\n");
            if (cases[i].user != NULL && profile)
                setenv("P11GATE_PROFILE", "p", 1);
            config = load_good(system, text);
            unsetenv("P11GATE_PROFILE");
            assert_int_equal(config->settings.audit.kind, AUDIT_SYSLOG);
            assert_true(config->settings.audit.required);
            assert_int_equal(config->settings.user_audit.kind, cases[i].kind);
            config_destroy(config);
        }
    }
}

static void an_audit_that_a_user_requires_beside_the_systems_may_be_the_systems(void **state)
{
    static const char requiring[] = "version: 1\nallow: all\nlog: {audit_required: true}";
    struct config *config =
        load_good("version: 1\nmodule: a.so\nallow: all\nlog: {audit: syslog}", requiring);

    (void)state;
    assert_true(config->settings.user_audit.required);
    config_destroy(config);
    expect_errors("user.yaml", plain_system, requiring,
                  "3:7: found `audit_required` without an `audit`");
}

/* An audit or a question that the preset in force cannot keep is an error, in whichever file it stands. */
static void under_a_transparent_system_a_user_can_have_neither_audit_nor_question(void **state)
{
    static const char transparent[] = "version: 1\nmodule: a.so\npreset: transparent\n";

    (void)state;
    expect_errors("user.yaml", transparent, "version: 1\nallow: all\nlog: {audit: ./mine}",
                  "3:7: found `audit` under `preset: transparent`");
    expect_errors("user.yaml", transparent, "version: 1\nallow: [{id: 01, use: {confirm: true}}]",
                  "2:9: found a rule with `confirm` under `preset: transparent`");
    setenv("P11GATE_PROFILE", "p", 1);
    config_destroy(load_good(transparent, "version: 1\nallow: [{id: 01, use: {confirm: true}}]\n"
                                          "log: {audit: ./mine}\nprofiles: {p: {preset: ssh}}"));
}

static void the_systems_daemon_is_every_users(void **state)
{
    struct config *config = load_good("version: 1\nmodule: a.so\nallow: all\ndaemon: {use: require}", plain_user);

    (void)state;
    assert_string_equal(config->settings.daemon.socket, "/run/p11gate/socket");
    assert_int_equal(config->settings.daemon.use, DAEMON_REQUIRE);
    config_destroy(config);
    expect_errors("system.yaml", "version: 1\nmodule: a.so\npreset: transparent\ndaemon: {use: prefer}", plain_user,
                  "4:10: found `use: prefer` under `preset: transparent`, expected `off`");
}

static void without_a_users_file_the_systems_policy_holds(void **state)
{
    struct config *config = load_good(plain_system, NULL);

    (void)state;
    assert_null(config->policy.narrowed_by);
    assert_null(config->user_path);
    assert_false(config_changed(config));
    write_files(NULL, plain_user);
    assert_true(config_changed(config));
    config_destroy(config);
    unsetenv("P11GATE_CONFIG");
    homeless = true;
    config = load_good(NULL, NULL);
    assert_null(config->policy.narrowed_by);
    config_destroy(config);
}

static void a_change_of_either_file_is_seen(void **state)
{
    struct config *config = load_good(plain_system, plain_user);

    (void)state;
    assert_false(config_changed(config));
    write_files(NULL, "version: 1\nallow: []\n");
    assert_true(config_changed(config));
    config_destroy(config);
    config = load_good(plain_system, plain_user);
    write_files("version: 1\nmodule: a.so\nallow: []\n", NULL);
    assert_true(config_changed(config));
    config_destroy(config);
    config = load_good(plain_system, plain_user);
    unlink(fixture_path("user.yaml"));
    assert_true(config_changed(config));
    config_destroy(config);
}

static void user_config_none_leaves_the_users_file_alone(void **state)
{
    struct config *config = load_good(
        "version: 1\nmodule: a.so\nallow: all\nuser_config: none\naudit_only: true", "broken [");

    (void)state;
    assert_null(config->policy.narrowed_by);
    assert_true(config->settings.ignore_user);
    assert_true(config->settings.audit_only);
    assert_false(config_changed(config));
    write_files(NULL, "other");
    assert_false(config_changed(config));
    config_destroy(config);
    setenv("P11GATE_PROFILE", "none", 1);
    config = load_good("version: 1\nmodule: a.so\nallow: all\nuser_config: none", NULL);
    config_destroy(config);
    config = load_good("version: 1\nmodule: a.so\nallow: all\nuser_config: none", NULL);
    config_destroy(config);
}

static void a_broken_file_of_either_leaves_nothing(void **state)
{
    (void)state;
    expect_errors("user.yaml", plain_system, "version: 1\nallow: [{lable: a}]\n",
                  "2:10: did you mean `label`?");
    expect_errors("user.yaml", plain_system, "version: 1\n", "1:1: found no `allow`");
    expect_errors("user.yaml", plain_system, "allow: all\n", "1:1: found no `version`");
    expect_errors("user.yaml", plain_system, "", "1:1: empty file");
    expect_errors("system.yaml", "version: 1\nallow: all", plain_user, "1:1: found no `module`");
    expect_errors("system.yaml",
                  "version: 1\nmodule: a.so\nallow: all\npreset: transparent\naudit_only: true",
                  plain_user, "5:1: found an audit, expected none");
    write_files(plain_system, plain_user);
    assert_int_equal(chmod(fixture_path("user.yaml"), 0622), 0);
    {
        struct message_list messages = {0};

        assert_null(config_load_chosen(fixture_crypto(), NULL, &messages));
        assert_non_null(strstr(messages.items[0].text, "run `chmod go-w "));
        message_list_finish(&messages);
        setenv("P11GATE_CONFIG", "relative", 1);
        assert_null(config_load_chosen(fixture_crypto(), NULL, &messages));
        message_list_finish(&messages);
    }
}

static void beside_the_systems_file_other_keys_are_refused_and_it_is_said_why(void **state)
{
    static const char *const keys[] = {
        "module: b.so",
        "modules: [{path: b.so}]",
        "preset: transparent",
        "functions: {allow: [sign]}",
        "mechanisms: {allow: [CKM_ECDSA]}",
        "session: {read_only: true}",
        "cache: {max_age: 1s}",
        "audit_only: true",
        "user_config: none",
        "trust_anchors: {a: {file: b}}",
        "login: {automatic: normal}",
        "daemon: {use: off}",
    };
    static const char *const options[] = {
        "mechanisms: [CKM_ECDSA]",
        "digests: [sha256]",
        "expose_certificate: false",
        "max_signatures_per_minute: 1",
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        snprintf(text, sizeof(text), "version: 1\nallow: all\n%s\n", keys[i]);
        expect_errors("user.yaml", plain_system, text,
                      "3:1: a user's file may only take away, by `require`, `deny`, `allow` and "
                      "`profiles`");
    }
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        snprintf(text, sizeof(text), "version: 1\nallow: [{id: 01, use: {%s}}]\n", options[i]);
        expect_errors("user.yaml", plain_system, text,
                      "2:24: in a user's file beside the system's (");
    }
    expect_errors("user.yaml", plain_system, "version: 1\nallow: all\nrequires: []",
                  "3:1: expected `version`, `require`, `deny`, `allow`, `profiles` or `log`; did "
                  "you mean `require`?");
}

static const char profiles_text[] = "version: 1\nmodule: a.so\n"
                                    "require: [{id: 01}]\ndeny: [{id: 02}]\n"
                                    "profiles:\n"
                                    "  work:\n"
                                    "    require: [{id: 03}]\n"
                                    "    deny: [{id: 04}, {id: 05}]\n"
                                    "    allow: [{label: w1}, {label: w2}]\n"
                                    "    preset: read-only\n"
                                    "    log: {level: info}\n"
                                    "  home: {allow: all}\n"
                                    "allow: [{label: a}]\n";

static void a_profile_adds_to_require_and_deny_and_replaces_allow(void **state)
{
    struct config *config = load_good(NULL, profiles_text);

    (void)state;
    assert_int_equal(config->policy.require.count, 1);
    assert_int_equal(config->policy.allow.count, 1);
    assert_int_equal(config->settings.preset, PRESET_SSH);
    config_destroy(config);
    setenv("P11GATE_PROFILE", "work", 1);
    config = load_good(NULL, NULL);
    assert_int_equal(config->policy.require.count, 2);
    assert_int_equal(config->policy.deny.count, 3);
    assert_int_equal(config->policy.allow.count, 2);
    assert_int_equal(config->settings.preset, PRESET_READ_ONLY);
    assert_int_equal(config->settings.log.level, LOG_INFO);
    config_destroy(config);
    setenv("P11GATE_PROFILE", "home", 1);
    config = load_good(NULL, NULL);
    assert_true(config->policy.allow_all);
    assert_int_equal(config->policy.allow.count, 0);
    assert_int_equal(config->policy.require.count, 1);
    config_destroy(config);
}

static void a_profile_can_bring_the_allow(void **state)
{
    static const char text[] = "version: 1\nmodule: a.so\nprofiles: {x: {allow: all}, "
                               "y: {preset: transparent}, z: {deny: [{id: 01}]}}";

    (void)state;
    expect_errors("user.yaml", NULL, text, "1:1: found no `allow`");
    setenv("P11GATE_PROFILE", "x", 1);
    config_destroy(load_good(NULL, NULL));
    setenv("P11GATE_PROFILE", "y", 1);
    config_destroy(load_good(NULL, NULL));
    setenv("P11GATE_PROFILE", "z", 1);
    expect_errors("user.yaml", NULL, text, "1:1: found no `allow`");
}

static void the_modules_file_chooses_a_profile_unless_the_variable_does(void **state)
{
    static const struct {
        const char *file;
        const char *variable;
        const char *profile; /* NULL: none */
    } cases[] = {
        {"/usr/lib/p11gate.so", NULL, NULL},
        {"/usr/lib/p11gate-work.so", NULL, "work"},
        {"p11gate-work.so", NULL, "work"},
        {"p11gate-a.b-c_d.so", NULL, "a.b-c_d"},
        {"/p11gate-x/p11gate.so", NULL, NULL},
        {"p11gate-.so", NULL, NULL},
        {"p11gate-work.so.1", NULL, NULL},
        {"/usr/bin/p11gate", NULL, NULL},
        {"xp11gate-work.so", NULL, NULL},
        {NULL, NULL, NULL},
        {NULL, "home", "home"},
        {"p11gate-work.so", "home", "home"},
        {"p11gate-work.so", "", "work"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool no_memory = true;
        char *profile;

        unsetenv("P11GATE_PROFILE");
        if (cases[i].variable != NULL)
            setenv("P11GATE_PROFILE", cases[i].variable, 1);
        profile = choice_profile(cases[i].file, &no_memory);
        assert_false(no_memory);
        if (cases[i].profile == NULL)
            assert_null(profile);
        else
            assert_string_equal(profile, cases[i].profile);
        free(profile);
    }
}

#define FIFTY_SIX "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define SIXTY FIFTY_SIX "xxxx"

static void mistakes_in_profiles_are_reported_chosen_or_not(void **state)
{
    static const struct {
        const char *profile; /* NULL: none is chosen */
        const char *text;
        const char *errors;
    } cases[] = {
        {"wrok", "profiles: {work: {allow: all}}",
         "4:11: found no profile `wrok`, which P11GATE_PROFILE or the module's file name asks for, "
         "expected it among `profiles`; did you mean `work`?"},
        {"work", "deny: []", "1:1: found no profile `work`"},
        {SIXTY "more", "profiles: {work: {allow: all}}",
         "4:11: found no profile `" FIFTY_SIX "`..., which"},
        {"work", "profiles: [work]",
         "4:11: found a list, expected a map of names\n1:1: found no "
         "profile `work`"},
        {NULL, "profiles: {}", "4:11: found an empty map"},
        {NULL, "profiles: {a/b: {allow: all}}", "4:12: found `a/b`, expected a name of letters"},
        {NULL, "profiles: {x: {}}", "4:15: found an empty map, expected a map with the keys"},
        {NULL, "profiles: {x: [a]}", "4:15: found a list"},
        {NULL, "profiles: {x: {module: a.so}}",
         "4:16: found the unknown key `module`, expected `require`, `deny`, `allow`, `preset`, "
         "`log` or `login`"},
        {NULL, "profiles: {x: {login: {}}}",
         "4:23: found an empty map, expected a map with `pin_source`, `keep_pin` or `automatic`"},
        {NULL, "profiles: {x: {allow: [{id: 1}]}}", "4:29: expected pairs of hexadecimal digits"},
        {"x", "profiles: {x: {allow: [{id: 1}]}}", "4:29: expected pairs of hexadecimal digits"},
        {NULL, "profiles: {x: {allow: [{key: {bits: 0}}]}}", "4:31: a number of bits"},
        {"x", "profiles: {x: {allow: [{key: {sign: false}}]}}", "4:31: preset ssh hides keys"},
        {NULL, "profiles: {x: {allow: all}, x: {allow: []}}", "4:29: found the key `x` again"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        unsetenv("P11GATE_PROFILE");
        if (cases[i].profile != NULL)
            setenv("P11GATE_PROFILE", cases[i].profile, 1);
        snprintf(text, sizeof(text), "version: 1\nmodule: a.so\nallow: []\n%s\n", cases[i].text);
        expect_errors("user.yaml", NULL, text, cases[i].errors);
    }
}

static void beside_the_systems_file_a_profile_only_takes_away(void **state)
{
    static const char user[] = "version: 1\nallow: all\nprofiles:\n"
                               "  strict: {deny: [{id: 01}], preset: ssh}\n"
                               "  lax: {allow: all, preset: transparent}\n";
    struct config *config;

    (void)state;
    setenv("P11GATE_PROFILE", "strict", 1);
    config = load_good("version: 1\nmodule: a.so\nallow: all\npreset: read-only", user);
    assert_int_equal(config->settings.preset, PRESET_SSH);
    assert_int_equal(config->policy.narrowed_by->deny.count, 1);
    config_destroy(config);
    setenv("P11GATE_PROFILE", "lax", 1);
    config = load_good(NULL, NULL);
    assert_int_equal(config->settings.preset, PRESET_READ_ONLY);
    config_destroy(config);
    setenv("P11GATE_PROFILE", "other", 1);
    expect_errors("user.yaml", NULL, user, "4:3: found no profile `other`");
    unlink(fixture_path("user.yaml"));
    expect_errors("user.yaml", plain_system, NULL,
                  " found no user's file, expected one with the profile `other`, which "
                  "P11GATE_PROFILE or the module's file name asks for");
    setenv("P11GATE_PROFILE", SIXTY, 1);
    expect_errors("user.yaml", plain_system, NULL,
                  " found no user's file, expected one with the profile `" FIFTY_SIX
                  "`..., which P11GATE_PROFILE or the module's file name asks for");
    setenv("P11GATE_PROFILE", "other", 1);
    expect_errors("user.yaml", plain_system,
                  "version: 1\nallow: all\nprofiles: {other: {allow: [{id: 01, use: {digests: "
                  "[sha256]}}]}}",
                  "3:43: found `digests` in a user's file beside the system's");
}

static void the_systems_file_has_no_profiles(void **state)
{
    (void)state;
    expect_errors("system.yaml", "version: 1\nmodule: a.so\nallow: all\nprofiles: {x: {allow: []}}",
                  NULL, "4:1: found `profiles` in the system's file, expected them in a user's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_users_file_narrows_the_systems, set_up_case),
        cmocka_unit_test_setup(the_users_log_settings_go_over_the_systems, set_up_case),
        cmocka_unit_test_setup(a_users_file_adds_to_the_systems_audit_and_takes_nothing_from_it,
                               set_up_case),
        cmocka_unit_test_setup(an_audit_that_a_user_requires_beside_the_systems_may_be_the_systems,
                               set_up_case),
        cmocka_unit_test_setup(
            under_a_transparent_system_a_user_can_have_neither_audit_nor_question, set_up_case),
        cmocka_unit_test_setup(the_systems_daemon_is_every_users, set_up_case),
        cmocka_unit_test_setup(without_a_users_file_the_systems_policy_holds, set_up_case),
        cmocka_unit_test_setup(a_change_of_either_file_is_seen, set_up_case),
        cmocka_unit_test_setup(user_config_none_leaves_the_users_file_alone, set_up_case),
        cmocka_unit_test_setup(a_broken_file_of_either_leaves_nothing, set_up_case),
        cmocka_unit_test_setup(beside_the_systems_file_other_keys_are_refused_and_it_is_said_why,
                               set_up_case),
        cmocka_unit_test_setup(a_profile_adds_to_require_and_deny_and_replaces_allow, set_up_case),
        cmocka_unit_test_setup(a_profile_can_bring_the_allow, set_up_case),
        cmocka_unit_test_setup(the_modules_file_chooses_a_profile_unless_the_variable_does,
                               set_up_case),
        cmocka_unit_test_setup(mistakes_in_profiles_are_reported_chosen_or_not, set_up_case),
        cmocka_unit_test_setup(beside_the_systems_file_a_profile_only_takes_away, set_up_case),
        cmocka_unit_test_setup(the_systems_file_has_no_profiles, set_up_case),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
