// SPDX-License-Identifier: BSD-2-Clause
// %u %i %d %l %L %% in values. What is put in is data: in a glob or a regular expression it matches
// itself and nothing else.
#pragma once

#include "config/domain_letters.h"
#include "config/identity.h"
#include "filters/pattern.h"

enum substitution_outcome {
    SUBSTITUTION_DONE,
    SUBSTITUTION_UNKNOWN, /* a letter stands for something that is unknown here */
    SUBSTITUTION_FAULT,   /* the value cannot be read so */
    SUBSTITUTION_NO_MEMORY,
};

struct substitution {
    char *text;        /* owned; only when done */
    const char *fault; /* only of a fault: static text, "found ..., expected ..." */
};

/* kind: PATTERN_EXACT for plain text, PATTERN_GLOB or PATTERN_REGEX for these, whose escapes and
 * brackets are checked on the way: what glob and POSIX ERE leave undefined (\d, \1, a \ at the end,
 * a [ without ]) is a fault. */
enum substitution_outcome substitution_make(const struct identity *identity, enum pattern_kind kind,
                                            const char *text, struct substitution *result);

/* The same for a glob or regular expression on addresses: what is in the domain by the sides, those
 * of the text, comes in small letters, sets aside. Where they leave it open, the host's name does
 * so too, and a user's name behind its own @. */
enum substitution_outcome substitution_make_sided(const struct identity *identity,
                                                  enum pattern_kind kind, const char *text,
                                                  const enum domain_side *sides,
                                                  struct substitution *result);
