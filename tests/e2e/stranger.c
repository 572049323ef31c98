// SPDX-License-Identifier: BSD-2-Clause
// To be preloaded: access(2) finds the file $STRANGER_FILE, which need not be there, and $STRANGER_USER is the effective user.
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int access(const char *path, int mode)
{
    const char *there = getenv("STRANGER_FILE");
    int (*real)(const char *, int) = (int (*)(const char *, int))dlsym(RTLD_NEXT, "access");

    return there != NULL && strcmp(path, there) == 0 ? 0 : real(path, mode);
}

EXPORTED uid_t geteuid(void)
{
    const char *user = getenv("STRANGER_USER");
    uid_t (*real)(void) = (uid_t(*)(void))dlsym(RTLD_NEXT, "geteuid");

    return user != NULL ? (uid_t)strtoul(user, NULL, 10) : real();
}
