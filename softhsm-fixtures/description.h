// SPDX-License-Identifier: BSD-2-Clause
// Reads a token description (README.md in this folder): lines of words, quotes, comments, ${NAME}.
#ifndef FIXTURES_DESCRIPTION_H
#define FIXTURES_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>

enum { DESCRIPTION_MAX_LINE = 8192, DESCRIPTION_MAX_WORDS = 48, DESCRIPTION_MAX_VARIABLES = 32 };

// One word NAME=VALUE. A quoted value is text as written; a bare one may be a keyword
// (attributes.h).
struct option {
    const char *name;
    const char *value;
    bool quoted;
};

// One line: VERB [ARGUMENT ...] [NAME=VALUE ...]. The strings live until the next line is read.
struct statement {
    const char *file;
    unsigned line;
    const char *verb;
    const char *arguments[DESCRIPTION_MAX_WORDS];
    size_t argument_count;
    struct option options[DESCRIPTION_MAX_WORDS];
    size_t option_count;
};

// What --set gave; `default NAME=VALUE` in a description fills in the rest. Owns its strings.
struct variables {
    struct variable {
        char *name;
        char *value;
        bool declared;
    } items[DESCRIPTION_MAX_VARIABLES];
    size_t count;
};

struct description;

// Sets a variable from "NAME=VALUE"; false if that is no assignment or there are too many.
bool variables_set(struct variables *variables, const char *assignment);
// The name of a variable that --set gave and no description has a default for, or NULL.
const char *variables_undeclared(const struct variables *variables);
void variables_finish(struct variables *variables);

// Opens FILE; NULL, with the reason on stderr, if it cannot be read. VARIABLES must outlive it.
struct description *description_open(const char *file, struct variables *variables);
// Reads the next statement; false at the end. `default` lines are dealt with here. Ends the program
// on an error.
bool description_next(struct description *description, struct statement *statement);
// Accepts NULL.
void description_close(struct description *description);

// Ends the program with "FILE:LINE: message" on stderr.
_Noreturn __attribute__((format(printf, 2, 3))) void
statement_fail(const struct statement *statement, const char *format, ...);
// The option's value, or FALLBACK (which may be NULL) where the statement has none.
const char *statement_option(const struct statement *statement, const char *name,
                             const char *fallback);
// The same as a number; ends the program if it is none.
long statement_number(const struct statement *statement, const char *name, long fallback);
bool statement_flag(const struct statement *statement, const char *name);
// Ends the program unless the statement has from LEAST to MOST arguments; EXPECTED says which.
void statement_check_arguments(const struct statement *statement, size_t least, size_t most,
                               const char *expected);

#endif
