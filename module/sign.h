// SPDX-License-Identifier: BSD-2-Clause
// Signing: checked at C_SignInit, done at C_Sign, recovered from and replayed once.
#pragma once

#include "module/session.h"

/* The context login of an always-authenticate key (PKCS#11 2.40, 4.9): the vendor's C_SignInit comes before it. */
CK_RV sign_login(struct session *session, CK_UTF8CHAR_PTR pin, CK_ULONG size);
