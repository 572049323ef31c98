// SPDX-License-Identifier: BSD-2-Clause
// Who the process is. The system's answers are put in place of the real ones.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "config/account.h"
#include "config/identity.h"

static gid_t real_group;
static gid_t others[4];
static int n_others; /* -1: the call fails */
static size_t entry_size;
static int asked; /* how often a name was asked for */

static gid_t test_getgid(void)
{
    return real_group;
}

static int test_getgroups(int size, gid_t list[])
{
    for (int i = 0; i < size && i < n_others; i++)
        list[i] = others[i];
    return n_others;
}

/* Groups 0 to 9 have names. */
static int test_getgrgid_r(gid_t id, struct group *entry, char *buffer, size_t size,
                           struct group **found)
{
    static char names[10][4] = {"g0", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", ""};

    (void)buffer;
    asked++;
    *found = NULL;
    if (size < entry_size)
        return ERANGE;
    if (id < 10) {
        *entry = (struct group){.gr_gid = id, .gr_name = names[id]};
        *found = entry;
    }
    return 0;
}

static void test_identity_init_of(struct identity *identity, uid_t id)
{
    asked++;
    *identity = (struct identity){.user = id == getuid() ? strdup("alice")
                                          : id == 4711   ? strdup("bob")
                                                         : NULL,
                                  .uid = strdup("1"),
                                  .host = strdup("box.example")};
}

static gid_t *test_account_groups(const struct account *account, size_t *count)
{
    gid_t *ids = account->group != 0 ? calloc(2, sizeof(*ids)) : NULL;

    if (ids == NULL)
        return NULL;
    ids[0] = account->group;
    ids[1] = 77;
    *count = 2;
    return ids;
}

static time_t clock_says;

static time_t test_time(time_t *seconds)
{
    (void)seconds;
    return clock_says;
}

#define getgid test_getgid
#define getgroups test_getgroups
#define getgrgid_r test_getgrgid_r
#define identity_init_of test_identity_init_of
#define account_groups test_account_groups
#define time(seconds) test_time(seconds)
#include "config/process.c"
#undef time

static int set_up(void **state)
{
    (void)state;
    real_group = 1;
    others[0] = 2;
    others[1] = 3;
    n_others = 2;
    entry_size = 0;
    asked = 0;
    unsetenv("TZ");
    return 0;
}

/* A policy that asks for one thing. */
static struct process process_of(enum selector_kind kind)
{
    struct rule rule = {.condition = {.kind = kind}};
    const struct policy narrower = {.deny = {&rule, 1}};
    const struct policy policy = {.narrowed_by = (struct policy *)(uintptr_t)&narrower};
    struct process process;

    process_init(&process, &policy);
    return process;
}

static void nothing_is_asked_for_that_no_rule_asks_for(void **state)
{
    struct process process = process_of(SELECTOR_WHEN_TIME);

    (void)state;
    assert_int_equal(asked, 0);
    assert_null(process.user);
    assert_null(process.groups);
    process_finish(&process);
    process = process_of(SELECTOR_LABEL);
    assert_int_equal(asked, 0);
    process_finish(&process);
    process = process_of(SELECTOR_WHEN_HOST);
    assert_string_equal(process.user, "alice");
    assert_string_equal(process.host, "box.example");
    assert_null(process.groups);
    process_finish(&process);
    assert_null(process.user);
}

static void groups_are_the_real_one_and_the_others(void **state)
{
    struct process process = process_of(SELECTOR_WHEN_GROUP);

    (void)state;
    assert_int_equal(process.n_groups, 3);
    assert_string_equal(process.groups[0], "g1");
    assert_string_equal(process.groups[1], "g2");
    assert_string_equal(process.groups[2], "g3");
    assert_null(process.user);
    process_finish(&process);
    n_others = 0;
    entry_size = 70000;
    process = process_of(SELECTOR_WHEN_GROUP);
    assert_int_equal(process.n_groups, 1);
    assert_string_equal(process.groups[0], "g1");
    process_finish(&process);
}

static void what_cannot_be_told_is_unknown(void **state)
{
    struct process process;

    (void)state;
    others[0] = 77;
    others[1] = 9;
    process = process_of(SELECTOR_WHEN_GROUP);
    assert_int_equal(process.n_groups, 3);
    assert_null(process.groups[1]);
    assert_null(process.groups[2]);
    process_finish(&process);
    entry_size = (1 << 20) + 1;
    process = process_of(SELECTOR_WHEN_GROUP);
    assert_null(process.groups[0]);
    process_finish(&process);
    n_others = -1;
    process = process_of(SELECTOR_WHEN_GROUP);
    assert_null(process.groups);
    assert_int_equal(process.n_groups, 0);
    process_finish(&process);
}

static void of_another_user_name_and_groups_are_his(void **state)
{
    struct rule rules[] = {{.condition = {.kind = SELECTOR_WHEN_USER}},
                           {.condition = {.kind = SELECTOR_WHEN_GROUP}}};
    const struct policy policy = {.deny = {rules, 2}};
    struct account user = {.name = (char *)(uintptr_t) "bob", .id = 4711, .group = 5};
    struct process process;

    (void)state;
    process_init_of(&process, &policy, &user);
    assert_string_equal(process.user, "bob");
    assert_int_equal(process.n_groups, 2);
    assert_string_equal(process.groups[0], "g5");
    assert_null(process.groups[1]);
    process_finish(&process);
    user.group = 0; /* they cannot be told */
    process_init_of(&process, &policy, &user);
    assert_null(process.groups);
    assert_int_equal(process.n_groups, 0);
    process_finish(&process);
}

static void the_time_is_asked_anew_and_unknown_where_a_variable_could_move_it(void **state)
{
    const struct process process = {.user = (char *)(uintptr_t) "alice"};
    struct circumstances first;
    struct circumstances second;
    struct tm local;

    (void)state;
    clock_says = 1700000000;
    first = process_now(&process, true);
    localtime_r(&clock_says, &local);
    assert_true(first.has_time);
    assert_string_equal(first.user, "alice");
    assert_int_equal(first.weekday, local.tm_wday);
    assert_int_equal(first.minute, local.tm_hour * 60 + local.tm_min);
    clock_says += 60;
    second = process_now(&process, true);
    assert_int_equal(second.minute, (first.minute + 1) % 1440);
    setenv("TZ", "UTC", 1);
    assert_true(process_now(&process, false).has_time);
    assert_false(process_now(&process, true).has_time);
    unsetenv("TZ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_asked_for_that_no_rule_asks_for, set_up),
        cmocka_unit_test_setup(groups_are_the_real_one_and_the_others, set_up),
        cmocka_unit_test_setup(what_cannot_be_told_is_unknown, set_up),
        cmocka_unit_test_setup(of_another_user_name_and_groups_are_his, set_up),
        cmocka_unit_test_setup(the_time_is_asked_anew_and_unknown_where_a_variable_could_move_it,
                               set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
