// SPDX-License-Identifier: BSD-2-Clause
// The characters of UTF-8.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { UTF8_INVALID = -1 };

/* The first character of the text (RFC 3629: no overlong form, no surrogate) and its size in bytes.
 * UTF8_INVALID, with *length 1, when there is none. size is at least 1. */
int32_t utf8_decode(const char *text, size_t size, size_t *length);
