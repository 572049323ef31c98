// SPDX-License-Identifier: BSD-2-Clause
#include "config/daemons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include "config/config.h"
#include "config/values.h"

enum { LONGEST_SOCKET = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1 };

static const char *const use_names[] = {"off", "prefer", "require"};

/* The caller frees; NULL without memory. Variables have no say: they are the caller's to set. */
static char *default_socket(const struct reader *reader)
{
    char *path = NULL;

    if (reader->system)
        return strdup("/run/p11gate/socket");
    if (reader->identity.uid == NULL)
        return NULL;
    return asprintf(&path, "/run/user/%s/p11gate/socket", reader->identity.uid) < 0 ? NULL : path;
}

void daemons_init(struct reader *reader, struct daemon_settings *settings)
{
    *settings = (struct daemon_settings){.socket = default_socket(reader), .use = DAEMON_OFF};
    if (settings->socket == NULL)
        reader_no_memory(reader);
}

/* An empty map says nothing, and so does no harm. */
void daemon_read(struct reader *reader, const struct field *field, void *target)
{
    struct daemon_settings *settings = &((struct config *)target)->settings.daemon;

    settings->position = field->key->position;
    if (field->value->kind != NODE_MAP || field->value->count > 0)
        schema_read(field->schema->inner, reader, field->value, settings);
}

void daemon_read_socket(struct reader *reader, const struct field *field, void *target)
{
    struct daemon_settings *settings = target;
    char *path = value_path(reader, field->value, reader->folder);

    if (path != NULL && strlen(path) > LONGEST_SOCKET) {
        reader_error(reader, field->value->position,
                     "found a path of %zu bytes, expected at most %d: no socket has a longer one",
                     strlen(path), LONGEST_SOCKET);
        free(path);
        return;
    }
    if (path == NULL)
        return;
    free(settings->socket);
    settings->socket = path;
    settings->names_socket = true;
    settings->position = field->value->position;
}

void daemon_read_use(struct reader *reader, const struct field *field, void *target)
{
    struct daemon_settings *settings = target;
    size_t index;

    settings->use_position = field->key->position;
    if (value_name(reader, field->value, use_names, sizeof(use_names) / sizeof(use_names[0]),
                   &index))
        settings->use = (enum daemon_use)index;
}

void daemons_check(struct reader *reader, const struct config *config)
{
    const struct daemon_settings *settings = &config->settings.daemon;

    if (config->settings.preset != PRESET_TRANSPARENT || settings->use == DAEMON_OFF)
        return;
    reader_error(reader, settings->use_position,
                 "found `use: %s` under `preset: transparent`, expected `off`: the daemon has the "
                 "presets ssh and read-only",
                 use_names[settings->use]);
}
