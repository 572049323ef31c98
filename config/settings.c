// SPDX-License-Identifier: BSD-2-Clause
// Reads the settings at the top level.
#include "config/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/config.h"
#include "config/daemons.h"
#include "config/values.h"

void settings_refuse(struct reader *reader, const struct field *field, void *target)
{
    (void)target;
    reader_error(reader, field->key->position,
                 "found `%s` in a user's file beside the system's (%s), expected it there alone: a "
                 "user's file may only take away, by `require`, `deny`, `allow` and `profiles`",
                 field->key->text, reader->narrows);
}

void settings_read_version(struct reader *reader, const struct field *field, void *target)
{
    const char *text = value_text(reader, field->value, "1");

    (void)target;
    if (text != NULL && strcmp(text, "1") != 0)
        reader_expected(reader, field->value, "1, the only version that is known here");
}

static void finish_module(struct module_settings *module)
{
    free(module->name);
    free(module->path);
    free(module->init_args);
}

bool settings_add_module(struct settings *settings, struct module_settings *module)
{
    struct module_settings *grown =
        reallocarray(settings->modules, settings->n_modules + 1, sizeof(*grown));

    if (grown == NULL) {
        finish_module(module);
        return false;
    }
    settings->modules = grown;
    grown[settings->n_modules++] = *module;
    return true;
}

void settings_finish(struct settings *settings)
{
    for (size_t i = 0; i < settings->n_modules; i++)
        finish_module(&settings->modules[i]);
    free(settings->modules);
    access_finish(&settings->functions);
    access_finish(&settings->mechanisms);
    free(settings->login.source_name);
    free(settings->daemon.socket);
    free(settings->log.file);
    free(settings->audit.path);
    free(settings->user_audit.path);
    *settings = (struct settings){0};
}

bool settings_permit_function(const struct settings *settings, enum function_id function)
{
    return preset_permits(settings->preset, function) &&
           access_permits(&settings->functions, function);
}

bool settings_permit_mechanism(const struct settings *settings, unsigned long mechanism)
{
    return access_permits(&settings->mechanisms, mechanism);
}

void settings_init(struct reader *reader, struct settings *settings)
{
    enum { DEFAULT_MAX_AGE = 60 };

    settings->max_age = DEFAULT_MAX_AGE;
    if (!settings_default_log(reader->identity.home, &settings->log))
        reader_no_memory(reader);
    daemons_init(reader, &settings->daemon);
}

void settings_read_preset(struct reader *reader, const struct field *field, void *target)
{
    static const char *const names[] = {"ssh", "read-only", "transparent"};
    struct settings *settings = &((struct config *)target)->settings;
    size_t index;

    if (value_name(reader, field->value, names, sizeof(names) / sizeof(names[0]), &index))
        settings->preset = (enum preset)index;
}

void settings_read_inner(struct reader *reader, const struct field *field, void *target)
{
    schema_read(field->schema->inner, reader, field->value, target);
}

void settings_read_read_only(struct reader *reader, const struct field *field, void *target)
{
    value_boolean(reader, field->value, &((struct config *)target)->settings.read_only);
}

void settings_read_max_age(struct reader *reader, const struct field *field, void *target)
{
    value_duration(reader, field->value, &((struct config *)target)->settings.max_age);
}

/* False with an error: only who keeps the system's file may say this. */
static bool check_system_only(struct reader *reader, const struct field *field)
{
    if (reader->system)
        return true;
    reader_error(reader, field->key->position,
                 "found `%s` in a user's file, expected it in the system's (" SYSTEM_CONFIG
                 ") alone",
                 field->key->text);
    return false;
}

void settings_read_audit_only(struct reader *reader, const struct field *field, void *target)
{
    struct settings *settings = &((struct config *)target)->settings;

    if (!check_system_only(reader, field))
        return;
    value_boolean(reader, field->value, &settings->audit_only);
    settings->audit_only_position = field->key->position;
}

void settings_read_user_config(struct reader *reader, const struct field *field, void *target)
{
    static const char *const names[] = {"narrow", "none"};
    size_t index;

    if (check_system_only(reader, field) &&
        value_name(reader, field->value, names, sizeof(names) / sizeof(names[0]), &index))
        ((struct config *)target)->settings.ignore_user = index == 1;
}

void settings_read_log(struct reader *reader, const struct field *field, void *target)
{
    schema_read(field->schema->inner, reader, field->value, &((struct config *)target)->settings);
}

void settings_read_log_file(struct reader *reader, const struct field *field, void *target)
{
    struct log_settings *log = &((struct settings *)target)->log;
    char *path = value_path(reader, field->value, reader->folder);

    if (path != NULL) {
        free(log->file);
        log->file = path;
    }
}

void settings_read_log_level(struct reader *reader, const struct field *field, void *target)
{
    static const char *const names[] = {"error", "info", "debug"};
    struct log_settings *log = &((struct settings *)target)->log;
    size_t index;

    if (value_name(reader, field->value, names, sizeof(names) / sizeof(names[0]), &index))
        log->level = (enum log_level)index;
}

void settings_read_log_trace(struct reader *reader, const struct field *field, void *target)
{
    struct log_settings *log = &((struct settings *)target)->log;

    value_boolean(reader, field->value, &log->trace);
}

void settings_read_log_stderr(struct reader *reader, const struct field *field, void *target)
{
    static const char *const names[] = {"auto", "never"};
    struct log_settings *log = &((struct settings *)target)->log;
    size_t index;

    if (value_name(reader, field->value, names, sizeof(names) / sizeof(names[0]), &index))
        log->to_stderr = index == 0;
}

bool settings_default_log(const char *home, struct log_settings *log)
{
    const char *state = secure_getenv("XDG_STATE_HOME");
    int length = 0;

    *log = (struct log_settings){.level = LOG_ERROR, .to_stderr = true};
    /* The XDG base directory specification has relative paths ignored. */
    if (state != NULL && state[0] == '/')
        length = asprintf(&log->file, "%s/p11gate/log", state);
    else if (home != NULL)
        length = asprintf(&log->file, "%s/.local/state/p11gate/log", home);
    if (length < 0)
        log->file = NULL;
    return length >= 0;
}
