// SPDX-License-Identifier: BSD-2-Clause
// A vendor's library in a process of its own, which may crash or hang: it is started anew then, and the daemon goes on.
#pragma once

#include <stdbool.h>
#include "module/vendor.h"

/* What a call answers that was waited for in vain; the child is ended, and the next call has a new one. It is none of the errors that the stack mends and tries
 * again, as that would hang once more. Clients hear CKR_DEVICE_ERROR. */
#define VENDOR_CHILD_LATE CKR_DEVICE_MEMORY

/* The same as gate_load_vendor, for the daemon. */
struct vendor *vendor_child_open(void *context, const struct module_settings *module);

/* Has one of them begun to use pcscd, since this was last asked? Under the shared stack's lock, or before there are threads. */
bool vendor_children_use_pcscd(void);

/* Kills all of them, and starts no more: what waits for one gets an error at once. From any thread. */
void vendor_children_kill(void);

/* Ends all of them. Their vendors are not to be called any more. */
void vendor_children_end(void);

/* The child's part: serves the library over descriptor 3, until that is closed. False when it cannot be loaded, which is said on stderr. */
bool vendor_child_run(const char *path, const char *init_args);
