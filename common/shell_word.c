// SPDX-License-Identifier: BSD-2-Clause
#include "common/shell_word.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/printable.h"

static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:@_";

static bool can_be_shown(const char *text)
{
    size_t left = strlen(text), length;

    for (; left > 0; text += length, left -= length) {
        if (*text == '`' || !printable_is(text, left, &length))
            return false;
    }
    return true;
}

/* POSIX.1-2017, Shell Command Language, 2.2.2 */
static void write_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text != '\0'; text++)
        fputs(*text == '\'' ? "'\\''" : (char[]){*text, '\0'}, out);
    fputc('\'', out);
}

/* POSIX.1-2024, the same, 2.2.4 */
static void write_escaped(FILE *out, const char *text)
{
    fputs("$'", out);
    for (; *text != '\0'; text++)
        fprintf(out, strchr(plain, *text) != NULL ? "%c" : "\\%03o", (unsigned char)*text);
    fputc('\'', out);
}

char *shell_word(const char *text)
{
    char *word = NULL;
    size_t size;
    FILE *out;

    if (text[0] != '\0' && text[strspn(text, plain)] == '\0')
        return strdup(text);
    out = open_memstream(&word, &size);
    if (out == NULL)
        return NULL;
    if (can_be_shown(text))
        write_quoted(out, text);
    else
        write_escaped(out, text);
    if (fclose(out) == 0)
        return word;
    free(word);
    return NULL;
}
