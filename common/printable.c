// SPDX-License-Identifier: BSD-2-Clause
#include "common/printable.h"

#include <string.h>
#include "common/utf8.h"

/* Control characters, C1 among them, line ends, marks of direction and of byte order (Unicode 15,
 * general categories Cc, Zl, Zp, Cf). A byte that is none of UTF-8's may be a C1 control to a
 * terminal of 8 bits. */
static const struct {
    int32_t first;
    int32_t last;
} harmful[] = {
    {UTF8_INVALID, 0x1f}, {0x7f, 0x9f},     {0x200e, 0x200f}, {0x2028, 0x202e},
    {0x2066, 0x2069},     {0xfeff, 0xfeff}, {0xfffe, 0xffff},
};

bool printable_is(const char *text, size_t size, size_t *length)
{
    int32_t code = utf8_decode(text, size, length);

    for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
        if (code >= harmful[i].first && code <= harmful[i].last)
            return false;
    }
    return true;
}

void printable_make(char *text)
{
    size_t left = strlen(text), length;

    for (; left > 0; text += length, left -= length) {
        if (!printable_is(text, left, &length))
            memset(text, '?', length);
    }
}
