// SPDX-License-Identifier: BSD-2-Clause
// What a user is told who sees no key: how many there are, and what may be amiss.
#pragma once

#include "module/gate.h"

/* One line on stderr and in the log, once; nothing while the configuration is broken. All tokens are read whole for it. */
void nothing_shown_say(struct gate *gate);
