// SPDX-License-Identifier: BSD-2-Clause
#include "tool/json.h"

/* Length of the valid UTF-8 sequence at the start; 0: there is none (RFC 3629, 4). */
static size_t sequence_size(const unsigned char *bytes, size_t left)
{
    size_t size = bytes[0] < 0x80 ? 1 : bytes[0] < 0xc2 ? 0 : bytes[0] < 0xe0 ? 2
                  : bytes[0] < 0xf0 ? 3 : bytes[0] < 0xf5 ? 4 : 0;

    if (size == 0 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] > 0x9f) ||
        (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] > 0x8f))
        return 0;
    return size;
}

void json_string(FILE *out, const void *text, size_t size)
{
    const unsigned char *bytes = text;

    fputc('"', out);
    for (size_t i = 0; i < size;) {
        size_t length = sequence_size(bytes + i, size - i);
        if (length == 0)
            fputs("\xef\xbf\xbd", out);
        else if (bytes[i] < 0x20)
            fprintf(out, "\\u%04x", bytes[i]);
        else if (bytes[i] == '"' || bytes[i] == '\\')
            fprintf(out, "\\%c", bytes[i]);
        else
            fwrite(bytes + i, 1, length, out);
        i += length > 0 ? length : 1;
    }
    fputc('"', out);
}

void json_member(FILE *out, const char *name, const void *text, size_t size)
{
    fprintf(out, "\"%s\": ", name);
    if (text == NULL)
        fputs("null", out);
    else
        json_string(out, text, size);
}
