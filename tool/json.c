// SPDX-License-Identifier: BSD-2-Clause
#include "tool/json.h"

#include "common/utf8.h"

static void print_character(FILE *out, int32_t code, const char *bytes, size_t length)
{
    if (code == UTF8_INVALID)
        fputs("\xef\xbf\xbd", out);
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) /* the latter for terminals' sake */
        fprintf(out, "\\u%04x", (unsigned)code);
    else if (code == '"' || code == '\\')
        fprintf(out, "\\%c", code);
    else
        fwrite(bytes, 1, length, out);
}

void json_string(FILE *out, const void *text, size_t size)
{
    const char *bytes = text;
    size_t length;

    fputc('"', out);
    for (size_t at = 0; at < size; at += length) {
        int32_t code = utf8_decode(bytes + at, size - at, &length);
        print_character(out, code, bytes + at, length);
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
