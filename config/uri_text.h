// SPDX-License-Identifier: BSD-2-Clause
// The text of a PKCS#11 URI, checked where p11-kit's parser is lenient.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "config/reader.h"

/* True when the text is `pkcs11:` and path attributes of RFC 7512, known ones, each once and with a
 * value; *count is then their number. False with a message at the node. Values are not decoded.
 * *count is 0 before. */
bool uri_text_check(struct reader *reader, const struct node *node, const char *text,
                    size_t *count);
