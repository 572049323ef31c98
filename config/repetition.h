// SPDX-License-Identifier: BSD-2-Clause
// How large a regular expression becomes: the C library writes repetitions out, and goes into
// parentheses by recursion; a line of text could take all memory, or the stack.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
    REPETITION_MOST_COPIES = 1000, /* of characters, sets and the like, beyond what is written */
    REPETITION_MOST_DEPTH = 32,    /* parentheses within each other */
};

/* A zeroed struct is the beginning of an expression. The parts are told in their order. */
struct repetition {
    struct {
        size_t size; /* of the group so far */
        size_t last; /* of what a quantifier would repeat */
    } groups[REPETITION_MOST_DEPTH + 1];
    size_t depth;
    size_t copies;
};

/* So many characters, sets and the like that a quantifier repeats as one; 0: nothing to repeat. */
void repetition_take(struct repetition *repetition, size_t size);

/* '(' and ')'. False: too deep. */
bool repetition_open(struct repetition *repetition);
void repetition_close(struct repetition *repetition);

/* quantifier: at '*', '+', '?' or '{'. False: too many copies. */
bool repetition_quantify(struct repetition *repetition, const char *quantifier);
