// SPDX-License-Identifier: BSD-2-Clause
// Programs that are run: what they get of the host, what the host notices of them, and that they end. The programs are lines for the
// shell.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "module/program.h"

static const char *const environment[] = {"PATH=/usr/bin:/bin", "ONE=1", NULL};
static char output[4096];
static size_t output_size;

static enum program_end run_for(const char *line, int seconds)
{
    const char *const arguments[] = {"/bin/sh", "-c", line, "sh", NULL};
    const struct program program = {arguments, environment, seconds};

    return program_run(&program, output, sizeof(output), &output_size);
}

/* Without the shell, which has files and signals of its own. */
static void run_alone(const char *path, const char *argument)
{
    const char *const arguments[] = {path, argument, NULL};
    const struct program program = {arguments, environment, 20};

    assert_int_equal(program_run(&program, output, sizeof(output), &output_size), PROGRAM_SUCCEEDED);
}

static enum program_end run(const char *line)
{
    return run_for(line, 20);
}

static void its_end_and_its_output_are_told(void **state)
{
    static const struct {
        const char *line;
        enum program_end end;
        const char *output;
    } cases[] = {
        {"echo yes", PROGRAM_SUCCEEDED, "yes\n"},
        {":", PROGRAM_SUCCEEDED, ""},
        {"echo no; exit 1", PROGRAM_FAILED, "no\n"},
        {"kill -9 $$", PROGRAM_FAILED, ""},
        {"exec 1>&-; sleep 0.1", PROGRAM_SUCCEEDED, ""},
        {"sleep 30 & echo yes", PROGRAM_SUCCEEDED, "yes\n"}, /* who goes on is not waited for */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(run(cases[i].line), cases[i].end);
        assert_string_equal(output, cases[i].output);
    }
}

static void a_program_that_is_not_there_has_failed(void **state)
{
    const char *const arguments[] = {"/nonexistent/askpass", NULL};
    const struct program program = {arguments, environment, 20};

    (void)state;
    output_size = 1;
    assert_int_equal(program_run(&program, output, sizeof(output), &output_size), PROGRAM_FAILED);
    assert_int_equal(output_size, 0);
}

static void more_output_than_there_is_room_for_stops_nothing(void **state)
{
    (void)state;
    assert_int_equal(run("yes | head -c 1000000"), PROGRAM_SUCCEEDED);
    assert_int_equal(strlen(output), sizeof(output) - 1);
    assert_int_equal(output_size, sizeof(output) - 1);
}

static void a_NUL_does_not_end_its_output(void **state)
{
    (void)state;
    assert_int_equal(run("printf '12\\00034'"), PROGRAM_SUCCEEDED);
    assert_int_equal(output_size, 5);
    assert_memory_equal(output, "12\00034", 6);
}

static void it_gets_the_environment_that_is_said_and_no_other(void **state)
{
    (void)state;
    setenv("SECRET", "of the host", 1);
    assert_int_equal(run("env | sort | grep -v -e ^PWD -e ^SHLVL -e ^_=; true"), PROGRAM_SUCCEEDED);
    assert_string_equal(output, "ONE=1\nPATH=/usr/bin:/bin\n");
    unsetenv("SECRET");
}

/* The host's files, with and without FD_CLOEXEC, a socket for stdout as in ssh-agent's helper. */
static void it_gets_none_of_the_host_s_files(void **state)
{
    int plain = open("/", O_RDONLY);
    int high = fcntl(plain, F_DUPFD, 200);

    (void)state;
    assert_true(plain > 2 && high >= 200);
    run_alone("/bin/ls", "/proc/self/fd");
    assert_string_equal(output, "0\n1\n2\n3\n"); /* the last is the folder that is read */
    assert_int_equal(run("readlink /proc/$$/fd/0 /proc/$$/fd/2"), PROGRAM_SUCCEEDED);
    assert_string_equal(output, "/dev/null\n/dev/null\n");
    close(plain);
    close(high);
}

static void it_works_where_the_host_has_closed_its_own_three(void **state)
{
    int saved[3];
    enum program_end end;

    (void)state;
    for (int i = 0; i < 3; i++) {
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
        close(i);
    }
    end = run("cat; echo yes; echo to nowhere >&2");
    for (int i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
    assert_int_equal(end, PROGRAM_SUCCEEDED);
    assert_string_equal(output, "yes\n");
}

static void its_signals_are_as_at_the_beginning_of_the_world(void **state)
{
    sigset_t blocked, before;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    run_alone("/bin/cat", "/proc/self/status");
    assert_non_null(strstr(output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
                                   "SigCgt:\t0000000000000000\n"));
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    assert_int_equal(sigismember(&blocked, SIGUSR1), 1);
    assert_int_equal(sigismember(&blocked, SIGUSR2), 0);
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

/* No signal, and nothing to wait for. */
static void the_host_notices_no_child(void **state)
{
    (void)state;
    signals = 0;
    signal(SIGCHLD, count_signal);
    assert_int_equal(run("exit 0"), PROGRAM_SUCCEEDED);
    assert_int_equal(run("exit 3"), PROGRAM_FAILED);
    assert_int_equal(signals, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

static void its_end_is_told_to_hosts_that_ignore_SIGCHLD(void **state)
{
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(run("echo yes"), PROGRAM_SUCCEEDED);
    assert_int_equal(run("exit 1"), PROGRAM_FAILED);
    signal(SIGCHLD, SIG_DFL);
}

static atomic_bool stop;
static atomic_uint met;

static void *wait_for_any(void *argument)
{
    while (!atomic_load(&stop))
        if (waitpid(-1, NULL, WNOHANG) > 0)
            atomic_fetch_add(&met, 1);
    return argument;
}

static void its_end_is_told_to_hosts_that_wait_for_any_child(void **state)
{
    pthread_t waiter;

    (void)state;
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_any, NULL), 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(run("echo yes"), PROGRAM_SUCCEEDED);
        assert_int_equal(run("exit 1"), PROGRAM_FAILED);
    }
    atomic_store(&stop, true);
    pthread_join(waiter, NULL);
    assert_int_equal(atomic_load(&met), 0);
}

static bool is_alive(pid_t pid)
{
    char path[64], state = 0;
    FILE *stream;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    stream = fopen(path, "re");
    if (stream == NULL)
        return false;
    if (fscanf(stream, "%*d %*s %c", &state) != 1)
        state = 'X';
    fclose(stream);
    return state != 'Z' && state != 'X';
}

static void when_its_time_is_over_it_is_killed_with_all_that_it_started(void **state)
{
    time_t begun = time(NULL);
    long pids[2];

    (void)state;
    assert_int_equal(run_for("trap '' TERM HUP INT; sleep 60 & echo $$ $!; sleep 60", 1),
                     PROGRAM_TIMED_OUT);
    assert_in_range(time(NULL) - begun, 1, 5);
    assert_int_equal(sscanf(output, "%ld %ld", &pids[0], &pids[1]), 2);
    for (int i = 0; i < 2; i++)
        for (int tries = 0; tries < 100 && is_alive((pid_t)pids[i]); tries++)
            usleep(10000);
    assert_false(is_alive((pid_t)pids[0]));
    assert_false(is_alive((pid_t)pids[1]));
    assert_int_equal(waitpid((pid_t)pids[0], NULL, WNOHANG | __WALL), -1);
}

static void it_is_in_a_session_of_its_own(void **state)
{
    long group, session;

    (void)state;
    assert_int_equal(run("cut -d' ' -f5,6 /proc/$$/stat"), PROGRAM_SUCCEEDED);
    assert_int_equal(sscanf(output, "%ld %ld", &group, &session), 2);
    assert_int_equal(group, session);
    assert_int_not_equal(session, getsid(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_end_and_its_output_are_told),
        cmocka_unit_test(a_program_that_is_not_there_has_failed),
        cmocka_unit_test(more_output_than_there_is_room_for_stops_nothing),
        cmocka_unit_test(a_NUL_does_not_end_its_output),
        cmocka_unit_test(it_gets_the_environment_that_is_said_and_no_other),
        cmocka_unit_test(it_gets_none_of_the_host_s_files),
        cmocka_unit_test(it_works_where_the_host_has_closed_its_own_three),
        cmocka_unit_test(its_signals_are_as_at_the_beginning_of_the_world),
        cmocka_unit_test(the_host_notices_no_child),
        cmocka_unit_test(its_end_is_told_to_hosts_that_ignore_SIGCHLD),
        cmocka_unit_test(its_end_is_told_to_hosts_that_wait_for_any_child),
        cmocka_unit_test(when_its_time_is_over_it_is_killed_with_all_that_it_started),
        cmocka_unit_test(it_is_in_a_session_of_its_own),
    };

    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
