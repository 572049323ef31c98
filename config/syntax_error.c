// SPDX-License-Identifier: BSD-2-Clause
// Turns libyaml's errors into messages.
#include "config/syntax_error.h"

#include <stdbool.h>
#include <string.h>

static const char colon_in_value[] = "mapping values are not allowed in this context";

/* Problems in libyaml's words, and what their usual cause is. */
static const struct {
    const char *problem;
    const char *hint;
} hints[] = {
    {"found character that cannot start any token",
     "quote it: a value cannot begin with this character (a line not with a tab)"},
    {"found a tab character that violates indentation", "indent with blanks"},
    {"did not find expected comment or line break",
     "quote it: `>` and `|` at the beginning mean a block of lines"},
    {"found an indentation indicator equal to 0",
     "quote it: `>` and `|` at the beginning mean a block of lines"},
    {"did not find expected alphabetic or numeric character",
     "quote it: `*` and `&` at the beginning mean an alias or an anchor"},
    {colon_in_value, "quote it if `: ` belongs to the value, else look at the indentation"},
    {"block sequence entries are not allowed in this context",
     "quote it if `- ` belongs to the value, else begin the list in the next line"},
    {"could not find expected ':'", "a key needs `: ` behind it"},
    {"did not find expected key",
     "look at the indentation, or quote the value if it has quotes or brackets in it"},
    {"did not find expected ',' or ']'",
     "close the list, or quote the value if it begins with `[`"},
    {"did not find expected ',' or '}'", "close the map, or quote the value if it begins with `{`"},
};

static const char *find_hint(const char *problem)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
        if (strcmp(problem, hints[i].problem) == 0)
            return hints[i].hint;
    return NULL;
}

/* Did it come to the end of the text, looking for something? */
static bool is_at_end(const yaml_parser_t *parser, const struct text_cursor *text)
{
    struct text_cursor end = *text;

    text_cursor_move(&end, parser->problem_mark.index);
    return text_cursor_peek(&end) == '\0';
}

static struct position position_of(const yaml_mark_t *mark, const char *file)
{
    return (struct position){
        .file = file, .line = (unsigned)mark->line + 1, .column = (unsigned)mark->column + 1};
}

/* ": " in a plain value, whose beginning is then the last scalar. */
static bool is_cut_value(const yaml_parser_t *parser, const struct node *last)
{
    return parser->context == NULL && parser->problem != NULL &&
           strcmp(parser->problem, colon_in_value) == 0 && last->style == STYLE_PLAIN &&
           last->position.line == parser->problem_mark.line + 1;
}

/* Scanned things that begin with a sign of their own: quote, block, alias, anchor, tag, directive,
 * and keys. */
static bool is_within_value(const char *context)
{
    return context != NULL && strncmp(context, "while scanning", 14) == 0 &&
           strcmp(context, "while scanning a plain scalar") != 0;
}

/* The problem itself, or the beginning of the value that it is in. */
static struct position find_position(const yaml_parser_t *parser, const struct text_cursor *text,
                                     const struct node *last)
{
    struct position problem = position_of(&parser->problem_mark, last->position.file);
    const char *context = parser->context;

    if (is_within_value(context) || (context != NULL && is_at_end(parser, text)))
        return position_of(&parser->context_mark, last->position.file);
    return is_cut_value(parser, last) ? last->position : problem;
}

/* libyaml counts a line more at the end of a text that does not end its last one. */
static struct position keep_within(struct position position, const struct text_cursor *text)
{
    struct text_cursor at = {.text = text->text, .size = text->size};
    struct position end = {.file = position.file, .line = 1, .column = 1};

    while (at.byte < at.size) {
        end.column++;
        if (text_cursor_peek(&at) == '\n') {
            end.line++;
            end.column = 1;
        }
        text_cursor_move(&at, at.character + 1);
    }
    return position.line > end.line ? end : position;
}

void syntax_error_report(const yaml_parser_t *parser, const struct text_cursor *text,
                         const struct node *last, struct message_list *messages)
{
    const char *problem = parser->problem != NULL ? parser->problem : "no memory";
    const char *hint = find_hint(problem);
    bool placed = parser->error == YAML_SCANNER_ERROR || parser->error == YAML_PARSER_ERROR;
    struct position position = {.file = last->position.file};

    if (placed)
        position = keep_within(find_position(parser, text, last), text);
    message_add(messages, SEVERITY_ERROR, position, "not valid YAML: %s%s%s", problem,
                hint != NULL ? "; " : "", hint != NULL ? hint : "");
}
