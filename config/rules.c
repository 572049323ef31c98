// SPDX-License-Identifier: BSD-2-Clause
// Reads rules, their names and their options. Their selectors go into one SELECTOR_ALL per rule.
#include "config/rules.h"

#include <stdlib.h>
#include <string.h>
#include "config/config.h"
#include "config/selectors.h"
#include "config/values.h"
#include "filters/policy.h"

enum { LONGEST_LABEL = 255, USE_MOST_PER_MINUTE = 10000 };

void rule_read_name(struct reader *reader, const struct field *field, void *target)
{
    struct rule *rule = target;
    bool unknown;

    rule->name = value_line(reader, field->value, &unknown);
    if (unknown)
        rule->name = strdup(field->value->text);
}

void rule_refuse_use(struct reader *reader, const struct field *field, void *target)
{
    (void)target;
    reader_error(reader, field->key->position,
                 "found `use`, expected selectors alone: options belong to rules of `allow`");
}

void rule_read_use(struct reader *reader, const struct field *field, void *target)
{
    struct rule *rule = target;

    schema_read(field->schema->inner, reader, field->value, &rule->use);
}

void use_read_order(struct reader *reader, const struct field *field, void *target)
{
    struct use *use = target;

    use->has_order = value_integer(reader, field->value, &use->order);
}

/* The public key's comment: ssh takes at most 255 bytes. */
void use_read_show_label(struct reader *reader, const struct field *field, void *target)
{
    struct use *use = target;
    char found[READER_FOUND_SIZE];
    bool unknown;

    use->show_label = value_line(reader, field->value, &unknown);
    if (unknown) {
        reader_found(field->value, found);
        message_add(reader->messages, SEVERITY_WARNING, field->value->position,
                    "found %s, of which something is unknown here: the token's own label is shown",
                    found);
    }
    if (use->show_label != NULL && strlen(use->show_label) > LONGEST_LABEL) {
        reader_error(reader, field->value->position, "found %zu bytes, expected at most %d",
                     strlen(use->show_label), LONGEST_LABEL);
    }
}

void use_read_expose_certificate(struct reader *reader, const struct field *field, void *target)
{
    bool exposes;

    if (value_boolean(reader, field->value, &exposes))
        ((struct use *)target)->hides_certificate = !exposes;
}

void use_read_confirm(struct reader *reader, const struct field *field, void *target)
{
    value_boolean(reader, field->value, &((struct use *)target)->confirm);
}

void use_read_most_per_minute(struct reader *reader, const struct field *field, void *target)
{
    struct use *use = target;
    long most;

    if (!value_integer(reader, field->value, &most))
        return;
    if (most < 1 || most > USE_MOST_PER_MINUTE)
        reader_error(reader, field->value->position, "found %ld, expected 1 to %d", most, USE_MOST_PER_MINUTE);
    else
        use->most_per_minute = (unsigned)most;
}

/* Without a selector the rule would be true of every key. */
static void check_selectors(struct reader *reader, const struct node *node, const struct rule *rule,
                            size_t errors)
{
    if (rule->condition.n_children == 0 && reader->messages->errors == errors) {
        reader_error(
            reader, node->position,
            "found a rule without a selector, expected at least one; write `allow: all` if "
            "every key is meant");
    }
}

static void read_rule(struct reader *reader, const struct node *node, const struct schema *schema,
                      struct rule_list *list)
{
    struct rule *rules = reallocarray(list->rules, list->count + 1, sizeof(*rules));
    size_t errors = reader->messages->errors;
    struct rule *rule;

    if (rules == NULL) {
        reader_no_memory(reader);
        return;
    }
    list->rules = rules;
    rule = &list->rules[list->count++];
    *rule = (struct rule){.position = node->position,
                          .condition = {.kind = SELECTOR_ALL, .position = node->position}};
    if (node_is_nothing(node) || (node->kind == NODE_MAP && node->count == 0)) {
        check_selectors(reader, node, rule, errors);
        return;
    }
    schema_read(schema, reader, node, rule);
    check_selectors(reader, node, rule, errors);
}

static const char *expected_for(int which, const struct node *node)
{
    if (which == RULES_ALLOW && node_is_nothing(node))
        return "a list of rules or `all`; write `allow: []` if nothing is meant";
    return which == RULES_ALLOW ? "a list of rules (`- ` before each) or `all`"
                                : "a list of rules (`- ` before each)";
}

void rules_read(struct reader *reader, const struct field *field, void *target)
{
    struct policy *policy = &((struct config *)target)->policy;
    struct rule_list *const lists[] = {&policy->require, &policy->deny, &policy->allow};
    const struct node *value = field->value;
    int which = field->schema->detail;

    if (which == RULES_ALLOW && value->kind == NODE_SCALAR && value->trap == TRAP_NONE &&
        strcmp(value->text, "all") == 0) {
        policy->allow_all = true;
        return;
    }
    if (value->kind != NODE_LIST) {
        reader_expected(reader, value, expected_for(which, value));
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        read_rule(reader, &value->items[i], field->schema->inner, lists[which]);
}
