// SPDX-License-Identifier: BSD-2-Clause
// Users by their names. The system's answers are put in place of the real ones.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t entry_size; /* room that the entry needs */
static int entry_code;
static const char *home;
static int n_groups;

static int test_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
                           struct passwd **found)
{
    static char bob[] = "bob";

    (void)buffer;
    *found = NULL;
    if (size < entry_size)
        return ERANGE;
    if (entry_code == 0 && strcmp(name, "bob") == 0) {
        *entry = (struct passwd){
            .pw_name = bob, .pw_uid = 7, .pw_gid = 8, .pw_dir = (char *)(uintptr_t)home};
        *found = entry;
    }
    return entry_code;
}

/* Numbers from the entry's group on. */
static int test_getgrouplist(const char *name, gid_t group, gid_t *groups, int *count)
{
    int room = *count;

    assert_string_equal(name, "bob");
    *count = n_groups;
    for (int i = 0; i < n_groups && i < room; i++)
        groups[i] = group + (gid_t)i;
    return n_groups > room ? -1 : n_groups;
}

#define getpwnam_r test_getpwnam_r
#define getgrouplist test_getgrouplist
#include "config/account.c"

static int set_up(void **state)
{
    (void)state;
    entry_size = 0;
    entry_code = 0;
    home = "/home/bob";
    n_groups = 1;
    return 0;
}

static void a_user_is_found_by_name_however_long_the_entry_is(void **state)
{
    static const size_t sizes[] = {0, 1025, 1 << 20};
    struct account account;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        entry_size = sizes[i];
        assert_int_equal(account_find("bob", &account), ACCOUNT_FOUND);
        assert_string_equal(account.name, "bob");
        assert_string_equal(account.home, "/home/bob");
        assert_int_equal(account.id, 7);
        assert_int_equal(account.group, 8);
        account_finish(&account);
        assert_null(account.name);
    }
}

static void an_empty_home_is_none(void **state)
{
    static const char *const homes[] = {"", NULL};
    struct account account;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        home = homes[i];
        assert_int_equal(account_find("bob", &account), ACCOUNT_FOUND);
        assert_null(account.home);
        account_finish(&account);
    }
}

static void nobody_of_that_name_is_no_failure_and_a_failure_is_not_nobody(void **state)
{
    static const int nobody[] = {0, ENOENT, ESRCH, EBADF, EPERM};
    static const int failures[] = {EIO, EMFILE, ENFILE, ENOMEM};
    struct account account;

    (void)state;
    for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
        entry_code = nobody[i];
        assert_int_equal(account_find("eve", &account), ACCOUNT_UNKNOWN);
    }
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        entry_code = failures[i];
        errno = 0;
        assert_int_equal(account_find("bob", &account), ACCOUNT_FAILED);
        assert_int_equal(errno, failures[i]);
    }
    entry_code = 0;
    entry_size = (1 << 20) + 1;
    assert_int_equal(account_find("bob", &account), ACCOUNT_FAILED);
    assert_int_equal(errno, ERANGE);
}

static void all_groups_are_told_or_none(void **state)
{
    static const int counts[] = {1, 64, 65, 3000};
    struct account account = {.name = (char *)(uintptr_t) "bob", .group = 100};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        size_t count = 0;
        gid_t *groups;

        n_groups = counts[i];
        groups = account_groups(&account, &count);
        assert_non_null(groups);
        assert_int_equal(count, counts[i]);
        assert_int_equal(groups[0], 100);
        assert_int_equal(groups[count - 1], 99 + counts[i]);
        free(groups);
    }
    n_groups = 1 << 20;
    assert_null(account_groups(&account, &(size_t){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_user_is_found_by_name_however_long_the_entry_is, set_up),
        cmocka_unit_test_setup(an_empty_home_is_none, set_up),
        cmocka_unit_test_setup(nobody_of_that_name_is_no_failure_and_a_failure_is_not_nobody,
                               set_up),
        cmocka_unit_test_setup(all_groups_are_told_or_none, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
