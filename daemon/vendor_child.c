// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/vendor_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "common/log.h"
#include "config/config.h"
#include "daemon/clean.h"
#include "daemon/remote_server.h"
#include "daemon/seclusion.h"
#include "module/pcsc.h"
#include "remote/remote.h"

/* A touch of a YubiKey is waited for 15 s, a keypad longer. After a child that hung before it was initialised the next is not started at once: it would hang
 * again, and all wait. */
enum { CALL_MS = 30000, CONNECT_MS = 5000, CHILD_FD = 3, TELLING_FD = 4, REST_MS = 500, ENDING_TRIES = 70 };

/* What a child exits with that was in the library until the end: it hung, or the library ended the process. */
enum { STATUS_HUNG = 75, STATUS_LEFT = 76 };

struct child {
    struct module_settings module; /* path and init_args; owned */
    struct remote *remote;         /* owned */
    struct vendor_elsewhere elsewhere;
    pid_t pid; /* 0: none */
    int tells;       /* what it says of itself: enum word; -1: no more */
    bool initialised; /* it said so */
    bool uses_pcscd;  /* the same, since that was asked */
    long not_before;  /* milliseconds of the monotonic clock */
};

/* A byte each. */
enum word { WORD_INITIALISED = 'i', WORD_PCSCD = 'p' };

static struct child children[REMOTE_MOST]; /* called under the shared stack's lock */

/* Of the processes' numbers, and whether there may be any: vendor_children_kill does not wait for the stack's. */
static pthread_mutex_t lives = PTHREAD_MUTEX_INITIALIZER;
static bool killed;

static const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};

static long milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Its number is free for another process from here on. */
static bool has_ended(struct child *child, int *status)
{
    bool gone;

    pthread_mutex_lock(&lives);
    gone = waitpid(child->pid, status, WNOHANG) != 0;
    if (gone)
        child->pid = 0;
    pthread_mutex_unlock(&lives);
    return gone;
}

/* One whose connection was closed needs a moment to be gone. */
static bool is_alive(struct child *child, int *status)
{
    for (int tries = 0; tries < ENDING_TRIES; tries++) {
        if (has_ended(child, status))
            return false;
        nanosleep(&moment, NULL);
    }
    return true;
}

/* One whose connection was closed; why, is logged. Did it hang? */
static bool end(struct child *child)
{
    const char *path = child->module.path;
    int status = 0;
    bool hung;

    if (child->pid == 0)
        return false;
    hung = is_alive(child, &status);
    if (hung) {
        kill(child->pid, SIGKILL);
        while (!has_ended(child, &status))
            nanosleep(&moment, NULL);
    }
    hung = hung || (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_HUNG);
    if (hung)
        log_error("%s did not answer in time, and was ended", path);
    else if (WIFSIGNALED(status) && !killed)
        log_error("%s crashed: signal %d (%s)", path, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_LEFT)
        log_error("%s ended its process", path);
    return hung;
}

static void listen_to(struct child *child)
{
    char word;

    while (child->tells >= 0 && read(child->tells, &word, 1) == 1) {
        child->initialised = child->initialised || word == WORD_INITIALISED;
        child->uses_pcscd = child->uses_pcscd || word == WORD_PCSCD;
    }
}

static void close_tells(struct child *child)
{
    if (child->tells >= 0)
        close(child->tells);
    child->tells = -1;
}

static bool begin(struct child *child, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, char *arguments[])
{
    bool begun;

    pthread_mutex_lock(&lives);
    begun = !killed && posix_spawn(&child->pid, "/proc/self/exe", actions, attributes, arguments, environ) == 0;
    if (!begun)
        child->pid = 0;
    pthread_mutex_unlock(&lives);
    return begun;
}

void vendor_children_kill(void)
{
    pthread_mutex_lock(&lives);
    killed = true;
    for (size_t i = 0; i < REMOTE_MOST; i++) {
        if (children[i].pid != 0)
            kill(children[i].pid, SIGKILL);
    }
    pthread_mutex_unlock(&lives);
}

/* The program's own file, whatever has become of its name. */
static bool spawn(struct child *child, int fd, int telling)
{
    char program[] = "p11gate", verb[] = "serve-module";
    char *arguments[] = {program, verb, child->module.path, child->module.init_args, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    bool spawned;

    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return false;
    }
    spawned = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
              posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO) == 0 &&
              posix_spawn_file_actions_adddup2(&actions, fd, CHILD_FD) == 0 &&
              posix_spawn_file_actions_adddup2(&actions, telling, TELLING_FD) == 0 &&
              posix_spawnattr_setsigmask(&attributes, &none) == 0 &&
              posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK) == 0 &&
              begin(child, &actions, &attributes, arguments);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return spawned;
}

/* Above those that the child's two get: nothing is overwritten by one of them. */
static bool lift(int pair[2])
{
    for (size_t i = 0; i < 2; i++) {
        int lifted = fcntl(pair[i], F_DUPFD_CLOEXEC, TELLING_FD + 1);
        if (lifted < 0)
            return false;
        close(pair[i]);
        pair[i] = lifted;
    }
    return true;
}

static void close_pair(const int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

static bool open_pairs(int calls[2], int tells[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, calls) != 0)
        return false;
    if (pipe2(tells, O_CLOEXEC | O_NONBLOCK) != 0) {
        close_pair(calls);
        return false;
    }
    if (lift(calls) && lift(tells))
        return true;
    close_pair(calls);
    close_pair(tells);
    return false;
}

/* The end of calls that stays here; -1: there is no child. */
static int start_with(struct child *child, const int calls[2], const int tells[2])
{
    bool spawned = spawn(child, calls[1], tells[1]);

    close(calls[1]);
    close(tells[1]);
    child->tells = tells[0];
    if (spawned)
        return calls[0];
    log_error("no process can be started for %s", child->module.path);
    close_tells(child);
    close(calls[0]);
    return -1;
}

/* A connected socket to a new child; -1: there is none. */
static int start(void *context)
{
    struct child *child = context;
    int calls[2], tells[2];

    listen_to(child);
    if (end(child) && !child->initialised)
        child->not_before = milliseconds() + REST_MS;
    close_tells(child);
    child->initialised = false;
    if (milliseconds() < child->not_before || !open_pairs(calls, tells))
        return -1;
    return start_with(child, calls, tells);
}

static const char *error(const void *context)
{
    const struct child *child = context;

    return child->remote != NULL ? remote_error(child->remote) : "";
}

static bool copy_module(struct child *child, const struct module_settings *module)
{
    child->module.path = strdup(module->path);
    child->module.init_args = module->init_args != NULL ? strdup(module->init_args) : NULL;
    return child->module.path != NULL && (module->init_args == NULL || child->module.init_args != NULL);
}

static struct child *free_place(void)
{
    for (size_t i = 0; i < REMOTE_MOST; i++) {
        if (children[i].module.path == NULL)
            return &children[i];
    }
    return NULL;
}

struct vendor *vendor_child_open(void *context, const struct module_settings *module)
{
    struct child *child = free_place();
    struct remote_options options = {.open = start, .context = child, .server_uids = {geteuid()}, .n_server_uids = 1, .connect_ms = CONNECT_MS, .call_ms = CALL_MS, .late = VENDOR_CHILD_LATE};

    (void)context;
    if (child == NULL) {
        log_error("%s is not loaded: a daemon has at most %d modules", module->path, REMOTE_MOST);
        return NULL;
    }
    child->tells = -1;
    if (!copy_module(child, module))
        return NULL;
    child->remote = remote_create(&options);
    if (child->remote == NULL)
        return NULL;
    child->elsewhere = (struct vendor_elsewhere){.functions = remote_functions(child->remote), .error = error, .context = child};
    return vendor_create(module, &child->elsewhere);
}

bool vendor_children_use_pcscd(void)
{
    bool any = false;

    for (size_t i = 0; i < REMOTE_MOST; i++) {
        if (children[i].module.path != NULL)
            listen_to(&children[i]);
        any = any || children[i].uses_pcscd;
        children[i].uses_pcscd = false;
    }
    return any;
}

void vendor_children_end(void)
{
    for (size_t i = 0; i < REMOTE_MOST; i++) {
        struct child *child = &children[i];
        remote_destroy(child->remote);
        end(child);
        if (child->module.path != NULL)
            close_tells(child);
        free(child->module.path);
        free(child->module.init_args);
        *child = (struct child){0};
    }
}

/* The child: its one vendor. */
static struct vendor *own;

static CK_RV initialize(CK_VOID_PTR arguments)
{
    const char words[] = {WORD_INITIALISED, WORD_PCSCD};
    CK_RV rv = vendor_initialize(own);
    size_t size = pcsc_is_loaded() ? 2 : 1;

    (void)arguments;
    if (rv == CKR_OK && write(TELLING_FD, words, size) != (ssize_t)size)
        log_info("nobody is told that the library was initialised");
    return rv;
}

/* The PIN is in a buffer of p11-kit's, which is not wiped. */
static CK_RV log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_RV rv = vendor_functions(own)->C_Login(session, user, pin, size);

    if (pin != NULL)
        explicit_bzero(pin, size);
    return rv;
}

/* A library that hangs must not outlive the daemon. */
static void *watch(void *unused)
{
    struct pollfd parent = {.fd = CHILD_FD, .events = POLLRDHUP};

    (void)unused;
    while (poll(&parent, 1, -1) <= 0 || (parent.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0)
        ;
    usleep(REST_MS * 1000); /* for a C_Finalize that is on its way */
    _exit(STATUS_HUNG);
}

static bool is_served = true; /* to the end of the connection */

static void leave_in_the_middle(void)
{
    if (is_served)
        _exit(STATUS_LEFT);
}

static bool start_watching(void)
{
    pthread_t thread;

    return atexit(leave_in_the_middle) == 0 && pthread_create(&thread, NULL, watch, NULL) == 0 && pthread_detach(thread) == 0;
}

bool vendor_child_run(const char *path, const char *init_args)
{
    const struct module_settings module = {.path = (char *)(uintptr_t)path, .init_args = (char *)(uintptr_t)init_args};
    CK_FUNCTION_LIST list;
    char *wrong = NULL;

    seclude();
    fcntl(CHILD_FD, F_SETFD, FD_CLOEXEC);
    fcntl(TELLING_FD, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_NAME, "p11gate-vendor");
    own = vendor_load(&module, &wrong);
    if (own == NULL || !start_watching()) {
        fprintf(stderr, "p11gate: cannot load %s: %s\n", path, wrong != NULL ? wrong : strerror(errno));
        free(wrong);
        is_served = false;
        return false;
    }
    clean_set_functions(&list, own);
    list.C_Initialize = initialize;
    list.C_Login = log_in;
    remote_server_run(&list, CHILD_FD);
    is_served = false;
    vendor_destroy(own);
    return true;
}
