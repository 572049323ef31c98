// SPDX-License-Identifier: BSD-2-Clause
// Which interfaces applications are offered (PKCS#11 3.0, 5.4).
#pragma once

#include <stddef.h>
#include "module/vendor_library.h"

enum { OFFERED_MOST = 16 };

/* In the order of their list, the default first; they stay where they are. By the configuration as it is now, initialised or not: those of later versions
 * that a vendor in this process has, the latest first, and 2.40. Under `preset: transparent` those of the library, as it lists them. The libraries are loaded
 * for it. 2.40 alone where the configuration cannot be read, of which nothing is said, as C_Initialize will; where it names a daemon, whose
 * protocol knows no other; and to a library that asks while it is asked itself. No lock of calls is taken: p11-kit asks while it holds its own. */
size_t offer_interfaces(CK_INTERFACE *offered[OFFERED_MOST]);

/* What C_GetInterface answers for an interface that is not offered: CKR_ARGUMENTS_BAD, or under `preset: transparent` what the library says where it has
 * no such interface. */
CK_RV offer_refusal(const struct interface_request *request);

/* In the child after a fork. */
void offer_after_fork(void);
