// SPDX-License-Identifier: BSD-2-Clause
// To be preloaded: access(2) finds the file $STRANGER_FILE, which need not be there, and no library where $STRANGER_BARE is set; $STRANGER_USER is the effective
// user; openat(2) does not come back from a file with the name $STRANGER_SILENT, as on a file system whose server does not answer.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int access(const char *path, int mode)
{
    const char *there = getenv("STRANGER_FILE");
    int (*real)(const char *, int) = (int (*)(const char *, int))dlsym(RTLD_NEXT, "access");

    if (getenv("STRANGER_BARE") != NULL && strstr(path, ".so") != NULL) {
        errno = ENOENT;
        return -1;
    }
    return there != NULL && strcmp(path, there) == 0 ? 0 : real(path, mode);
}

/* openat64(), to the linker. */
EXPORTED int openat(int folder, const char *path, int flags, ...)
{
    const char *silent = getenv("STRANGER_SILENT");
    int (*real)(int, const char *, int, ...) =
        (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
    va_list arguments;
    mode_t mode;

    while (silent != NULL && strcmp(path, silent) == 0)
        pause();
    va_start(arguments, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return real(folder, path, flags, mode);
}

EXPORTED uid_t geteuid(void)
{
    const char *user = getenv("STRANGER_USER");
    uid_t (*real)(void) = (uid_t(*)(void))dlsym(RTLD_NEXT, "geteuid");

    return user != NULL ? (uid_t)strtoul(user, NULL, 10) : real();
}
