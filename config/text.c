// SPDX-License-Identifier: BSD-2-Clause
// Checks and counts the characters of a configuration file.
#include "config/text.h"

#include <stdlib.h>
#include <string.h>
#include "common/utf8.h"

enum {
    NEXT_LINE = 0x85,
    LINE_SEPARATOR = 0x2028,
    PARAGRAPH_SEPARATOR = 0x2029,
    BYTE_ORDER_MARK = 0xfeff,
};

/* What is wrong with a character; NULL: nothing. next is the byte after it. */
static const char *character_fault(int32_t code, char next)
{
    if (code == UTF8_INVALID)
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
        int32_t code = utf8_decode(text + at, size - at, &length);
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

        utf8_decode(cursor->text + cursor->byte, cursor->size - cursor->byte, &length);
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
