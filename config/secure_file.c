// SPDX-License-Identifier: BSD-2-Clause
// Walks to a file from `/`, descriptor by descriptor, so that what was checked is what is read.
#include "config/secure_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/shell_word.h"

enum { MOST_LINKS = 40, READING = O_RDONLY | O_NONBLOCK | O_NOCTTY };

struct walk {
    const char *path; /* as asked for, for messages */
    bool system;
    bool secret; /* nobody but its owner may read it */
    uid_t owners[2]; /* who may own it beside root, if it is not the system's */
    struct position position;
    struct message_list *messages;
    char rest[PATH_MAX]; /* what is still to be walked */
    int folder;          /* owned; the walk is in it */
    int links;           /* followed so far */
};

static bool refuse(const struct walk *walk, const char *name, const char *text)
{
    message_add(walk->messages, SEVERITY_ERROR, walk->position, "%s: %s", name, text);
    return false;
}

static bool refuse_errno(const struct walk *walk)
{
    message_add(walk->messages, SEVERITY_ERROR, walk->position, "%s: %m", walk->path);
    return false;
}

static bool is_owner(const struct walk *walk, uid_t id)
{
    return id == walk->owners[0] || id == walk->owners[1];
}

static bool check_owner(const struct walk *walk, const char *name, const struct stat *status)
{
    if (status->st_uid == 0 || (!walk->system && is_owner(walk, status->st_uid)))
        return true;
    if (walk->system || walk->owners[1] == 0) {
        message_add(walk->messages, SEVERITY_ERROR, walk->position,
                    "%s: belongs to user %lu, expected root", name, (unsigned long)status->st_uid);
    } else {
        message_add(walk->messages, SEVERITY_ERROR, walk->position,
                    "%s: belongs to user %lu, expected root or user %lu", name,
                    (unsigned long)status->st_uid, (unsigned long)walk->owners[1]);
    }
    return false;
}

static bool check_writers(const struct walk *walk, const char *name, const struct stat *status)
{
    bool sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX) != 0;
    char *word;

    if ((status->st_mode & (S_IWGRP | S_IWOTH)) == 0 || (sticky && status->st_uid == 0))
        return true;
    word = shell_word(name);
    message_add(walk->messages, SEVERITY_ERROR, walk->position,
                "%s: writable by others than its owner, run `chmod go-w %s`", name,
                word != NULL ? word : "FILE");
    free(word);
    return false;
}

static bool check_readers(const struct walk *walk, const struct stat *status)
{
    char *word;

    if (!walk->secret || (status->st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return true;
    word = shell_word(walk->path);
    message_add(walk->messages, SEVERITY_ERROR, walk->position,
                "%s: readable by others than its owner, run `chmod 0600 %s`", walk->path,
                word != NULL ? word : "FILE");
    free(word);
    return false;
}

/* The folder that the walk is in. */
static bool check_folder(const struct walk *walk)
{
    char link[64];
    char name[PATH_MAX] = {0};
    struct stat status;

    if (fstat(walk->folder, &status) != 0)
        return refuse_errno(walk);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", walk->folder);
    if (readlink(link, name, sizeof(name) - 1) <= 0)
        snprintf(name, sizeof(name), "the folder of %s", walk->path);
    return check_owner(walk, name, &status) && check_writers(walk, name, &status);
}

/* Takes the descriptor over. */
static bool enter(struct walk *walk, int folder)
{
    if (walk->folder >= 0)
        close(walk->folder);
    walk->folder = folder;
    if (folder < 0)
        return refuse_errno(walk);
    return !walk->system || check_folder(walk);
}

static bool enter_root(struct walk *walk)
{
    return enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Puts the path before the rest. */
static bool prepend(struct walk *walk, const char *path)
{
    char joined[PATH_MAX];
    int length = snprintf(joined, sizeof(joined), "%s/%s", path, walk->rest);

    if (length < 0 || (size_t)length >= sizeof(joined)) {
        errno = ENAMETOOLONG;
        return refuse_errno(walk);
    }
    memcpy(walk->rest, joined, (size_t)length + 1);
    return path[0] != '/' || enter_root(walk);
}

/* The first name of the rest, cut off from it; empty at the end. *last: nothing is behind it. */
static void take_name(struct walk *walk, char name[NAME_MAX + 2], bool *last)
{
    size_t start = strspn(walk->rest, "/");
    size_t length = strcspn(walk->rest + start, "/");
    size_t end = start + length;

    /* A longer name stays too long when it is cut, and openat() says so. */
    snprintf(name, NAME_MAX + 2, "%.*s", (int)length, walk->rest + start);
    end += strspn(walk->rest + end, "/");
    *last = walk->rest[end] == '\0';
    memmove(walk->rest, walk->rest + end, strlen(walk->rest + end) + 1);
}

static bool follow(struct walk *walk, int link, const struct stat *status, bool last)
{
    static const char name[] = "a symlink on the way to ";
    char target[PATH_MAX] = {0};
    char label[sizeof(name) + PATH_MAX];

    snprintf(label, sizeof(label), "%s%s", name, walk->path);
    if (!check_owner(walk, label, status) || (last && !check_folder(walk)))
        return false;
    if (++walk->links > MOST_LINKS) {
        errno = ELOOP;
        return refuse_errno(walk);
    }
    if (readlinkat(link, "", target, sizeof(target) - 1) <= 0)
        return refuse_errno(walk);
    return prepend(walk, target);
}

/* One step. *found: the name is the file's, and the walk is in its folder. */
static bool step(struct walk *walk, char name[NAME_MAX + 2], bool *found)
{
    struct stat status;
    bool last;
    bool good;
    int file;

    take_name(walk, name, &last);
    file = openat(walk->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0) {
        if (file >= 0)
            close(file);
        return refuse_errno(walk);
    }
    if (S_ISLNK(status.st_mode)) {
        good = follow(walk, file, &status, last);
        close(file);
        return good;
    }
    if (!last)
        return enter(walk, file);
    close(file);
    *found = true;
    return S_ISREG(status.st_mode) || refuse(walk, walk->path, "not a regular file");
}

/* A descriptor, opened by the flags, of a file whose folder and links are good; -1 with a message. */
static int walk_to_file(struct walk *walk, int flags)
{
    char name[NAME_MAX + 2];
    bool found = false;
    int file;

    if (snprintf(walk->rest, sizeof(walk->rest), "%s", walk->path) >= (int)sizeof(walk->rest)) {
        errno = ENAMETOOLONG;
        refuse_errno(walk);
        return -1;
    }
    if (!enter_root(walk))
        return -1;
    while (!found) {
        if (!step(walk, name, &found))
            return -1;
    }
    if (!check_folder(walk))
        return -1;
    file = openat(walk->folder, name, flags | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        refuse_errno(walk);
    return file;
}

static bool check_file(const struct walk *walk, int file, struct stat *status)
{
    if (fstat(file, status) != 0)
        return refuse_errno(walk);
    if (!S_ISREG(status->st_mode))
        return refuse(walk, walk->path, "not a regular file");
    return check_owner(walk, walk->path, status) && check_writers(walk, walk->path, status) &&
           check_readers(walk, status);
}

/* Opens and checks; -1 with a message. */
static int open_checked(struct walk *walk, int flags, struct stat *status)
{
    int file = walk_to_file(walk, flags);

    if (walk->folder >= 0)
        close(walk->folder);
    if (file >= 0 && !check_file(walk, file, status)) {
        close(file);
        file = -1;
    }
    return file;
}

/* Up to size bytes; -1 with errno. */
static ssize_t read_up_to(int file, char *buffer, size_t size)
{
    size_t total = 0;

    while (total < size) {
        ssize_t part = read(file, buffer + total, size - total);

        if (part == 0)
            break;
        if (part > 0)
            total += (size_t)part;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)total;
}

static bool refuse_size(const struct walk *walk, size_t limit)
{
    message_add(walk->messages, SEVERITY_ERROR, walk->position, "%s: larger than %zu KiB",
                walk->path, limit / 1024);
    return false;
}

/* It may be a secret. Keeps errno. */
static void wipe(char *text, size_t size)
{
    explicit_bzero(text, size);
    free(text);
}

static bool read_whole(const struct walk *walk, int descriptor, size_t limit,
                       struct secure_file *file)
{
    size_t room = file->status.st_size < (off_t)limit ? (size_t)file->status.st_size : limit;
    char *text = malloc(room + 2); /* one byte more than it had tells that it has grown */
    ssize_t size;

    if (text == NULL)
        return refuse(walk, walk->path, "no memory");
    size = read_up_to(descriptor, text, room + 1);
    if (size < 0) {
        wipe(text, room + 2);
        return refuse_errno(walk);
    }
    if ((size_t)size > room) {
        wipe(text, room + 2);
        return room == limit ? refuse_size(walk, limit)
                             : refuse(walk, walk->path, "changed while it was read");
    }
    text[size] = '\0';
    file->text = text;
    file->size = (size_t)size;
    return true;
}

bool secure_file_read_up_to(const char *path, size_t limit, bool system, struct position position,
                            struct message_list *messages, struct secure_file *file)
{
    const uid_t owners[] = {geteuid(), geteuid()};

    return secure_file_read_of(path, limit, system, owners, position, messages, file);
}

static bool read_checked(struct walk *walk, size_t limit, struct secure_file *file)
{
    struct secure_file result = {0};
    int descriptor = open_checked(walk, READING, &result.status);
    bool good;

    if (descriptor < 0)
        return false;
    good = read_whole(walk, descriptor, limit, &result);
    close(descriptor);
    if (good)
        *file = result;
    return good;
}

bool secure_file_read_of(const char *path, size_t limit, bool system, const uid_t owners[2],
                         struct position position, struct message_list *messages,
                         struct secure_file *file)
{
    struct walk walk = {.path = path,
                        .system = system,
                        .owners = {owners[0], owners[1]},
                        .position = position,
                        .messages = messages,
                        .folder = -1};

    return read_checked(&walk, limit, file);
}

bool secure_file_read_secret(const char *path, size_t limit, bool system,
                             struct message_list *messages, struct secure_file *file)
{
    struct walk walk = {.path = path,
                        .system = system,
                        .secret = true,
                        .owners = {geteuid(), geteuid()},
                        .messages = messages,
                        .folder = -1};

    return read_checked(&walk, limit, file);
}

bool secure_file_read(const char *path, bool system, struct position position,
                      struct message_list *messages, struct secure_file *file)
{
    return secure_file_read_up_to(path, SECURE_FILE_MAX_SIZE, system, position, messages, file);
}

/* One that is not there passes. */
static bool check_there(struct walk *walk, int flags)
{
    struct stat status;
    int descriptor;

    if (stat(walk->path, &status) != 0 &&
        (errno == ENOENT || errno == ENOTDIR || (walk->secret && errno == EACCES)))
        return true;
    descriptor = open_checked(walk, flags, &status);
    if (descriptor >= 0)
        close(descriptor);
    return descriptor >= 0;
}

bool secure_file_check(const char *path, bool system, struct position position,
                       struct message_list *messages)
{
    struct walk walk = {.path = path,
                        .system = system,
                        .owners = {geteuid(), geteuid()},
                        .position = position,
                        .messages = messages,
                        .folder = -1};

    return check_there(&walk, READING);
}

bool secure_file_check_secret(const char *path, bool system, const uid_t owners[2],
                              struct position position, struct message_list *messages)
{
    struct walk walk = {.path = path,
                        .system = system,
                        .secret = true,
                        .owners = {owners[0], owners[1]},
                        .position = position,
                        .messages = messages,
                        .folder = -1};

    return check_there(&walk, O_PATH);
}

void secure_file_wipe(struct secure_file *file)
{
    if (file->text != NULL)
        explicit_bzero(file->text, file->size);
    secure_file_finish(file);
}

void secure_file_finish(struct secure_file *file)
{
    free(file->text);
    *file = (struct secure_file){0};
}
