// SPDX-License-Identifier: BSD-2-Clause
// User names that look like patterns, commands, more substitutions or more of a name, in every
// selector that takes %u, plain, as glob and as regular expression, in each kind of rule and under
// `not`: such a rule is about the value that is the name, and about no other.
#include "tests/unit/filters_fixture.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/certificate_content.h"

static const char *user; /* NULL: there is no such user */

static int test_getpwuid_r(uid_t id, struct passwd *entry, char *buffer, size_t size,
                           struct passwd **found)
{
    (void)buffer;
    (void)size;
    *entry = (struct passwd){.pw_uid = id, .pw_name = (char *)(uintptr_t)user};
    *found = user != NULL ? entry : NULL;
    return 0;
}

#define getpwuid_r test_getpwuid_r
#include "config/identity.c"
#undef getpwuid_r

static char longest[257];

static const char *const users[] = {".*",         "a*",        "$(x)", "%u",
                                    longest,      "m\xc3\xb6", "a|b",  "x,O=evil",
                                    "x+UID=root", "(",         "\\",   "a@evil.example"};

/* What a pattern, a shell or a second substitution would make of them, and the beginning of the
 * long one. */
static const char *const others[] = {
    "a", "b", "ab", "x", "u", "m", "m\xc3", "root", "alice", "anything", "%", "aaaaaaaaaaaaaaaa",
};

static const struct place {
    const char *selector; /* with '#' in the place of the value */
    bool plain_only;
    size_t room; /* longer text is cut in this field; 0: it has room */
} places[] = {
    {"label: #", false, 0},
    {"token: {label: #}", false, 32},
    {"token: {serial: #}", false, 16},
    {"token: {manufacturer: #}", false, 32},
    {"token: {model: #}", false, 16},
    {"slot: {description: #}", false, 64},
    {"when: {user: #}", false, 0},
    {"when: {group: #}", false, 0},
    {"when: {host: #}", false, 0},
    {"certificate: {subject: {CN: #}}", false, 0},
    {"certificate: {issuer: {2.5.4.3: #}}", false, 0},
    {"certificate: {subject: \"CN=%u\"}", true, 0},
    {"certificate: {issuer: [CN=nobody, \"CN=%u\"]}", true, 0},
    {"certificate: {san: {email: #}}", false, 0},
    {"certificate: {san: {upn: #}}", false, 0},
    {"certificate: {san: {dns: #}}", false, 0},
    {"certificate: {san: {uri: #}}", false, 0},
    {"certificate: {san: {ip: #}}", false, 0},
    {"certificate: {san: {kerberos: #}}", false, 0},
    {"certificate: {san: {directory: {CN: #}}}", false, 0},
    {"certificate: {san: {directory: \"CN=%u\"}}", true, 0},
    {"certificate: {san: {other: {oid: 1.2.3, value: #}}}", false, 0},
};

static const char *const spellings[] = {
    "\"%u\"", "{glob: \"%u\"}", "{re: \"%u\"}", "{re: \"(%u|%u)\"}", "[\"%u\", {glob: \"%u\"}]",
};

static char *copy(const char *text)
{
    char *copied = strdup(text);

    assert_non_null(copied);
    return copied;
}

/* A certificate that has the value wherever it can have one. */
static struct certificate_content *make_content(const char *value)
{
    static const enum certificate_field fields[] = {
        CERTIFICATE_EMAIL, CERTIFICATE_UPN,      CERTIFICATE_DNS,  CERTIFICATE_URI,
        CERTIFICATE_IP,    CERTIFICATE_KERBEROS, CERTIFICATE_OTHER};
    struct certificate_content *content = calloc(1, sizeof(*content));
    bool readable;

    assert_non_null(content);
    content->n_values = sizeof(fields) / sizeof(fields[0]);
    content->values = calloc(content->n_values, sizeof(*content->values));
    content->n_directories = 1;
    content->directories = calloc(1, sizeof(*content->directories));
    assert_true(name_add(&content->subject, 0, "2.5.4.3", value));
    assert_true(name_add(&content->issuer, 0, "2.5.4.3", value));
    assert_true(name_add(&content->directories[0], 0, "2.5.4.3", value));
    content->subject.text = name_text(&content->subject, &readable);
    content->issuer.text = name_text(&content->issuer, &readable);
    content->directories[0].text = name_text(&content->directories[0], &readable);
    for (size_t i = 0; i < content->n_values; i++) {
        content->values[i] = (struct certificate_value){
            .field = fields[i],
            .type = fields[i] == CERTIFICATE_OTHER ? copy("1.2.3") : NULL,
            .bytes = copy(value),
            .size = strlen(value),
        };
    }
    return content;
}

static void fill(CK_UTF8CHAR *field, size_t room, const char *value)
{
    memset(field, ' ', room);
    memcpy(field, value, strnlen(value, room));
}

/* A token with one key that has the value wherever a text can stand, in a process that has it as
 * well. */
struct world {
    struct fixture_token token;
    struct key_groups groups;
    const char *asks[1];
    struct subject subject;
};

static void world_init(struct world *world, const char *value)
{
    struct object_list *objects = &world->token.objects;

    fixture_token_init(&world->token, "private RSA_A 01, public RSA_A 01, cert RSA_A 01", true);
    for (size_t i = 0; i < objects->count; i++)
        assert_true(
            attributes_set(&objects->items[i]->attributes, CKA_LABEL, value, strlen(value)));
    assert_null(objects->items[2]->content);
    objects->items[2]->content = make_content(value);
    fill(world->token.info.label, 32, value);
    fill(world->token.info.serialNumber, 16, value);
    fill(world->token.info.manufacturerID, 32, value);
    fill(world->token.info.model, 16, value);
    fill(world->token.slot.slotDescription, 64, value);
    assert_true(pair_objects(objects, &world->token.refused, &world->token.known, &world->groups));
    assert_int_equal(world->groups.count, 1);
    world->asks[0] = value;
    world->subject = fixture_subject(&world->token);
    world->subject.group = world->groups.items;
    world->subject.circumstances.user = value;
    world->subject.circumstances.host = value;
    world->subject.circumstances.groups = world->asks;
    world->subject.circumstances.n_groups = 1;
}

static void world_finish(struct world *world)
{
    key_groups_finish(&world->groups);
    fixture_token_finish(&world->token);
}

static struct world worlds[sizeof(users) / sizeof(users[0]) + sizeof(others) / sizeof(others[0])];
static const char *values[sizeof(worlds) / sizeof(worlds[0])];
enum { N_VALUES = sizeof(worlds) / sizeof(worlds[0]) };

/* Each kind of rule, and what the truth of '#' makes of it. */
static const struct frame {
    const char *rules;
    enum truth shows; /* what the selector has to be for the key to be shown */
} frames[] = {
    {"allow: [#]", TRUTH_TRUE},
    {"allow: [{not: #}]", TRUTH_FALSE},
    {"allow: all\nrequire: [#]", TRUTH_TRUE},
    {"allow: all\nrequire: [{not: #}]", TRUTH_FALSE},
    {"allow: all\ndeny: [#]", TRUTH_FALSE},
    {"allow: all\ndeny: [{not: #}]", TRUTH_TRUE},
};

/* "a#b" with something for the '#'; the caller frees. */
static char *put_in(const char *text, const char *what)
{
    int before = (int)strcspn(text, "#");
    char *result = NULL;

    assert_true(asprintf(&result, "%.*s%s%s", before, text, text[before] == '#' ? what : "",
                         text + before + (text[before] == '#')) >= 0);
    return result;
}

static enum truth expected(const struct place *place, const char *value)
{
    if (user == NULL || user[0] == '\0')
        return TRUTH_UNKNOWN;
    if (place->room != 0 && strlen(value) > place->room)
        return TRUTH_FALSE;
    return strcmp(value, user) == 0 ? TRUTH_TRUE : TRUTH_FALSE;
}

static void check_rules(const struct place *place, const struct frame *frame, const char *selector)
{
    char *braced = NULL, *rules;
    struct config *config;

    assert_true(asprintf(&braced, "{%s}", selector) > 0);
    rules = put_in(frame->rules, braced);
    config = fixture_load_policy(rules);
    for (size_t i = 0; i < N_VALUES; i++) {
        bool shows = expected(place, values[i]) == frame->shows;

        if (policy_decide(&config->policy, &worlds[i].subject).by_policy != shows)
            fail_msg("of the user `%s`, `%s` is %s by %s", user, values[i],
                     shows ? "hidden" : "shown", rules);
    }
    config_destroy(config);
    free(rules);
    free(braced);
}

static void check_place(const struct place *place)
{
    size_t count = place->plain_only ? 1 : sizeof(spellings) / sizeof(spellings[0]);

    for (size_t i = 0; i < count; i++) {
        char *selector = put_in(place->selector, spellings[i]);

        for (size_t j = 0; j < sizeof(frames) / sizeof(frames[0]); j++)
            check_rules(place, &frames[j], selector);
        free(selector);
    }
}

static void a_rule_on_a_hostile_name_is_about_that_name_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        user = users[i];
        for (size_t j = 0; j < sizeof(places) / sizeof(places[0]); j++)
            check_place(&places[j]);
    }
}

static void without_a_name_no_rule_shows_anything(void **state)
{
    static const char *const nobodies[] = {NULL, ""};

    (void)state;
    for (size_t i = 0; i < sizeof(nobodies) / sizeof(nobodies[0]); i++) {
        user = nobodies[i];
        for (size_t j = 0; j < sizeof(places) / sizeof(places[0]); j++)
            check_place(&places[j]);
    }
}

static int set_up(void **state)
{
    const size_t n_users = sizeof(users) / sizeof(users[0]);
    int code = filters_set_up(state);

    memset(longest, 'a', sizeof(longest) - 1);
    for (size_t i = 0; i < N_VALUES; i++) {
        values[i] = i < n_users ? users[i] : others[i - n_users];
        world_init(&worlds[i], values[i]);
    }
    return code;
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < N_VALUES; i++)
        world_finish(&worlds[i]);
    return filters_tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_on_a_hostile_name_is_about_that_name_alone),
        cmocka_unit_test(without_a_name_no_rule_shows_anything),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
