// SPDX-License-Identifier: BSD-2-Clause
// p11gate as a guest: what it exports, what it opens, and that it leaves the process and its stdout
// alone.
#include "tests/module/ssh.h"

#include <dirent.h>
#include <dlfcn.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char permit_one[] = "allow:\n  - id: \"01\"\n";
static const struct mock_key key_one = {"rsa:2048", "one", "01", "one", MOCK_PAIR};

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host.mock->key_add(slot, &key_one);
    host_config(permit_one);
    return 0;
}

static void nothing_stays_behind_in_the_vendor_that_p11gate_opened_in_a_session(void **state)
{
    CK_SESSION_HANDLE sessions[100];

    (void)state;
    host.mock->settings->session_limit = 1;
    host_start(permit_one);
    for (size_t i = 0; i < 100; i++) {
        sessions[i] = host_open(slot);
        host_only(sessions[i], CKO_PUBLIC_KEY);
    }
    host_login(sessions[99], "1234");
    host_only(sessions[0], CKO_PRIVATE_KEY);
    assert_int_equal(host.mock->sessions(), 1);
    assert_int_equal(host.mock->settings->session_flags, CKF_SERIAL_SESSION);
    host_stop();
    assert_int_equal(host.mock->sessions(), 0);
}

static void a_login_needs_one_vendor_session_and_no_right_to_write(void **state)
{
    (void)state;
    host.mock->settings->session_limit = 1;
    ssh_log_in(&key_one); /* ssh asks for CKF_RW_SESSION */
    assert_int_equal(host.mock->settings->session_flags, CKF_SERIAL_SESSION);
}

/* Operations that are passed through have a vendor session of their own, which ends with the
 * application's. */
static void a_session_that_passes_calls_through_is_closed_with_the_applications(void **state)
{
    CK_SESSION_HANDLE session;
    unsigned char random[8] = "";

    (void)state;
    host_start(permit_one);
    session = host_open(slot);
    host_only(session, CKO_PUBLIC_KEY);
    assert_int_equal(host.mock->sessions(), 1);
    assert_int_equal(host.functions->C_GenerateRandom(session, random, sizeof(random)), CKR_OK);
    assert_int_equal(random[7], 4);
    assert_int_equal(host.mock->sessions(), 2);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    assert_int_equal(host.mock->sessions(), 1);
    host_stop();
}

static void three_symbols_are_exported(void **state)
{
    char command[512], line[512], names[1024] = "";
    FILE *stream;

    (void)state;
    snprintf(command, sizeof(command), "nm -D --defined-only --format=posix '%s' | LC_ALL=C sort",
             getenv("P11GATE_SO"));
    stream = popen(command, "re");
    assert_non_null(stream);
    while (fgets(line, sizeof(line), stream) != NULL) {
        line[strcspn(line, " ")] = '\0';
        strncat(names, line, sizeof(names) - strlen(names) - 1);
        strncat(names, " ", sizeof(names) - strlen(names) - 1);
    }
    assert_int_equal(pclose(stream), 0);
    assert_string_equal(names, "C_GetFunctionList C_GetInterface C_GetInterfaceList ");
}

/* Runs function with fd 1 being `end`; stdio's buffer of the time before goes where it belongs. */
static void with_stdout(int end, void (*function)(void))
{
    int kept;

    fflush(stdout);
    kept = dup(STDOUT_FILENO);
    assert_true(kept >= 0 && dup2(end, STDOUT_FILENO) >= 0);
    function();
    fflush(stdout);
    assert_true(dup2(kept, STDOUT_FILENO) >= 0);
    close(kept);
    close(end);
}

static void log_in(void)
{
    ssh_log_in(&key_one);
}

/* What the host writes is its own, buffered or not. */
static void log_in_and_print(void)
{
    printf("before ");
    ssh_log_in(&key_one);
    printf("after");
}

static void a_vendor_that_prints_writes_nothing_into_a_socket(void **state)
{
    static const char *const functions[] = {"*", "C_Initialize", "C_Sign", "C_Finalize"};

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        int pair[2];
        char text[4096];
        ssize_t size;

        make_token(state);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        host.mock->settings->prints = functions[i];
        with_stdout(pair[1], log_in_and_print);
        size = read(pair[0], text, sizeof(text));
        close(pair[0]);
        assert_int_equal(size, strlen("before after"));
        assert_memory_equal(text, "before after", strlen("before after"));
    }
}

static void p11gate_itself_prints_nothing_to_stdout(void **state)
{
    int pipe_ends[2];
    char text[4096];

    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    with_stdout(pipe_ends[1], log_in);
    assert_int_equal(read(pipe_ends[0], text, sizeof(text)), 0);
    close(pipe_ends[0]);
}

static size_t count_entries(const char *folder)
{
    DIR *open_folder = opendir(folder);
    size_t count = 0;

    assert_non_null(open_folder);
    while (readdir(open_folder) != NULL)
        count++;
    closedir(open_folder);
    return count;
}

static mode_t current_umask(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return mask;
}

/* The first signal that somebody handles or ignores; 0: none. */
static int handled_signal(void)
{
    for (int number = 1; number < SIGRTMIN; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
            number != SIGSEGV && number != SIGILL && number != SIGFPE && number != SIGBUS &&
            number != SIGSYS) /* cmocka's, and sanitizers' */
            return number;
    }
    return 0;
}

static size_t environment_size(void)
{
    size_t count = 0;

    while (environ[count] != NULL)
        count++;
    return count;
}

static void the_process_is_left_as_it_was(void **state)
{
    size_t descriptors, threads = count_entries("/proc/self/task"), variables = environment_size();
    mode_t mask = current_umask();
    int handled = handled_signal();
    const char *locale = setlocale(LC_ALL, NULL);

    (void)state;
    ssh_log_in(&key_one); /* OpenSSL keeps what it opens first */
    descriptors = count_entries("/proc/self/fd");
    for (int i = 0; i < 3; i++)
        ssh_log_in(&key_one);
    assert_int_equal(count_entries("/proc/self/fd"), descriptors);
    assert_int_equal(count_entries("/proc/self/task"), threads);
    assert_int_equal(environment_size(), variables);
    assert_int_equal(current_umask(), mask);
    assert_int_equal(handled_signal(), handled);
    assert_string_equal(setlocale(LC_ALL, NULL), locale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            nothing_stays_behind_in_the_vendor_that_p11gate_opened_in_a_session, make_token,
            host_reset),
        cmocka_unit_test_setup_teardown(a_login_needs_one_vendor_session_and_no_right_to_write,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(
            a_session_that_passes_calls_through_is_closed_with_the_applications, make_token,
            host_reset),
        cmocka_unit_test_setup_teardown(three_symbols_are_exported, make_token, host_reset),
        cmocka_unit_test_setup_teardown(a_vendor_that_prints_writes_nothing_into_a_socket,
                                        make_token, host_reset),
        cmocka_unit_test_setup_teardown(p11gate_itself_prints_nothing_to_stdout, make_token,
                                        host_reset),
        cmocka_unit_test_setup_teardown(the_process_is_left_as_it_was, make_token, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
