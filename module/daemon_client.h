// SPDX-License-Identifier: BSD-2-Clause
// The tokens through `p11gate serve`, or another server of p11-kit's protocol, in place of a library in this process.
#pragma once

#include <stdbool.h>
#include "module/vendor.h"

struct config;
struct crypto;
struct gate;

/* A bit of CK_TOKEN_INFO's flags, that the standard has no use for: the token is locked, though CKF_LOGIN_REQUIRED tells clients not to ask for a PIN. */
#define DAEMON_FLAG_LOCKED 0x80000000UL

/* An attribute of private keys, a CK_BBOOL: the daemon asks its user before each use. */
#define DAEMON_ATTRIBUTE_ASKS (CKA_VENDOR_DEFINED | 0x30313167UL)

/* As gate_create_from, but through the daemon where the configuration says so: one at a time in a process. With `require` a daemon that does not answer yet is no error. */
CK_RV daemon_client_gate(struct crypto *crypto, struct config *config, bool threads,
                         struct gate **gate);

/* The gate is gone, and nothing of it is called any more. */
void daemon_client_stop(void);
