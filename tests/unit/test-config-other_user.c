// SPDX-License-Identifier: BSD-2-Clause
// What is read for another user of the machine. The system's file is put in place of the real one;
// what needs other users is tested as root alone.
#include "tests/unit/config_fixture.h"

static char system_path[256];

#undef SYSTEM_CONFIG
#define SYSTEM_CONFIG system_path
#include "config/choice.c"
#include "config/config.c"

enum { NOBODY = 65534, OTHER = 65533 };

static const char text[] = "version: 1\nmodule: a.so\nallow: [{label: \"%i\"}]\n"
                           "profiles: {mine: {allow: [{label: profile}]}}\n";

static struct account user;

/* As text of $P11GATE_CONFIG and the like it would be an error to read it. */
static int set_up_case(void **state)
{
    const char *folders[] = {"home", "home/.config", "home/.config/p11gate"};

    (void)state;
    snprintf(system_path, sizeof(system_path), "%s/system.yaml", fixture_folder());
    unlink(system_path);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        mkdir(fixture_path(folders[i]), 0700);
        assert_int_equal(chmod(fixture_path(folders[i]), 0755), 0);
    }
    fixture_write_text("home/.config/p11gate/config.yaml", text);
    user = (struct account){.name = strdup("bob"),
                            .id = geteuid() == 0 ? NOBODY : geteuid(),
                            .home = strdup(fixture_path("home"))};
    setenv("P11GATE_CONFIG", fixture_write_text("caller.yaml", "no: policy\n"), 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    setenv("P11GATE_PROFILE", "mine", 1);
    return 0;
}

static int tear_down_case(void **state)
{
    (void)state;
    account_finish(&user);
    unsetenv("P11GATE_CONFIG");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("P11GATE_PROFILE");
    return 0;
}

/* The first label that is allowed; the caller frees. NULL: an error, which has the part in it. */
static char *label_of(const struct account *account, const char *path, const char *error)
{
    struct message_list messages = {0};
    struct config *config = config_load_of(fixture_crypto(), account, path, false, &messages);
    char *label = NULL;
    size_t size;

    if (config != NULL)
        label = strdup(pattern_exact(
            config->policy.allow.rules[0].condition.children[0].patterns[0], &size));
    else if (error == NULL || strstr(messages.items[0].text, error) == NULL)
        fail_msg("%s, expected %s", messages.items[0].text, error != NULL ? error : "none");
    assert_int_equal(config == NULL, error != NULL);
    config_destroy(config);
    message_list_finish(&messages);
    return label;
}

static void expect_label(const struct account *account, const char *path, const char *expected)
{
    char *label = label_of(account, path, NULL);

    assert_string_equal(label, expected);
    free(label);
}

static void his_file_is_read_and_the_callers_variables_are_not(void **state)
{
    char number[24];

    (void)state;
    snprintf(number, sizeof(number), "%lu", (unsigned long)user.id);
    expect_label(&user, NULL, number);
    label_of(NULL, NULL, "found the unknown key `no`");
    fixture_write_text("home/.config/p11gate/config.yaml", "version: 2\n");
    label_of(&user, NULL, "/home/.config/p11gate/config.yaml:1:10: ");
    assert_int_equal(unlink(fixture_path("home/.config/p11gate/config.yaml")), 0);
    label_of(&user, NULL, "no configuration");
    free(user.home);
    user.home = NULL;
    label_of(&user, NULL, "no configuration");
}

static void of_a_file_that_is_named_the_caller_chooses_the_profile(void **state)
{
    char number[24];

    (void)state;
    snprintf(number, sizeof(number), "%lu", (unsigned long)geteuid());
    fixture_write_text("named.yaml", text);
    expect_label(&user, fixture_path("named.yaml"), "profile");
    expect_label(NULL, fixture_path("named.yaml"), "profile");
    unsetenv("P11GATE_PROFILE");
    expect_label(NULL, fixture_path("named.yaml"), number);
}

static void give(const char *name, uid_t owner)
{
    assert_int_equal(chown(fixture_path(name), owner, (gid_t)-1), 0);
}

static void his_files_are_his_or_roots_and_a_named_one_the_callers_as_well(void **state)
{
    (void)state;
    give("home/.config/p11gate", NOBODY);
    give("home/.config/p11gate/config.yaml", NOBODY);
    expect_label(&user, NULL, "65534");
    label_of(NULL, fixture_path("home/.config/p11gate/config.yaml"), "expected root");
    give("home/.config/p11gate/config.yaml", OTHER);
    label_of(&user, NULL, "belongs to user 65533, expected root or user 65534");
    assert_int_equal(chmod(fixture_path("home/.config/p11gate/config.yaml"), 0644), 0);
    assert_int_equal(chmod(fixture_folder(), 0755), 0);
    assert_int_equal(seteuid(OTHER), 0);
    expect_label(&user, fixture_path("home/.config/p11gate/config.yaml"), "profile");
    label_of(&user, NULL, "belongs to user 65533, expected root or user 65534");
    assert_int_equal(seteuid(0), 0);
    give("home/.config/p11gate", 0);
}

/* The fixture's folder leads to it by root's folders, where root runs the test. */
static void beside_the_systems_file_his_narrows(void **state)
{
    struct message_list messages = {0};
    struct config *config;

    (void)state;
    fixture_write_text("system.yaml", "version: 1\nmodule: a.so\nallow: all\n");
    fixture_write_text("home/.config/p11gate/config.yaml", "version: 1\nallow: [{label: b}]\n");
    config = config_load_of(fixture_crypto(), &user, NULL, false, &messages);
    if (config == NULL)
        fail_msg("%s", messages.items[0].text);
    assert_true(config->system);
    assert_string_equal(config->user_path, fixture_path("home/.config/p11gate/config.yaml"));
    assert_int_equal(config->policy.narrowed_by->allow.count, 1);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(his_file_is_read_and_the_callers_variables_are_not,
                                        set_up_case, tear_down_case),
        cmocka_unit_test_setup_teardown(of_a_file_that_is_named_the_caller_chooses_the_profile,
                                        set_up_case, tear_down_case),
        cmocka_unit_test_setup_teardown(beside_the_systems_file_his_narrows, set_up_case,
                                        tear_down_case),
        cmocka_unit_test_setup_teardown(
            his_files_are_his_or_roots_and_a_named_one_the_callers_as_well, set_up_case,
            tear_down_case),
    };
    const struct CMUnitTest own[] = {tests[0], tests[1]};

    if (geteuid() == 0)
        return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
    return cmocka_run_group_tests(own, fixture_set_up, fixture_tear_down);
}
