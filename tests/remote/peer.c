// SPDX-License-Identifier: BSD-2-Clause
#include "tests/remote/peer.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

struct peer peer = {.server = -1};

static void run(const char *const *words)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        execvp(words[0], (char *const *)words);
        _exit(127);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_int_equal(0, status);
}

static void find_library(void)
{
    static const char *const paths[] = {
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/pkcs11/libsofthsm2.so",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (access(paths[i], R_OK) == 0) {
            snprintf(peer.library, sizeof(peer.library), "%s", paths[i]);
            return;
        }
    }
    fail_msg("no SoftHSM");
}

/* The same tokens once more, with a configuration that names them. */
static void copy_tokens(void)
{
    char from[96], to[96], path[128], text[256];
    FILE *file;

    snprintf(from, sizeof(from), "%s/direct", peer.folder);
    snprintf(to, sizeof(to), "%s/served", peer.folder);
    run((const char *[]){"cp", "-r", from, to, NULL});
    snprintf(path, sizeof(path), "%s/softhsm2.conf", to);
    snprintf(text, sizeof(text), "directories.tokendir = %s/tokens\nlog.level = ERROR\n", to);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void make_tokens(void)
{
    const char *const names[] = {"all-usage", "ed25519"};
    char folder[96], description[512];

    snprintf(folder, sizeof(folder), "%s/direct", peer.folder);
    for (size_t i = 0; i < 2; i++) {
        snprintf(description, sizeof(description), "%s/%s.token", getenv("TOKENS"), names[i]);
        run((const char *[]){getenv("MAKE_TOKEN"), folder, description, NULL});
    }
    copy_tokens();
}

static void load_direct(void)
{
    char path[128];
    void *library;
    CK_C_GetFunctionList get;

    snprintf(path, sizeof(path), "%s/direct/softhsm2.conf", peer.folder);
    setenv("SOFTHSM2_CONF", path, 1);
    library = dlopen(peer.library, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    get = (CK_C_GetFunctionList)(uintptr_t)dlsym(library, "C_GetFunctionList");
    assert_non_null(get);
    assert_int_equal(CKR_OK, get(&peer.direct));
}

int peer_set_up(void **state)
{
    (void)state;
    snprintf(peer.folder, sizeof(peer.folder), "/tmp/p11gate-remote-XXXXXX");
    assert_non_null(mkdtemp(peer.folder));
    find_library();
    make_tokens();
    load_direct();
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

int peer_tear_down(void **state)
{
    (void)state;
    return nftw(peer.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int peer_end(void **state)
{
    (void)state;
    if (peer.server > 0) {
        kill(peer.server, SIGCONT);
        kill(peer.server, SIGTERM);
        waitpid(peer.server, NULL, 0);
    }
    peer.server = -1;
    return 0;
}

static void use_served_tokens(void)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/served/softhsm2.conf", peer.folder);
    setenv("SOFTHSM2_CONF", path, 1);
    unsetenv("LD_PRELOAD");
}

int peer_open(void *context)
{
    int ends[2];

    (void)context;
    peer_end(NULL);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    peer.server = fork();
    if (peer.server == 0) {
        use_served_tokens();
        dup2(ends[1], STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        execlp("p11-kit", "p11-kit", "remote", peer.library, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    return ends[0];
}

static bool takes_connections(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool taken;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    taken = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return taken;
}

const char *peer_listen(void)
{
    static char path[96];
    const struct timespec moment = {.tv_nsec = 20000000};

    peer_end(NULL);
    snprintf(path, sizeof(path), "%s/socket", peer.folder);
    unlink(path);
    peer.server = fork();
    if (peer.server == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

        use_served_tokens();
        dup2(nowhere, STDOUT_FILENO);
        execlp("p11-kit", "p11-kit", "server", "-f", "-n", path, "--provider", peer.library,
               "pkcs11:", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && !takes_connections(path); i++)
        nanosleep(&moment, NULL);
    return path;
}

struct remote *peer_remote(const char *path)
{
    struct remote_options options = {
        .path = path,
        .open = peer_open,
        .server_uids = {getuid()},
        .n_server_uids = 1,
        .connect_ms = PATIENCE_MS,
        .call_ms = PATIENCE_MS,
    };
    struct remote *remote = remote_create(&options);

    assert_non_null(remote);
    return remote;
}
