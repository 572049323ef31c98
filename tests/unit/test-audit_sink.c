// SPDX-License-Identifier: BSD-2-Clause
// Where the audit goes: the file's rules, the sockets, and that nothing waits for long. The sockets are put in place of the system's.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char folder[64], syslog_path[100], journal_path[100];

#undef SYSLOG_SOCKET
#undef JOURNAL_SOCKET
#define SYSLOG_SOCKET syslog_path
#define JOURNAL_SOCKET journal_path
#include "common/audit_sink.c"

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
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(syslog_path, sizeof(syslog_path), "%s/log-socket", folder);
    snprintf(journal_path, sizeof(journal_path), "%s/journal-socket", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static struct audit_sink file_sink(const char *name)
{
    return (struct audit_sink){.kind = AUDIT_FILE, .path = path_of(name)};
}

static int put(const struct audit_sink *sink, const char *event)
{
    struct audit_record record = {0};

    audit_record_set(&record, "event", event);
    return audit_sink_write(sink, &record, 42, AUDIT_PATIENCE_MS);
}

/* What the file holds; the caller frees. */
static char *contents(const char *name)
{
    FILE *in = fopen(path_of(name), "re");
    char *text = NULL;
    size_t room = 0;

    assert_non_null(in);
    if (getdelim(&text, &room, '\0', in) < 0)
        text[0] = '\0';
    fclose(in);
    return text;
}

/* The lines of a file; each must be a whole one. */
static unsigned count_lines(const char *name)
{
    char *text = contents(name), *rest = text, *line;
    unsigned count = 0;

    while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
        assert_non_null(strstr(line, "Z p11gate[42]: event=\""));
        assert_int_equal(line[strlen(line) - 1], '"');
        count++;
    }
    free(text);
    return count;
}

static void a_file_is_made_for_its_user_alone(void **state)
{
    struct audit_sink sink = file_sink("new/folder/audit");
    struct stat info;

    (void)state;
    assert_int_equal(put(&sink, "one"), 0);
    assert_int_equal(put(&sink, "two"), 0);
    assert_int_equal(count_lines("new/folder/audit"), 2);
    assert_int_equal(stat(path_of("new/folder/audit"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(stat(path_of("new/folder"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
}

static void what_is_no_file_of_one_s_own_is_not_written_to(void **state)
{
    char target[128];
    struct audit_sink sink;

    (void)state;
    strcpy(target, path_of("target"));
    close(open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(symlink(target, path_of("symlink")), 0);
    sink = file_sink("symlink");
    assert_int_equal(put(&sink, "one"), ELOOP);
    assert_int_equal(link(target, path_of("link")), 0);
    sink = file_sink("link");
    assert_int_equal(put(&sink, "one"), EPERM);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    sink = file_sink("fifo");
    assert_int_equal(put(&sink, "one"), EPERM);
    assert_int_equal(mkdir(path_of("folder"), 0700), 0);
    sink = file_sink("folder");
    assert_int_equal(put(&sink, "one"), EISDIR);
    sink.path = "/proc/p11gate/audit";
    assert_int_equal(put(&sink, "one"), ENOENT);
    assert_int_equal(truncate(target, 0), 0);
}

static void a_full_file_becomes_FILE_1(void **state)
{
    struct audit_sink sink = file_sink("audit");
    struct stat info;
    char *old;

    (void)state;
    assert_int_equal(put(&sink, "one"), 0);
    assert_int_equal(stat(sink.path, &info), 0);
    assert_int_equal(truncate(sink.path, FILE_MAX - 1), 0);
    assert_int_equal(put(&sink, "two"), 0);
    assert_int_equal(access(path_of("audit.1"), F_OK), -1);
    sink = file_sink("audit");
    assert_int_equal(put(&sink, "three"), 0);
    assert_int_equal(count_lines("audit"), 1);
    old = contents("audit.1"); /* up to the hole in it */
    assert_int_equal(strlen(old), info.st_size);
    free(old);
    assert_int_equal(stat(path_of("audit.1"), &info), 0);
    assert_true(info.st_size > FILE_MAX);
}

/* A limit is as good as a full disk: a part of the line is written, or nothing. */
static void a_line_that_is_cut_off_is_an_error_and_not_the_beginning_of_the_next(void **state)
{
    struct audit_sink sink = file_sink("audit");
    struct rlimit before, limit;
    struct stat info;
    char *text;

    (void)state;
    assert_int_equal(put(&sink, "one"), 0);
    assert_int_equal(stat(sink.path, &info), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){(rlim_t)info.st_size + 30, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(put(&sink, "two"), ENOSPC);
    assert_int_equal(put(&sink, "three"), EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(put(&sink, "four"), 0);
    text = contents("audit");
    assert_non_null(strstr(text, "\n20"));
    assert_int_equal(strncmp(strrchr(text, 'Z') - 20, "\n20", 3), 0);
    assert_non_null(strstr(strrchr(text, 'Z'), "event=\"four\"\n"));
    free(text);
}

enum { THREADS = 8, LINES = 100 };

static void *put_many(void *argument)
{
    struct audit_record record = {0};
    char value[200];

    memset(value, 'x', sizeof(value));
    audit_record_set(&record, "event", "many");
    audit_record_set_bytes(&record, "label", value, sizeof(value));
    for (int i = 0; i < LINES; i++)
        if (audit_sink_write(argument, &record, 42, AUDIT_PATIENCE_MS) != 0)
            return argument;
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    struct audit_sink sink = file_sink("audit");
    pthread_t threads[THREADS];
    void *failed;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, &sink), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(count_lines("audit"), THREADS * LINES);
}

static int serve(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void each_socket_gets_its_form(void **state)
{
    int syslog = serve(syslog_path), journal = serve(journal_path);
    struct audit_sink sink = {.kind = AUDIT_SYSLOG};
    char got[4096];

    (void)state;
    assert_string_equal(audit_sink_name(&sink), syslog_path);
    assert_int_equal(put(&sink, "one"), 0);
    assert_true(recv(syslog, got, sizeof(got), 0) > 0);
    assert_memory_equal(got, "<86>", 4);
    sink.kind = AUDIT_JOURNAL;
    assert_string_equal(audit_sink_name(&sink), journal_path);
    assert_int_equal(put(&sink, "one"), 0);
    assert_true(recv(journal, got, sizeof(got), 0) > 0);
    assert_memory_equal(got, "PRIORITY=6\n", 11);
    assert_int_equal(recv(syslog, got, sizeof(got), 0), -1);
    close(syslog);
    close(journal);
}

static void a_log_that_is_not_there_is_an_error(void **state)
{
    struct audit_sink sink = {.kind = AUDIT_SYSLOG};

    (void)state;
    assert_int_equal(put(&sink, "one"), ENOENT);
    close(serve(syslog_path));
    assert_int_equal(put(&sink, "one"), ECONNREFUSED);
}

static long milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *read_one_later(void *argument)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    char got[4096];

    nanosleep(&pause, NULL);
    return recv(*(int *)argument, got, sizeof(got), 0) > 0 ? NULL : argument;
}

static void a_log_that_takes_nothing_is_waited_for_once_and_shortly(void **state)
{
    int syslog = serve(syslog_path);
    struct audit_sink sink = {.kind = AUDIT_SYSLOG};
    struct audit_record record = {0};
    pthread_t reader;
    void *failed;
    long begun;
    int error;

    (void)state;
    while ((error = audit_sink_write(&sink, &record, 42, 0)) == 0)
        continue;
    assert_int_equal(error, EAGAIN);
    begun = milliseconds();
    assert_int_equal(put(&sink, "one"), EAGAIN);
    assert_in_range(milliseconds() - begun, AUDIT_PATIENCE_MS - 1, 10 * AUDIT_PATIENCE_MS);
    assert_int_equal(pthread_create(&reader, NULL, read_one_later, &syslog), 0);
    assert_int_equal(put(&sink, "one"), 0);
    assert_int_equal(pthread_join(reader, &failed), 0);
    assert_null(failed);
    close(syslog);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_file_is_made_for_its_user_alone),
        CASE(what_is_no_file_of_one_s_own_is_not_written_to),
        CASE(a_full_file_becomes_FILE_1),
        CASE(a_line_that_is_cut_off_is_an_error_and_not_the_beginning_of_the_next),
        CASE(lines_of_several_threads_do_not_mix),
        CASE(each_socket_gets_its_form),
        CASE(a_log_that_is_not_there_is_an_error),
        CASE(a_log_that_takes_nothing_is_waited_for_once_and_shortly),
    };

    return cmocka_run_group_tests_name("audit_sink", tests, NULL, NULL);
}
