// SPDX-License-Identifier: BSD-2-Clause
// Reads the configuration: one file, or the system's and the user's beside it.
#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config/account.h"
#include "config/audits.h"
#include "config/choice.h"
#include "config/contradiction.h"
#include "config/daemons.h"
#include "config/document.h"
#include "config/logins.h"
#include "config/profiles.h"
#include "config/reader.h"
#include "config/schema.h"
#include "config/settings.h"
#include "config/stamps.h"
#include "config/trust_anchors.h"

static bool find_user_path(const struct account *user, char **path, struct message_list *messages)
{
    return user != NULL ? choice_path_of(user, path, messages) : choice_user_path(path, messages);
}

static char *find_path(const struct account *user, bool *system, struct message_list *messages)
{
    bool is_system = choice_system_exists();
    char *path = NULL;

    if (is_system)
        path = choice_system_path();
    else if (!find_user_path(user, &path, messages))
        return NULL;
    if (path != NULL) {
        *system = is_system;
    } else {
        message_add(messages, SEVERITY_ERROR, (struct position){0},
                    is_system ? "no memory"
                              : "no configuration: this user has no home, expected "
                                "$P11GATE_CONFIG to name a file");
    }
    return path;
}

char *config_path(bool *system, struct message_list *messages)
{
    return find_path(NULL, system, messages);
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
static void check_allow(struct reader *reader, const struct node *root, bool profile_allows,
                        struct config *config)
{
    if (has_key(root, "allow") || profile_allows)
        return;
    if (config->settings.preset == PRESET_TRANSPARENT) {
        config->policy.allow_all = true;
        return;
    }
    reader_error(reader, root->position,
                 "found no `allow`, expected a list of rules; write `allow: []` if nothing is "
                 "meant");
}

/* The document's text into the config. */
static void read_text(struct reader *reader, struct config *config, const char *text, size_t size)
{
    const struct schema *schema = reader->narrows != NULL ? &schema_narrowing : &schema_top;
    struct node *root = document_read(config->path, text, size, reader->messages);
    bool profile_allows;

    if (root == NULL)
        return;
    config->policy.file = config->path;
    if (reader->narrows == NULL)
        reader->trust = config->trust = trust_anchors_read_all(reader, root);
    schema_read(schema, reader, root, config);
    profile_allows = profiles_apply(reader, root, config);
    if (root->kind == NODE_MAP) {
        check_version(reader, root);
        if (reader->narrows == NULL)
            check_modules(reader, root);
        check_allow(reader, root, profile_allows, config);
    }
    contradiction_check(reader, config);
    document_destroy(root);
}

static void read_file(struct reader *reader, struct config *config, const char *path)
{
    struct position nowhere = {0};
    struct secure_file file;

    if (!reader_file(reader, path, SECURE_FILE_MAX_SIZE, nowhere, &file))
        return;
    if (stamps_add(reader->stamps, path, &file.status))
        read_text(reader, config, file.text, file.size);
    else
        reader_no_memory(reader);
    secure_file_finish(&file);
}

/* absolute: the path of the file, which is cut to its folder. */
static void read_config(struct reader *reader, struct config *config, char *absolute)
{
    char *name = strdup(absolute);

    if (name == NULL) {
        reader_no_memory(reader);
        return;
    }
    *(strrchr(absolute, '/') + 1) = '\0';
    reader->folder = absolute;
    read_file(reader, config, name);
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

    return stat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* The file that stands alone, or the system's. */
static void read_first(struct reader *reader, struct config *config)
{
    char *absolute = absolute_path(config->path);

    settings_init(reader, &config->settings);
    if (absolute == NULL) {
        reader_no_memory(reader);
    } else if (is_missing(absolute)) {
        reader_error(reader, (struct position){.file = config->path},
                     "no configuration: run `p11gate init`");
    } else {
        read_config(reader, config, absolute);
    }
    free(absolute);
}

/* What the user's file says goes beside what the system's does: the policy narrows, of presets the
 * stricter holds, an audit adds to the system's. Takes all that is needed out of user. */
static void join(struct reader *reader, struct config *config, struct config *user)
{
    struct policy *narrower = malloc(sizeof(*narrower));

    config->user_path = user->path;
    user->path = NULL;
    config->settings.log = user->settings.log;
    user->settings.log.file = NULL;
    config->settings.user_audit = user->settings.audit;
    user->settings.audit = (struct audit_settings){0};
    if (user->settings.preset < config->settings.preset)
        config->settings.preset = user->settings.preset;
    if (narrower == NULL) {
        reader_no_memory(reader);
        return;
    }
    *narrower = user->policy;
    user->policy = (struct policy){0};
    config->policy.narrowed_by = narrower;
}

/* The user's log settings begin with those of the system. */
static void read_narrowing(struct reader *reader, struct config *config, char *path)
{
    struct config *user = create(path, false);

    if (user == NULL) {
        reader_no_memory(reader);
        return;
    }
    reader->system = false;
    reader->narrows = config->path;
    user->settings.preset = config->settings.preset;
    user->settings.log = config->settings.log;
    config->settings.log.file = NULL;
    read_config(reader, user, path);
    join(reader, config, user);
    config_destroy(user);
}

static void report_no_file(struct reader *reader, const char *path)
{
    char profile[READER_FOUND_SIZE];

    reader_quote(reader->profile, profile);
    reader_error(reader, (struct position){.file = path},
                 "found no user's file, expected one with the profile %s, which P11GATE_PROFILE or "
                 "the module's file name asks for",
                 profile);
}

/* A user's file beside the system's, if there is one. */
static void read_second(struct reader *reader, struct config *config)
{
    char *path = NULL;

    if (!find_user_path(reader->user, &path, reader->messages))
        return;
    if (path != NULL && !is_missing(path)) {
        read_narrowing(reader, config, path);
    } else if (reader->profile != NULL) {
        report_no_file(reader, path);
    } else if (path != NULL && !stamps_add_missing(config->stamps, path)) {
        reader_no_memory(reader);
    }
    free(path);
}

/* What to read, and for whom. */
struct request {
    const char *path;
    bool system;
    bool second;                /* a user's file may stand beside the system's */
    bool named;                 /* the path stands in place of the configuration */
    const char *module_file;    /* may be NULL */
    const struct account *user; /* NULL: the process's own */
};

static char *profile_of(const struct request *request, bool *no_memory)
{
    *no_memory = false;
    /* The variables of another user are not known. */
    return request->user != NULL && !request->named
               ? NULL
               : choice_profile(request->module_file, no_memory);
}

/* NULL after an error. */
static struct config *load(struct crypto *crypto, const struct request *request,
                           struct message_list *messages)
{
    size_t errors = messages->errors;
    struct config *config = create(request->path, request->system);
    struct reader reader = {.crypto = crypto,
                            .system = request->system,
                            .user = request->user,
                            .named = request->named,
                            .messages = messages};
    bool no_memory;
    char *profile = profile_of(request, &no_memory);

    if (config == NULL || no_memory) {
        message_add(messages, SEVERITY_ERROR, (struct position){.file = request->path},
                    "no memory");
        goto out;
    }
    reader.stamps = config->stamps;
    reader.profile = request->system ? NULL : profile;
    if (request->user != NULL)
        identity_init_of(&reader.identity, request->user->id);
    else
        identity_init(&reader.identity);
    read_first(&reader, config);
    reader.profile = profile;
    if (request->second && !config->settings.ignore_user && messages->errors == errors)
        read_second(&reader, config);
    audits_check(&reader, config);
    logins_check(&reader, config);
    daemons_check(&reader, config);
    identity_finish(&reader.identity);
    process_init_of(&config->process, &config->policy, request->user);
out:
    free(profile);
    if (messages->errors != errors) {
        config_destroy(config);
        return NULL;
    }
    return config;
}

struct config *config_load(struct crypto *crypto, const char *path, bool system,
                           struct message_list *messages)
{
    const struct request request = {.path = path, .system = system};

    return load(crypto, &request, messages);
}

struct config *config_load_chosen(struct crypto *crypto, const char *module_file,
                                  struct message_list *messages)
{
    bool system;
    char *path = config_path(&system, messages);
    struct config *config = NULL;

    if (path != NULL) {
        const struct request request = {
            .path = path, .system = system, .second = system, .module_file = module_file};

        config = load(crypto, &request, messages);
    }
    free(path);
    return config;
}

struct config *config_load_of(struct crypto *crypto, const struct account *user, const char *path,
                              bool system, struct message_list *messages)
{
    struct request request = {.path = path, .system = system, .named = true, .user = user};
    char *found = NULL;
    struct config *config = NULL;

    if (path == NULL) {
        found = find_path(user, &request.system, messages);
        request.path = found;
        request.second = request.system;
        request.named = false;
    }
    if (request.path != NULL)
        config = load(crypto, &request, messages);
    free(found);
    return config;
}

void config_destroy(struct config *config)
{
    if (config == NULL)
        return;
    policy_finish(&config->policy);
    trust_store_destroy(config->trust);
    stamps_destroy(config->stamps);
    settings_finish(&config->settings);
    process_finish(&config->process);
    free(config->path);
    free(config->user_path);
    free(config);
}

bool config_changed(const struct config *config)
{
    return stamps_changed(config->stamps) || (!config->system && choice_system_exists());
}

struct circumstances config_circumstances(const struct config *config)
{
    return process_now(&config->process, config->system);
}

void config_default_log(struct log_settings *log)
{
    struct identity identity;

    identity_init(&identity);
    settings_default_log(identity.home, log);
    identity_finish(&identity);
}
