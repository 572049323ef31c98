// SPDX-License-Identifier: BSD-2-Clause
// What this machine says to a configuration: can its libraries be loaded, does ssh-agent take p11gate, is p11gate passed by in p11-kit?
#pragma once

#include "common/message.h"
#include "config/config.h"

/* Adds warnings. The vendor libraries, and those that p11-kit has, are loaded and not initialised. */
void surroundings_check(const struct config *config, struct message_list *messages);

/* Warns if p11-kit has both the library and p11gate for some program. p11_kit_be_quiet() comes before. */
void surroundings_check_p11_kit(const struct module_settings *module,
                                struct message_list *messages);

/* Does an ssh-agent with these patterns (NULL: without -P) load the file that the path leads to? */
bool surroundings_agent_takes(const char *path, const char *patterns);

bool surroundings_is_same_file(const char *a, const char *b);
