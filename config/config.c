// SPDX-License-Identifier: BSD-2-Clause
// Chooses the configuration file, and reads it.
#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config/contradiction.h"
#include "config/document.h"
#include "config/reader.h"
#include "config/schema.h"
#include "config/secure_file.h"
#include "config/settings.h"
#include "config/stamps.h"

#ifndef SYSTEM_CONFIG
#define SYSTEM_CONFIG "/etc/p11gate/config.yaml"
#endif

/* Also when it cannot be told, for lack of rights: only an absence that is certain lets the user's
 * file be read. */
static bool system_file_exists(void)
{
    struct stat status;

    return lstat(SYSTEM_CONFIG, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* NULL when the variable is unset or empty. */
static const char *filled_variable(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The caller frees; NULL with a message. */
static char *default_path(struct message_list *messages)
{
    const char *folder = filled_variable("XDG_CONFIG_HOME");
    struct identity identity;
    char *path = NULL;
    int length = -1;

    identity_init(&identity);
    /* The XDG base directory specification has relative paths ignored. */
    if (folder != NULL && folder[0] == '/') {
        length = asprintf(&path, "%s/p11gate/config.yaml", folder);
    } else if (identity.home != NULL) {
        length = asprintf(&path, "%s/.config/p11gate/config.yaml", identity.home);
    } else {
        message_add(
            messages, SEVERITY_ERROR, (struct position){0},
            "no configuration: this user has no home, expected $P11GATE_CONFIG to name a file");
        goto out;
    }
    if (length < 0) {
        path = NULL;
        message_add(messages, SEVERITY_ERROR, (struct position){0}, "no memory");
    }
out:
    identity_finish(&identity);
    return path;
}

char *config_path(bool *system, struct message_list *messages)
{
    bool is_system = system_file_exists();
    const char *named = filled_variable("P11GATE_CONFIG");
    char *path;

    if (!is_system && named == NULL) {
        path = default_path(messages);
    } else if (!is_system && named[0] != '/') {
        message_add(messages, SEVERITY_ERROR, (struct position){0},
                    "P11GATE_CONFIG: found `%s`, expected an absolute path", named);
        return NULL;
    } else {
        path = strdup(is_system ? SYSTEM_CONFIG : named);
        if (path == NULL)
            message_add(messages, SEVERITY_ERROR, (struct position){0}, "no memory");
    }
    if (path != NULL)
        *system = is_system;
    return path;
}

/* From the working folder, where the path is relative. The caller frees; NULL with errno. */
static char *absolute_path(const char *path)
{
    char folder[PATH_MAX];
    char *joined = NULL;

    if (path[0] == '/')
        return strdup(path);
    if (getcwd(folder, sizeof(folder)) == NULL)
        return NULL;
    return asprintf(&joined, "%s/%s", folder, path) < 0 ? NULL : joined;
}

static bool has_key(const struct node *map, const char *key)
{
    return node_find_key(map, key) < map->count;
}

static void check_modules(struct reader *reader, const struct node *root)
{
    if (has_key(root, "module") && has_key(root, "modules")) {
        reader_error(reader, root->items[node_find_key(root, "modules")].position,
                     "found `modules` beside `module`, expected one of them");
    } else if (!has_key(root, "module") && !has_key(root, "modules")) {
        reader_error(reader, root->position,
                     "found no `module`, expected `module: ` and the vendor's library, such as "
                     "opensc-pkcs11.so");
    }
}

static void check_version(struct reader *reader, const struct node *root)
{
    if (!has_key(root, "version")) {
        reader_error(reader, root->position, "found no `version`, expected `version: 1`");
    }
}

/* Transparent shows all where nothing else is said. */
static void check_allow(struct reader *reader, const struct node *root, struct config *config)
{
    if (has_key(root, "allow"))
        return;
    if (config->settings.preset == PRESET_TRANSPARENT) {
        config->policy.allow_all = true;
        return;
    }
    reader_error(reader, root->position,
                 "found no `allow`, expected a list of rules; write `allow: []` if nothing is "
                 "meant");
}

/* The keys that have to be there. */
static void check_required(struct reader *reader, const struct node *root, struct config *config)
{
    if (root->kind != NODE_MAP)
        return;
    check_version(reader, root);
    check_modules(reader, root);
    check_allow(reader, root, config);
}

/* The document's text into the config. */
static void read_text(struct reader *reader, struct config *config, const char *text, size_t size)
{
    struct node *root = document_read(config->path, text, size, reader->messages);

    if (root == NULL)
        return;
    settings_init(reader, &config->settings);
    schema_read(&schema_top, reader, root, config);
    check_required(reader, root, config);
    contradiction_check(reader, config);
    document_destroy(root);
}

static void read_file(struct reader *reader, struct config *config, const char *path)
{
    struct position nowhere = {0};
    struct secure_file file;

    if (!secure_file_read(path, reader->system, nowhere, reader->messages, &file))
        return;
    if (stamps_add(config->stamps, path, &file.status))
        read_text(reader, config, file.text, file.size);
    else
        reader_no_memory(reader);
    secure_file_finish(&file);
}

/* absolute: the path of the file, which is cut to its folder. */
static void read_config(struct crypto *crypto, struct config *config, char *absolute,
                        struct message_list *messages)
{
    char *name = strdup(absolute);
    struct reader reader = {.crypto = crypto,
                            .folder = absolute,
                            .system = config->system,
                            .stamps = config->stamps,
                            .messages = messages};

    if (name == NULL) {
        reader_no_memory(&reader);
        return;
    }
    *(strrchr(absolute, '/') + 1) = '\0';
    identity_init(&reader.identity);
    read_file(&reader, config, name);
    identity_finish(&reader.identity);
    free(name);
}

/* Empty, and with no policy. */
static struct config *create(const char *path, bool system)
{
    struct config *config = calloc(1, sizeof(*config));

    if (config == NULL)
        return NULL;
    config->path = strdup(path);
    config->stamps = stamps_create();
    config->system = system;
    if (config->path == NULL || config->stamps == NULL) {
        config_destroy(config);
        return NULL;
    }
    return config;
}

static bool is_missing(const char *path)
{
    struct stat status;

    return stat(path, &status) != 0 && errno == ENOENT;
}

struct config *config_load(struct crypto *crypto, const char *path, bool system,
                           struct message_list *messages)
{
    size_t errors = messages->errors;
    char *absolute = absolute_path(path);
    struct config *config = create(path, system);

    if (config == NULL || absolute == NULL) {
        message_add(messages, SEVERITY_ERROR, (struct position){.file = path}, "no memory");
    } else if (is_missing(absolute)) {
        message_add(messages, SEVERITY_ERROR, (struct position){.file = path},
                    "no configuration: run `p11gate init`");
    } else {
        read_config(crypto, config, absolute, messages);
    }
    free(absolute);
    if (messages->errors != errors) {
        config_destroy(config);
        return NULL;
    }
    return config;
}

void config_destroy(struct config *config)
{
    if (config == NULL)
        return;
    policy_finish(&config->policy);
    stamps_destroy(config->stamps);
    settings_finish(&config->settings);
    free(config->path);
    free(config);
}

bool config_changed(const struct config *config)
{
    return stamps_changed(config->stamps) || (!config->system && system_file_exists());
}

void config_default_log(struct log_settings *log)
{
    struct identity identity;

    identity_init(&identity);
    settings_default_log(identity.home, log);
    identity_finish(&identity);
}
