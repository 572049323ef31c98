// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/seclusion.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

void seclude(void)
{
    const struct rlimit none = {0, 0};

    umask(077);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}
