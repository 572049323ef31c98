// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/remote_server.h"

#define P11_KIT_FUTURE_UNSTABLE_API 1
#include <p11-kit/remote.h>

void remote_server_run(CK_FUNCTION_LIST *functions, int fd)
{
    p11_kit_remote_serve_module(functions, fd, fd);
}
