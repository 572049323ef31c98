// SPDX-License-Identifier: BSD-2-Clause
#include "module/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EACH_MS = 20, DIES_WITHIN_MS = 1000, NOT_BEGUN = 127 };

/* In the child, where nothing may be called that takes a lock: another thread may have held it. */
static bool set_files(int output)
{
    int null = open("/dev/null", O_RDWR);

    /* The host may have closed its own three: ours may have their numbers. */
    output = fcntl(output, F_DUPFD, STDERR_FILENO + 1);
    null = fcntl(null, F_DUPFD, STDERR_FILENO + 1);
    if (output < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(output, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
        return false;
    closefrom(STDERR_FILENO + 1);
    return true;
}

static void reset_signals(void)
{
    const struct sigaction normal = {.sa_handler = SIG_DFL};

    for (int number = 1; number < NSIG; number++)
        sigaction(number, &normal, NULL);
}

_Noreturn static void become(const struct program *program)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program->arguments[0], (char *const *)(uintptr_t)program->arguments,
           (char *const *)(uintptr_t)program->environment);
    _exit(NOT_BEGUN);
}

/* The process between host and program: its end tells of that of the program. */
_Noreturn static void watch(const struct program *program, int output)
{
    int status = NOT_BEGUN;
    pid_t pid;

    setsid();
    reset_signals();
    if (!set_files(output))
        _exit(NOT_BEGUN);
    pid = _Fork();
    if (pid == 0)
        become(program);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        _exit(NOT_BEGUN);
    _exit(0);
}

/* A fork that runs no handler of the host's at its beginning, and at its end sends no signal and is met by __WALL alone: hosts ignore SIGCHLD,
 * or wait for any child. A program would lose that by execve(2): hence the process between. */
static pid_t start(const struct program *program, int output)
{
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
    if (pid == 0)
        watch(program, output);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct reading {
    int fd; /* does not block; -1: at its end */
    char *output;
    size_t size, room;
};

/* Takes what is there. What there is no room for is dropped: a full pipe would stop the program. */
static void take(struct reading *reading)
{
    char some[512];
    ssize_t got;

    while (reading->fd >= 0 && (got = read(reading->fd, some, sizeof(some))) != 0) {
        size_t left = reading->room - 1 - reading->size, kept;

        if (got < 0)
            return;
        kept = (size_t)got < left ? (size_t)got : left;
        memcpy(reading->output + reading->size, some, kept);
        reading->size += kept;
    }
    explicit_bzero(some, sizeof(some));
    reading->fd = -1;
}

/* Until it ended, or the time is over. */
static bool wait_for(pid_t pid, struct reading *reading, long milliseconds, int *status)
{
    long end = now_ms() + milliseconds;
    pid_t found;

    do {
        struct pollfd ready = {.fd = reading->fd, .events = POLLIN};

        if (poll(&ready, 1, LOOK_EACH_MS) > 0)
            take(reading);
        found = waitpid(pid, status, WNOHANG | __WALL);
    } while (found == 0 && now_ms() < end);
    if (found < 0)
        *status = NOT_BEGUN; /* somebody took it from us: how it ended is not known */
    take(reading);
    return found != 0;
}

static enum program_end finish(pid_t pid, struct reading *reading, int seconds)
{
    int status = 0;

    if (wait_for(pid, reading, seconds * 1000L, &status))
        return status == 0 ? PROGRAM_SUCCEEDED : PROGRAM_FAILED;
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    wait_for(pid, reading, DIES_WITHIN_MS, &status);
    return PROGRAM_TIMED_OUT;
}

enum program_end program_run(const struct program *program, char *output, size_t room)
{
    struct reading reading = {.output = output, .room = room};
    enum program_end end = PROGRAM_FAILED;
    int ends[2];
    pid_t pid;

    output[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return PROGRAM_FAILED;
    reading.fd = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pid = start(program, ends[1]);
    close(ends[1]);
    if (pid > 0)
        end = finish(pid, &reading, program->seconds);
    output[reading.size] = '\0';
    close(ends[0]);
    return end;
}
