// SPDX-License-Identifier: BSD-2-Clause
// Prints the vocabulary of the configuration, for tests that must know every key: a line for each
// key of each map, "MAP KEY known|refused MAP-IN-ITS-VALUE|-". A map is called by the first
// way to it from the top, "top", "top.allow.token", ...; those of a user's file beside a system's
// begin with "narrowing"; the maps of values (patterns) are called by their names.
#include <stdio.h>
#include <string.h>
#include "config/rules.h"
#include "config/schema.h"
#include "config/settings.h"

enum { MOST_MAPS = 64, LONGEST_NAME = 128 };

static struct map {
    const struct schema *schema;
    char name[LONGEST_NAME];
} maps[MOST_MAPS];
static size_t n_maps;

/* The map's name, which it is given if it has none yet. */
static const char *name_of(const struct schema *schema, const char *before, const char *key)
{
    size_t i = 0;

    while (i < n_maps && maps[i].schema != schema)
        i++;
    if (i == n_maps && n_maps < MOST_MAPS) {
        maps[n_maps].schema = schema;
        snprintf(maps[n_maps++].name, LONGEST_NAME, "%s%s%s", before, before[0] != '\0' ? "." : "",
                 key);
    }
    return i < MOST_MAPS ? maps[i].name : "too-many";
}

static const char *kind_of(const struct schema_key *key)
{
    return key->read == settings_refuse || key->read == rule_refuse_use ? "refused" : "known";
}

static void print_keys(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_key *key = &schema->keys[i];

        printf("%s %s %s %s\n", name, key->name, kind_of(key),
               key->inner != NULL ? name_of(key->inner, name, key->name) : "-");
    }
    if (schema->base != NULL)
        print_keys(schema->base, name);
}

int main(void)
{
    name_of(&schema_top, "", "top");
    name_of(&schema_narrowing, "", "narrowing");
    name_of(&schema_pattern, "", "pattern");
    name_of(&schema_bytes, "", "bytes");
    for (size_t i = 0; i < n_maps; i++) /* names are added on the way */
        print_keys(maps[i].schema, maps[i].name);
    return 0;
}
