// SPDX-License-Identifier: BSD-2-Clause
// Reads the profiles.
#include "config/profiles.h"

#include <stdlib.h>
#include <string.h>
#include "config/config.h"
#include "config/contradiction.h"
#include "config/suggestion.h"

void profiles_read(struct reader *reader, const struct field *field, void *target)
{
    (void)target;
    if (reader->system) {
        reader_error(reader, field->key->position,
                     "found `profiles` in the system's file, expected them in a user's: they are "
                     "chosen by what the user says");
    } else if (field->value->kind != NODE_MAP || field->value->count == 0) {
        reader_expected(reader, field->value, "a map of names, each with a map of keys");
    }
}

/* The map of profiles; NULL: there is none. */
static const struct node *find_profiles(const struct node *root)
{
    size_t index = root->kind == NODE_MAP ? node_find_key(root, "profiles") : root->count;
    const struct node *map = index < root->count ? &root->items[index + 1] : NULL;

    return map != NULL && map->kind == NODE_MAP ? map : NULL;
}

/* It has to fit into the name of a file. */
static void check_name(struct reader *reader, const struct node *key)
{
    static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    if (key->text[0] == '\0' || key->text[strspn(key->text, known)] != '\0')
        reader_expected(reader, key, "a name of letters, digits, `.`, `_` and `-`");
}

static const struct schema *profile_schema(const struct reader *reader)
{
    return reader->narrows != NULL ? &schema_narrowing_profile : &schema_profile;
}

/* One that is not chosen has to be right as well. */
static void try_profile(struct reader *reader, const struct node *map, enum preset preset)
{
    struct config scratch = {.settings = {.preset = preset}};

    schema_read(profile_schema(reader), reader, map, &scratch);
    contradiction_check(reader, &scratch);
    policy_finish(&scratch.policy);
    settings_finish(&scratch.settings);
}

static bool apply_profile(struct reader *reader, const struct node *map, struct config *config)
{
    bool replaces = map->kind == NODE_MAP && node_find_key(map, "allow") < map->count;

    if (replaces) {
        rule_list_finish(&config->policy.allow);
        config->policy.allow_all = false;
    }
    schema_read(profile_schema(reader), reader, map, config);
    return replaces;
}

static void report_missing(struct reader *reader, const struct node *root, const struct node *map)
{
    size_t count = map != NULL ? map->count / 2 : 0;
    const char **names = calloc(count + 1, sizeof(*names));
    char profile[READER_FOUND_SIZE];
    const char *near;

    if (names == NULL) {
        reader_no_memory(reader);
        return;
    }
    for (size_t i = 0; i < count; i++)
        names[i] = map->items[i * 2].text;
    near = suggestion_find(reader->profile, names, count);
    reader_quote(reader->profile, profile);
    reader_error(reader, map != NULL ? map->position : root->position,
                 "found no profile %s, which P11GATE_PROFILE or the module's file name asks for, "
                 "expected it among `profiles`%s%s%s",
                 profile, near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                 near != NULL ? "`?" : "");
    free(names);
}

bool profiles_apply(struct reader *reader, const struct node *root, struct config *config)
{
    const struct node *map = find_profiles(root);
    const enum preset preset = config->settings.preset;
    bool found = false;
    bool allows = false;

    for (size_t i = 0; map != NULL && !reader->system && i < map->count; i += 2) {
        const struct node *key = &map->items[i];

        if (node_find_key(map, key->text) != i)
            continue;
        check_name(reader, key);
        if (reader->profile != NULL && strcmp(key->text, reader->profile) == 0) {
            found = true;
            allows = apply_profile(reader, &map->items[i + 1], config);
        } else {
            try_profile(reader, &map->items[i + 1], preset);
        }
    }
    if (reader->profile != NULL && !found)
        report_missing(reader, root, map);
    return allows;
}
