// SPDX-License-Identifier: BSD-2-Clause
// Who may own and write the files that decide. What needs other users is tested as root alone.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config/secure_file.h"

enum { NOBODY = 65534, OTHER = 65533 };

static struct message_list messages;

/* Did the reading fail? */
static bool refused(const char *path, bool system)
{
    struct secure_file file = {0};
    bool good;

    message_list_finish(&messages);
    good = secure_file_read(path, system, (struct position){0}, &messages, &file);
    assert_int_equal(good, messages.count == 0);
    assert_int_equal(good, file.text != NULL);
    secure_file_finish(&file);
    return !good;
}

static void expect_good(const char *path, bool system)
{
    if (refused(path, system))
        fail_msg("%s", messages.items[0].text);
}

/* The message has both parts in it. */
static void expect_refused(const char *path, bool system, const char *part, const char *other)
{
    assert_true(refused(path, system));
    assert_int_equal(messages.count, 1);
    if (strstr(messages.items[0].text, part) == NULL ||
        strstr(messages.items[0].text, other) == NULL)
        fail_msg("%s, expected %s ... %s", messages.items[0].text, part, other);
}

static const char *make_folder(const char *name, mode_t mode, uid_t owner)
{
    const char *path = fixture_path(name);

    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chown(path, owner, (gid_t)-1), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static const char *make_file(const char *name, mode_t mode, uid_t owner)
{
    const char *path = fixture_write_text(name, "text");

    assert_int_equal(chown(path, owner, (gid_t)-1), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static const char *make_link(const char *name, const char *target, uid_t owner)
{
    const char *path = fixture_path(name);

    unlink(path);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(lchown(path, owner, (gid_t)-1), 0);
    return path;
}

static int set_up(void **state)
{
    return fixture_set_up(state) != 0 || chmod(fixture_folder(), 0755) != 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    message_list_finish(&messages);
    return fixture_tear_down(state);
}

static void a_file_is_read_whole_with_its_state(void **state)
{
    const char *path = fixture_write("a", "x\0y\n", 4);
    struct secure_file file;
    struct stat status;

    (void)state;
    assert_true(secure_file_read(path, false, (struct position){0}, &messages, &file));
    assert_int_equal(file.size, 4);
    assert_memory_equal(file.text, "x\0y\n", 5);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(file.status.st_ino, status.st_ino);
    secure_file_finish(&file);
    assert_null(file.text);
}

static void a_file_has_at_most_256_kib(void **state)
{
    char *bytes = calloc(1, SECURE_FILE_MAX_SIZE + 1);

    (void)state;
    expect_good(fixture_write("a", bytes, SECURE_FILE_MAX_SIZE), false);
    expect_refused(fixture_write("a", bytes, SECURE_FILE_MAX_SIZE + 1), false,
                   "/a: ", "larger than 256 KiB");
    expect_good(fixture_write("a", bytes, 0), false);
    free(bytes);
}

static void only_the_owner_may_write(void **state)
{
    static const mode_t good[] = {0600, 0644, 0400, 0755, 04600};
    static const mode_t bad[] = {0620, 0602, 0666, 0660, 0646};
    char advice[300];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        expect_good(make_file("a", good[i], geteuid()), false);
    snprintf(advice, sizeof(advice), "run `chmod go-w %s`", fixture_path("a"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_refused(make_file("a", bad[i], geteuid()), false, "/a: writable by others", advice);
}

static void the_folder_is_not_writable_by_others_either(void **state)
{
    static const mode_t bad[] = {0770, 0707, 0777, 0720};
    char advice[300];

    (void)state;
    make_folder("d", 0755, geteuid());
    make_file("d/a", 0600, geteuid());
    expect_good(fixture_path("d/a"), false);
    snprintf(advice, sizeof(advice), "run `chmod go-w %s`", fixture_path("d"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(chmod(fixture_path("d"), bad[i]), 0);
        expect_refused(fixture_path("d/a"), false, "/d: writable by others", advice);
    }
}

static void only_a_regular_file_is_read_and_a_fifo_is_not_waited_for(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(fixture_path("fifo"), 0600), 0);
    alarm(10);
    expect_refused(fixture_path("fifo"), false, "/fifo: ", "not a regular file");
    alarm(0);
    expect_refused(fixture_folder(), false, fixture_folder(), "not a regular file");
    expect_refused("/dev/null", false, "/dev/null: ", "not a regular file");
    expect_refused("/", false, "/: ", "No such file");
    expect_refused(fixture_path("none"), false, "/none: ", "No such file");
    make_file("a", 0600, geteuid());
    expect_refused(fixture_path("a/b"), false, "/a/b: ", "Not a directory");
}

static void a_link_is_followed_if_all_on_the_way_is_good(void **state)
{
    char long_name[300] = {0};

    (void)state;
    make_file("a", 0600, geteuid());
    make_folder("good", 0700, geteuid());
    make_folder("open", 0777, geteuid());
    make_file("open/a", 0600, geteuid());
    expect_good(make_link("l", "a", geteuid()), false);
    expect_good(make_link("l", fixture_path("a"), geteuid()), false);
    expect_good(make_link("l", "good/../a", geteuid()), false);
    expect_good(make_link("l", "./good/.././/a", geteuid()), false);
    make_link("good/l", "../a", geteuid());
    expect_good(fixture_path("good/l"), false);
    make_link("l2", "good", geteuid());
    expect_good(fixture_path("l2/l"), false);
    make_link("open/l", "../a", geteuid());
    expect_refused(fixture_path("open/l"), false, "/open: ", "writable by others");
    expect_refused(make_link("l", "open/a", geteuid()), false, "/open: ", "writable by others");
    expect_refused(make_link("l", "none", geteuid()), false, "/l: ", "No such file");
    expect_refused(make_link("l", "l", geteuid()), false, "/l: ", "Too many levels");
    memset(long_name, 'x', sizeof(long_name) - 1);
    expect_refused(make_link("l", long_name, geteuid()), false, "/l: ", "name too long");
}

static void everything_belongs_to_root_or_the_user(void **state)
{
    (void)state;
    expect_refused(make_file("o", 0644, NOBODY), false, "/o: belongs to user 65534",
                   "expected root");
    make_folder("theirs", 0755, NOBODY);
    expect_refused(make_file("theirs/a", 0600, 0), false, "/theirs: belongs to user 65534", "root");
    make_folder("sticky", 01777, 0);
    expect_good(make_file("sticky/a", 0600, 0), false);
    make_file("mine", 0600, 0);
    expect_refused(make_link("l", "mine", NOBODY), false, "symlink on the way to", "65534");
    make_folder("sub", 0755, 0);
    make_file("sub/a", 0600, 0);
    make_link("way", "sub", NOBODY);
    expect_refused(fixture_path("way/a"), false, "symlink on the way to", "65534");
}

static void a_user_may_use_own_files_and_those_of_root(void **state)
{
    (void)state;
    make_folder("u", 0755, NOBODY);
    make_file("u/own", 0600, NOBODY);
    make_file("u/root", 0644, 0);
    make_file("u/closed", 0600, 0);
    make_file("u/other", 0644, OTHER);
    make_link("u/link", "own", NOBODY);
    make_link("u/root-link", "own", 0);
    make_link("u/other-link", "own", OTHER);
    make_folder("u/sticky", 01777, NOBODY);
    make_file("u/sticky/a", 0644, NOBODY);
    assert_int_equal(seteuid(NOBODY), 0);
    expect_good(fixture_path("u/own"), false);
    expect_good(fixture_path("u/root"), false);
    expect_good(fixture_path("u/link"), false);
    expect_good(fixture_path("u/root-link"), false);
    expect_refused(fixture_path("u/closed"), false, "/u/closed: ", "Permission denied");
    expect_refused(fixture_path("u/other"), false, "belongs to user 65533",
                   "expected root or user 65534");
    expect_refused(fixture_path("u/other-link"), false, "symlink", "belongs to user 65533");
    expect_refused(fixture_path("u/sticky/a"), false, "/u/sticky: ", "writable by others");
    expect_refused(fixture_path("u/own"), true, "/u: belongs to user 65534", "expected root");
    expect_refused(fixture_path("u/root"), true, "/u: belongs to user 65534", "expected root");
    assert_int_equal(seteuid(0), 0);
}

static void expect_of(const char *path, uid_t first, uid_t second, const char *message)
{
    const uid_t owners[] = {first, second};
    struct secure_file file = {0};
    bool good;

    message_list_finish(&messages);
    good = secure_file_read_of(path, 1024, false, owners, (struct position){0}, &messages, &file);
    secure_file_finish(&file);
    assert_int_equal(good, message == NULL);
    if (!good && strstr(messages.items[0].text, message) == NULL)
        fail_msg("%s, expected %s", messages.items[0].text, message);
}

static void for_others_it_is_their_files_that_are_read_and_root_s(void **state)
{
    (void)state;
    make_file("n", 0600, NOBODY);
    make_file("r", 0600, 0);
    make_folder("his", 0755, NOBODY);
    make_file("his/a", 0600, NOBODY);
    expect_of(fixture_path("his/a"), NOBODY, NOBODY, NULL);
    expect_of(fixture_path("his/a"), OTHER, NOBODY, NULL);
    expect_of(fixture_path("his/a"), NOBODY, OTHER, NULL);
    expect_of(fixture_path("his/a"), OTHER, OTHER, "expected root or user 65533");
    expect_of(fixture_path("n"), 0, 0, "belongs to user 65534, expected root");
    expect_of(fixture_path("n"), 0, NOBODY, NULL);
    expect_of(fixture_path("r"), NOBODY, NOBODY, NULL);
    assert_int_equal(chmod(fixture_path("n"), 0620), 0);
    expect_of(fixture_path("n"), NOBODY, NOBODY, "writable by others");
}

static void of_a_system_file_every_folder_up_to_the_root_is_checked(void **state)
{
    (void)state;
    make_folder("s", 0755, 0);
    make_folder("s/t", 0755, 0);
    make_file("s/t/a", 0644, 0);
    expect_good(fixture_path("s/t/a"), true);
    make_link("s/l", "t/a", 0);
    expect_good(fixture_path("s/l"), true);
    assert_int_equal(chmod(fixture_path("s"), 0775), 0);
    expect_good(fixture_path("s/t/a"), false);
    expect_refused(fixture_path("s/t/a"), true, "/s: writable by others", "chmod go-w");
    make_link("into", fixture_path("s/t/a"), 0);
    expect_refused(fixture_path("into"), true, "/s: writable by others", "chmod go-w");
    assert_int_equal(chmod(fixture_path("s"), 01777), 0);
    expect_good(fixture_path("s/t/a"), true);
    assert_int_equal(chmod(fixture_path("s"), 0755), 0);
    assert_int_equal(chown(fixture_path("s"), NOBODY, (gid_t)-1), 0);
    expect_good(fixture_path("s/t/a"), false);
    expect_refused(fixture_path("s/t/a"), true, "/s: belongs to user 65534", "expected root");
}

static void a_check_passes_what_does_not_exist_and_any_size(void **state)
{
    char *bytes = calloc(1, SECURE_FILE_MAX_SIZE + 1);
    const char *path = fixture_write("large", bytes, SECURE_FILE_MAX_SIZE + 1);

    (void)state;
    message_list_finish(&messages);
    assert_true(secure_file_check(path, false, (struct position){0}, &messages));
    assert_true(secure_file_check(fixture_path("none"), true, (struct position){0}, &messages));
    assert_int_equal(messages.count, 0);
    assert_int_equal(chmod(path, 0622), 0);
    assert_false(secure_file_check(path, false, (struct position){"f", 2, 9}, &messages));
    assert_int_equal(strncmp(messages.items[0].text, "f:2:9: /", 8), 0);
    free(bytes);
}

enum { ROOT_TESTS = 4 };

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole_with_its_state),
        cmocka_unit_test(a_file_has_at_most_256_kib),
        cmocka_unit_test(only_the_owner_may_write),
        cmocka_unit_test(the_folder_is_not_writable_by_others_either),
        cmocka_unit_test(only_a_regular_file_is_read_and_a_fifo_is_not_waited_for),
        cmocka_unit_test(a_link_is_followed_if_all_on_the_way_is_good),
        cmocka_unit_test(a_check_passes_what_does_not_exist_and_any_size),
        /* files of other owners can be made by root alone */
        cmocka_unit_test(everything_belongs_to_root_or_the_user),
        cmocka_unit_test(a_user_may_use_own_files_and_those_of_root),
        cmocka_unit_test(for_others_it_is_their_files_that_are_read_and_root_s),
        cmocka_unit_test(of_a_system_file_every_folder_up_to_the_root_is_checked),
    };
    size_t count = sizeof(tests) / sizeof(tests[0]) - (geteuid() == 0 ? 0 : ROOT_TESTS);

    return _cmocka_run_group_tests("secure_file", tests, count, set_up, tear_down);
}
