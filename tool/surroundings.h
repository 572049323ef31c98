// SPDX-License-Identifier: BSD-2-Clause
// What this machine says to a configuration: can its libraries be loaded, does ssh-agent take p11gate, is p11gate passed by in p11-kit?
#pragma once

#include "common/message.h"
#include "config/config.h"

/* Adds warnings. The vendor libraries, and those that p11-kit has, are loaded and not initialised. */
void surroundings_check(const struct config *config, struct message_list *messages);
