// SPDX-License-Identifier: BSD-2-Clause
// Which file is read, whether it changed, and whole files. The system's file and the user are put
// in place of the real ones.
#include "tests/unit/config_fixture.h"

#include "config/identity.h"

/* A home within the fixture's folder, so that no test comes near the real one. */
static void test_identity_init(struct identity *identity);

static char system_path[256];

#undef SYSTEM_CONFIG
#define SYSTEM_CONFIG system_path
#define identity_init test_identity_init
#include "config/choice.c"
#include "config/config.c"
#undef identity_init

#include <dirent.h>
#include <fcntl.h>

static bool homeless;

static void test_identity_init(struct identity *identity)
{
    *identity = (struct identity){.user = strdup("alice"),
                                  .uid = strdup("1000"),
                                  .home = homeless ? NULL : strdup(fixture_folder()),
                                  .host = strdup("box.example"),
                                  .host_label = strdup("box")};
}

static const char small[] = "version: 1\nmodule: a.so\nallow: []\n";

static int set_up_case(void **state)
{
    (void)state;
    snprintf(system_path, sizeof(system_path), "%s/system.yaml", fixture_folder());
    unlink(system_path);
    unsetenv("P11GATE_CONFIG");
    unsetenv("P11GATE_PROFILE");
    unsetenv("XDG_CONFIG_HOME");
    homeless = false;
    return 0;
}

static void expect_path(const char *path, bool system)
{
    struct message_list messages = {0};
    bool found_system = !system;
    char *found = config_path(&found_system, &messages);

    assert_int_equal(messages.count, 0);
    assert_string_equal(found, path);
    assert_int_equal(found_system, system);
    free(found);
}

static void expect_no_path(const char *part)
{
    struct message_list messages = {0};
    bool system;

    assert_null(config_path(&system, &messages));
    assert_int_equal(messages.errors, 1);
    assert_non_null(strstr(messages.items[0].text, part));
    message_list_finish(&messages);
}

static void the_users_file_is_in_the_home_or_where_the_variables_say(void **state)
{
    (void)state;
    expect_path(fixture_path(".config/p11gate/config.yaml"), false);
    setenv("XDG_CONFIG_HOME", "/x", 1);
    expect_path("/x/p11gate/config.yaml", false);
    setenv("P11GATE_CONFIG", "/y.yaml", 1);
    expect_path("/y.yaml", false);
    setenv("P11GATE_CONFIG", "", 1);
    expect_path("/x/p11gate/config.yaml", false);
    setenv("XDG_CONFIG_HOME", "relative", 1);
    expect_path(fixture_path(".config/p11gate/config.yaml"), false);
}

static void a_variable_that_no_file_can_have_is_repeated_in_part(void **state)
{
    static char path[PATH_MAX + 1];

    (void)state;
    memset(path, '/', PATH_MAX);
    setenv("P11GATE_CONFIG", path, 1);
    expect_no_path("P11GATE_CONFIG: found `////////////////////////////////////////////////////////"
                   "`..., expected a shorter path");
    setenv("P11GATE_CONFIG", path + 1, 1);
    expect_path(path + 1, false);
    path[1] = 'x';
    setenv("P11GATE_CONFIG", path + 1, 1);
    expect_no_path("P11GATE_CONFIG: found `x///////////////////////////////////////////////////////"
                   "`..., expected an absolute path");
}

static void a_relative_variable_or_no_home_is_an_error(void **state)
{
    (void)state;
    setenv("P11GATE_CONFIG", "y.yaml", 1);
    expect_no_path("P11GATE_CONFIG: found `y.yaml`, expected an absolute path");
    unsetenv("P11GATE_CONFIG");
    homeless = true;
    expect_no_path("no home");
    setenv("XDG_CONFIG_HOME", "/x", 1);
    expect_path("/x/p11gate/config.yaml", false);
}

static void a_system_file_is_the_only_one_read_even_if_it_cannot_be(void **state)
{
    (void)state;
    setenv("P11GATE_CONFIG", "/y.yaml", 1);
    setenv("XDG_CONFIG_HOME", "/x", 1);
    fixture_write_text("system.yaml", "");
    expect_path(system_path, true);
    assert_int_equal(chmod(system_path, 0), 0);
    expect_path(system_path, true);
    unlink(system_path);
    assert_int_equal(symlink("nowhere", system_path), 0);
    expect_path(system_path, true);
    unlink(system_path);
    strcpy(system_path, "/dev/null/config.yaml");
    expect_path("/y.yaml", false);
}

static void a_system_folder_that_is_closed_counts_as_a_system_file(void **state)
{
    (void)state;
    assert_int_equal(chmod(fixture_folder(), 0755), 0);
    assert_int_equal(mkdir(fixture_path("closed"), 0700), 0);
    strcpy(system_path, fixture_path("closed/config.yaml"));
    setenv("P11GATE_CONFIG", "/y.yaml", 1);
    expect_path("/y.yaml", false);
    assert_int_equal(seteuid(65534), 0);
    expect_path(system_path, true);
    assert_int_equal(seteuid(0), 0);
}

static void a_file_that_is_not_there_sends_to_p11gate_init(void **state)
{
    struct message_list messages = {0};
    char expected[300];

    (void)state;
    snprintf(expected, sizeof(expected), "%s: no configuration: run `p11gate init`",
             fixture_path("none.yaml"));
    assert_null(config_load(fixture_crypto(), fixture_path("none.yaml"), false, &messages));
    assert_int_equal(messages.count, 1);
    assert_string_equal(messages.items[0].text, expected);
    message_list_finish(&messages);
}

static void a_broken_file_adds_to_the_messages_that_are_there(void **state)
{
    struct message_list messages = {0};

    (void)state;
    message_add(&messages, SEVERITY_ERROR, (struct position){0}, "before");
    config_destroy(
        config_load(fixture_crypto(), fixture_write_text("c.yaml", small), false, &messages));
    assert_int_equal(messages.count, 1);
    assert_null(config_load(fixture_crypto(), fixture_write_text("c.yaml", "x"), false, &messages));
    assert_int_equal(messages.count, 2);
    message_list_finish(&messages);
}

static void a_relative_path_is_read_from_the_working_folder(void **state)
{
    struct message_list messages = {0};
    struct config *config;
    char *folder = getcwd(NULL, 0);

    (void)state;
    fixture_write_text("c.yaml", "version: 1\nmodule: a.so\nallow: []\nlog: {file: log}");
    assert_int_equal(chdir(fixture_folder()), 0);
    config = config_load(fixture_crypto(), "c.yaml", false, &messages);
    assert_int_equal(chdir(folder), 0);
    assert_non_null(config);
    assert_string_equal(config->path, "c.yaml");
    assert_string_equal(config->settings.log.file, fixture_path("log"));
    assert_false(config_changed(config));
    config_destroy(config);
    free(folder);
}

static void a_system_file_and_what_it_names_belong_to_root(void **state)
{
    struct message_list messages = {0};
    char text[600];
    struct config *config;

    (void)state;
    fixture_write_text("vendor.so", "");
    snprintf(text, sizeof(text), "version: 1\nmodule: %s\nallow: []\n", fixture_path("vendor.so"));
    fixture_write_text("system.yaml", text);
    config = config_load(fixture_crypto(), system_path, true, &messages);
    assert_non_null(config);
    assert_true(config->system);
    config_destroy(config);
    assert_int_equal(chown(fixture_path("vendor.so"), 65534, (gid_t)-1), 0);
    assert_null(config_load(fixture_crypto(), system_path, true, &messages));
    snprintf(text, sizeof(text), "%s:2:9: %s: belongs to user 65534, expected root", system_path,
             fixture_path("vendor.so"));
    assert_string_equal(messages.items[0].text, text);
    message_list_finish(&messages);
    config = config_load(fixture_crypto(), system_path, false, &messages);
    assert_non_null(config);
    config_destroy(config);
    assert_int_equal(chmod(system_path, 0664), 0);
    assert_null(config_load(fixture_crypto(), system_path, true, &messages));
    message_list_finish(&messages);
}

static void any_change_of_the_file_is_seen(void **state)
{
    const struct timespec times[2] = {{1, 0}, {1, 1}};
    struct config *config;

    (void)state;
    config = fixture_load(small);
    assert_false(config_changed(config));
    fixture_write_text("config.yaml", "version: 1\nmodule: ab.so\nallow: []\n");
    assert_true(config_changed(config));
    config_destroy(config);

    config = fixture_load(small);
    assert_int_equal(utimensat(AT_FDCWD, config->path, times, 0), 0);
    assert_true(config_changed(config));
    config_destroy(config);

    config = fixture_load(small);
    fixture_write_text("other.yaml", small);
    assert_int_equal(rename(fixture_path("other.yaml"), config->path), 0);
    assert_true(config_changed(config));
    config_destroy(config);

    config = fixture_load(small);
    assert_int_equal(chmod(config->path, 0622), 0);
    assert_true(config_changed(config));
    config_destroy(config);

    config = fixture_load(small);
    assert_int_equal(unlink(config->path), 0);
    assert_true(config_changed(config));
    config_destroy(config);
}

static void a_link_that_leads_elsewhere_is_a_change(void **state)
{
    struct message_list messages = {0};
    struct config *config;
    const char *link = fixture_path("link.yaml");

    (void)state;
    fixture_write_text("one.yaml", small);
    fixture_write_text("two.yaml", small);
    assert_int_equal(symlink("one.yaml", link), 0);
    config = config_load(fixture_crypto(), link, false, &messages);
    assert_non_null(config);
    assert_false(config_changed(config));
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("two.yaml", link), 0);
    assert_true(config_changed(config));
    config_destroy(config);
}

static void a_system_file_that_appears_is_a_change_and_one_that_goes_too(void **state)
{
    struct message_list messages = {0};
    struct config *config = fixture_load(small);

    (void)state;
    assert_false(config_changed(config));
    fixture_write_text("system.yaml", small);
    assert_true(config_changed(config));
    config_destroy(config);
    config = config_load(fixture_crypto(), system_path, true, &messages);
    assert_non_null(config);
    assert_false(config_changed(config));
    unlink(system_path);
    assert_true(config_changed(config));
    config_destroy(config);
}

/* The whole of a file of the source tree. The caller frees. */
static char *read_source(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);

    if (file == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

static struct config *load_source(const char *path)
{
    char *text = read_source(path);
    struct config *config = fixture_load(text);

    free(text);
    return config;
}

static void the_example_is_a_valid_configuration(void **state)
{
    struct config *config = load_source("config/example.yaml");

    (void)state;
    assert_int_equal(config->policy.require.count, 1);
    assert_int_equal(config->policy.deny.count, 1);
    assert_int_equal(config->policy.allow.count, 5);
    assert_string_equal(config->policy.allow.rules[1].use.show_label, "alice@box card");
    assert_string_equal(config->settings.log.file, fixture_path(".local/state/p11gate/log"));
    assert_true(config->settings.read_only);
    config_destroy(config);
    setenv("P11GATE_PROFILE", "work", 1);
    config = load_source("config/example.yaml");
    assert_int_equal(config->policy.deny.count, 2);
    assert_int_equal(config->policy.allow.count, 1);
    config_destroy(config);
    unsetenv("P11GATE_PROFILE");
}

/* The commented lines of the example are as valid as the others. */
static void the_lines_that_the_example_leaves_out_are_valid_too(void **state)
{
    struct config *config = fixture_load(
        "version: 1\nallow: all\n"
        "modules:\n"
        "  - {name: card, path: opensc-pkcs11.so}\n"
        "  - {name: nss, path: /usr/lib/libsoftokn3.so, init_args: \"configdir='sql:%d/.pki/nssdb' "
        "flags=readOnly\"}\n"
        "  - {name: hsm, path: /opt/hsm/lib/libCryptoki2_64.so, quirks: [serialize]}\n"
        "mechanisms: {deny: [0x80000001]}\n");
    char expected[300];

    (void)state;
    snprintf(expected, sizeof(expected), "configdir='sql:%s/.pki/nssdb' flags=readOnly",
             fixture_folder());
    assert_string_equal(config->settings.modules[1].init_args, expected);
    config_destroy(config);
}

static void the_key_file_of_the_first_example_is_in_the_home(void **state)
{
    struct config *config;

    (void)state;
    assert_true(mkdir(fixture_path(".ssh"), 0700) == 0 || errno == EEXIST);
    fixture_write_text(".ssh/id_card.pub",
                       "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIME7qURhyicZ4E40b9gd"
                       "wFQwXS1dhGE3vzBUwRlGhJDo\n");
    config = load_source("tests/config/valid/one-key-by-file.yaml");
    assert_int_equal(config->policy.allow.rules[0].condition.children[0].n_keys, 1);
    config_destroy(config);
}

/* Calls check with the path of every file in a folder of the source tree. */
static void for_each_file(const char *folder, void (*check)(const char *path))
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;

    assert_non_null(entries);
    while ((entry = readdir(entries)) != NULL) {
        char path[512];

        if (strstr(entry->d_name, ".yaml") == NULL)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        check(path);
        count++;
    }
    closedir(entries);
    assert_true(count > 0);
}

static void check_valid(const char *path)
{
    config_destroy(load_source(path));
}

/* The errors stand in the file's first lines, behind "# expect: ". */
static void check_broken(const char *path)
{
    static const char mark[] = "# expect: ";
    char *text = read_source(path);
    char *errors = calloc(1, strlen(text) + 1);
    const char *line = text;

    while (strncmp(line, mark, strlen(mark)) == 0) {
        size_t length = strcspn(line, "\n") + 1;

        strncat(errors, line + strlen(mark), length - strlen(mark));
        line += length;
    }
    assert_true(errors[0] != '\0');
    fixture_expect_errors(text, errors);
    free(errors);
    free(text);
}

static void every_valid_file_is_loaded(void **state)
{
    static const char *const anchors[] = {"exa-ca1.crt", "exa-ca2.crt"};

    the_key_file_of_the_first_example_is_in_the_home(state);
    for (size_t i = 0; i < sizeof(anchors) / sizeof(anchors[0]); i++) {
        char path[64];
        char *text;

        snprintf(path, sizeof(path), "tests/config/valid/%s", anchors[i]);
        text = read_source(path);
        fixture_write_text(anchors[i], text);
        free(text);
    }
    for_each_file("tests/config/valid", check_valid);
}

static void every_broken_file_has_the_errors_that_it_says(void **state)
{
    (void)state;
    for_each_file("tests/config/broken", check_broken);
}

static void a_file_of_256_kib_is_read_and_a_larger_one_is_not(void **state)
{
    const size_t size = 256 * 1024 + 1;
    struct message_list messages = {0};
    char *text = calloc(1, size + 1);

    (void)state;
    memset(text, '#', size);
    memcpy(text, small, strlen(small));
    text[size - 1] = '\0';
    config_destroy(fixture_load(text));
    text[size - 1] = '#';
    assert_null(
        config_load(fixture_crypto(), fixture_write("c.yaml", text, size), false, &messages));
    assert_non_null(strstr(messages.items[0].text, "larger than 256 KiB"));
    message_list_finish(&messages);
    free(text);
}

enum { ROOT_TESTS = 3 };

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_users_file_is_in_the_home_or_where_the_variables_say,
                               set_up_case),
        cmocka_unit_test_setup(a_relative_variable_or_no_home_is_an_error, set_up_case),
        cmocka_unit_test_setup(a_variable_that_no_file_can_have_is_repeated_in_part, set_up_case),
        cmocka_unit_test_setup(a_system_file_is_the_only_one_read_even_if_it_cannot_be,
                               set_up_case),
        cmocka_unit_test_setup(a_file_that_is_not_there_sends_to_p11gate_init, set_up_case),
        cmocka_unit_test_setup(a_broken_file_adds_to_the_messages_that_are_there, set_up_case),
        cmocka_unit_test_setup(a_relative_path_is_read_from_the_working_folder, set_up_case),
        cmocka_unit_test_setup(any_change_of_the_file_is_seen, set_up_case),
        cmocka_unit_test_setup(a_link_that_leads_elsewhere_is_a_change, set_up_case),
        cmocka_unit_test_setup(the_example_is_a_valid_configuration, set_up_case),
        cmocka_unit_test_setup(the_lines_that_the_example_leaves_out_are_valid_too, set_up_case),
        cmocka_unit_test_setup(the_key_file_of_the_first_example_is_in_the_home, set_up_case),
        cmocka_unit_test_setup(every_valid_file_is_loaded, set_up_case),
        cmocka_unit_test_setup(every_broken_file_has_the_errors_that_it_says, set_up_case),
        cmocka_unit_test_setup(a_file_of_256_kib_is_read_and_a_larger_one_is_not, set_up_case),
        /* root's files can be made by root alone */
        cmocka_unit_test_setup(a_system_folder_that_is_closed_counts_as_a_system_file, set_up_case),
        cmocka_unit_test_setup(a_system_file_and_what_it_names_belong_to_root, set_up_case),
        cmocka_unit_test_setup(a_system_file_that_appears_is_a_change_and_one_that_goes_too,
                               set_up_case),
    };
    size_t count = sizeof(tests) / sizeof(tests[0]) - (geteuid() == 0 ? 0 : ROOT_TESTS);

    return _cmocka_run_group_tests("config", tests, count, fixture_set_up, fixture_tear_down);
}
