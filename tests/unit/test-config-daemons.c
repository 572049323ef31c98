// SPDX-License-Identifier: BSD-2-Clause
// `daemon`: where its socket is, whether it is used, and what is refused there.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "config/account.h"
#include "config/daemons.h"
#include "config/identity.h"

enum { LONGEST = 107, STRANGER = 4711 };

static struct config *load(const char *daemon)
{
    char text[512];

    snprintf(text, sizeof(text), "allow: []\ndaemon: %s\n", daemon);
    return fixture_load_policy(text);
}

static void expect_position(struct position position, unsigned line, unsigned column)
{
    assert_int_equal(position.line, line);
    assert_int_equal(position.column, column);
}

static void without_daemon_it_is_off_and_its_socket_is_the_user_s_whatever_variables_say(void **state)
{
    struct config *config;
    char expected[64];

    (void)state;
    setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
    config = fixture_load_policy("allow: []\n");
    unsetenv("XDG_RUNTIME_DIR");
    snprintf(expected, sizeof(expected), "/run/user/%lu/p11gate/socket", (unsigned long)geteuid());
    assert_string_equal(config->settings.daemon.socket, expected);
    assert_int_equal(config->settings.daemon.use, DAEMON_OFF);
    expect_position(config->settings.daemon.position, 0, 0);
    expect_position(config->settings.daemon.use_position, 0, 0);
    config_destroy(config);
}

static void an_empty_map_says_nothing(void **state)
{
    struct config *config = load("{}");

    (void)state;
    assert_non_null(config->settings.daemon.socket);
    assert_int_equal(config->settings.daemon.use, DAEMON_OFF);
    assert_false(config->settings.daemon.names_socket);
    expect_position(config->settings.daemon.position, 4, 1);
    config_destroy(config);
}

static void the_system_s_socket_is_one_for_all_users(void **state)
{
    struct message_list messages = {0};
    char uid[] = "12";
    struct reader reader = {.identity = {.uid = uid}, .messages = &messages};
    struct daemon_settings settings;

    (void)state;
    daemons_init(&reader, &settings);
    assert_string_equal(settings.socket, "/run/user/12/p11gate/socket");
    free(settings.socket);
    reader.system = true;
    daemons_init(&reader, &settings);
    assert_string_equal(settings.socket, "/run/p11gate/socket");
    free(settings.socket);
    assert_int_equal(messages.count, 0);
}

static void without_memory_for_a_socket_nothing_is_loaded(void **state)
{
    struct message_list messages = {0};
    struct reader reader = {.messages = &messages};
    struct daemon_settings settings;

    (void)state;
    daemons_init(&reader, &settings);
    assert_null(settings.socket);
    assert_int_equal(messages.errors, 1);
    assert_string_equal(messages.items[0].text, "no memory");
    message_list_finish(&messages);
}

static void of_another_user_it_is_his(void **state)
{
    struct message_list messages = {0};
    char name[] = "stranger", home[] = "/nonexistent";
    const struct account user = {.name = name, .id = STRANGER, .home = home};
    const char *path = fixture_write_text("named.yaml", "version: 1\nmodule: m.so\nallow: []\n");
    struct config *config = config_load_of(fixture_crypto(), &user, path, false, &messages);

    (void)state;
    if (config == NULL)
        fail_msg("%s", messages.items[0].text);
    assert_string_equal(config->settings.daemon.socket, "/run/user/4711/p11gate/socket");
    config_destroy(config);
}

static void sockets_are_paths_like_others(void **state)
{
    struct identity identity;
    char home[300], own[300], in_folder[300];
    const struct {
        const char *written;
        const char *path;
    } cases[] = {
        {"/run/card.socket", "/run/card.socket"},
        {"\"/run/a b: c\"", "/run/a b: c"},
        {"~/socket", home},
        {"\"%d/socket\"", home},
        {"\"/run/%u-%i/socket\"", own},
        {"sub/socket", in_folder},
    };

    (void)state;
    identity_init(&identity);
    snprintf(home, sizeof(home), "%s/socket", identity.home);
    snprintf(own, sizeof(own), "/run/%s-%s/socket", identity.user, identity.uid);
    snprintf(in_folder, sizeof(in_folder), "%s/sub/socket", fixture_folder());
    identity_finish(&identity);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char daemon[128];
        struct config *config;

        snprintf(daemon, sizeof(daemon), "{use: prefer, socket: %s}", cases[i].written);
        config = load(daemon);
        assert_string_equal(config->settings.daemon.socket, cases[i].path);
        assert_true(config->settings.daemon.names_socket);
        expect_position(config->settings.daemon.position, 4, 31);
        config_destroy(config);
    }
}

static void its_use_is_off_prefer_or_require(void **state)
{
    static const struct {
        const char *written;
        enum daemon_use use;
    } cases[] = {{"off", DAEMON_OFF}, {"prefer", DAEMON_PREFER}, {"\"require\"", DAEMON_REQUIRE}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char daemon[64];
        struct config *config;

        snprintf(daemon, sizeof(daemon), "{use: %s}", cases[i].written);
        config = load(daemon);
        assert_int_equal(config->settings.daemon.use, cases[i].use);
        expect_position(config->settings.daemon.position, 4, 1);
        expect_position(config->settings.daemon.use_position, 4, 10);
        config_destroy(config);
    }
}

/* The sockets of other programs end at their 108th byte, too. */
static void a_socket_has_at_most_the_bytes_of_an_address(void **state)
{
    char path[LONGEST + 2] = "/";
    char text[256], errors[128];
    struct config *config;

    (void)state;
    memset(path + 1, 'x', LONGEST - 1);
    snprintf(text, sizeof(text), "{use: off, socket: %s}", path);
    config = load(text);
    assert_string_equal(config->settings.daemon.socket, path);
    config_destroy(config);
    path[LONGEST] = 'y';
    snprintf(text, sizeof(text), "allow: []\ndaemon: {use: off, socket: %s}\n", path);
    snprintf(errors, sizeof(errors),
             "4:28: found a path of 108 bytes, expected at most 107: no socket has a longer one");
    fixture_expect_policy_errors(text, errors);
    /* Relative to the folder: the same bytes behind a `/` are too many, whatever it is called. */
    snprintf(text, sizeof(text), "allow: []\ndaemon: {use: off, socket: %.*s}\n", LONGEST - 1, path + 1);
    snprintf(errors, sizeof(errors), "4:28: found a path of %zu bytes, expected at most 107",
             strlen(fixture_folder()) + LONGEST);
    fixture_expect_policy_errors(text, errors);
}

static void mistakes_are_reported_at_their_place(void **state)
{
    static const struct {
        const char *daemon;
        const char *errors;
    } cases[] = {
        {"", "4:1: found nothing, expected a map with `socket` or `use`"},
        {"prefer", "4:9: found `prefer`, expected a map with `socket` or `use`"},
        {"[]", "4:9: found an empty list, expected a map with `socket` or `use`"},
        {"[{use: off}]", "4:9: found a list, expected a map with `socket` or `use`"},
        {"{sokcet: a}", "4:10: found the unknown key `sokcet`, expected `socket` or `use`; did you mean `socket`?"},
        {"{use: off, use: off}", "4:20: found the key `use` again, expected it once; the first is in line 4"},
        {"{use: }", "4:10: found nothing, expected `off`, `prefer` or `require`"},
        {"{use: true}", "4:15: found `true`, expected `off`, `prefer` or `require`"},
        {"{use: Off}", "4:15: found `Off`, expected `off`, `prefer` or `require`; did you mean `off`?"},
        {"{use: required}", "4:15: found `required`, expected `off`, `prefer` or `require`; did you mean `require`?"},
        {"{use: [off]}", "4:15: found a list, expected `off`, `prefer` or `require`"},
        {"{socket: }", "4:10: found nothing, expected a path"},
        {"{socket: [a]}", "4:18: found a list, expected a path"},
        {"{socket: {a: b}}", "4:18: found a map, expected a path"},
        {"{socket: ''}", "4:18: found ``, expected a path"},
        {"{socket: '/%q'}", "4:18: found `%` before a letter that stands for nothing, expected %u %i %d %l %L, or %% for the sign itself"},
        {"{socket: a #b\n}", "4:18: found `a` and a comment glued to its `#`, expected a path; quote it if the `#` belongs to the value, else put a blank behind the `#`"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "allow: []\ndaemon: %s\n", cases[i].daemon);
        fixture_expect_policy_errors(text, cases[i].errors);
    }
}

static void under_transparent_there_is_no_daemon(void **state)
{
    (void)state;
    fixture_expect_policy_errors("preset: transparent\ndaemon: {use: prefer}\n",
                                 "4:10: found `use: prefer` under `preset: transparent`, expected `off`: the daemon has the presets ssh and read-only");
    fixture_expect_policy_errors("daemon:\n  socket: /a\n  use: require\npreset: transparent\n",
                                 "5:3: found `use: require` under `preset: transparent`, expected `off`: the daemon has the presets ssh and read-only");
    config_destroy(fixture_load_policy("preset: transparent\ndaemon: {use: off}\n"));
    config_destroy(fixture_load_policy("preset: transparent\ndaemon: {}\n"));
    config_destroy(fixture_load_policy("preset: read-only\nallow: []\ndaemon: {use: require}\n"));
}

static void a_daemon_and_a_source_of_pins_go_together(void **state)
{
    struct config *config = fixture_load_policy("allow: []\ndaemon: {use: require}\nlogin: {pin_source: systemd:pin}\n");

    (void)state;
    assert_int_equal(config->settings.daemon.use, DAEMON_REQUIRE);
    assert_int_equal(config->settings.login.source, PIN_SOURCE_SYSTEMD);
    config_destroy(config);
}

static void a_profile_says_nothing_about_the_daemon(void **state)
{
    (void)state;
    fixture_expect_policy_errors("allow: []\nprofiles: {p: {daemon: {use: off}}}\n",
                                 "4:16: found the unknown key `daemon`, expected `require`, `deny`, `allow`, `preset`, `log` or `login`");
    setenv("P11GATE_PROFILE", "p", 1);
    fixture_expect_policy_errors("allow: []\ndaemon: {use: prefer}\nprofiles: {p: {preset: transparent, allow: all}}\n",
                                 "4:10: found `use: prefer` under `preset: transparent`");
    unsetenv("P11GATE_PROFILE");
}

/* The vendor's library is not there, nor is the file with the PIN. */
static void expect_warnings(const char *text, const char *expected)
{
    struct message_list messages = {0};
    struct config *config = fixture_load_policy(text);
    char prefix[300];

    snprintf(prefix, sizeof(prefix), "%s:", config->path);
    config_lint(config, &messages);
    fixture_compare(&messages, prefix, expected, text);
    message_list_finish(&messages);
    config_destroy(config);
}

#define NO_LIBRARY "2:9: " P11_MODULE_PATH "/m.so cannot be read (No such file or directory); expected the vendor's library"
#define IS_OFF "daemon: use is off; say `use: prefer` or `use: require`, or `use: off` if that is meant"

static void a_socket_that_nobody_asks_at_is_warned_of(void **state)
{
    (void)state;
    expect_warnings("allow: []\ndaemon: {socket: /a}\n", NO_LIBRARY "\n4:18: " IS_OFF);
    expect_warnings("allow: []\ndaemon: {socket: /a, use: off}\n", NO_LIBRARY);
    expect_warnings("allow: []\ndaemon: {use: prefer, socket: /a}\n", NO_LIBRARY);
    expect_warnings("allow: []\ndaemon: {}\n", NO_LIBRARY);
    expect_warnings("allow: []\n", NO_LIBRARY);
}

static void what_the_daemon_alone_has_to_reach_is_not_missed(void **state)
{
    (void)state;
    expect_warnings("allow: []\ndaemon: {use: require}\n", "");
    expect_warnings("allow: []\ndaemon: {use: require}\nlogin: {pin_source: file:missing}\n", "");
    expect_warnings("allow: []\ndaemon: {use: prefer}\nlogin: {pin_source: file:missing}\n",
                    NO_LIBRARY "\n5:21: missing cannot be read (No such file or directory)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_daemon_it_is_off_and_its_socket_is_the_user_s_whatever_variables_say),
        cmocka_unit_test(an_empty_map_says_nothing),
        cmocka_unit_test(the_system_s_socket_is_one_for_all_users),
        cmocka_unit_test(without_memory_for_a_socket_nothing_is_loaded),
        cmocka_unit_test(of_another_user_it_is_his),
        cmocka_unit_test(sockets_are_paths_like_others),
        cmocka_unit_test(its_use_is_off_prefer_or_require),
        cmocka_unit_test(a_socket_has_at_most_the_bytes_of_an_address),
        cmocka_unit_test(mistakes_are_reported_at_their_place),
        cmocka_unit_test(under_transparent_there_is_no_daemon),
        cmocka_unit_test(a_daemon_and_a_source_of_pins_go_together),
        cmocka_unit_test(a_profile_says_nothing_about_the_daemon),
        cmocka_unit_test(a_socket_that_nobody_asks_at_is_warned_of),
        cmocka_unit_test(what_the_daemon_alone_has_to_reach_is_not_missed),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
