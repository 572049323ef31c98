// SPDX-License-Identifier: BSD-2-Clause
// How large a regular expression becomes: the C library writes repetitions out, and goes into
// parentheses by recursion; a line of text could take all memory, or the stack.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
    REPETITION_MOST_COPIES = 1000, /* of characters, sets and the like, beyond what is written */
    REPETITION_MOST_DEPTH = 32,    /* parentheses within each other */
    REPETITION_MOST_EMPTY = 100,   /* parts that may be empty, as written */
};

/* A zeroed struct is the beginning of an expression. The parts are told in their order. */
struct repetition {
    struct {
        size_t size;     /* of the group so far */
        size_t last;     /* of what a quantifier would repeat */
        bool last_fills; /* that is never empty */
        bool fills;      /* what stands before it in this alternative is never empty */
        bool emptied;    /* an alternative before this one may be empty */
    } groups[REPETITION_MOST_DEPTH + 1];
    size_t depth;
    size_t copies;
    size_t empty; /* parts that may be empty */
};

/* So many characters, sets and the like that a quantifier repeats as one; 0: an anchor, which is empty. */
void repetition_take(struct repetition *repetition, size_t size);

/* '|'. */
void repetition_alternative(struct repetition *repetition);

/* '(' and ')'. False: too deep. */
bool repetition_open(struct repetition *repetition);
void repetition_close(struct repetition *repetition);

/* quantifier: at '*', '+', '?' or '{'. False: too many copies. */
bool repetition_quantify(struct repetition *repetition, const char *quantifier);

/* Would this quantifier repeat what may be empty? The C library's time and memory for that rise with the third power of the copies, or worse. */
bool repetition_repeats_nothing(const struct repetition *repetition, const char *quantifier);

/* Are there more parts that may be empty than can be borne? */
bool repetition_is_hollow(const struct repetition *repetition);
