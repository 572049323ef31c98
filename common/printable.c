// SPDX-License-Identifier: BSD-2-Clause
#include "common/printable.h"

#include <stdbool.h>
#include <string.h>

/* U+202A to U+202E and U+2066 to U+2069, in UTF-8. */
static bool turns_direction(const unsigned char *text)
{
    if (text[0] != 0xe2)
        return false;
    return (text[1] == 0x80 && text[2] >= 0xaa && text[2] <= 0xae) ||
           (text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9);
}

/* C0, DEL, and C1 in UTF-8 (two bytes). */
static size_t control_size(const unsigned char *text)
{
    if (text[0] == 0xc2 && text[1] >= 0x80 && text[1] <= 0x9f)
        return 2;
    if (turns_direction(text))
        return 3;
    return text[0] < ' ' || text[0] == 0x7f ? 1 : 0;
}

void printable_make(char *text)
{
    while (*text != '\0') {
        size_t size = control_size((const unsigned char *)text);

        memset(text, '?', size);
        text += size > 0 ? size : 1;
    }
}
