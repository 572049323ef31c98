// SPDX-License-Identifier: BSD-2-Clause
// Looks for a secret in all memory of this process, without having it there itself.
#pragma once

#include <stddef.h>

/* The secret with each byte XORed with this. */
enum { MEMORY_VEIL = 0x5a };

/* How often it is there. */
unsigned memory_search(const unsigned char *veiled, size_t size);

/* The same of what a core dump would have. */
unsigned memory_search_dumped(const unsigned char *veiled, size_t size);
