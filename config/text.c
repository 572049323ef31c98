// SPDX-License-Identifier: BSD-2-Clause
// Checks and counts the characters of a configuration file.
#include "config/text.h"

#include <stdlib.h>
#include <string.h>

enum {
    NEXT_LINE = 0x85,
    LINE_SEPARATOR = 0x2028,
    PARAGRAPH_SEPARATOR = 0x2029,
    BYTE_ORDER_MARK = 0xfeff,
};

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

int32_t text_decode(const char *text, size_t size, size_t *length)
{
    size_t n = sequence_length((uint8_t)text[0]);
    int32_t code;

    *length = 1;
    if (n <= 1)
        return n == 1 ? text[0] : TEXT_INVALID;
    code = (uint8_t)text[0] & (0x7f >> n);
    for (size_t i = 1; i < n; i++) {
        if (!is_continuation(text, size, i))
            return TEXT_INVALID;
        code = (code << 6) | ((uint8_t)text[i] & 0x3f);
    }
    if (code < least_of_length(n) || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return TEXT_INVALID;
    *length = n;
    return code;
}

/* What is wrong with a character; NULL: nothing. next is the byte after it. */
static const char *character_fault(int32_t code, char next)
{
    if (code == TEXT_INVALID)
        return "bytes that are not UTF-8";
    if (code == 0)
        return "a NUL character";
    if (code == '\r' && next != '\n')
        return "a carriage return without a line feed";
    if (code == NEXT_LINE || code == LINE_SEPARATOR || code == PARAGRAPH_SEPARATOR)
        return "a line end (U+0085, U+2028 or U+2029) that editors do not show";
    if (code == BYTE_ORDER_MARK || code == 0xfffe || code == 0xffff)
        return "a character that is not text (U+FEFF, U+FFFE or U+FFFF)";
    if ((code < 0x20 && strchr("\t\n\r", code) == NULL) || (code >= 0x7f && code < 0xa0))
        return "a control character";
    return NULL;
}

bool text_check(const char *text, size_t size, struct text_fault *fault)
{
    unsigned line = 1;
    unsigned column = 1;
    size_t length;

    for (size_t at = 0; at < size; at += length) {
        int32_t code = text_decode(text + at, size - at, &length);
        const char *found = character_fault(code, at + 1 < size ? text[at + 1] : '\0');

        if (found != NULL) {
            *fault = (struct text_fault){.line = line, .column = column, .found = found};
            return false;
        }
        column++;
        if (code == '\n') {
            line++;
            column = 1;
        }
    }
    return true;
}

void text_cursor_move(struct text_cursor *cursor, size_t character)
{
    while (cursor->character < character && cursor->byte < cursor->size) {
        size_t length;

        text_decode(cursor->text + cursor->byte, cursor->size - cursor->byte, &length);
        cursor->byte += length;
        cursor->character++;
    }
}

char text_cursor_peek(const struct text_cursor *cursor)
{
    return cursor->byte < cursor->size ? cursor->text[cursor->byte] : '\0';
}

bool text_cursor_at_comment(const struct text_cursor *cursor)
{
    size_t at = cursor->byte;

    while (at < cursor->size && strchr(" \t", cursor->text[at]) != NULL)
        at++;
    if (at == cursor->byte || at + 1 >= cursor->size || cursor->text[at] != '#')
        return false;
    return strchr(" \t\r\n#", cursor->text[at + 1]) == NULL;
}

/* fclose() alone does not tell: what did not fit is cut, and the buffer may be NULL. */
bool text_close_stream(FILE *stream, char **text)
{
    bool good = ferror(stream) == 0;

    if (fclose(stream) == 0 && good && *text != NULL)
        return true;
    free(*text);
    *text = NULL;
    return false;
}
