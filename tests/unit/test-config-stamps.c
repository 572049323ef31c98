// SPDX-License-Identifier: BSD-2-Clause
// Each thing that stat(2) says of a file's state counts by itself.
#include "tests/unit/config_fixture.h"

#include <unistd.h>
#include "config/stamps.h"

static void expect_changed(const char *path, const struct stat *status, bool changed)
{
    struct config_stamps *stamps = stamps_create();

    assert_non_null(stamps);
    assert_true(stamps_add(stamps, path, status));
    assert_int_equal(stamps_changed(stamps), changed);
    stamps_destroy(stamps);
}

static void device_inode_size_and_both_times_count_each(void **state)
{
    const char *path = fixture_write_text("a", "text");
    struct stat status;

    (void)state;
    assert_int_equal(stat(path, &status), 0);
    expect_changed(path, &status, false);
    for (unsigned i = 0; i < 7; i++) {
        struct stat other = status;

        other.st_dev += i == 0;
        other.st_ino += i == 1;
        other.st_size += i == 2;
        other.st_mtim.tv_sec += i == 3;
        other.st_mtim.tv_nsec += i == 4;
        other.st_ctim.tv_sec += i == 5;
        other.st_ctim.tv_nsec += i == 6;
        expect_changed(path, &other, true);
    }
}

static void a_file_that_is_gone_has_changed(void **state)
{
    const char *path = fixture_write_text("a", "text");
    struct stat status;

    (void)state;
    assert_int_equal(stat(path, &status), 0);
    unlink(path);
    expect_changed(path, &status, true);
}

static void the_last_of_several_files_counts_like_the_first(void **state)
{
    const char *names[] = {"a", "b", "c"};

    (void)state;
    for (unsigned gone = 0; gone < 3; gone++) {
        struct config_stamps *stamps = stamps_create();

        for (unsigned i = 0; i < 3; i++) {
            struct stat status;

            assert_int_equal(stat(fixture_write_text(names[i], "text"), &status), 0);
            assert_true(stamps_add(stamps, fixture_path(names[i]), &status));
        }
        assert_false(stamps_changed(stamps));
        unlink(fixture_path(names[gone]));
        assert_true(stamps_changed(stamps));
        stamps_destroy(stamps);
    }
}

static void no_file_has_not_changed(void **state)
{
    struct config_stamps *stamps = stamps_create();

    (void)state;
    assert_false(stamps_changed(stamps));
    stamps_destroy(stamps);
    stamps_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_inode_size_and_both_times_count_each),
        cmocka_unit_test(a_file_that_is_gone_has_changed),
        cmocka_unit_test(the_last_of_several_files_counts_like_the_first),
        cmocka_unit_test(no_file_has_not_changed),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
