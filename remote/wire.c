// SPDX-License-Identifier: BSD-2-Clause
#include "remote/wire.h"

#include <stdlib.h>
#include <string.h>
#include "remote/remote.h"

enum { ROOM_FIRST = 256 };

static const uint32_t null_array = 0xffffffff;

void wire_finish(struct wire *wire)
{
    if (wire->bytes != NULL)
        explicit_bzero(wire->bytes, wire->size);
    free(wire->bytes);
    *wire = (struct wire){0};
}

/* Not realloc(): it leaves behind what it has copied. */
static bool grow(struct wire *wire, size_t size)
{
    size_t room = wire->room > 0 ? wire->room : ROOM_FIRST;
    uint8_t *bytes;

    while (room < size)
        room *= 2;
    bytes = malloc(room);
    if (bytes == NULL)
        return false;
    if (wire->size > 0) {
        memcpy(bytes, wire->bytes, wire->size);
        explicit_bzero(wire->bytes, wire->size);
    }
    free(wire->bytes);
    wire->bytes = bytes;
    wire->room = room;
    return true;
}

uint8_t *wire_append(struct wire *wire, size_t size)
{
    const bool fits = wire->bytes != NULL && size <= wire->room - wire->size;
    uint8_t *added;

    if (wire->failed || size > REMOTE_MESSAGE_MAX - wire->size ||
        (!fits && !grow(wire, wire->size + size))) {
        wire->failed = true;
        return NULL;
    }
    added = wire->bytes + wire->size;
    wire->size += size;
    return added;
}

void wire_put_byte(struct wire *wire, uint8_t value)
{
    uint8_t *to = wire_append(wire, 1);

    if (to != NULL)
        *to = value;
}

void wire_put_u32(struct wire *wire, uint32_t value)
{
    uint8_t *to = wire_append(wire, 4);

    for (size_t i = 0; to != NULL && i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * (3 - i)));
}

void wire_put_u64(struct wire *wire, uint64_t value)
{
    wire_put_u32(wire, (uint32_t)(value >> 32));
    wire_put_u32(wire, (uint32_t)value);
}

void wire_put_array(struct wire *wire, const void *bytes, size_t size)
{
    uint8_t *to;

    if (bytes == NULL) {
        wire_put_u32(wire, null_array);
        return;
    }
    wire_put_u32(wire, (uint32_t)size); /* what is cut off here is too large for wire_append() */
    to = wire_append(wire, size);
    if (to != NULL && size > 0)
        memcpy(to, bytes, size);
}

uint32_t wire_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static const uint8_t *take(struct wire *wire, size_t size)
{
    const uint8_t *from;

    if (wire->failed || size > wire->size - wire->at) {
        wire->failed = true;
        return NULL;
    }
    from = wire->bytes + wire->at;
    wire->at += size;
    return from;
}

uint8_t wire_get_byte(struct wire *wire)
{
    const uint8_t *from = take(wire, 1);

    return from != NULL ? *from : 0;
}

uint32_t wire_get_u32(struct wire *wire)
{
    const uint8_t *from = take(wire, 4);

    return from != NULL ? wire_u32(from) : 0;
}

uint64_t wire_get_u64(struct wire *wire)
{
    uint64_t high = wire_get_u32(wire);

    return high << 32 | wire_get_u32(wire);
}

const uint8_t *wire_get_array(struct wire *wire, size_t *size)
{
    uint32_t length = wire_get_u32(wire);
    const uint8_t *from = NULL;

    *size = 0;
    if (wire->failed || length == null_array)
        return NULL;
    from = take(wire, length);
    if (from != NULL)
        *size = length;
    return from;
}
