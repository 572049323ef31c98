// SPDX-License-Identifier: BSD-2-Clause
// The log: who may read it, how large it gets, and that a line is a line.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/log.h"

enum { FULL = 1024 * 1024 };

static char folder[64];

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/p11gate-test-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_close();
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static char *path_of(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void open_log(const char *name, enum log_level level)
{
    const struct log_settings settings = {.file = path_of(name), .level = level};
    log_open(&settings);
}

/* What the file holds; the caller frees. */
static char *contents(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;

    if (in == NULL)
        return strdup("(no file)");
    if (getdelim(&text, &room, '\0', in) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(in);
    return text;
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

static void expect_lines(const char *name, const char *part, size_t expected)
{
    char *text = contents(path_of(name));

    if (count(text, part) != expected)
        fail_msg("not %zu times %s in:\n%s", expected, part, text);
    free(text);
}

/* What goes to stderr while work runs; the caller frees. */
static char *stderr_of(void (*work)(void))
{
    const char *path = path_of("stderr");
    int saved = dup(STDERR_FILENO);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    assert_true(saved >= 0 && fd >= 0);
    dup2(fd, STDERR_FILENO);
    close(fd);
    work();
    dup2(saved, STDERR_FILENO);
    close(saved);
    return contents(path);
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_mode & 07777 : 0;
}

static void the_file_and_its_new_folders_are_the_user_s_alone(void **state)
{
    mode_t umask_before = umask(0);

    (void)state;
    open_log("a/b/log", LOG_INFO);
    umask(umask_before);
    log_info("one");
    assert_int_equal(mode_of(path_of("a")), 0700);
    assert_int_equal(mode_of(path_of("a/b")), 0700);
    assert_int_equal(mode_of(path_of("a/b/log")), 0600);
    log_close();
    chmod(path_of("a/b/log"), 0644);
    open_log("a/b/log", LOG_INFO);
    assert_int_equal(mode_of(path_of("a/b/log")), 0600);
    log_info("two");
    expect_lines("a/b/log", "\n", 2);
}

static void say_everything(void)
{
    log_error("error %d", 1);
    log_notice("notice %d", 2);
    log_info("info %d", 3);
    log_debug("debug %d", 4);
    log_trace("trace %d", 5);
}

static void a_level_holds_what_is_below_it_but_notices_and_errors_always_stand(void **state)
{
    static const struct {
        const char *name;
        enum log_level level;
        bool trace;
        const char *expected[6];
    } examples[] = {
        {"level-error", LOG_ERROR, false, {"error 1", "notice 2", NULL}},
        {"level-info", LOG_INFO, false, {"error 1", "notice 2", "info 3", NULL}},
        {"level-debug", LOG_DEBUG, false, {"error 1", "notice 2", "info 3", "debug 4", NULL}},
        {"level-trace", LOG_ERROR, true, {"error 1", "notice 2", "trace 5", NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct log_settings settings = {.file = path_of(examples[i].name),
                                              .level = examples[i].level,
                                              .trace = examples[i].trace};
        size_t lines = 0;

        log_open(&settings);
        assert_int_equal(log_traces(), examples[i].trace);
        say_everything();
        for (; examples[i].expected[lines] != NULL; lines++)
            expect_lines(examples[i].name, examples[i].expected[lines], 1);
        expect_lines(examples[i].name, "\n", lines);
    }
}

static void only_errors_and_notices_go_to_stderr(void **state)
{
    const struct log_settings settings = {
        .file = path_of("quiet"), .level = LOG_DEBUG, .trace = true, .to_stderr = true};
    char *text;

    (void)state;
    log_open(&settings);
    text = stderr_of(say_everything);
    assert_string_equal(text, "p11gate: error 1\np11gate: notice 2\n");
    free(text);
}

static void stderr_is_left_alone_when_the_settings_say_so(void **state)
{
    char *text;

    (void)state;
    open_log("never", LOG_DEBUG);
    text = stderr_of(say_everything);
    assert_string_equal(text, "");
    free(text);
}

static void without_settings_errors_go_to_stderr(void **state)
{
    char *text;

    (void)state;
    log_close();
    text = stderr_of(say_everything);
    assert_string_equal(text, "p11gate: error 1\np11gate: notice 2\n");
    free(text);
}

static void a_line_begins_with_time_and_process_and_is_one_line_of_printable_text(void **state)
{
    char *text;
    char rest[64];
    int year;
    long pid;

    (void)state;
    open_log("line", LOG_INFO);
    log_info("%s", "a\nb\r\x1b[2J\x7f\tc \xc3\xa9 \xc2\x9b"
                   "2J \xc2\xa0.");
    text = contents(path_of("line"));
    assert_int_equal(
        sscanf(text, "%4d-%*2d-%*2dT%*2d:%*2d:%*2dZ p11gate[%ld]: %63[^\n]", &year, &pid, rest), 3);
    assert_true(year > 2000 && pid == (long)getpid());
    assert_string_equal(rest, "a?b??[2J??c \xc3\xa9 ??2J \xc2\xa0.");
    assert_int_equal(count(text, "\n"), 1);
    free(text);
}

static void a_long_line_is_cut(void **state)
{
    char *text;

    (void)state;
    open_log("long", LOG_INFO);
    log_info("%05000d", 1);
    log_info("next");
    text = contents(path_of("long"));
    assert_true(strlen(text) < 2300);
    assert_int_equal(count(text, "\n"), 2);
    free(text);
}

static void fill(const char *path)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    for (int i = 0; i < FULL / 64; i++)
        fprintf(out, "%-63s\n", "old");
    assert_int_equal(fclose(out), 0);
}

static void a_full_file_becomes_file_1_and_a_new_one_is_begun(void **state)
{
    (void)state;
    fill(path_of("full"));
    open_log("full", LOG_INFO);
    log_info("last of the old");
    log_info("first of the new");
    expect_lines("full", "first of the new", 1);
    expect_lines("full", "\n", 1);
    expect_lines("full.1", "last of the old", 1);
    assert_int_equal(mode_of(path_of("full")), 0600);
}

/* Each process has its own descriptor: the second one to notice must not push the new file out. */
static void a_file_that_another_process_has_begun_anew_is_not_thrown_away(void **state)
{
    (void)state;
    fill(path_of("shared"));
    open_log("shared", LOG_INFO);
    assert_int_equal(rename(path_of("shared"), path_of("shared.1")), 0);
    FILE *other = fopen(path_of("shared"), "w");
    assert_non_null(other);
    fputs("of the other process\n", other);
    fclose(other);
    log_info("last of the old");
    log_info("next");
    expect_lines("shared", "of the other process", 1);
    expect_lines("shared", "next", 1);
    expect_lines("shared.1", "last of the old", 1);
}

/* More lines than one file holds: with the one before, all of them are there, whole. Was the new file begun in time? */
static bool share_the_file(const char *name)
{
    enum { PROCESSES = 8, LINES = 1500, TEXT = 64 }; /* of 100 bytes, with what stands before the text */
    char old[32];
    size_t lines = 0;
    bool in_time = true;

    snprintf(old, sizeof(old), "%s.1", name);
    for (int i = 0; i < PROCESSES; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child > 0)
            continue;
        open_log(name, LOG_INFO);
        for (int n = 0; n < LINES; n++)
            log_info("%02d %04d %*s.", i, n, TEXT - 9, "");
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_true(wait(&status) > 0 && status == 0);
    }
    for (int i = 0; i < 2; i++) {
        char *text = contents(path_of(i == 0 ? name : old));
        in_time = in_time && strlen(text) > 0 && strlen(text) < FULL + 64 * 1024;
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            assert_int_equal(count(line, "p11gate["), 1);
            assert_int_equal(line[strlen(line) - 1], '.');
            lines++;
        }
        free(text);
    }
    assert_int_equal(lines, PROCESSES * LINES);
    return in_time;
}

/* While the one that renames the file is not given the processor, the others write on: on a loaded machine it is tried again. */
static void processes_that_share_the_file_lose_no_line_and_begin_one_new_file(void **state)
{
    static const char *const names[] = {"many", "more", "most", "still", "last"};
    bool in_time = false;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !in_time; i++)
        in_time = share_the_file(names[i]);
    assert_true(in_time);
}

/* A process that was stopped in the middle: the log is still written, and grows meanwhile. */
static void a_lock_that_somebody_holds_stops_nobody(void **state)
{
    int holder;

    (void)state;
    fill(path_of("held"));
    holder = open(path_of("held"), O_RDONLY);
    assert_int_equal(flock(holder, LOCK_EX), 0);
    open_log("held", LOG_INFO);
    log_info("one more");
    log_info("another");
    expect_lines("held", "another", 1);
    close(holder);
    log_info("last of the old");
    log_info("first of the new");
    expect_lines("held", "\n", 1);
    expect_lines("held.1", "last of the old", 1);
}

static void a_file_with_a_second_name_gets_nothing(void **state)
{
    FILE *precious = fopen(path_of("precious"), "w");

    (void)state;
    assert_int_equal(fclose(precious), 0);
    assert_int_equal(link(path_of("precious"), path_of("alias")), 0);
    open_log("alias", LOG_INFO);
    log_info("lost");
    expect_lines("precious", "lost", 0);
}

static void another_user_s_file_gets_nothing(void **state)
{
    FILE *theirs = fopen(path_of("theirs"), "w");

    (void)state;
    assert_int_equal(fclose(theirs), 0);
    if (geteuid() != 0)
        return; /* a plain user cannot give a file away */
    assert_int_equal(chown(path_of("theirs"), 65534, 65534), 0);
    open_log("theirs", LOG_INFO);
    log_info("lost");
    expect_lines("theirs", "lost", 0);
}

static void a_file_that_is_a_link_a_pipe_or_a_folder_gets_nothing(void **state)
{
    static const char *const names[] = {"link", "pipe", "folder", "missing/\x01/", ""};

    (void)state;
    assert_int_equal(symlink(path_of("target"), path_of("link")), 0);
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_int_equal(mkdir(path_of("folder"), 0700), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        open_log(names[i], LOG_INFO);
        log_info("lost");
    }
    assert_int_equal(access(path_of("target"), F_OK), -1);
}

static void an_empty_path_is_no_file(void **state)
{
    char empty[] = "";
    const struct log_settings settings = {.file = empty, .level = LOG_INFO};

    (void)state;
    log_open(&settings);
    log_info("lost");
}

static void the_file_is_not_handed_on_to_programs(void **state)
{
    struct stat log, other;
    bool found = false;

    (void)state;
    open_log("handed", LOG_INFO);
    assert_int_equal(stat(path_of("handed"), &log), 0);
    for (int fd = 3; fd < 64; fd++) {
        if (fstat(fd, &other) != 0 || other.st_ino != log.st_ino || other.st_dev != log.st_dev)
            continue;
        found = true;
        assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
    assert_true(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_and_its_new_folders_are_the_user_s_alone),
        cmocka_unit_test(a_level_holds_what_is_below_it_but_notices_and_errors_always_stand),
        cmocka_unit_test(only_errors_and_notices_go_to_stderr),
        cmocka_unit_test(stderr_is_left_alone_when_the_settings_say_so),
        cmocka_unit_test(without_settings_errors_go_to_stderr),
        cmocka_unit_test(a_line_begins_with_time_and_process_and_is_one_line_of_printable_text),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(a_full_file_becomes_file_1_and_a_new_one_is_begun),
        cmocka_unit_test(a_file_that_another_process_has_begun_anew_is_not_thrown_away),
        cmocka_unit_test(processes_that_share_the_file_lose_no_line_and_begin_one_new_file),
        cmocka_unit_test(a_lock_that_somebody_holds_stops_nobody),
        cmocka_unit_test(a_file_with_a_second_name_gets_nothing),
        cmocka_unit_test(another_user_s_file_gets_nothing),
        cmocka_unit_test(a_file_that_is_a_link_a_pipe_or_a_folder_gets_nothing),
        cmocka_unit_test(an_empty_path_is_no_file),
        cmocka_unit_test(the_file_is_not_handed_on_to_programs),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
