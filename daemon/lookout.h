// SPDX-License-Identifier: BSD-2-Clause
// The thread that looks once a second whether cards came or went, and whether logins have had their time: a library that hangs keeps it, and nobody else.
#pragma once

#include <stdbool.h>

/* False: there is none. */
bool lookout_start(void);

/* Tells it to end, and waits for that, for so many seconds. Has it ended? May be called again. */
bool lookout_end(unsigned seconds);
