// SPDX-License-Identifier: BSD-2-Clause
// The configuration that would hold if a file on the command line were in its place.
#pragma once

#include <stdbool.h>
#include "config/config.h"

/* Is the file there? False with a message. */
bool named_config_exists(const char *path, struct message_list *messages);

/* path: in place of the user's file, beside the system's where there is one; NULL: the files that are in force. system: in place of the
 * system's, with its rights and alone. NULL with messages; the caller owns the result. Sets $P11GATE_CONFIG. */
struct config *named_config_load(struct crypto *crypto, const char *path, bool system,
                                 struct message_list *messages);
