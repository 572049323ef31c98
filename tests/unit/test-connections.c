// SPDX-License-Identifier: BSD-2-Clause
// How many connections there may be, and which one gives way. The clock is the test's.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "daemon/connections.h"

enum { OF_USER = 96, ALL = 128, SILENT_S = 60, PATIENCE_S = 30 };

static _Atomic time_t now; /* it stands still; no earlier than the true one, until which others wait */
static int ours[ALL + 1]; /* the clients' ends; -1: none */
static size_t n_ours;

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (clock != CLOCK_MONOTONIC)
        return (int)syscall(SYS_clock_gettime, clock, time);
    *time = (struct timespec){.tv_sec = atomic_load(&now)};
    return 0;
}

/* A byte is a call, which is answered by one. */
static void serve(void *context, int fd, const struct peer *peer)
{
    char byte;

    (void)context;
    (void)peer;
    while (recv(fd, &byte, 1, 0) == 1) {
        connection_begin_call();
        connection_end_call();
        send(fd, &byte, 1, MSG_NOSIGNAL);
    }
}

static int connect_as(uid_t user)
{
    const struct peer peer = {.uid = user, .pid = 1};
    int pair[2];

    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    connection_start(pair[1], &peer, serve, NULL);
    ours[n_ours++] = pair[0];
    return pair[0];
}

static bool is_open(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void use(int fd)
{
    char byte = 'u';

    assert_int_equal(1, send(fd, &byte, 1, MSG_NOSIGNAL));
    assert_int_equal(1, recv(fd, &byte, 1, 0));
}

/* It is closed at once, or soon. */
static void assert_closes(int fd)
{
    char byte;

    assert_int_equal(0, recv(fd, &byte, 1, 0));
}

static void fill(uid_t user, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(is_open(connect_as(user)));
}

static int end(void **state)
{
    (void)state;
    assert_true(connections_end(PATIENCE_S));
    while (n_ours > 0)
        close(ours[--n_ours]);
    return 0;
}

static void a_user_has_his_share_and_leaves_the_others_theirs(void **state)
{
    (void)state;
    fill(1, OF_USER);
    assert_closes(connect_as(1));
    n_ours--, close(ours[n_ours]);
    fill(2, ALL - OF_USER);
    assert_closes(connect_as(3));
    for (size_t i = 0; i < ALL; i++)
        use(ours[i]);
}

static void one_that_was_silent_for_a_minute_gives_way_to_the_next_of_its_user(void **state)
{
    time_t begun = atomic_load(&now);

    (void)state;
    fill(1, OF_USER);
    atomic_store(&now, begun + SILENT_S - 1);
    assert_closes(connect_as(1));
    n_ours--, close(ours[n_ours]);
    for (size_t i = 0; i < OF_USER; i++) {
        if (i != 7)
            use(ours[i]);
    }
    atomic_store(&now, begun + SILENT_S);
    assert_true(is_open(connect_as(1)));
    assert_closes(ours[7]);
    for (size_t i = 0; i <= OF_USER; i++) {
        if (i != 7)
            use(ours[i]);
    }
}

static void when_all_are_taken_one_of_another_user_s_gives_way(void **state)
{
    time_t begun = atomic_load(&now);

    (void)state;
    fill(1, ALL / 2);
    atomic_store(&now, begun + 1);
    fill(2, ALL / 2);
    atomic_store(&now, begun + SILENT_S);
    assert_true(is_open(connect_as(3)));
    assert_closes(ours[ALL / 2 - 1]); /* the one that was put first into the list, of those that are silent for as long */
}

static void what_ends_makes_room(void **state)
{
    const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
    int fd;

    (void)state;
    fill(1, OF_USER);
    shutdown(ours[0], SHUT_RDWR);
    do {
        nanosleep(&moment, NULL);
        fd = connect_as(1);
        n_ours--;
    } while (!is_open(fd) && close(fd) == 0);
    use(fd);
    close(fd);
}

int main(void)
{
    struct timespec begun;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_user_has_his_share_and_leaves_the_others_theirs, end),
        cmocka_unit_test_teardown(one_that_was_silent_for_a_minute_gives_way_to_the_next_of_its_user, end),
        cmocka_unit_test_teardown(when_all_are_taken_one_of_another_user_s_gives_way, end),
        cmocka_unit_test_teardown(what_ends_makes_room, end),
    };

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &begun);
    atomic_store(&now, begun.tv_sec);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
