// SPDX-License-Identifier: BSD-2-Clause
// Who and where we are. The system's answers are put in place of the real ones.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const char *user;
static const char *home;
static const char *host;
static size_t entry_size; /* room that the entry needs */
static int entry_code;

static int test_getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size,
                           struct passwd **found)
{
    (void)buffer;
    *found = NULL;
    if (size < entry_size)
        return ERANGE;
    if (entry_code == 0 && user != NULL) {
        *entry = (struct passwd){
            .pw_uid = uid, .pw_name = (char *)(uintptr_t)user, .pw_dir = (char *)(uintptr_t)home};
        *found = entry;
    }
    return entry_code;
}

/* As the C library does it: a name that is too long is cut, and not terminated. */
static int test_gethostname(char *name, size_t size)
{
    if (host == NULL)
        return -1;
    memcpy(name, host, strnlen(host, size - 1) + 1 < size ? strlen(host) + 1 : size);
    return 0;
}

#define getpwuid_r test_getpwuid_r
#define gethostname test_gethostname
#include "config/identity.c"

static int set_up(void **state)
{
    (void)state;
    user = "alice";
    home = "/home/alice";
    host = "box.corp.example";
    entry_size = 0;
    entry_code = 0;
    return 0;
}

static void user_and_host_are_told(void **state)
{
    struct identity identity;
    char uid[32];

    (void)state;
    snprintf(uid, sizeof(uid), "%lu", (unsigned long)geteuid());
    identity_init(&identity);
    assert_string_equal(identity.user, "alice");
    assert_string_equal(identity.home, "/home/alice");
    assert_string_equal(identity.uid, uid);
    assert_string_equal(identity.host, "box.corp.example");
    assert_string_equal(identity.host_label, "box");
    identity_finish(&identity);
    assert_null(identity.user);
}

static void an_entry_that_needs_much_room_gets_it(void **state)
{
    struct identity identity;

    (void)state;
    entry_size = 100000;
    identity_init(&identity);
    assert_string_equal(identity.user, "alice");
    identity_finish(&identity);
    entry_size = SIZE_MAX;
    identity_init(&identity);
    assert_null(identity.user);
    identity_finish(&identity);
}

static void what_the_system_does_not_tell_is_unknown(void **state)
{
    struct identity identity;

    (void)state;
    user = NULL;
    host = NULL;
    identity_init(&identity);
    assert_null(identity.user);
    assert_null(identity.home);
    assert_null(identity.host);
    assert_null(identity.host_label);
    assert_non_null(identity.uid);
    identity_finish(&identity);
    user = "alice";
    entry_code = EIO;
    identity_init(&identity);
    assert_null(identity.user);
    identity_finish(&identity);
}

static void what_is_empty_is_unknown(void **state)
{
    struct identity identity;

    (void)state;
    user = "";
    home = "";
    host = "";
    identity_init(&identity);
    assert_null(identity.user);
    assert_null(identity.home);
    assert_null(identity.host);
    assert_null(identity.host_label);
    identity_finish(&identity);
    host = ".example";
    identity_init(&identity);
    assert_string_equal(identity.host, ".example");
    assert_null(identity.host_label);
    identity_finish(&identity);
}

static void a_host_name_that_may_be_cut_is_unknown(void **state)
{
    char name[HOST_NAME_MAX + 3];
    struct identity identity;

    (void)state;
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    host = name;
    identity_init(&identity);
    assert_null(identity.host);
    identity_finish(&identity);
    name[HOST_NAME_MAX] = '\0';
    identity_init(&identity);
    assert_string_equal(identity.host, name);
    identity_finish(&identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(user_and_host_are_told, set_up),
        cmocka_unit_test_setup(an_entry_that_needs_much_room_gets_it, set_up),
        cmocka_unit_test_setup(what_the_system_does_not_tell_is_unknown, set_up),
        cmocka_unit_test_setup(what_is_empty_is_unknown, set_up),
        cmocka_unit_test_setup(a_host_name_that_may_be_cut_is_unknown, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
