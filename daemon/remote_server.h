// SPDX-License-Identifier: BSD-2-Clause
// p11-kit's server of its remote protocol.
#pragma once

#include <p11-kit/pkcs11.h>

/* Answers the calls that come over the socket, in this thread, until the other end closes it or sends what is no call. */
void remote_server_run(CK_FUNCTION_LIST *functions, int fd);
