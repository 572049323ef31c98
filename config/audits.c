// SPDX-License-Identifier: BSD-2-Clause
#include "config/audits.h"

#include <stdlib.h>
#include <string.h>
#include "config/config.h"
#include "config/suggestion.h"
#include "config/values.h"

static const struct {
    const char *name;
    enum audit_kind kind;
} kinds[] = {{"none", AUDIT_NONE}, {"syslog", AUDIT_SYSLOG}, {"journal", AUDIT_JOURNAL}};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* Is it one of the names, or so near to one that it is hardly a file's? A path with a `/` is a path. */
static bool is_name(const struct node *node, const char *const *names)
{
    return node->kind == NODE_SCALAR && strchr(node->text, '/') == NULL &&
           suggestion_find(node->text, names, KINDS) != NULL;
}

void audit_read(struct reader *reader, const struct field *field, void *target)
{
    struct audit_settings *audit = &((struct settings *)target)->audit;
    const char *names[KINDS];
    char *path = NULL;
    size_t index = 0;

    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    if (is_name(field->value, names)) {
        if (!value_name(reader, field->value, names, KINDS, &index))
            return;
    } else {
        path = value_path(reader, field->value, reader->folder);
        if (path == NULL)
            return;
    }
    free(audit->path);
    audit->path = path;
    audit->kind = path != NULL ? AUDIT_FILE : kinds[index].kind;
    audit->position = field->key->position;
}

void audit_read_required(struct reader *reader, const struct field *field, void *target)
{
    struct audit_settings *audit = &((struct settings *)target)->audit;

    value_boolean(reader, field->value, &audit->required);
    audit->required_position = field->key->position;
}

static void check_unseen(struct reader *reader, const struct audit_settings *audit)
{
    if (audit->kind != AUDIT_NONE) {
        reader_error(reader, audit->position,
                     "found `audit` under `preset: transparent`, expected none: that preset passes "
                     "calls as they are, and no line would be written");
    }
}

static void check_confirm(struct reader *reader, const struct policy *policy)
{
    for (size_t i = 0; i < policy->allow.count; i++) {
        if (policy->allow.rules[i].use.confirm) {
            reader_error(reader, policy->allow.rules[i].position,
                         "found a rule with `confirm` under `preset: transparent`, expected none: "
                         "that preset passes calls as they are, and nobody would be asked");
        }
    }
}

static void check_required(struct reader *reader, const struct settings *settings)
{
    const struct audit_settings *demanding =
        settings->audit.required ? &settings->audit : &settings->user_audit;

    if (demanding->required && settings->audit.kind == AUDIT_NONE &&
        settings->user_audit.kind == AUDIT_NONE) {
        reader_error(reader, demanding->required_position,
                     "found `audit_required` without an `audit`, expected syslog, journal or the "
                     "path of a file there");
    }
}

static bool asks_user(const struct policy *policy)
{
    for (size_t i = 0; i < policy->allow.count; i++) {
        if (policy->allow.rules[i].use.confirm)
            return true;
    }
    return policy->narrowed_by != NULL && asks_user(policy->narrowed_by);
}

bool config_watches_use(const struct config *config)
{
    return config->settings.audit.kind != AUDIT_NONE ||
           config->settings.user_audit.kind != AUDIT_NONE || asks_user(&config->policy);
}

void audits_check(struct reader *reader, const struct config *config)
{
    const struct settings *settings = &config->settings;

    check_required(reader, settings);
    if (settings->preset != PRESET_TRANSPARENT)
        return;
    check_unseen(reader, &settings->audit);
    check_unseen(reader, &settings->user_audit);
    check_confirm(reader, &config->policy);
    if (config->policy.narrowed_by != NULL)
        check_confirm(reader, config->policy.narrowed_by);
}
