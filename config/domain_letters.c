// SPDX-License-Identifier: BSD-2-Clause
#include "config/domain_letters.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "config/repetition.h"

/* Behind the ']' of the set that begins here (POSIX 9.3.5). */
static const char *skip_set(const char *text)
{
    const char *at = text + 1;

    at += *at == '^';
    at += *at == ']';
    while (*at != '\0' && *at != ']') {
        const char end[] = {at[1], ']', '\0'};
        const char *closed =
            at[0] == '[' && strchr(":.=", at[1]) != NULL ? strstr(at + 2, end) : NULL;

        at = closed != NULL ? closed + 2 : at + 1;
    }
    return *at == ']' ? at + 1 : at;
}

/* Behind the character, the set, or the pair of characters that begins here. */
static const char *skip_one(const char *text)
{
    if (*text == '[')
        return skip_set(text);
    return (*text == '\\' || *text == '%') && text[1] != '\0' ? text + 2 : text + 1;
}

const char *domain_letters_find(const char *expression)
{
    bool before[REPETITION_MOST_DEPTH + 1] = {false}; /* of each group, whether an @ stands there */
    size_t depth = 0;
    bool behind = false;

    for (const char *at = expression; *at != '\0'; at = skip_one(at)) {
        if (*at == '@')
            behind = true;
        else if (*at == '(' && depth < REPETITION_MOST_DEPTH)
            before[++depth] = behind;
        else if (*at == '|' || *at == ')')
            behind = before[depth];
        if (*at == ')' && depth > 0)
            depth--;
        if (behind && *at >= 'A' && *at <= 'Z')
            return at;
    }
    return NULL;
}
