// SPDX-License-Identifier: BSD-2-Clause
#include "config/logins.h"

#include <stdlib.h>
#include <string.h>
#include "config/config.h"
#include "config/values.h"

enum { DEFAULT_IDLE = 10 * 60, DEFAULT_MAX = 8 * 3600, LONGEST_NAME = 255 };

void login_read(struct reader *reader, const struct field *field, void *target)
{
    schema_read(field->schema->inner, reader, field->value,
                &((struct config *)target)->settings.login);
}

/* What is behind the prefix, of the node's text with %u and the like put in. The caller frees; NULL
 * with a message. */
typedef char *source_reader(struct reader *reader, const struct node *node, const char *rest);

static char *read_file(struct reader *reader, const struct node *node, const char *rest)
{
    char *path = value_located(reader, node, rest, reader->folder);

    if (path != NULL && !reader_check_secret(reader, path, node->position)) {
        free(path);
        return NULL;
    }
    return path;
}

static char *copy(struct reader *reader, const char *text)
{
    char *copied = strdup(text);

    if (copied == NULL)
        reader_no_memory(reader);
    return copied;
}

static char *read_credential(struct reader *reader, const struct node *node, const char *rest)
{
    if (rest[0] == '\0' || strchr(rest, '/') != NULL || strcmp(rest, ".") == 0 ||
        strcmp(rest, "..") == 0 || strlen(rest) > LONGEST_NAME) {
        reader_expected(reader, node, "the name of a credential, without `/`");
        return NULL;
    }
    return copy(reader, rest);
}

/* It gets no arguments, and no shell would split them off. */
static char *read_command(struct reader *reader, const struct node *node, const char *rest)
{
    if (rest[0] != '/') {
        reader_expected(reader, node, "the absolute path of a program");
        return NULL;
    }
    return secure_file_check(rest, reader->system, node->position, reader->messages)
               ? copy(reader, rest)
               : NULL;
}

static const struct {
    const char *prefix;
    enum pin_source source;
    source_reader *read; /* NULL: the prefix is all of it */
} sources[] = {
    {"file:", PIN_SOURCE_FILE, read_file},
    {"systemd:", PIN_SOURCE_SYSTEMD, read_credential},
    {"command:", PIN_SOURCE_COMMAND, read_command},
    {"askpass", PIN_SOURCE_ASKPASS, NULL},
};

enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

/* Its index in the table; SOURCES: none. */
static size_t find_source(const char *text)
{
    size_t i = 0;

    while (i < SOURCES && (sources[i].read == NULL
                               ? strcmp(text, sources[i].prefix)
                               : strncmp(text, sources[i].prefix, strlen(sources[i].prefix))) != 0)
        i++;
    return i;
}

static void take_source(struct reader *reader, const struct node *node, const char *text,
                        struct login_settings *login)
{
    size_t i = find_source(text);
    char *name = NULL;

    if (i == SOURCES) {
        reader_expected(reader, node,
                        "`file:/path`, `systemd:NAME`, `command:/absolute/path` or `askpass`");
        return;
    }
    if (sources[i].read != NULL) {
        name = sources[i].read(reader, node, text + strlen(sources[i].prefix));
        if (name == NULL)
            return;
    }
    free(login->source_name);
    login->source_name = name;
    login->source = sources[i].source;
    login->of_system = reader->system;
    login->source_position = node->position;
}

void login_read_source(struct reader *reader, const struct field *field, void *target)
{
    static const char expected[] =
        "`file:/path`, `systemd:NAME`, `command:/absolute/path` or `askpass`";
    bool unknown;
    char *text = value_substituted(reader, field->value, expected, &unknown);
    char found[READER_FOUND_SIZE];

    if (unknown) {
        reader_found(field->value, found);
        reader_error(reader, field->value->position,
                     "found %s, of which something is unknown here, expected text", found);
    }
    if (text != NULL)
        take_source(reader, field->value, text, target);
    free(text);
}

/* `never`, or a map of limits, each of which has a default. */
void login_read_keep(struct reader *reader, const struct field *field, void *target)
{
    static const char *const names[] = {"never"};
    struct login_settings *login = target;
    size_t index;

    login->keeps = field->value->kind == NODE_MAP;
    login->idle = DEFAULT_IDLE;
    login->max = DEFAULT_MAX;
    login->survives_removal = false;
    login->keep_position = field->key->position;
    login->idle_position = (struct position){0};
    if (field->value->kind == NODE_SCALAR)
        value_name(reader, field->value, names, 1, &index);
    else
        schema_read(field->schema->inner, reader, field->value, login);
}

/* At most ten years: what is meant to be longer is meant to be `none`. */
static void read_limit(struct reader *reader, const struct node *node, unsigned long *out)
{
    static const char expected[] = "a duration above zero, such as 10m, or `none`";
    enum { MOST = 3650 * 24 * 3600 };
    const char *text = value_text(reader, node, expected);
    unsigned long seconds = 0;

    if (text == NULL)
        return;
    if (strcmp(text, "none") == 0)
        *out = 0;
    else if (!value_seconds(text, &seconds) || seconds == 0)
        reader_expected(reader, node, expected);
    else if (seconds > MOST)
        reader_expected(reader, node, "at most 3650d");
    else
        *out = seconds;
}

void keep_pin_read_idle(struct reader *reader, const struct field *field, void *target)
{
    struct login_settings *login = target;

    login->idle_position = field->key->position;
    read_limit(reader, field->value, &login->idle);
}

void keep_pin_read_max(struct reader *reader, const struct field *field, void *target)
{
    read_limit(reader, field->value, &((struct login_settings *)target)->max);
}

void keep_pin_read_survive_removal(struct reader *reader, const struct field *field, void *target)
{
    value_boolean(reader, field->value, &((struct login_settings *)target)->survives_removal);
}

void login_read_automatic(struct reader *reader, const struct field *field, void *target)
{
    static const char *const names[] = {"careful", "normal"};
    struct login_settings *login = target;
    size_t index;

    login->automatic_position = field->key->position;
    if (value_name(reader, field->value, names, sizeof(names) / sizeof(names[0]), &index))
        login->normal = index == 1;
}

void logins_check(struct reader *reader, const struct config *config)
{
    const struct login_settings *login = &config->settings.login;

    if (config->settings.preset != PRESET_TRANSPARENT)
        return;
    if (login->source != PIN_SOURCE_NONE)
        reader_error(reader, login->source_position,
                     "found `pin_source` under `preset: transparent`, expected none: that preset "
                     "passes calls as they are, and nobody would log in");
    if (login->keeps)
        reader_error(reader, login->keep_position,
                     "found `keep_pin` under `preset: transparent`, expected `never`: that preset "
                     "passes calls as they are, and no PIN would be kept");
}
