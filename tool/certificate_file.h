// SPDX-License-Identifier: BSD-2-Clause
// A certificate in a file, as if it were on a token.
#pragma once

#include <stdbool.h>
#include "filters/object.h"

struct crypto;

enum { CERTIFICATE_FILE_MAX_SIZE = 1 << 20 };

/* PEM or DER: one certificate, and in PEM others behind it, which are only offered to its chain.
 * Adds them to the list in that order. False with the reason on stderr. */
bool certificate_file_read(struct crypto *crypto, const char *path, struct object_list *list);
