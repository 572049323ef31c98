// SPDX-License-Identifier: BSD-2-Clause
// Files of public keys that a policy names, in the form of authorized_keys or .pub.
#pragma once

#include "config/reader.h"
#include "filters/policy.h"

/* Adds the file's keys to selector->keys and its stamp to the reader's. An unsafe file, one without
 * a key and a line that cannot be read are errors; a line of a kind that no token's key has
 * (sk-..., ssh-dss, certificates) is a warning. position: where the file is named. */
void key_file_read(struct reader *reader, const char *path, struct position position,
                   struct selector *selector);
