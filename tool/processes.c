// SPDX-License-Identifier: BSD-2-Clause
#include "tool/processes.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 128 * 1024, BILLION = 1000000000 };

static FILE *open_of(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return fopen(path, "re");
}

static bool read_comm(pid_t pid, char name[PROCESS_NAME_SIZE])
{
    FILE *file = open_of(pid, "comm");
    bool read = file != NULL && fgets(name, PROCESS_NAME_SIZE, file) != NULL;

    if (file != NULL)
        fclose(file);
    if (read)
        name[strcspn(name, "\n")] = '\0';
    return read;
}

bool process_name(pid_t pid, char name[PROCESS_NAME_SIZE])
{
    char link[64], path[PATH_MAX];
    const char *base;
    ssize_t size;

    snprintf(link, sizeof(link), "/proc/%ld/exe", (long)pid);
    size = readlink(link, path, sizeof(path) - 1);
    if (size <= 0)
        return read_comm(pid, name);
    path[size] = '\0';
    base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    snprintf(name, PROCESS_NAME_SIZE, "%.*s", (int)strcspn(base, " "),
             base); /* it may be deleted */
    return true;
}

/* The n-th word behind the name, from 0. The name stands in parentheses, and may hold any. */
static bool read_stat(pid_t pid, unsigned n, unsigned long long *value)
{
    FILE *file = open_of(pid, "stat");
    char text[1024] = "";
    const char *at;

    if (file == NULL)
        return false;
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    at = strrchr(text, ')');
    for (; at != NULL && n > 0; n--)
        at = strchr(at + 2, ' ') != NULL ? strchr(at + 2, ' ') - 1 : NULL;
    return at != NULL && sscanf(at + 2, "%llu", value) == 1;
}

/* When the machine began, in seconds since 1970. */
static long long boot_time(void)
{
    FILE *file = fopen("/proc/stat", "re");
    char line[256];
    long long seconds = 0;

    while (file != NULL && seconds == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "btime %lld", &seconds) != 1)
            seconds = 0;
    }
    if (file != NULL)
        fclose(file);
    return seconds;
}

int64_t process_begin(pid_t pid)
{
    enum {
        START_TIME = 19
    }; /* field 22 of stat, the third of which is the first behind the name */
    long ticks = sysconf(_SC_CLK_TCK);
    unsigned long long start;
    long long boot = boot_time();

    if (ticks <= 0 || boot == 0 || !read_stat(pid, START_TIME, &start))
        return 0;
    return (int64_t)(boot + (long long)(start / (unsigned long)ticks)) * BILLION +
           (int64_t)(start % (unsigned long)ticks) * (BILLION / ticks);
}

bool process_origin(pid_t pid, pid_t *parent, uid_t *user)
{
    FILE *file = open_of(pid, "status");
    char line[256];
    long found;
    unsigned id;

    if (file == NULL)
        return false;
    *parent = 0;
    *user = (uid_t)-1;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "PPid: %ld", &found) == 1)
            *parent = (pid_t)found;
        if (sscanf(line, "Uid: %*u %u", &id) == 1)
            *user = (uid_t)id;
    }
    fclose(file);
    return true;
}

/* A NULL stands behind the pointers, and the text behind that. */
static char **split(const char *text, size_t size, int *count)
{
    size_t n = 0, at = 0;
    char **words;

    for (size_t i = 0; i < size; i++)
        n += text[i] == '\0';
    words = calloc(1, (n + 1) * sizeof(char *) + size);
    if (words == NULL)
        return NULL;
    memcpy(words + n + 1, text, size);
    for (size_t i = 0; i < n; i++) {
        words[i] = (char *)(words + n + 1) + at;
        at += strlen(words[i]) + 1;
    }
    *count = (int)n;
    return words;
}

char **process_words(pid_t pid, int *count)
{
    FILE *file = open_of(pid, "cmdline");
    char *text = file != NULL ? malloc(ARGUMENTS_MAX) : NULL;
    char **words = NULL;
    size_t size;

    if (text != NULL) {
        size = fread(text, 1, ARGUMENTS_MAX - 1, file);
        text[size] = '\0';
        if (size > 0)
            words = split(text, size + (text[size - 1] != '\0'), count);
    }
    if (file != NULL)
        fclose(file);
    free(text);
    return words;
}

bool process_maps(pid_t pid, bool (*fits)(const char *path, void *context), void *context)
{
    FILE *file = open_of(pid, "maps");
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    while (file != NULL && !found && getline(&line, &size, file) > 0) {
        char *path = strchr(line, '/');

        line[strcspn(line, "\n")] = '\0';
        found = path != NULL && fits(path, context);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

void processes_each(bool (*visit)(pid_t pid, void *context), void *context)
{
    DIR *folder = opendir("/proc");
    bool more = folder != NULL;
    struct dirent *entry;

    while (more && (entry = readdir(folder)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 0)
            more = visit((pid_t)pid, context);
    }
    if (folder != NULL)
        closedir(folder);
}
