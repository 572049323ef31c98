// SPDX-License-Identifier: BSD-2-Clause
// Text of others, as it may be put before people.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* May the first character be shown as it is? *length is its size in bytes, 1 for a byte that is
 * none of UTF-8's. Not so what would end the line, be taken as a command by a terminal, or turn the
 * direction of writing. size is at least 1. */
bool printable_is(const char *text, size_t size, size_t *length);

/* Labels and file names may hold anything: each byte of what may not be shown becomes "?", in
 * place. */
void printable_make(char *text);
