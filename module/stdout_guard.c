// SPDX-License-Identifier: BSD-2-Clause
#include "module/stdout_guard.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int kept = -1; /* what fd 1 was, while a call runs */
static atomic_bool armed; /* asked by calls that hold no lock */

void stdout_guard_init(void)
{
    struct stat info;

    armed = fstat(STDOUT_FILENO, &info) == 0 && S_ISSOCK(info.st_mode);
}

/* The folder of a process's threads has a link for each of them, beside its own two. */
static bool has_one_thread(void)
{
    struct stat info;

    return stat("/proc/self/task", &info) == 0 && info.st_nlink == 3;
}

void stdout_guard_begin(void)
{
    if (!armed || !has_one_thread())
        return;
    fflush(stdout);
    kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (kept >= 0)
        dup2(STDERR_FILENO, STDOUT_FILENO);
}

void stdout_guard_end(void)
{
    if (kept < 0)
        return;
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    kept = -1;
}
