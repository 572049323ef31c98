// SPDX-License-Identifier: BSD-2-Clause
// Every key of every map, taken from the schema: misspelt, repeated, of the wrong type; in every place and depth.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/schema.h"

/* Where a map of the schema stands: what comes before and behind its inside. All in line 3. */
static const struct place {
    const struct schema *schema;
    const char *before;
    const char *after;
} places[] = {
    {&schema_top, "{version: 1, module: a.so, allow: [], ", "}"},
    {&schema_module, "{version: 1, allow: [], modules: [{path: a.so}, {", "}]}"},
    {&schema_functions, "{version: 1, module: a.so, allow: [], functions: {", "}}"},
    {&schema_mechanisms, "{version: 1, module: a.so, allow: [], mechanisms: {", "}}"},
    {&schema_session, "{version: 1, module: a.so, allow: [], session: {", "}}"},
    {&schema_cache, "{version: 1, module: a.so, allow: [], cache: {", "}}"},
    {&schema_log, "{version: 1, module: a.so, allow: [], log: {", "}}"},
    {&schema_login, "{version: 1, module: a.so, allow: [], login: {", "}}"},
    {&schema_keep_pin, "{version: 1, module: a.so, allow: [], login: {keep_pin: {", "}}}"},
    {&schema_daemon, "{version: 1, module: a.so, allow: [], daemon: {", "}}"},
    {&schema_allow, "{version: 1, module: a.so, allow: [{", "}]}"},
    {&schema_rule, "{version: 1, module: a.so, allow: [], deny: [{", "}]}"},
    {&schema_rule, "{version: 1, module: a.so, allow: [], require: [{", "}]}"},
    {&schema_use, "{version: 1, module: a.so, allow: [{id: 01, use: {", "}}]}"},
    {&schema_selector, "{version: 1, module: a.so, allow: [{not: {", "}}]}"},
    {&schema_selector, "{version: 1, module: a.so, allow: [{any: [{", "}]}]}"},
    {&schema_selector, "{version: 1, module: a.so, allow: [{all: [{id: 01}, {", "}]}]}"},
    {&schema_selector, "{version: 1, module: a.so, allow: [{all: [{any: [{not: {all: [{not: {",
     "}}]}}]}]}]}"},
    {&schema_token, "{version: 1, module: a.so, allow: [{token: {", "}}]}"},
    {&schema_slot, "{version: 1, module: a.so, allow: [{not: {slot: {", "}}}]}"},
    {&schema_key_properties, "{version: 1, module: a.so, allow: [{key: {", "}}]}"},
    {&schema_when, "{version: 1, module: a.so, allow: [{when: {", "}}]}"},
    {&schema_profile, "{version: 1, module: a.so, allow: [], profiles: {x: {", "}}}"},
    {&schema_allow, "{version: 1, module: a.so, allow: [], profiles: {x: {allow: [{", "}]}}}"},
    {&schema_pattern, "{version: 1, module: a.so, allow: [{label: {", "}}]}"},
    {&schema_pattern, "{version: 1, module: a.so, allow: [{token: {serial: [{", "}]}}]}"},
    {&schema_bytes, "{version: 1, module: a.so, allow: [{id: [{", "}]}]}"},
};

/* Called for each key of each place, a key of the schema's base included. */
typedef void key_check(const struct place *place, const struct schema_key *key);

static void for_each_key(key_check *check)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct schema *schema = places[i].schema;

        for (; schema != NULL; schema = schema->base) {
            for (size_t j = 0; j < schema->count; j++)
                check(&places[i], &schema->keys[j]);
        }
    }
}

/* Puts the inside into its place and loads it. There must be an error in line 3 at that column,
 * counted from the inside's first character as 0, that has the part in it. */
static void expect_error(const struct place *place, const char *inside, size_t column,
                         const char *part)
{
    struct message_list messages = {0};
    char text[1024];
    char start[300];
    bool found = false;

    snprintf(text, sizeof(text), "# head\n\n%s%s%s\n", place->before, inside, place->after);
    snprintf(start, sizeof(start), "%s:3:%zu: ", fixture_path("config.yaml"),
             strlen(place->before) + column + 1);
    assert_null(
        config_load(fixture_crypto(), fixture_write_text("config.yaml", text), false, &messages));
    for (size_t i = 0; i < messages.count && !found; i++)
        found = strncmp(messages.items[i].text, start, strlen(start)) == 0 &&
                strstr(messages.items[i].text, part) != NULL;
    if (!found)
        fail_msg("expected %s%s, got %s\nfor: %s", start, part, messages.items[0].text, text);
    message_list_finish(&messages);
}

static void expect_misspelt(const struct place *place, const struct schema_key *key)
{
    char inside[128];
    char part[128];

    snprintf(inside, sizeof(inside), "%s_: a", key->name);
    snprintf(part, sizeof(part), "unknown key `%s_`", key->name);
    expect_error(place, inside, 0, part);
    expect_error(place, inside, 0, "; did you mean `");
}

static void expect_repeated(const struct place *place, const struct schema_key *key)
{
    char inside[128];
    char part[128];

    snprintf(inside, sizeof(inside), "x: %s, %s: a, %s: b", key->name, key->name, key->name);
    snprintf(part, sizeof(part), "the key `%s` again", key->name);
    expect_error(place, inside, strlen(key->name) * 2 + 10, part);
}

/* Is a list of some kind right for the key? */
static bool takes_list(const struct place *place, const struct schema_key *key)
{
    static const char *const names[] = {
        "require", "deny",         "any",     "all",         "uri",         "id",         "label",
        "serial",  "manufacturer", "model",   "description", "fingerprint", "public_key", "type",
        "bits",    "curve",        "modules", "quirks",      "allow",       "digests", "user", "group", "host", "time",
        "intermediates", "crl", "ca"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], key->name) == 0)
            return true;
    }
    return place->schema == &schema_use && strcmp(key->name, "mechanisms") == 0;
}

/* Is the key one whose value is not looked at here, for it is refused or, at the top, written in
 * the place already? */
static bool is_left_out(const struct place *place, const struct schema_key *key)
{
    static const char *const names[] = {"version", "module", "allow", "audit_only", "user_config"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (place->schema == &schema_top && strcmp(names[i], key->name) == 0)
            return true;
    }
    return place->schema == &schema_rule && strcmp(key->name, "use") == 0;
}

/* A list in a list fits nowhere; it is reported at the inner one where the outer is right. */
static void expect_wrong_type(const struct place *place, const struct schema_key *key)
{
    char inside[128];

    if (is_left_out(place, key))
        return;
    snprintf(inside, sizeof(inside), "%s: [[x]]", key->name);
    expect_error(place, inside, strlen(key->name) + 2 + (takes_list(place, key) ? 1 : 0),
                 "found a list, expected ");
}

static void expect_missing(const struct place *place, const struct schema_key *key)
{
    char inside[128];

    if (is_left_out(place, key))
        return;
    snprintf(inside, sizeof(inside), "%s: ", key->name);
    expect_error(place, inside, 0, "found nothing, expected ");
}

static void every_misspelt_key_is_reported_at_its_place(void **state)
{
    (void)state;
    for_each_key(expect_misspelt);
}

static void every_repeated_key_is_reported_at_its_second_place(void **state)
{
    (void)state;
    for_each_key(expect_repeated);
}

static void every_value_of_the_wrong_type_is_reported_at_its_first_character(void **state)
{
    (void)state;
    for_each_key(expect_wrong_type);
}

static void every_missing_value_is_reported_at_its_key(void **state)
{
    (void)state;
    for_each_key(expect_missing);
}

static void names_are_unique_in_each_map(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct schema *schema = places[i].schema;

        for (size_t j = 0; j < schema->count; j++) {
            assert_ptr_equal(schema_find(schema, schema->keys[j].name), &schema->keys[j]);
            assert_true(schema->base == NULL ||
                        schema_find(schema->base, schema->keys[j].name) == NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_misspelt_key_is_reported_at_its_place),
        cmocka_unit_test(every_repeated_key_is_reported_at_its_second_place),
        cmocka_unit_test(every_value_of_the_wrong_type_is_reported_at_its_first_character),
        cmocka_unit_test(every_missing_value_is_reported_at_its_key),
        cmocka_unit_test(names_are_unique_in_each_map),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
