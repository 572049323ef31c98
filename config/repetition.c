// SPDX-License-Identifier: BSD-2-Clause
// Counts what the C library would write out.
#include "config/repetition.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void take(struct repetition *repetition, size_t size, bool fills)
{
    repetition->groups[repetition->depth].size += size;
    repetition->groups[repetition->depth].last = size;
    repetition->groups[repetition->depth].fills |=
        repetition->groups[repetition->depth].last_fills;
    repetition->groups[repetition->depth].last_fills = fills;
    repetition->empty += fills ? 0 : 1;
}

void repetition_take(struct repetition *repetition, size_t size)
{
    take(repetition, size, size > 0);
}

static bool may_be_empty(const struct repetition *repetition)
{
    return !repetition->groups[repetition->depth].fills &&
           !repetition->groups[repetition->depth].last_fills;
}

void repetition_alternative(struct repetition *repetition)
{
    repetition->groups[repetition->depth].emptied |= may_be_empty(repetition);
    repetition->groups[repetition->depth].last = 0;
    repetition->groups[repetition->depth].last_fills = false;
    repetition->groups[repetition->depth].fills = false;
}

bool repetition_open(struct repetition *repetition)
{
    if (repetition->depth == REPETITION_MOST_DEPTH)
        return false;
    repetition->depth++;
    memset(&repetition->groups[repetition->depth], 0, sizeof(repetition->groups[0]));
    return true;
}

/* One that closes nothing is left to the C library. */
void repetition_close(struct repetition *repetition)
{
    if (repetition->depth > 0) {
        bool empty = may_be_empty(repetition) || repetition->groups[repetition->depth].emptied;

        repetition->depth--;
        take(repetition, repetition->groups[repetition->depth + 1].size, !empty);
    }
}

/* How often what stands before it is written: "{3}" 3, "{2,5}" 5, "{2,}" 3, "+" 2; else 1. A backslash in braces: the C library takes
 * "{\,5}" for "{,5}", and nobody means it. */
static size_t count_times(const char *quantifier)
{
    char *end = NULL;
    size_t times;

    if (*quantifier != '{')
        return *quantifier == '+' ? 2 : 1;
    if (memchr(quantifier, '\\', strcspn(quantifier, "}")) != NULL)
        return SIZE_MAX;
    times = strtoul(quantifier + 1, &end, 10);
    if (end[0] == ',' && end[1] == '}')
        times = times < SIZE_MAX ? times + 1 : times;
    else if (end[0] == ',')
        times = strtoul(end + 1, &end, 10);
    return times > 0 ? times : 1;
}

bool repetition_quantify(struct repetition *repetition, const char *quantifier)
{
    size_t last = repetition->groups[repetition->depth].last;
    size_t times = count_times(quantifier);

    if (last != 0 && times - 1 > (REPETITION_MOST_COPIES - repetition->copies) / last)
        return false;
    repetition->copies += last * (times - 1);
    repetition->groups[repetition->depth].size += last * (times - 1);
    repetition->groups[repetition->depth].last = last * times;
    if (strchr("*?", *quantifier) != NULL ||
        (*quantifier == '{' && strtoul(quantifier + 1, NULL, 10) == 0)) {
        repetition->groups[repetition->depth].last_fills = false;
        repetition->empty++;
    }
    return true;
}

bool repetition_repeats_nothing(const struct repetition *repetition, const char *quantifier)
{
    return *quantifier != '?' && !repetition->groups[repetition->depth].last_fills;
}

bool repetition_is_hollow(const struct repetition *repetition)
{
    return repetition->empty > REPETITION_MOST_EMPTY;
}
