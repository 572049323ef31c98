// SPDX-License-Identifier: BSD-2-Clause
#include "module/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

    prctl(PR_SET_PDEATHSIG, SIGKILL);
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
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a host that is ended leaves nobody asking */
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

/* What a program with a window needs, and nothing else of the host's. */
static const char *const passed_on[] = {
    "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE",
    "XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS", "HOME", "USER", "LOGNAME", "LANG",
    "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
};

enum { PASSED_ON = sizeof(passed_on) / sizeof(passed_on[0]) };

void program_environment_free(char **environment)
{
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++)
        free(environment[i]);
    free(environment);
}

/* Behind those that are there; false without memory. */
static bool add_variable(char **environment, const char *name, const char *value)
{
    size_t count = 0;

    while (environment[count] != NULL)
        count++;
    if (asprintf(&environment[count], "%s=%s", name, value) >= 0)
        return true;
    environment[count] = NULL;
    return false;
}

char **program_environment(const char *name, const char *value)
{
    char **environment = calloc(PASSED_ON + 3, sizeof(char *));
    bool added = environment != NULL &&
                 add_variable(environment, "PATH", "/usr/local/bin:/usr/bin:/bin") &&
                 (name == NULL || add_variable(environment, name, value));

    for (size_t i = 0; added && i < PASSED_ON; i++) {
        const char *known = secure_getenv(passed_on[i]);

        added = known == NULL || add_variable(environment, passed_on[i], known);
    }
    if (added)
        return environment;
    program_environment_free(environment);
    return NULL;
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
            goto out;
        kept = (size_t)got < left ? (size_t)got : left;
        memcpy(reading->output + reading->size, some, kept);
        reading->size += kept;
    }
    reading->fd = -1;
out:
    explicit_bzero(some, sizeof(some)); /* it may be a PIN */
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

enum program_end program_run(const struct program *program, char *output, size_t room,
                             size_t *size)
{
    struct reading reading = {.output = output, .room = room};
    enum program_end end = PROGRAM_FAILED;
    int ends[2];
    pid_t pid;

    output[0] = '\0';
    *size = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return PROGRAM_FAILED;
    reading.fd = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pid = start(program, ends[1]);
    close(ends[1]);
    if (pid > 0)
        end = finish(pid, &reading, program->seconds);
    output[reading.size] = '\0';
    *size = reading.size;
    close(ends[0]);
    return end;
}
