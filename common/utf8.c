// SPDX-License-Identifier: BSD-2-Clause
#include "common/utf8.h"

#include <stdbool.h>

static bool is_continuation(const char *text, size_t size, size_t at)
{
    return at < size && ((uint8_t)text[at] & 0xc0) == 0x80;
}

/* Bytes in a sequence, by its first byte; 0: none begins so. */
static size_t sequence_length(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* The least code point that may be written with so many bytes (RFC 3629, section 3). */
static int32_t least_of_length(size_t length)
{
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    return least[length];
}

int32_t utf8_decode(const char *text, size_t size, size_t *length)
{
    size_t n = sequence_length((uint8_t)text[0]);
    int32_t code;

    *length = 1;
    if (n <= 1)
        return n == 1 ? text[0] : UTF8_INVALID;
    code = (uint8_t)text[0] & (0x7f >> n);
    for (size_t i = 1; i < n; i++) {
        if (!is_continuation(text, size, i))
            return UTF8_INVALID;
        code = (code << 6) | ((uint8_t)text[i] & 0x3f);
    }
    if (code < least_of_length(n) || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return UTF8_INVALID;
    *length = n;
    return code;
}
