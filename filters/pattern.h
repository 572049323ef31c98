// SPDX-License-Identifier: BSD-2-Clause
// The values of selectors: exact text, glob, POSIX ERE, or bytes. Three-valued, as all of the policy is.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

enum truth truth_not(enum truth a);
enum truth truth_and(enum truth a, enum truth b);
enum truth truth_or(enum truth a, enum truth b);

enum pattern_kind {
    PATTERN_EXACT,   /* these bytes */
    PATTERN_PREFIX,  /* begins with these bytes */
    PATTERN_GLOB,    /* fnmatch(3), whole value, no special treatment of '/' or a leading dot; a character is a byte */
    PATTERN_REGEX,   /* POSIX extended, whole value, never matches NUL or newline; a character is a byte */
    PATTERN_UNKNOWN, /* a substitution in it failed: neither true nor false */
};

enum { PATTERN_REGEX_MOST = 4096 }; /* bytes of a value that a regular expression is tried on */

struct pattern;

/* Copies the bytes; glob and regex are text without NUL. NULL when a regex does not compile (then *error, if not NULL, is set to a text
 * that the caller frees) or there is no memory. The caller owns the pattern. */
struct pattern *pattern_create(enum pattern_kind kind, const void *bytes, size_t size, char **error);

/* The same, for which the letters A to Z are those from a to z. */
struct pattern *pattern_create_folded(enum pattern_kind kind, const void *bytes, size_t size,
                                      char **error);
void pattern_destroy(struct pattern *pattern);

/* A regular expression is neither true nor false of a value that is longer than PATTERN_REGEX_MOST. */
enum truth pattern_match(const struct pattern *pattern, const void *value, size_t size);

/* The bytes of an exact pattern, borrowed; NULL for any other kind. */
const void *pattern_exact(const struct pattern *pattern, size_t *size);

/* What the pattern was made of, borrowed. */
const void *pattern_source(const struct pattern *pattern, enum pattern_kind *kind, size_t *size);
