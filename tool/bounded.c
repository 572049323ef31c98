// SPDX-License-Identifier: BSD-2-Clause
#include "tool/bounded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EACH_MS = 10, DIES_WITHIN_MS = 1000, TEXT_MAX = 1024 * 1024, READS_MOST = 16 };

/* What the child does; it has the writing end of the pipe. */
struct work {
    void (*body)(FILE *out, void *context);
    void *context;
    const char *const *program; /* NULL: the body */
};

/* It ends with us, in a session of its own, and leaves no core: a library may have a PIN of somebody's in it. A session is a group that can be killed, and
 * has no terminal: in a group alone, who reads from /dev/tty is stopped, and would be taken for one that hangs. */
static void settle(pid_t parent)
{
    const struct rlimit none = {0, 0};

    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(BOUNDED_NO_PROGRAM);
    setrlimit(RLIMIT_CORE, &none);
}

_Noreturn static void do_work(const struct work *work, FILE *out, int null)
{
    int both = work->program != NULL ? fileno(out) : null;

    if (dup2(null, STDIN_FILENO) < 0 || dup2(both, STDOUT_FILENO) < 0 ||
        dup2(both, STDERR_FILENO) < 0)
        _exit(BOUNDED_NO_PROGRAM);
    if (work->program != NULL) {
        execvp(work->program[0], (char *const *)(uintptr_t)work->program);
        _exit(BOUNDED_NO_PROGRAM);
    }
    setvbuf(out, NULL, _IONBF, 0); /* what was said before a crash is kept */
    work->body(out, work->context);
    _exit(0);
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Takes what is there, or some of it where there is no end to it; false at the end. What there is no room for is dropped: a full pipe would stop the child. */
static bool take(int fd, struct bounded *bounded)
{
    char some[4096];
    ssize_t got = 1;

    for (int i = 0; i < READS_MOST && (got = read(fd, some, sizeof(some))) > 0; i++) {
        char *grown = bounded->size + (size_t)got < TEXT_MAX
                          ? realloc(bounded->text, bounded->size + (size_t)got + 1)
                          : NULL;

        if (grown == NULL) {
            bounded->cut = true;
            continue;
        }
        memcpy(grown + bounded->size, some, (size_t)got);
        bounded->text = grown;
        bounded->size += (size_t)got;
        grown[bounded->size] = '\0';
    }
    return got != 0;
}

/* Until the child ended, or the time is over: a grandchild may keep the pipe open. */
static bool wait_for(pid_t pid, int fd, long milliseconds, struct bounded *bounded, int *status)
{
    long end = now_ms() + milliseconds;
    bool open = true;
    pid_t found;

    do {
        struct pollfd ready = {.fd = open ? fd : -1, .events = POLLIN};

        if (poll(&ready, 1, LOOK_EACH_MS) > 0)
            open = take(fd, bounded);
        found = waitpid(pid, status, WNOHANG);
    } while (found == 0 && now_ms() < end);
    if (open)
        take(fd, bounded);
    return found == pid;
}

static void watch(pid_t pid, int fd, int seconds, struct bounded *bounded)
{
    int status = 0;

    if (!wait_for(pid, fd, seconds * 1000L, bounded, &status)) {
        bounded->end = BOUNDED_TIMED_OUT;
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL); /* it may not have its session yet */
        wait_for(pid, fd, DIES_WITHIN_MS, bounded, &status);
    } else if (WIFSIGNALED(status)) {
        bounded->end = BOUNDED_CRASHED;
        bounded->status = WTERMSIG(status);
    } else {
        bounded->end = BOUNDED_ENDED;
        bounded->status = WEXITSTATUS(status);
    }
}

/* Whose end is told by what is read from in. Takes the stream over. */
static pid_t start(const struct work *work, int in, FILE *out, int null)
{
    pid_t parent = getpid(), pid;

    signal(SIGCHLD, SIG_DFL); /* where it was ignored, nobody could be waited for */
    pid = fork();
    if (pid == 0) {
        settle(parent);
        close(in);
        do_work(work, out, null);
    }
    fclose(out);
    return pid;
}

/* What the child needs is made before it: that there is none is no fault of what it does. */
static struct bounded run(const struct work *work, int seconds)
{
    struct bounded bounded = {.end = BOUNDED_FAILED, .text = calloc(1, 1)};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), ends[2] = {-1, -1};
    FILE *out = NULL;
    pid_t pid = -1;

    if (bounded.text != NULL && null >= 0 && pipe2(ends, O_CLOEXEC) == 0)
        out = fdopen(ends[1], "w");
    if (out != NULL)
        pid = start(work, ends[0], out, null);
    else if (ends[1] >= 0)
        close(ends[1]);
    if (pid > 0) {
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        watch(pid, ends[0], seconds, &bounded);
    }
    if (ends[0] >= 0)
        close(ends[0]);
    if (null >= 0)
        close(null);
    return bounded;
}

struct bounded bounded_call(void (*body)(FILE *out, void *context), void *context, int seconds)
{
    const struct work work = {.body = body, .context = context};

    return run(&work, seconds);
}

struct bounded bounded_program(const char *const *arguments, int seconds)
{
    const struct work work = {.program = arguments};

    return run(&work, seconds);
}

void bounded_finish(struct bounded *bounded)
{
    free(bounded->text);
    *bounded = (struct bounded){.end = BOUNDED_FAILED};
}
