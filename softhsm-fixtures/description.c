// SPDX-License-Identifier: BSD-2-Clause
// Reads a token description: one line at a time into a buffer that is cut up in place.
#include "description.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct description {
    FILE *stream;
    const char *file;
    unsigned line;
    struct variables *variables;
    char raw[DESCRIPTION_MAX_LINE];
    char expanded[DESCRIPTION_MAX_LINE];
};

static struct variable *variables_find(struct variables *variables, const char *name, size_t length)
{
    for (size_t i = 0; i < variables->count; i++) {
        struct variable *variable = &variables->items[i];
        if (strlen(variable->name) == length && memcmp(variable->name, name, length) == 0)
            return variable;
    }
    return NULL;
}

static struct variable *variables_add(struct variables *variables, const char *name, size_t length,
                                      const char *value)
{
    if (variables->count == DESCRIPTION_MAX_VARIABLES)
        return NULL;
    struct variable *variable = &variables->items[variables->count];
    variable->name = strndup(name, length);
    variable->value = strdup(value);
    if (variable->name == NULL || variable->value == NULL) {
        free(variable->name);
        free(variable->value);
        return NULL;
    }
    variables->count++;
    return variable;
}

bool variables_set(struct variables *variables, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment)
        return false;
    return variables_add(variables, assignment, (size_t)(equals - assignment), equals + 1) != NULL;
}

const char *variables_undeclared(const struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++)
        if (!variables->items[i].declared)
            return variables->items[i].name;
    return NULL;
}

void variables_finish(struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++) {
        free(variables->items[i].name);
        free(variables->items[i].value);
    }
    variables->count = 0;
}

struct description *description_open(const char *file, struct variables *variables)
{
    struct description *description = calloc(1, sizeof *description);
    if (description == NULL)
        return NULL;
    description->stream = fopen(file, "re");
    if (description->stream == NULL) {
        fprintf(stderr, "make-token: %s: %s\n", file, strerror(errno));
        free(description);
        return NULL;
    }
    description->file = file;
    description->variables = variables;
    return description;
}

void description_close(struct description *description)
{
    if (description == NULL)
        return;
    fclose(description->stream);
    free(description);
}

// Copies raw to expanded with every ${NAME} replaced by its value.
static void expand(struct description *description, const struct statement *statement)
{
    const char *from = description->raw;
    size_t used = 0;
    while (*from != '\0') {
        const char *text = from;
        size_t length = 1;
        size_t step = 1;
        if (from[0] == '$' && from[1] == '{') {
            size_t name = strcspn(from + 2, "}");
            struct variable *variable = variables_find(description->variables, from + 2, name);
            if (variable == NULL)
                statement_fail(statement, "found ${%.*s}, expected a name that has a default",
                               (int)name, from + 2);
            text = variable->value;
            length = strlen(text);
            step = name + 3;
        }
        if (length >= sizeof description->expanded - used)
            statement_fail(statement, "line is too long");
        memcpy(description->expanded + used, text, length);
        used += length;
        from += step;
    }
    description->expanded[used] = '\0';
}

// Cuts the next word off *CURSOR, taking quotes away. Returns NULL at the end of the line or at a
// comment.
static char *next_word(const struct statement *statement, char **cursor, char **equals,
                       bool *quoted)
{
    char *from = *cursor + strspn(*cursor, " \t\r\n");
    if (*from == '\0' || *from == '#')
        return NULL;
    char *word = from;
    char *to = from;
    bool inside = false;
    *equals = NULL;
    *quoted = false;
    for (; *from != '\0' && (inside || strchr(" \t\r\n", *from) == NULL); from++) {
        if (*from == '"') {
            inside = !inside;
            *quoted = true;
            continue;
        }
        if (*from == '=' && *equals == NULL && !inside)
            *equals = to;
        *to++ = *from;
    }
    if (inside)
        statement_fail(statement, "found a quote that is not closed, expected \" at its end");
    *cursor = *from == '\0' ? from : from + 1;
    *to = '\0';
    return word;
}

static void cut(struct description *description, struct statement *statement)
{
    char *cursor = description->expanded;
    char *equals = NULL;
    bool quoted = false;
    char *word;
    while ((word = next_word(statement, &cursor, &equals, &quoted)) != NULL) {
        if (statement->argument_count + statement->option_count == DESCRIPTION_MAX_WORDS)
            statement_fail(statement, "more than %d words", DESCRIPTION_MAX_WORDS);
        if (statement->verb == NULL) {
            statement->verb = word;
        } else if (equals == NULL) {
            statement->arguments[statement->argument_count++] = word;
        } else {
            *equals = '\0';
            statement->options[statement->option_count++] =
                (struct option){.name = word, .value = equals + 1, .quoted = quoted};
        }
    }
}

static void set_defaults(struct description *description, const struct statement *statement)
{
    for (size_t i = 0; i < statement->option_count; i++) {
        const struct option *option = &statement->options[i];
        struct variables *variables = description->variables;
        struct variable *variable = variables_find(variables, option->name, strlen(option->name));
        if (variable == NULL)
            variable = variables_add(variables, option->name, strlen(option->name), option->value);
        if (variable == NULL)
            statement_fail(statement, "more than %d variables", DESCRIPTION_MAX_VARIABLES);
        variable->declared = true;
    }
}

bool description_next(struct description *description, struct statement *statement)
{
    while (fgets(description->raw, sizeof description->raw, description->stream) != NULL) {
        *statement = (struct statement){.file = description->file, .line = ++description->line};
        expand(description, statement);
        cut(description, statement);
        if (statement->verb == NULL)
            continue;
        if (strcmp(statement->verb, "default") != 0)
            return true;
        set_defaults(description, statement);
    }
    return false;
}

void statement_fail(const struct statement *statement, const char *format, ...)
{
    fprintf(stderr, "%s:%u: ", statement->file, statement->line);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

const char *statement_option(const struct statement *statement, const char *name,
                             const char *fallback)
{
    for (size_t i = 0; i < statement->option_count; i++)
        if (strcmp(statement->options[i].name, name) == 0)
            return statement->options[i].value;
    return fallback;
}

long statement_number(const struct statement *statement, const char *name, long fallback)
{
    const char *text = statement_option(statement, name, NULL);
    if (text == NULL)
        return fallback;
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        statement_fail(statement, "%s: found \"%s\", expected a number", name, text);
    return number;
}

bool statement_flag(const struct statement *statement, const char *name)
{
    const char *text = statement_option(statement, name, "false");
    if (strcmp(text, "true") == 0)
        return true;
    if (strcmp(text, "false") != 0)
        statement_fail(statement, "%s: found \"%s\", expected true or false", name, text);
    return false;
}

void statement_check_arguments(const struct statement *statement, size_t least, size_t most,
                               const char *expected)
{
    if (statement->argument_count < least || statement->argument_count > most)
        statement_fail(statement, "%s: found %zu words without =, expected %s", statement->verb,
                       statement->argument_count, expected);
}
