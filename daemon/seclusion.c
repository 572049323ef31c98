// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/seclusion.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { MEMORY_MAX = 256 << 20 };

void seclude_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* whose shadows count */
    const struct rlimit limit = {MEMORY_MAX, MEMORY_MAX};

    setrlimit(RLIMIT_DATA, &limit);
#endif
}

void seclude(void)
{
    const struct rlimit none = {0, 0};

    umask(077);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}
