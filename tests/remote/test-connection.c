// SPDX-License-Identifier: BSD-2-Clause
// Connections of the client: whose they are, how they are lost and come back, and what is left in
// memory.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/memory/search.h"
#include "tests/remote/liar.h"
#include "tests/remote/peer.h"

enum { SHORT_MS = 100, PATIENCE_MS = 20000 };

static CK_RV initialize(struct remote *remote)
{
    return remote_functions(remote)->C_Initialize(NULL);
}

static CK_RV call(struct remote *remote)
{
    CK_ULONG count = 0;

    return remote_functions(remote)->C_GetSlotList(CK_TRUE, NULL, &count);
}

static void what_is_initialized_twice_or_not_at_all(void **state)
{
    struct remote *remote = peer_remote(NULL);

    (void)state;
    assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, call(remote));
    assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, remote_functions(remote)->C_Finalize(NULL));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(CKR_OK, initialize(remote));
        assert_int_equal(CKR_CRYPTOKI_ALREADY_INITIALIZED, initialize(remote));
        assert_int_equal(CKR_OK, call(remote));
        assert_int_equal(CKR_OK, remote_functions(remote)->C_Finalize(NULL));
        assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, call(remote));
    }
    remote_destroy(remote);
}

static void a_server_that_dies_is_lost_until_it_is_initialized_again(void **state)
{
    struct remote *remote = peer_remote(NULL);
    struct sigaction action;

    (void)state;
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(CKR_OK, initialize(remote));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(CKR_OK, call(remote));
        kill(peer.server, SIGKILL);
        waitpid(peer.server, NULL, 0);
        peer.server = -1;
        assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, call(remote));
        assert_string_equal("the server closed the connection", remote_error(remote));
        assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, call(remote));
        assert_int_equal(CKR_OK, initialize(remote));
    }
    assert_int_equal(0, sigaction(SIGPIPE, NULL, &action));
    assert_true(action.sa_handler == SIG_DFL);
    remote_destroy(remote);
}

static void a_listening_server_that_is_restarted_is_found_again(void **state)
{
    const char *path = peer_listen();
    struct remote *remote = peer_remote(path);

    (void)state;
    assert_int_equal(CKR_OK, initialize(remote));
    assert_int_equal(CKR_OK, call(remote));
    assert_int_equal(CKR_OK, remote_functions(remote)->C_Finalize(NULL));
    peer_end(NULL);
    unlink(path);
    assert_int_equal(CKR_DEVICE_ERROR, initialize(remote));
    assert_string_equal("connecting to the server: No such file or directory",
                        remote_error(remote));
    peer_listen();
    assert_int_equal(CKR_OK, initialize(remote));
    assert_string_equal("", remote_error(remote));
    assert_int_equal(CKR_OK, call(remote));
    remote_destroy(remote);
}

static struct remote *with_users(struct liar *liar, const uid_t *uids, size_t count)
{
    struct remote_options options = {
        .open = liar_open, .context = liar, .n_server_uids = count, .call_ms = PATIENCE_MS};

    for (size_t i = 0; i < count; i++)
        options.server_uids[i] = uids[i];
    liar_greet(&liar->connections[0].speech, 0);
    return remote_create(&options);
}

static void a_server_of_another_user_hears_nothing(void **state)
{
    struct liar liar = {0};
    const uid_t uids[] = {getuid() + 1, getuid() + 2};
    struct remote *remote = with_users(&liar, uids, 2);
    char expected[96], byte;

    (void)state;
    wire_finish(&liar.connections[0].speech);
    assert_int_equal(CKR_DEVICE_ERROR, initialize(remote));
    snprintf(expected, sizeof(expected),
             "the server is user %lu, which is none of those that it may be",
             (unsigned long)getuid());
    assert_string_equal(expected, remote_error(remote));
    assert_int_equal(0, recv(liar.far[0], &byte, 1, MSG_DONTWAIT));
    remote_destroy(remote);
    liar_finish(&liar);
}

static void users_are_named_or_nobody_will_do(void **state)
{
    struct liar liar = {0};
    const uid_t uids[] = {getuid() + 1, getuid()};
    struct remote *remote = with_users(&liar, NULL, 0);

    (void)state;
    assert_int_equal(CKR_DEVICE_ERROR, initialize(remote));
    remote_destroy(remote);
    liar_finish(&liar);
    remote = with_users(&liar, uids, 2);
    assert_int_equal(CKR_OK, initialize(remote));
    remote_destroy(remote);
    liar_finish(&liar);
}

static void in_child(struct remote *remote)
{
    if (call(remote) != CKR_CRYPTOKI_NOT_INITIALIZED)
        _exit(1);
    if (remote_functions(remote)->C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
        _exit(2);
    if (initialize(remote) != CKR_OK || call(remote) != CKR_OK)
        _exit(3);
    _exit(remote_functions(remote)->C_Finalize(NULL) == CKR_OK ? 0 : 4);
}

static void a_child_has_a_connection_of_its_own(void **state)
{
    struct remote *remote = peer_remote(peer_listen());
    CK_SESSION_HANDLE session = 0;
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    CK_SESSION_INFO info;
    pid_t child;
    int status = -1;

    (void)state;
    assert_int_equal(CKR_OK, initialize(remote));
    assert_int_equal(CKR_OK, remote_functions(remote)->C_GetSlotList(CK_TRUE, slots, &count));
    assert_int_equal(CKR_OK, remote_functions(remote)->C_OpenSession(slots[0], CKF_SERIAL_SESSION,
                                                                     NULL, NULL, &session));
    child = fork();
    if (child == 0)
        in_child(remote);
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_int_equal(0, status);
    assert_int_equal(CKR_OK, remote_functions(remote)->C_GetSessionInfo(session, &info));
    remote_destroy(remote);
}

/* As by closefrom(), and then another file. */
static void what_took_the_place_of_its_file_is_left_alone(void **state)
{
    struct liar liar = {0};
    struct remote *remote = with_users(&liar, (uid_t[]){getuid()}, 1);
    CK_FUNCTION_LIST *functions = remote_functions(remote);
    int others[2], taken;
    char byte;

    (void)state;
    liar_greet(&liar.connections[1].speech, 0);
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, others));
    assert_int_equal(CKR_OK, initialize(remote));
    taken = liar.near;
    assert_int_equal(taken, dup2(others[0], taken));
    assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, functions->C_Login(1, CKU_USER, NULL, 0));
    assert_int_equal(CKR_OK, initialize(remote));
    assert_int_equal(-1, recv(others[1], &byte, 1, MSG_DONTWAIT));
    assert_int_equal(1, send(taken, "x", 1, MSG_NOSIGNAL));
    close(taken);
    close(others[0]);
    close(others[1]);
    remote_destroy(remote);
    liar_finish(&liar);
}

static void a_stopped_server_is_given_up(void **state)
{
    struct remote_options options = {
        .open = peer_open, .server_uids = {getuid()}, .n_server_uids = 1, .call_ms = 2000};
    struct remote *remote = remote_create(&options);

    (void)state;
    assert_int_equal(CKR_OK, initialize(remote));
    assert_int_equal(CKR_OK, call(remote));
    kill(peer.server, SIGSTOP);
    assert_int_equal(CKR_DEVICE_ERROR, call(remote));
    assert_string_equal("the server did not answer in time", remote_error(remote));
    assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, call(remote));
    assert_int_equal(CKR_OK, initialize(remote));
    assert_int_equal(CKR_OK, call(remote));
    remote_destroy(remote);
}

static void instances_are_so_many_and_do_not_know_of_each_other(void **state)
{
    struct liar liars[REMOTE_MOST] = {0};
    struct remote *remotes[REMOTE_MOST];
    CK_FUNCTION_LIST *list = NULL;

    (void)state;
    for (size_t i = 0; i < REMOTE_MOST; i++) {
        remotes[i] = with_users(&liars[i], (uid_t[]){getuid()}, 1);
        assert_non_null(remotes[i]);
        assert_int_equal(CKR_OK, remote_functions(remotes[i])->C_GetFunctionList(&list));
        assert_ptr_equal(list, remote_functions(remotes[i]));
    }
    assert_null(liar_remote(&liars[0], PATIENCE_MS));
    for (size_t i = 0; i < REMOTE_MOST; i++) {
        assert_int_equal(CKR_OK, initialize(remotes[i]));
        for (size_t k = 0; k < REMOTE_MOST; k++)
            assert_int_equal(k <= i, liars[k].opened);
    }
    remote_destroy(remotes[3]);
    remotes[3] = with_users(&liars[3], (uid_t[]){getuid()}, 1);
    assert_non_null(remotes[3]);
    assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, call(remotes[3]));
    for (size_t i = 0; i < REMOTE_MOST; i++) {
        remote_destroy(remotes[i]);
        liar_finish(&liars[i]);
    }
}

/* Its backlog is full, and it never accepts. */
static void a_server_that_takes_no_connection_is_given_up(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct remote_options options = {.path = address.sun_path,
                                     .server_uids = {getuid()},
                                     .n_server_uids = 1,
                                     .connect_ms = SHORT_MS,
                                     .call_ms = PATIENCE_MS};
    struct remote *remote;

    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/full", peer.folder);
    assert_int_equal(0, bind(server, (struct sockaddr *)&address, sizeof(address)));
    assert_int_equal(0, listen(server, 0));
    assert_int_equal(0, connect(first, (struct sockaddr *)&address, sizeof(address)));
    remote = remote_create(&options);
    assert_int_equal(CKR_DEVICE_ERROR, initialize(remote));
    assert_string_equal("connecting to the server: Connection timed out", remote_error(remote));
    remote_destroy(remote);
    close(first);
    close(server);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    char path[200];
    struct remote *remote;

    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    remote = peer_remote(path);
    assert_int_equal(CKR_DEVICE_ERROR, initialize(remote));
    assert_string_equal("connecting to the server: File name too long", remote_error(remote));
    remote_destroy(remote);
}

static void what_the_server_refuses_is_said(void **state)
{
    struct liar liar = {0};
    struct wire body = {0};
    struct remote *remote = liar_remote(&liar, PATIENCE_MS);

    (void)state;
    liar_error(&body, CKR_CANT_LOCK);
    for (size_t i = 0; i < 2; i++) {
        wire_put_byte(&liar.connections[i].speech, 0);
        liar_say(&liar.connections[i].speech, 1, &body);
    }
    wire_finish(&body);
    assert_int_equal(CKR_CANT_LOCK, initialize(remote));
    assert_string_equal("the server answered CKR_CANT_LOCK to C_Initialize", remote_error(remote));
    assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED, call(remote));
    remote_destroy(remote);
    liar_finish(&liar);
}

static void what_cannot_be_sent_is_refused_here(void **state)
{
    struct liar liar = {0};
    struct remote *remote = with_users(&liar, (uid_t[]){getuid()}, 1);
    CK_FUNCTION_LIST *functions = remote_functions(remote);
    CK_SLOT_ID slot;
    size_t unread;
    char bytes[1024];

    (void)state;
    assert_int_equal(CKR_OK, initialize(remote));
    unread = (size_t)recv(liar.far[0], bytes, sizeof(bytes), MSG_DONTWAIT);
    assert_int_equal(1 + 12 + 4 + 4 + 5 + 1 + 4 + 41 + 1 + 1 + 4 + 1, unread);
    assert_int_equal(CKR_FUNCTION_NOT_SUPPORTED, functions->C_WaitForSlotEvent(0, &slot, NULL));
    assert_int_equal(CKR_ARGUMENTS_BAD,
                     functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot));
    assert_int_equal(CKR_ARGUMENTS_BAD, functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL));
    assert_int_equal(CKR_ARGUMENTS_BAD, functions->C_Finalize(&slot));
    assert_int_equal(CKR_ARGUMENTS_BAD, functions->C_Login(1, CKU_USER, NULL, 4));
    assert_int_equal(CKR_FUNCTION_NOT_PARALLEL, functions->C_GetFunctionStatus(1));
    assert_int_equal(-1, recv(liar.far[0], bytes, sizeof(bytes), MSG_DONTWAIT));
    remote_destroy(remote);
    liar_finish(&liar);
}

/* "kept-zebra-4711", veiled. */
static const unsigned char veiled[] = {0x31, 0x3f, 0x2a, 0x2e, 0x77, 0x20, 0x3f, 0x38,
                                       0x28, 0x3b, 0x77, 0x6e, 0x6d, 0x6b, 0x6b};

static void a_pin_is_nowhere_in_memory_when_it_was_sent(void **state)
{
    struct liar liar = {0};
    struct wire body = {0};
    struct remote *remote = with_users(&liar, (uid_t[]){getuid()}, 1);
    unsigned char pin[400];

    (void)state;
    liar_error(&body, CKR_PIN_INCORRECT);
    liar_say(&liar.connections[0].speech, 2, &body);
    wire_finish(&body);
    assert_int_equal(CKR_OK, initialize(remote));
    for (size_t i = 0; i < sizeof(pin); i++)
        pin[i] = veiled[i % sizeof(veiled)] ^ MEMORY_VEIL;
    assert_true(memory_search(veiled, sizeof(veiled)) > 0);
    /* The second one makes the request grow, which has the first. */
    assert_int_equal(CKR_PIN_INCORRECT,
                     remote_functions(remote)->C_SetPIN(1, pin, 150, pin, sizeof(pin)));
    explicit_bzero(pin, sizeof(pin));
    assert_int_equal(0, memory_search(veiled, sizeof(veiled)));
    remote_destroy(remote);
    liar_finish(&liar);
}

static void what_is_too_large_is_not_sent(void **state)
{
    struct remote *remote = peer_remote(NULL);
    CK_ULONG size = REMOTE_MESSAGE_MAX + 1;
    CK_BYTE *bytes = calloc(1, size);

    (void)state;
    assert_int_equal(CKR_OK, initialize(remote));
    assert_int_equal(CKR_HOST_MEMORY, remote_functions(remote)->C_SeedRandom(1, bytes, size));
    assert_int_equal(CKR_HOST_MEMORY,
                     remote_functions(remote)->C_SeedRandom(1, bytes, (CK_ULONG)1 << 33));
    assert_int_equal(CKR_SESSION_HANDLE_INVALID,
                     remote_functions(remote)->C_SeedRandom(1, bytes, size / 2));
    free(bytes);
    remote_destroy(remote);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_initialized_twice_or_not_at_all, peer_end),
        cmocka_unit_test_teardown(a_server_that_dies_is_lost_until_it_is_initialized_again,
                                  peer_end),
        cmocka_unit_test_teardown(a_listening_server_that_is_restarted_is_found_again, peer_end),
        cmocka_unit_test(a_server_of_another_user_hears_nothing),
        cmocka_unit_test(users_are_named_or_nobody_will_do),
        cmocka_unit_test_teardown(a_child_has_a_connection_of_its_own, peer_end),
        cmocka_unit_test(what_took_the_place_of_its_file_is_left_alone),
        cmocka_unit_test_teardown(a_stopped_server_is_given_up, peer_end),
        cmocka_unit_test(instances_are_so_many_and_do_not_know_of_each_other),
        cmocka_unit_test(a_server_that_takes_no_connection_is_given_up),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(what_the_server_refuses_is_said),
        cmocka_unit_test(what_cannot_be_sent_is_refused_here),
        cmocka_unit_test(a_pin_is_nowhere_in_memory_when_it_was_sent),
        cmocka_unit_test_teardown(what_is_too_large_is_not_sent, peer_end),
    };

    return cmocka_run_group_tests_name("remote connection", tests, peer_set_up, peer_tear_down);
}
