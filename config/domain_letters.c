// SPDX-License-Identifier: BSD-2-Clause
#include "config/domain_letters.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "config/bracket.h"
#include "config/repetition.h"

/* Of a group, the outermost being the whole pattern. */
struct level {
    size_t begin;     /* where it opens */
    size_t waiting;   /* what stands from here on has no @ yet that is sure to come */
    bool before;      /* an @ may stand before the group */
    bool behind;      /* an @ may stand before this place */
    bool sure;        /* this alternative has an @ for sure */
    bool each_sure;   /* so has each before it */
    bool some_behind; /* one before it may have an @, or stands behind one */
};

struct walk {
    enum pattern_kind kind;
    const char *text;
    enum domain_side *sides;
    struct level levels[REPETITION_MOST_DEPTH + 1];
    size_t depth;
};

/* Behind the character, the set, or the pair of characters that begins here. */
static const char *skip_one(enum pattern_kind kind, const char *text)
{
    if (*text == '[') {
        const char *end = bracket_end(text, kind);

        return end != NULL ? end + 1 : text + strlen(text);
    }
    return (*text == '\\' || *text == '%') && text[1] != '\0' ? text + 2 : text + 1;
}

static bool is_at(const char *text)
{
    return *text == '@' || strncmp(text, "\\@", 2) == 0 || strncmp(text, "[@]", 3) == 0;
}

/* May what stands before be left out? In doubt, as of braces, it may. */
static bool is_optional(enum pattern_kind kind, const char *quantifier)
{
    quantifier += strspn(quantifier, "+");
    return kind == PATTERN_REGEX && *quantifier != '\0' && strchr("*?{", *quantifier) != NULL;
}

/* An @ is sure to stand at end, or in the group that begins there. */
static void take_sure(struct walk *walk, size_t end)
{
    struct level *level = &walk->levels[walk->depth];

    for (size_t i = level->waiting; i < end; i++)
        walk->sides[i] = SIDE_LOCAL;
    level->waiting = end;
    level->sure = true;
}

static void open_group(struct walk *walk, size_t begin)
{
    bool behind = walk->levels[walk->depth].behind;

    walk->levels[++walk->depth] = (struct level){
        .begin = begin, .waiting = begin, .before = behind, .behind = behind, .each_sure = true};
}

static void end_alternative(struct walk *walk, size_t end)
{
    struct level *level = &walk->levels[walk->depth];

    level->each_sure = level->each_sure && level->sure;
    level->some_behind = level->some_behind || level->behind;
    level->behind = level->before;
    level->sure = false;
    level->waiting = end;
}

static void close_group(struct walk *walk, size_t end, bool optional)
{
    struct level group;

    end_alternative(walk, end);
    group = walk->levels[walk->depth--];
    walk->levels[walk->depth].behind = group.some_behind;
    if (group.each_sure && !optional)
        take_sure(walk, group.begin);
}

/* False: deeper than anything that is taken. */
static bool take_one(struct walk *walk, const char *at, const char *next)
{
    size_t place = (size_t)(at - walk->text);

    if (is_at(at)) {
        walk->levels[walk->depth].behind = true;
        if (!is_optional(walk->kind, next))
            take_sure(walk, place);
    } else if (walk->kind == PATTERN_GLOB) {
        return true;
    } else if (*at == '(') {
        if (walk->depth == REPETITION_MOST_DEPTH)
            return false;
        open_group(walk, place);
    } else if (*at == '|') {
        end_alternative(walk, place);
    } else if (*at == ')' && walk->depth > 0) {
        close_group(walk, place, is_optional(walk->kind, next));
    }
    return true;
}

enum domain_side *domain_letters_sides(enum pattern_kind kind, const char *text)
{
    struct walk walk = {.kind = kind, .text = text};
    const char *next;

    walk.sides = calloc(strlen(text) + 1, sizeof(*walk.sides)); /* SIDE_OPEN */
    if (walk.sides == NULL)
        return NULL;
    for (const char *at = text; *at != '\0'; at = next) {
        next = skip_one(kind, at);
        for (const char *i = at; i < next && walk.levels[walk.depth].behind; i++)
            walk.sides[i - text] = SIDE_DOMAIN;
        if (!take_one(&walk, at, next))
            break;
    }
    return walk.sides;
}

static bool is_wrong(enum pattern_kind kind, const char *at, size_t length, enum domain_side side)
{
    char letter = at[length - 1];

    if (side == SIDE_LOCAL || *at == '%')
        return false;
    if (*at == '[')
        return bracket_has_large_alone(at, length, kind);
    return letter >= 'A' && letter <= 'Z' && (kind == PATTERN_REGEX || side == SIDE_OPEN);
}

const char *domain_letters_find(enum pattern_kind kind, const char *text,
                                const enum domain_side *sides, size_t *length)
{
    const char *next;

    for (const char *at = text; *at != '\0'; at = next) {
        next = skip_one(kind, at);
        if (is_wrong(kind, at, (size_t)(next - at), sides[at - text])) {
            *length = (size_t)(next - at);
            return at;
        }
    }
    return NULL;
}
