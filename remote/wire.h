// SPDX-License-Identifier: BSD-2-Clause
// Bytes on the wire: numbers are big-endian, an array has its length before it, ffffffff for NULL.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed struct is empty. What was in it is wiped wherever memory is given up: it may be a PIN.
 */
struct wire {
    uint8_t *bytes; /* owned */
    size_t size;
    size_t room;
    size_t at;   /* how far it is read */
    bool failed; /* no memory, larger than it may be, or read beyond its end; stays */
};

void wire_finish(struct wire *wire);

/* size bytes to be filled in by the caller; NULL, and failed, if it cannot be. */
uint8_t *wire_append(struct wire *wire, size_t size);

void wire_put_byte(struct wire *wire, uint8_t value);
void wire_put_u32(struct wire *wire, uint32_t value);
void wire_put_u64(struct wire *wire, uint64_t value);
/* bytes may be NULL when size is 0: that is NULL, not empty. */
void wire_put_array(struct wire *wire, const void *bytes, size_t size);

/* 0 when failed. */
uint8_t wire_get_byte(struct wire *wire);
uint32_t wire_get_u32(struct wire *wire);
uint64_t wire_get_u64(struct wire *wire);
/* Borrowed. NULL for NULL, with size 0; and when failed. */
const uint8_t *wire_get_array(struct wire *wire, size_t *size);

uint32_t wire_u32(const uint8_t *bytes);
