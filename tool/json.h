// SPDX-License-Identifier: BSD-2-Clause
// JSON text (RFC 8259), for listings.
#pragma once

#include <stdio.h>
#include <stddef.h>

/* Writes a string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void json_string(FILE *out, const void *text, size_t size);

/* Writes "name": and the string; NULL becomes null. */
void json_member(FILE *out, const char *name, const void *text, size_t size);
