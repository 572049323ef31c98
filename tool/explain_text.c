// SPDX-License-Identifier: BSD-2-Clause
#include "tool/explain_text.h"

#include <string.h>
#include "tool/describe.h"
#include "tool/json.h"

enum { MOST_NAME = 32, MOST_WANTED = 56 };

/* How the lines of one rule are laid out. */
struct layout {
    FILE *out;
    int name; /* columns, indent included */
    int wanted;
    const struct explain_style *style; /* borrowed */
};

static const char *truth_name(enum truth truth)
{
    switch (truth) {
    case TRUTH_FALSE:
        return "false";
    case TRUTH_TRUE:
        return "true";
    case TRUTH_UNKNOWN:
        break;
    }
    return "unknown";
}

static const char *truth_colour(enum truth truth)
{
    switch (truth) {
    case TRUTH_FALSE:
        return "\033[31m";
    case TRUTH_TRUE:
        return "\033[32m";
    case TRUTH_UNKNOWN:
        break;
    }
    return "\033[33m";
}

/* An `all` says no more than its selectors do, but where it is one of several things to choose
 * from. */
static bool is_plain(const struct explanation *explanation, const struct explanation *parent)
{
    return explanation->selector->kind == SELECTOR_ALL &&
           (explanation->n_children == 1 || parent->selector->kind == SELECTOR_ALL);
}

static int at_least(int size, int other)
{
    return size > other ? size : other;
}

static void measure(struct layout *layout, const struct explanation *parent, int depth)
{
    for (size_t i = 0; i < parent->n_children; i++) {
        const struct explanation *child = &parent->children[i];
        int name = 2 * depth + (int)strlen(child->name);
        int wanted = (int)child->wanted.size;

        if (is_plain(child, parent)) {
            measure(layout, child, depth);
            continue;
        }
        if (name <= MOST_NAME)
            layout->name = at_least(layout->name, name);
        if (wanted <= MOST_WANTED)
            layout->wanted = at_least(layout->wanted, wanted);
        measure(layout, child, depth + 1);
    }
}

/* Its width in columns is taken to be its bytes. */
static void print_padded(const struct layout *layout, const struct explained_text *text)
{
    if (text->bytes != NULL)
        describe_text(layout->out, text->bytes, text->size);
    for (int i = (int)text->size; i < layout->wanted; i++)
        fputc(' ', layout->out);
}

static void print_seen(const struct layout *layout, const struct explanation *explanation)
{
    fputs("  seen ", layout->out);
    if (explanation->seen.bytes != NULL)
        describe_text(layout->out, explanation->seen.bytes, explanation->seen.size);
    else if (explanation->open && !layout->style->tokenless)
        fputs("nothing yet", layout->out);
    else
        fputs("nothing", layout->out);
    if (explanation->open)
        fputs(layout->style->tokenless ? "; only a token tells" : "; login tells more",
              layout->out);
}

static void print_truth(FILE *out, enum truth truth, bool colour)
{
    fprintf(out, "%s%-7s%s  ", colour ? truth_colour(truth) : "", truth_name(truth),
            colour ? "\033[0m" : "");
}

static void print_selector(const struct layout *layout, const struct explanation *selector,
                           int depth)
{
    fputs("      ", layout->out);
    print_truth(layout->out, selector->truth, layout->style->colour);
    if (selector->wanted.bytes == NULL) {
        fprintf(layout->out, "%*s%s", 2 * depth, "", selector->name);
    } else {
        fprintf(layout->out, "%*s%-*s  wants ", 2 * depth, "",
                at_least(layout->name - 2 * depth, 0), selector->name);
        print_padded(layout, &selector->wanted);
        print_seen(layout, selector);
    }
    fputc('\n', layout->out);
}

static void print_children(const struct layout *layout, const struct explanation *parent, int depth)
{
    for (size_t i = 0; i < parent->n_children; i++) {
        const struct explanation *child = &parent->children[i];

        if (is_plain(child, parent)) {
            print_children(layout, child, depth);
            continue;
        }
        print_selector(layout, child, depth);
        print_children(layout, child, depth + 1);
    }
}

void explain_text_rule(FILE *out, const struct rule *rule, enum truth truth,
                       const struct explain_style *style)
{
    fputs("    ", out);
    print_truth(out, truth, style->colour);
    fprintf(out, "%s:%u:%u", rule->position.file, rule->position.line, rule->position.column);
    if (rule->name != NULL)
        fprintf(out, " \"%s\"", rule->name);
    fputc('\n', out);
}

void explain_text_selectors(FILE *out, const struct explanation *condition,
                            const struct explain_style *style)
{
    struct layout layout = {.out = out, .style = style};

    measure(&layout, condition, 0);
    print_children(&layout, condition, 0);
}

static void print_json_text(FILE *out, const char *name, const struct explained_text *text)
{
    fputs(", ", out);
    json_member(out, name, text->bytes, text->size);
}

static void print_json_children(FILE *out, const struct explanation *parent,
                                const struct explain_style *style)
{
    fputs(", \"selectors\": [", out);
    for (size_t i = 0; i < parent->n_children; i++) {
        const struct explanation *child = &parent->children[i];
        const struct position *position = &child->selector->position;

        fprintf(out, "%s{\"name\": \"%s\", \"line\": %u, \"column\": %u, \"truth\": \"%s\"",
                i > 0 ? ", " : "", child->name, position->line, position->column,
                truth_name(child->truth));
        fprintf(out, ", \"%s_tells_more\": %s", style->tokenless ? "token" : "login",
                child->open ? "true" : "false");
        if (child->wanted.bytes != NULL) {
            print_json_text(out, "wanted", &child->wanted);
            print_json_text(out, "seen", &child->seen);
        }
        if (child->n_children > 0)
            print_json_children(out, child, style);
        fputc('}', out);
    }
    fputc(']', out);
}

void explain_text_json(FILE *out, const struct rule *rule, const struct explanation *condition,
                       const struct explain_style *style)
{
    fputc('{', out);
    json_member(out, "name", rule->name, rule->name != NULL ? strlen(rule->name) : 0);
    fputs(", ", out);
    json_member(out, "file", rule->position.file, strlen(rule->position.file));
    fprintf(out, ", \"line\": %u, \"column\": %u, \"truth\": \"%s\"", rule->position.line,
            rule->position.column, truth_name(condition->truth));
    print_json_children(out, condition, style);
    fputc('}', out);
}
