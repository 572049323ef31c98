// SPDX-License-Identifier: BSD-2-Clause
#include "config/bracket.h"

#include <stdlib.h>
#include <string.h>
#include "crypto/name.h"

static bool is_negated(const char *set, enum pattern_kind kind)
{
    return set[1] == '^' || (kind == PATTERN_GLOB && set[1] == '!');
}

/* Inside, "[:", "[." and "[=" go to their own end (POSIX 9.3.5). */
const char *bracket_end(const char *text, enum pattern_kind kind)
{
    const char *at = text + 1;

    if (is_negated(text, kind))
        at++;
    if (*at == ']')
        at++;
    while (*at != '\0' && *at != ']') {
        if (at[0] == '[' && at[1] != '\0' && strchr(":.=", at[1]) != NULL) {
            const char end[] = {at[1], ']', '\0'};
            const char *closed = strstr(at + 2, end);

            at = closed != NULL ? closed + 1 : at;
        } else if (kind == PATTERN_GLOB && at[0] == '\\' && at[1] != '\0') {
            at++;
        }
        at++;
    }
    return *at == ']' ? at : NULL;
}

/* Of most sets it can be told without asking the C library: letters are in them by themselves, by a
 * range or by a class. */
static bool may_have_large(const char *set, size_t length)
{
    for (size_t i = 1; i < length; i++) {
        if ((set[i] >= 'A' && set[i] <= 'Z') || set[i] == '-' || set[i] == '[')
            return true;
    }
    return false;
}

/* What a set names, a negated one does not match. */
static enum truth is_named(const struct pattern *set, bool negated, char letter)
{
    enum truth truth = pattern_match(set, &letter, 1);

    return negated ? truth_not(truth) : truth;
}

bool bracket_has_large_alone(const char *set, size_t length, enum pattern_kind kind)
{
    bool negated = is_negated(set, kind);
    char *error = NULL;
    struct pattern *pattern;
    bool alone = false;

    if (!may_have_large(set, length))
        return false;
    pattern = pattern_create(kind, set, length, &error);
    if (pattern == NULL)
        alone = error == NULL;
    for (char large = 'A'; large <= 'Z' && pattern != NULL && !alone; large++)
        alone = truth_and(is_named(pattern, negated, large),
                          truth_not(is_named(pattern, negated, name_lower(large)))) != TRUTH_FALSE;
    pattern_destroy(pattern);
    free(error);
    return alone;
}
