// SPDX-License-Identifier: BSD-2-Clause
// Random tokens under random policies: what holds for every one of them.
#include "tests/unit/filters_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rules that random policies are made of. */
static const char *const conditions[] = {
    "id: \"01\"",
    "id: [\"02\", \"03\"]",
    "not: {id: \"02\"}",
    "label: a",
    "not: {label: {glob: \"b*\"}}",
    "label: {re: \"a|c\"}",
    "fingerprint: @RSA_A",
    "fingerprint: [@P256_A, @P256_B]",
    "not: {public_key: RSA_B.pub}",
    "public_key: [P256_A.pub, ED25519_A.pub]",
    "key: {type: rsa}",
    "key: {type: [ec, ed25519]}",
    "key: {bits: \">=384\"}",
    "key: {curve: P-256}",
    "key: {sign: true}",
    "key: {never_extractable: true}",
    "not: {key: {local: true}}",
    "token: {label: one}",
    "not: {token: {label: two}}",
    "slot: {id: 7}",
    "uri: \"pkcs11:type=cert\"",
    "uri: \"pkcs11:id=%01;object=a\"",
    "any: [{id: \"01\"}, {label: b}]",
    "all: [{key: {type: rsa}}, {not: {id: \"03\"}}]",
};

enum { N_CONDITIONS = sizeof(conditions) / sizeof(conditions[0]) };

static size_t any_of(size_t count)
{
    return (size_t)rand() % count;
}

static void random_objects(char *text, size_t room)
{
    static const char *const classes[] = {"public", "cert", "ca", "private", "private", "private"};
    static const char *const ids[] = {"01", "02", "03", "''", "-"};
    static const char *const private_words[] = {
        "",     "mute", "mute", "sign=false", "sign=absent", "local=true", "never_extractable=true",
        "shown"};
    static const char *const public_words[] = {"", "", "hidden", "label=a", "label=b", "label=bc"};
    static const enum fixture_key keys[] = {RSA_A, RSA_B, P256_A, P256_B, ED25519_A};
    size_t count = 1 + any_of(9);
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *class = classes[any_of(6)];
        const char *word =
            strcmp(class, "private") == 0 ? private_words[any_of(8)] : public_words[any_of(6)];

        length += (size_t)snprintf(text + length, room - length, "%s%s %s %s %s%s",
                                   i > 0 ? "," : "", class, fixture_vector(keys[any_of(5)])->name,
                                   ids[any_of(5)], word, any_of(3) == 0 ? " label=a" : "");
        assert_true(length < room);
    }
}

struct random_policy {
    size_t rules[3][3]; /* deny, require, allow: conditions by number */
    size_t counts[3];
};

static void random_rules(struct random_policy *policy)
{
    for (size_t list = 0; list < 3; list++) {
        policy->counts[list] = any_of(list == 2 ? 4 : 3);
        for (size_t i = 0; i < policy->counts[list]; i++)
            policy->rules[list][i] = any_of(N_CONDITIONS);
    }
}

static void shuffle(struct random_policy *policy)
{
    for (size_t list = 0; list < 3; list++) {
        for (size_t i = policy->counts[list]; i > 1; i--) {
            size_t j = any_of(i);
            size_t swapped = policy->rules[list][i - 1];

            policy->rules[list][i - 1] = policy->rules[list][j];
            policy->rules[list][j] = swapped;
        }
    }
}

static void policy_text(const struct random_policy *policy, char *text, size_t room)
{
    static const char *const names[] = {"deny", "require", "allow"};
    size_t length = 0;

    for (size_t list = 0; list < 3; list++) {
        length += (size_t)snprintf(text + length, room - length, "%s: [", names[list]);
        for (size_t i = 0; i < policy->counts[list]; i++)
            length += (size_t)snprintf(text + length, room - length, "%s{%s}", i > 0 ? ", " : "",
                                       conditions[policy->rules[list][i]]);
        length += (size_t)snprintf(text + length, room - length, "]\n");
        assert_true(length < room);
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The keys of a listing, in alphabetical order: a set; the text is changed. */
static size_t split(char *shown, char *keys[16])
{
    size_t count = 0;
    char *rest = NULL;

    for (char *at = strtok_r(shown, ")", &rest); at != NULL; at = strtok_r(NULL, ")", &rest))
        keys[count++] = at + strspn(at, " ");
    qsort(keys, count, sizeof(*keys), compare_texts);
    return count;
}

static void the_order_of_rules_changes_no_visible_set(void **state)
{
    (void)state;
    srand(2);
    for (int round = 0; round < 400; round++) {
        struct random_policy policy;
        char objects[1024], first[1024], other[1024];
        bool logged_in = any_of(3) > 0;

        random_objects(objects, sizeof(objects));
        random_rules(&policy);
        policy_text(&policy, first, sizeof(first));
        for (int order = 0; order < 3; order++) {
            char *a = fixture_show(objects, logged_in, first);
            char *a_keys[16], *b_keys[16];
            char *b;
            size_t count = split(a, a_keys);

            shuffle(&policy);
            policy_text(&policy, other, sizeof(other));
            b = fixture_show(objects, logged_in, other);
            if (split(b, b_keys) != count)
                fail_msg("%s\n%s\n%s", objects, first, other);
            for (size_t i = 0; i < count; i++) {
                if (strcmp(a_keys[i], b_keys[i]) != 0)
                    fail_msg("%s\n%s\n%s\n%s / %s", objects, first, other, a_keys[i], b_keys[i]);
            }
            free(a);
            free(b);
        }
    }
}

/* Every shown key has an id of its own, and one that is shown before and after login has the same.
 */
static void random_tokens_show_each_key_under_an_id_of_its_own_that_no_login_changes(void **state)
{
    size_t compared = 0;

    (void)state;
    srand(3);
    for (int round = 0; round < 1500; round++) {
        struct random_policy rules;
        char objects[1024], text[1024];
        struct config *config;
        struct fixture_token tokens[2];
        struct exposure exposures[2];

        random_objects(objects, sizeof(objects));
        random_rules(&rules);
        policy_text(&rules, text, sizeof(text));
        config = fixture_policy(any_of(2) == 0 ? "allow: all" : text);
        for (int logged_in = 0; logged_in < 2; logged_in++) {
            const struct exposure *exposure = &exposures[logged_in];

            fixture_token_init(&tokens[logged_in], objects, logged_in);
            fixture_expose(&tokens[logged_in], &config->policy, &exposures[logged_in]);
            for (size_t i = 0; i < exposure->n_keys; i++) {
                const struct exposed_key *a = &exposure->keys[i];

                for (size_t j = 0; j < i && a->verdict.reason == REASON_ALLOWED; j++) {
                    const struct exposed_key *b = &exposure->keys[j];

                    if (b->verdict.reason == REASON_ALLOWED && a->id_size == b->id_size &&
                        memcmp(a->id, b->id, a->id_size) == 0)
                        fail_msg("one id: %s login, %s\n%s", fixture_when(logged_in), objects,
                                 text);
                }
            }
        }
        for (size_t i = 0; i < exposures[0].n_keys; i++) {
            const struct exposed_key *a = &exposures[0].keys[i];

            for (size_t j = 0; j < exposures[1].n_keys; j++) {
                const struct exposed_key *b = &exposures[1].keys[j];

                if (a->verdict.reason != REASON_ALLOWED || b->verdict.reason != REASON_ALLOWED ||
                    !public_key_equal(a->group->key, b->group->key))
                    continue;
                compared++;
                if (a->id_size != b->id_size || memcmp(a->id, b->id, a->id_size) != 0)
                    fail_msg("id changed: %s\n%s", objects, text);
            }
        }
        for (int i = 0; i < 2; i++) {
            exposure_finish(&exposures[i]);
            fixture_token_finish(&tokens[i]);
        }
        config_destroy(config);
    }
    assert_true(compared > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_rules_changes_no_visible_set),
        cmocka_unit_test(random_tokens_show_each_key_under_an_id_of_its_own_that_no_login_changes),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
