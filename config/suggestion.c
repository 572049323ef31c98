// SPDX-License-Identifier: BSD-2-Clause
// Finds the nearest of known names, by the optimal string alignment distance.
#include "config/suggestion.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "config/text.h"

enum { LONGEST_NAME = 32 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Both at most LONGEST_NAME long. */
static unsigned distance(const char *a, const char *b)
{
    unsigned table[LONGEST_NAME + 1][LONGEST_NAME + 1];
    size_t length_a = strlen(a);
    size_t length_b = strlen(b);

    for (size_t j = 0; j <= length_b; j++)
        table[0][j] = (unsigned)j;
    for (size_t i = 1; i <= length_a; i++) {
        table[i][0] = (unsigned)i;
        for (size_t j = 1; j <= length_b; j++) {
            unsigned changed = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
            unsigned moved = least(table[i - 1][j], table[i][j - 1]) + 1;

            table[i][j] = least(moved, table[i - 1][j - 1] + changed);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]))
                table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
        }
    }
    return table[length_a][length_b];
}

const char *suggestion_find(const char *written, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned nearest_distance = 3;

    if (strlen(written) > LONGEST_NAME)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned far;

        if (names[i] == NULL || strlen(names[i]) > LONGEST_NAME)
            continue;
        far = distance(written, names[i]);
        if (far < nearest_distance && far <= (strlen(names[i]) <= 3 ? 1U : 2U)) {
            nearest = names[i];
            nearest_distance = far;
        }
    }
    return nearest;
}

char *suggestion_list(const char *const *names, size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const char *separator = i + 1 == count ? " or " : ", ";

        fprintf(out, "%s`%s`", i == 0 ? "" : separator, names[i]);
    }
    return text_close_stream(out, &text) ? text : NULL;
}
