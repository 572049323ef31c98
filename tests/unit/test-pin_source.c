// SPDX-License-Identifier: BSD-2-Clause
// Where a PIN comes from: what of it is taken, what is said when there is none, and that nothing of it stays in memory.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "common/log.h"
#include "module/pin_source.h"
#include "tests/memory/search.h"

static char folder[] = "/tmp/p11gate-pin-XXXXXX", path[256], log_path[256];

static void write_file(const char *name, const char *bytes, size_t size, mode_t mode)
{
    FILE *stream;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
    stream = fopen(path, "we");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* Is the text in the log? It is emptied. */
static bool said(const char *text)
{
    char all[4096] = "";
    FILE *stream = fopen(log_path, "re");
    size_t size = stream != NULL ? fread(all, 1, sizeof(all) - 1, stream) : 0;

    all[size] = '\0';
    if (stream != NULL)
        fclose(stream);
    assert_int_equal(truncate(log_path, 0), 0);
    return strstr(all, text) != NULL;
}

static struct pin pin;

static bool get(enum pin_source source, const char *name)
{
    const struct login_settings login = {.source = source, .source_name = (char *)(uintptr_t)name};

    return pin_source_get(&login, "card", &pin);
}

static const struct {
    const char *bytes;
    size_t size;
    const char *pin; /* NULL: none */
    const char *why;
} contents[] = {
    {"1234\n", 5, "1234", NULL},
    {"1234", 4, "1234", NULL},
    {"1234\r\n", 6, "1234", NULL},
    {" 12 34 \n", 8, " 12 34 ", NULL},
    {"", 0, NULL, "it is empty"},
    {"\n", 1, NULL, "it is empty"},
    {"1234\n\n", 6, NULL, "it is more than one line of text"},
    {"1234\nuser: me\n", 14, NULL, "it is more than one line of text"},
    {"12\00034\n", 6, NULL, "there is a NUL in it, expected text"},
    {"1234\0\n", 6, NULL, "there is a NUL in it, expected text"},
    {"\0", 1, NULL, "there is a NUL in it, expected text"},
};

static void one_line_is_the_pin_whatever_it_comes_from(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        char script[128];

        write_file("pin", contents[i].bytes, contents[i].size, 0600);
        for (unsigned way = 0; way < 3; way++) {
            bool got;

            if (way == 0) {
                got = get(PIN_SOURCE_FILE, path);
            } else if (way == 1) {
                got = get(PIN_SOURCE_SYSTEMD, "pin");
            } else {
                snprintf(script, sizeof(script), "#!/bin/sh\ncat %s/pin\n", folder);
                write_file("command", script, strlen(script), 0700);
                got = get(PIN_SOURCE_COMMAND, path);
            }
            if (got != (contents[i].pin != NULL))
                fail_msg("content %zu, way %u", i, way);
            if (got) {
                assert_int_equal(pin.size, strlen(contents[i].pin));
                assert_memory_equal(pin.text, contents[i].pin, pin.size);
            } else {
                assert_true(said(contents[i].why));
            }
        }
    }
}

static void one_of_255_bytes_is_taken_and_a_longer_one_is_not(void **state)
{
    char text[300];

    (void)state;
    memset(text, '7', sizeof(text));
    text[255] = '\n';
    write_file("pin", text, 256, 0600);
    assert_true(get(PIN_SOURCE_FILE, path));
    assert_int_equal(pin.size, 255);
    write_file("command", "#!/bin/sh\nprintf '%0255d\\r\\n' 7\n", 32, 0700);
    assert_true(get(PIN_SOURCE_COMMAND, path));
    assert_int_equal(pin.size, 255);
    write_file("command", "#!/bin/sh\nprintf '%0256d\\n' 7\n", 30, 0700);
    assert_false(get(PIN_SOURCE_COMMAND, path));
    assert_true(said("it is longer than 255 bytes"));
    text[255] = '7';
    write_file("pin", text, 256, 0600);
    assert_false(get(PIN_SOURCE_FILE, path));
    assert_true(said("it is longer than 255 bytes"));
}

static void a_file_is_read_anew_each_time(void **state)
{
    (void)state;
    write_file("pin", "1111", 4, 0600);
    assert_true(get(PIN_SOURCE_FILE, path));
    write_file("pin", "2222", 4, 0600);
    assert_true(get(PIN_SOURCE_FILE, path));
    assert_memory_equal(pin.text, "2222", 4);
}

static void a_file_that_others_can_read_gives_none(void **state)
{
    (void)state;
    write_file("pin", "1234", 4, 0640);
    assert_false(get(PIN_SOURCE_FILE, path));
    assert_true(said("no PIN can be had from file:"));
    assert_false(get(PIN_SOURCE_FILE, path));
    assert_true(said("readable by others than its owner, run `chmod 0600 "));
    assert_int_equal(unlink(path), 0);
    assert_false(get(PIN_SOURCE_FILE, path));
    assert_true(said("/pin: No such file or directory"));
}

/* systemd lets its service read by an access control list, which looks like the group's right. */
static void of_a_credential_systemd_says_who_reads_it(void **state)
{
    (void)state;
    write_file("pin", "1234", 4, 0440);
    assert_true(get(PIN_SOURCE_SYSTEMD, "pin"));
    assert_false(get(PIN_SOURCE_SYSTEMD, "other"));
    assert_true(said("no PIN can be had from systemd:other: "));
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_false(get(PIN_SOURCE_SYSTEMD, "pin"));
    assert_true(said("no PIN can be had from systemd:pin: $CREDENTIALS_DIRECTORY is not set"));
    setenv("CREDENTIALS_DIRECTORY", "relative", 1);
    assert_false(get(PIN_SOURCE_SYSTEMD, "pin"));
    assert_true(said("$CREDENTIALS_DIRECTORY is not set"));
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
}

static void a_command_gets_no_argument_and_a_clean_environment(void **state)
{
    static const char script[] = "#!/bin/sh\n"
                                 "test $# = 0 && test -z \"$SECRET_OF_HOST\" && test -z \"$LD_PRELOAD\" && test -n \"$PATH\" && "
                                 "test -n \"$HOME\" && printf 1234\n";

    (void)state;
    setenv("SECRET_OF_HOST", "x", 1);
    setenv("HOME", folder, 1);
    write_file("command", script, sizeof(script) - 1, 0700);
    assert_true(get(PIN_SOURCE_COMMAND, path));
    assert_memory_equal(pin.text, "1234", 4);
}

static void a_command_that_fails_gives_none_whatever_it_prints(void **state)
{
    static const char *const scripts[] = {"#!/bin/sh\necho 1234; exit 1\n", "#!/bin/sh\necho 1234; kill -9 $$\n",
                                          "#!/nonexistent\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        write_file("command", scripts[i], strlen(scripts[i]), 0700);
        assert_false(get(PIN_SOURCE_COMMAND, path));
        assert_true(said("the program failed"));
    }
}

static void a_command_has_ten_seconds(void **state)
{
    time_t before = time(NULL);

    (void)state;
    write_file("command", "#!/bin/sh\nsleep 60; echo 1234\n", 31, 0700);
    assert_false(get(PIN_SOURCE_COMMAND, path));
    assert_true(said("it took too long"));
    assert_in_range(time(NULL) - before, 9, 15);
}

static void askpass_is_asked_as_ssh_asks(void **state)
{
    static const char script[] = "#!/bin/sh\ntest \"$1\" = \"Enter PIN for 'card': \" && test -z \"${SSH_ASKPASS_PROMPT+x}\" && echo 1234\n";

    (void)state;
    write_file("askpass", script, sizeof(script) - 1, 0700);
    setenv("SSH_ASKPASS", path, 1);
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    assert_true(get(PIN_SOURCE_ASKPASS, NULL));
    assert_memory_equal(pin.text, "1234", 4);
    write_file("askpass", "#!/bin/sh\nexit 1\n", 17, 0700);
    assert_false(get(PIN_SOURCE_ASKPASS, NULL));
    assert_true(said("no PIN can be had from askpass: nobody gave one"));
    write_file("askpass", "#!/bin/sh\nprintf '12\\00034\\n'\n", 29, 0700);
    assert_false(get(PIN_SOURCE_ASKPASS, NULL));
    assert_true(said("no PIN can be had from askpass: there is a NUL in it"));
    setenv("SSH_ASKPASS_REQUIRE", "never", 1);
    assert_false(get(PIN_SOURCE_ASKPASS, NULL));
    assert_true(said("there is no display to ask on"));
}

static bool is_in_the_way(enum pin_source source, const char *name)
{
    const struct login_settings login = {.source = source, .source_name = (char *)(uintptr_t)name};

    return pin_source_obstacle(&login) != NULL;
}

static void what_is_in_the_way_is_known_before_it_is_asked(void **state)
{
    (void)state;
    write_file("pin", "1234", 4, 0600);
    assert_false(is_in_the_way(PIN_SOURCE_FILE, path));
    assert_true(is_in_the_way(PIN_SOURCE_FILE, "/run/p11gate-test-missing"));
    assert_false(is_in_the_way(PIN_SOURCE_SYSTEMD, "pin"));
    assert_true(is_in_the_way(PIN_SOURCE_SYSTEMD, "other"));
    assert_true(is_in_the_way(PIN_SOURCE_COMMAND, path));
    assert_false(is_in_the_way(PIN_SOURCE_COMMAND, "/bin/sh"));
    setenv("SSH_ASKPASS_REQUIRE", "never", 1);
    assert_true(is_in_the_way(PIN_SOURCE_ASKPASS, NULL));
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    setenv("SSH_ASKPASS", "/bin/true", 1);
    assert_false(is_in_the_way(PIN_SOURCE_ASKPASS, NULL));
    assert_true(is_in_the_way(PIN_SOURCE_NONE, NULL));
}

/* "pin-otter-8152", veiled; written by the shell, so that it is not in this process. Before it stands what the C library overwrites where it is freed. */
static const unsigned char veiled[] = {0x2a, 0x33, 0x34, 0x77, 0x35, 0x2e, 0x2e, 0x3f,
                                       0x28, 0x77, 0x62, 0x6b, 0x6f, 0x68};

static void what_is_given_is_the_callers_alone(void **state)
{
    static const char script[] = "#!/bin/sh\nprintf '%s%s' 0123456789abcdef0123456789abcdef-pin-ot ter-8152 | tee $HOME/pin\nchmod 0600 $HOME/pin\n";

    (void)state;
    setenv("HOME", folder, 1);
    write_file("command", script, sizeof(script) - 1, 0700);
    assert_true(get(PIN_SOURCE_COMMAND, path));
    assert_int_equal(memory_search(veiled, sizeof(veiled)), 1);
    explicit_bzero(&pin, sizeof(pin));
    snprintf(path, sizeof(path), "%s/pin", folder);
    assert_true(get(PIN_SOURCE_FILE, path));
    assert_int_equal(memory_search(veiled, sizeof(veiled)), 1);
    explicit_bzero(&pin, sizeof(pin));
    assert_true(get(PIN_SOURCE_SYSTEMD, "pin"));
    assert_int_equal(memory_search(veiled, sizeof(veiled)), 1);
    explicit_bzero(&pin, sizeof(pin));
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    snprintf(path, sizeof(path), "%s/command", folder);
    setenv("SSH_ASKPASS", path, 1);
    assert_true(get(PIN_SOURCE_ASKPASS, NULL));
    assert_int_equal(memory_search(veiled, sizeof(veiled)), 1);
    explicit_bzero(&pin, sizeof(pin));
    assert_int_equal(memory_search(veiled, sizeof(veiled)), 0);
}

static int begin(void **state)
{
    struct log_settings log = {.level = LOG_ERROR};

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(log_path, sizeof(log_path), "%s/log", folder);
    log.file = log_path;
    log_open(&log);
    return setenv("CREDENTIALS_DIRECTORY", folder, 1);
}

static int end(void **state)
{
    static const char *const names[] = {"pin", "command", "askpass", "log"};

    (void)state;
    log_close();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_is_the_pin_whatever_it_comes_from),
        cmocka_unit_test(one_of_255_bytes_is_taken_and_a_longer_one_is_not),
        cmocka_unit_test(a_file_is_read_anew_each_time),
        cmocka_unit_test(a_file_that_others_can_read_gives_none),
        cmocka_unit_test(of_a_credential_systemd_says_who_reads_it),
        cmocka_unit_test(a_command_gets_no_argument_and_a_clean_environment),
        cmocka_unit_test(a_command_that_fails_gives_none_whatever_it_prints),
        cmocka_unit_test(a_command_has_ten_seconds),
        cmocka_unit_test(askpass_is_asked_as_ssh_asks),
        cmocka_unit_test(what_is_in_the_way_is_known_before_it_is_asked),
        cmocka_unit_test(what_is_given_is_the_callers_alone),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
