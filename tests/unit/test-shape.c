// SPDX-License-Identifier: BSD-2-Clause
// Under which id and label a key is shown, before and after login (policy.md 7).
#include "tests/unit/filters_fixture.h"

#include <stdlib.h>
#include <string.h>
#include "filters/shape.h"

struct example {
    const char *objects;
    const char *before, *after; /* what is shown */
    const char *policy;         /* NULL: allow: all */
};

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (int logged_in = 0; logged_in < 2; logged_in++) {
            const struct example *example = &examples[i];
            const char *policy = example->policy != NULL ? example->policy : "allow: all";
            const char *expected = logged_in ? example->after : example->before;
            char *shown = fixture_show(example->objects, logged_in, policy);

            if (strcmp(shown, expected) != 0)
                fail_msg("%s login, %s\nunder %s\nshows  %s\nnot    %s", fixture_when(logged_in),
                         example->objects, policy, shown, expected);
            free(shown);
        }
    }
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof((examples)[0]))

static void the_id_is_that_of_the_public_key_else_the_certificate_else_the_private_key(void **state)
{
    static const struct example examples[] = {
        {"public RSA_A 01, private RSA_A 02", "RSA_A:01(public)", "RSA_A:01(public private)", NULL},
        {"private RSA_A 02, cert RSA_A 03, public RSA_A 04", "RSA_A:04(public cert)",
         "RSA_A:04(public cert private)", NULL},
        {"cert RSA_A 03, private RSA_A 02", "RSA_A:03(made cert)", "RSA_A:03(made cert private)",
         NULL},
        {"cert RSA_A 05, cert RSA_A 03, private RSA_A 01", "RSA_A:03(made cert cert)",
         "RSA_A:03(made cert cert private)", NULL},
        {"cert RSA_A 0301, cert RSA_A 03, private RSA_A 01", "RSA_A:03(made cert cert)",
         "RSA_A:03(made cert cert private)", NULL},
        {"cert RSA_A ff, cert RSA_A 0101, private RSA_A 01", "RSA_A:0101(made cert cert)",
         "RSA_A:0101(made cert cert private)", NULL},
        {"cert RSA_A '', cert RSA_A 05, private RSA_A 01", "RSA_A:05(made cert cert)",
         "RSA_A:05(made cert cert private)", NULL},
        {"private RSA_A 01", "", "RSA_A:01(made private)", NULL},
        {"public P256_A 01, private P256_A 01 mute", "P256_A:01(public)",
         "P256_A:01(public private)", NULL},
        {"cert P256_A 01, private P256_A 02 mute", "P256_A:01(made cert)",
         "P256_A:01(made cert private)", NULL},
        /* what is only seen after login has a say only where nothing was seen before it */
        {"public RSA_A 04 hidden, cert RSA_A 02, private RSA_A 01", "RSA_A:02(made cert)",
         "RSA_A:02(public cert private)", NULL},
        {"public RSA_A 04, public RSA_A 01 hidden, private RSA_A 02", "RSA_A:04(public)",
         "RSA_A:04(public private)", NULL},
        {"public RSA_A 04 hidden, private RSA_A 05", "", "RSA_A:05(public private)", NULL},
        {"cert RSA_A 04 hidden, private RSA_A 01", "", "RSA_A:04(made cert private)", NULL},
        {"cert RSA_A 05, cert RSA_A 04 hidden, private RSA_A 01", "RSA_A:05(made cert)",
         "RSA_A:05(made cert cert private)", NULL},
        {"private RSA_A 02 shown, cert RSA_A 01 hidden", "RSA_A:02(made private)",
         "RSA_A:02(made cert private)", NULL},
        {"public RSA_A 04 hidden, private RSA_A -", "", "RSA_A:04(public private)", NULL},
        /* an authority joins when a key object is seen: too late to change the id */
        {"ca RSA_A 01, public RSA_A 02 hidden, cert RSA_A 05, private RSA_A 03",
         "RSA_A:05(made cert)", "RSA_A:05(public cert ca private)", NULL},
        {"ca RSA_A 01, public RSA_A 02, private RSA_A 03", "RSA_A:02(public ca)",
         "RSA_A:02(public ca private)", NULL},
    };

    (void)state;
    CHECK(examples);
}

static void an_empty_id_becomes_the_key_s_hash_and_stays_it_after_login(void **state)
{
    static const struct example examples[] = {
        {"public RSA_A '', private RSA_A ''", "RSA_A:#(public)", "RSA_A:#(public private)", NULL},
        {"public RSA_A '', private RSA_A 01", "RSA_A:#(public)", "RSA_A:#(public private)", NULL},
        {"public RSA_A -, private RSA_A 01", "RSA_A:#(public)", "RSA_A:#(public private)", NULL},
        {"public RSA_A '', cert RSA_A 02, private RSA_A 01", "RSA_A:#(public cert)",
         "RSA_A:#(public cert private)", NULL},
        {"cert RSA_A '', private RSA_A 01", "RSA_A:#(made cert)", "RSA_A:#(made cert private)",
         NULL},
        {"cert P256_A -, private P256_A 01 mute", "P256_A:#(made cert)",
         "P256_A:#(made cert private)", NULL},
        {"public P256_A '', private P256_A 01 mute", "P256_A:#(public)", "P256_A:#(public private)",
         NULL},
        {"public RSA_A '', cert RSA_A 02 hidden, private RSA_A 01", "RSA_A:#(public)",
         "RSA_A:#(public cert private)", NULL},
        {"private RSA_A ''", "", "RSA_A:#(made private)", NULL},
        {"public RSA_A '', public RSA_B '', private RSA_A '', private RSA_B ''",
         "RSA_A:#(public) RSA_B:#(public)", "RSA_A:#(public private) RSA_B:#(public private)",
         NULL},
    };

    (void)state;
    CHECK(examples);
}

static void keys_with_one_id_get_an_id_each(void **state)
{
    static const struct example examples[] = {
        {"public RSA_A 01, public RSA_B 01, private RSA_A 01, private RSA_B 01",
         "RSA_A:#(public) RSA_B:#(public)", "RSA_A:#(public private) RSA_B:#(public private)",
         NULL},
        {"public RSA_A 01, public P256_A 01, private RSA_A 01, private P256_A 01 mute",
         "RSA_A:#(public) P256_A:#(public)", "RSA_A:#(public private) P256_A:#(public private)",
         NULL},
        {"cert RSA_A 01, public P256_A 01, private RSA_A 02, private P256_A 03",
         "RSA_A:#(made cert) P256_A:#(public)",
         "RSA_A:#(made cert private) P256_A:#(public private)", NULL},
        {"public RSA_A 01, public RSA_B 02, private RSA_A 02, private RSA_B 01",
         "RSA_A:01(public) RSA_B:02(public)", "RSA_A:01(public private) RSA_B:02(public private)",
         NULL},
        {"public RSA_A 01, public RSA_B 0101, private RSA_A 01, private RSA_B 01",
         "RSA_A:01(public) RSA_B:0101(public)",
         "RSA_A:01(public private) RSA_B:0101(public private)", NULL},
        /* three, two of them with one id */
        {"public RSA_A 01, public RSA_B 02, public RSA_C 01, private RSA_A 01, private RSA_B 02, "
         "private RSA_C 01",
         "RSA_A:#(public) RSA_B:02(public) RSA_C:#(public)",
         "RSA_A:#(public private) RSA_B:02(public private) RSA_C:#(public private)", NULL},
    };

    (void)state;
    CHECK(examples);
}

static void a_key_seen_only_after_login_gives_way(void **state)
{
    static const struct example examples[] = {
        {"public RSA_A 01, private RSA_A 01, private RSA_B 01", "RSA_A:01(public)",
         "RSA_A:01(public private) RSA_B:#(made private)", NULL},
        {"private RSA_B 01, public RSA_A 01, private RSA_A 01", "RSA_A:01(public)",
         "RSA_B:#(made private) RSA_A:01(public private)", NULL},
        {"private RSA_A 01, private RSA_B 01", "", "RSA_A:#(made private) RSA_B:#(made private)",
         NULL},
        {"private RSA_A 01, private RSA_B 02", "", "RSA_A:01(made private) RSA_B:02(made private)",
         NULL},
        {"cert RSA_A 03, private RSA_A 01, private RSA_B 03", "RSA_A:03(made cert)",
         "RSA_A:03(made cert private) RSA_B:#(made private)", NULL},
    };

    (void)state;
    CHECK(examples);
}

static void a_key_that_is_not_shown_takes_no_id_away(void **state)
{
    static const struct example examples[] = {
        {"public RSA_A 01, public RSA_B 01, private RSA_A 01, private RSA_B 01", "RSA_A:01(public)",
         "RSA_A:01(public private)", "allow: [{fingerprint: @RSA_A}]"},
        {"public RSA_A 01, public RSA_B 01, private RSA_A 01, private RSA_B 01", "RSA_B:01(public)",
         "RSA_B:01(public private)", "deny: [{fingerprint: @RSA_A}]\nallow: all"},
        {"private RSA_A 01, private RSA_B 01", "", "RSA_A:01(made private)",
         "allow: [{fingerprint: @RSA_A}]"},
    };

    (void)state;
    CHECK(examples);
}

/* ssh reads the public key's id before login, and looks for the private key with it after login. */
static void a_verdict_that_changes_with_the_login_changes_nobody_s_id(void **state)
{
    static const struct example examples[] = {
        /* allowed only once its private key is read */
        {"public RSA_A 01, public P256_A 01, private RSA_A 01, "
         "private P256_A 01 never_extractable=true",
         "RSA_A:01(public)", "RSA_A:01(public private) P256_A:#(public private)",
         "allow: [{fingerprint: @RSA_A}, {key: {never_extractable: true}}]"},
        /* hidden once its private key is read */
        {"public RSA_A 01, public RSA_B 01, private RSA_A 01, private RSA_B 09",
         "RSA_A:#(public) RSA_B:#(public)", "RSA_A:#(public private)",
         "require: [{not: {id: \"09\"}}]\nallow: all"},
        /* hidden because there is none */
        {"public RSA_A 01, public RSA_B 01, private RSA_A 01", "RSA_A:#(public) RSA_B:#(public)",
         "RSA_A:#(public private)", NULL},
        /* hidden because it does not sign, and the other way round */
        {"public RSA_A 01, public RSA_B 01, private RSA_A 01, private RSA_B 01 sign=false",
         "RSA_A:#(public) RSA_B:#(public)", "RSA_A:#(public private)", NULL},
        {"public RSA_A 01, public RSA_B 01 verify=false, private RSA_A 01, private RSA_B 01",
         "RSA_A:01(public)", "RSA_A:01(public private) RSA_B:#(public private)", NULL},
    };

    (void)state;
    CHECK(examples);
}

static void a_pair_that_was_refused_keeps_its_id_from_the_others(void **state)
{
    const char *objects = "public P256_A 01, public RSA_A 01, private P256_A 01 mute, "
                          "private RSA_A 01";
    struct config *config = fixture_policy("allow: all");
    struct fixture_token token;
    struct exposure exposure;
    char *shown;

    (void)state;
    fixture_token_init(&token, objects, true);
    fixture_token_refuse(&token, 3, P256_A);
    fixture_expose(&token, &config->policy, &exposure);
    shown = fixture_shown(&exposure);
    assert_string_equal(shown, "RSA_A:#(public private)");
    free(shown);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

/* Somebody may have given a key another key's hash as its id. */
static void the_hash_of_one_key_is_no_id_of_another(void **state)
{
    const char *objects = "public RSA_A 01, public RSA_B 01, public RSA_C 02";
    const uint8_t *hash = fixture_key(RSA_A)->spki_hash;
    struct config *config = fixture_policy("allow: all");
    struct fixture_token token;
    struct exposure exposure;

    (void)state;
    fixture_token_init(&token, objects, false);
    assert_true(
        attributes_set(&token.objects.items[2]->attributes, CKA_ID, hash, PUBLIC_KEY_ID_SIZE));
    fixture_expose(&token, &config->policy, &exposure);
    assert_int_equal(exposure.n_visible, 3);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(
                exposure.keys[i].id_size == exposure.keys[j].id_size &&
                memcmp(exposure.keys[i].id, exposure.keys[j].id, exposure.keys[i].id_size) == 0);
        }
    }
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

static void a_key_may_have_its_own_hash_as_its_id(void **state)
{
    struct config *config = fixture_policy("allow: all");
    struct fixture_token token;
    struct exposure exposure;
    char *shown;

    (void)state;
    fixture_token_init(&token, "public RSA_A 01, public RSA_B 02", false);
    assert_true(attributes_set(&token.objects.items[0]->attributes, CKA_ID,
                               fixture_key(RSA_A)->spki_hash, PUBLIC_KEY_ID_SIZE));
    fixture_expose(&token, &config->policy, &exposure);
    shown = fixture_shown(&exposure);
    assert_string_equal(shown, "RSA_A:#(public) RSA_B:02(public)");
    free(shown);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

/* The one object of that class that is shown; the policy's and token's owner keeps them. */
static const struct exposed_object *shown_object(const struct exposure *exposure,
                                                 CK_OBJECT_CLASS class)
{
    for (size_t i = 0; i < exposure->n_objects; i++) {
        if (exposure->objects[i].class == class)
            return &exposure->objects[i];
    }
    fail_msg("no object of class %lu", class);
    return NULL;
}

static void expect_label(const struct exposure *exposure, CK_OBJECT_CLASS class, const char *label,
                         size_t size)
{
    const CK_ATTRIBUTE *value = exposed_attribute(shown_object(exposure, class), CKA_LABEL);

    assert_non_null(value);
    assert_int_equal(value->ulValueLen, size);
    assert_memory_equal(value->pValue, label, size);
}

static void all_objects_of_a_key_carry_the_one_id(void **state)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PUBLIC_KEY, CKO_CERTIFICATE, CKO_PRIVATE_KEY};
    struct config *config = fixture_policy("allow: all");
    struct fixture_token token;
    struct exposure exposure;

    (void)state;
    fixture_token_init(&token, "public RSA_A 01, cert RSA_A 02, private RSA_A 03", true);
    fixture_expose(&token, &config->policy, &exposure);
    for (size_t i = 0; i < 3; i++) {
        const CK_ATTRIBUTE *id = exposed_attribute(shown_object(&exposure, classes[i]), CKA_ID);
        assert_int_equal(id->ulValueLen, 1);
        assert_memory_equal(id->pValue, "\x01", 1);
    }
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

struct labelled {
    const char *objects, *policy;
    const char *public_key, *private_key; /* labels */
};

static void
each_object_has_its_own_label_and_a_made_one_the_certificate_s_or_the_private_key_s(void **state)
{
    static const struct labelled examples[] = {
        {"public RSA_A 01 label=a, private RSA_A 01 label=b", "allow: all", "a", "b"},
        {"public RSA_A 01, private RSA_A 01 label=b", "allow: all", "", "b"},
        {"public RSA_A 01 label=, private RSA_A 01", "allow: all", "", ""},
        {"cert RSA_A 01 label=c, private RSA_A 01 label=b", "allow: all", "c", "b"},
        {"cert RSA_A 01, cert RSA_A 02 label=c, private RSA_A 01 label=b", "allow: all", "c", "b"},
        {"cert RSA_A 01 label=, private RSA_A 01 label=b", "allow: all", "b", "b"},
        /* of several certificates the one whose id is shown, in whatever order they stand */
        {"cert RSA_A 02 label=c, cert RSA_A 01 label=d, private RSA_A 01", "allow: all", "d", ""},
        {"cert RSA_A 01 label=d, cert RSA_A 02 label=c, private RSA_A 01", "allow: all", "d", ""},
        {"cert RSA_A 01 label=d, cert RSA_A 01 label=c, private RSA_A 01", "allow: all", "c", ""},
        {"cert RSA_A 01 label=c, cert RSA_A 01 label=d, private RSA_A 01", "allow: all", "c", ""},
        {"private RSA_A 01 label=b", "allow: all", "b", "b"},
        {"private RSA_A 01", "allow: all", "", ""},
        {"public RSA_A 01 label=a, private RSA_A 01 label=b",
         "allow: [{id: \"01\", use: {show_label: shown}}]", "shown", "shown"},
        {"private RSA_A 01", "allow: [{id: \"01\", use: {show_label: shown}}]", "shown", "shown"},
        {"public RSA_A 01 label=a, private RSA_A 01 label=b",
         "allow: [{id: \"01\"}, {id: \"01\", use: {show_label: shown}}]", "a", "b"},
        {"public RSA_A 01 label=a, private RSA_A 01 label=b",
         "allow: [{id: \"02\", use: {show_label: not this}}, {id: \"01\", use: {show_label: "
         "shown}}]",
         "shown", "shown"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct config *config = fixture_policy(examples[i].policy);
        struct fixture_token token;
        struct exposure exposure;

        fixture_token_init(&token, examples[i].objects, true);
        fixture_expose(&token, &config->policy, &exposure);
        expect_label(&exposure, CKO_PUBLIC_KEY, examples[i].public_key,
                     strlen(examples[i].public_key));
        expect_label(&exposure, CKO_PRIVATE_KEY, examples[i].private_key,
                     strlen(examples[i].private_key));
        exposure_finish(&exposure);
        fixture_token_finish(&token);
        config_destroy(config);
    }
}

static void a_label_is_cut_at_255_bytes_between_two_characters(void **state)
{
    static const struct {
        const char *unit;        /* repeated up to the size */
        size_t size, shift, cut; /* shift: so many bytes "a" before */
    } examples[] = {
        {"a", 0, 0, 0},
        {"a", 254, 0, 254},
        {"a", 255, 0, 255},
        {"a", 256, 0, 255},
        {"a", 300, 0, 255},
        {"a", 4000, 0, 255},
        {"\xc3\xa9", 300, 0, 254},
        {"\xc3\xa9", 300, 1, 255},
        {"\xe2\x82\xac", 300, 0, 255},
        {"\xe2\x82\xac", 300, 1, 253}, /* 1 + 84 * 3 = 253 */
        {"\xe2\x82\xac", 300, 2, 254},
        {"\xf0\x9f\x94\x91", 300, 0, 252},
        {"\xf0\x9f\x94\x91", 300, 1, 253},
        {"\xf0\x9f\x94\x91", 300, 2, 254},
        {"\xf0\x9f\x94\x91", 300, 3, 255},
        {"\xc3\xa9", 254, 0, 254},
    };
    char label[4000];

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        size_t unit = strlen(examples[i].unit);

        memset(label, 'a', sizeof(label));
        for (size_t at = examples[i].shift; at < sizeof(label); at++)
            label[at] = examples[i].unit[(at - examples[i].shift) % unit];
        if (shape_label_size(label, examples[i].size) != examples[i].cut)
            fail_msg("%zu: %zu", i, shape_label_size(label, examples[i].size));
    }
    memset(label, 0x80, sizeof(label)); /* no character begins anywhere */
    assert_true(shape_label_size(label, 300) <= LABEL_MAX);
}

static void a_control_character_in_a_label_is_shown_as_a_question_mark(void **state)
{
    static const char label[] = "a\nssh-rsa\tb\x7f\xc3\xa9";
    struct config *config = fixture_policy("allow: all");
    struct fixture_token token;
    struct exposure exposure;

    (void)state;
    fixture_token_init(&token, "private RSA_A 01", true);
    assert_true(attributes_set(&token.objects.items[0]->attributes, CKA_LABEL, label,
                               sizeof(label) - 1));
    fixture_expose(&token, &config->policy, &exposure);
    expect_label(&exposure, CKO_PUBLIC_KEY, "a?ssh-rsa?b?\xc3\xa9", sizeof(label) - 1);
    expect_label(&exposure, CKO_PRIVATE_KEY, "a?ssh-rsa?b?\xc3\xa9", sizeof(label) - 1);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

static void a_label_of_300_bytes_is_shown_cut_the_token_s_and_the_policy_s(void **state)
{
    struct config *config =
        fixture_policy("allow: [{id: \"02\", use: {show_label: x}}, {id: \"01\"}]");
    char label[301];
    struct fixture_token token;
    struct exposure exposure;

    (void)state;
    memset(label, 'x', 300);
    label[300] = '\0';
    memcpy(label + 254, "\xc3\xa9", 2);
    fixture_token_init(&token, "public RSA_A 01, private RSA_A 01", true);
    for (size_t i = 0; i < 2; i++)
        assert_true(attributes_set(&token.objects.items[i]->attributes, CKA_LABEL, label, 300));
    fixture_expose(&token, &config->policy, &exposure);
    expect_label(&exposure, CKO_PUBLIC_KEY, label, 254);
    expect_label(&exposure, CKO_PRIVATE_KEY, label, 254);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    free(config->policy.allow.rules[0].use.show_label); /* the configuration would not let it in */
    config->policy.allow.rules[0].use.show_label = strdup(label);
    fixture_token_init(&token, "public RSA_A 02 label=short, private RSA_A 02", true);
    fixture_expose(&token, &config->policy, &exposure);
    expect_label(&exposure, CKO_PUBLIC_KEY, label, 254);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_id_is_that_of_the_public_key_else_the_certificate_else_the_private_key),
        cmocka_unit_test(an_empty_id_becomes_the_key_s_hash_and_stays_it_after_login),
        cmocka_unit_test(keys_with_one_id_get_an_id_each),
        cmocka_unit_test(a_key_seen_only_after_login_gives_way),
        cmocka_unit_test(a_key_that_is_not_shown_takes_no_id_away),
        cmocka_unit_test(a_verdict_that_changes_with_the_login_changes_nobody_s_id),
        cmocka_unit_test(a_pair_that_was_refused_keeps_its_id_from_the_others),
        cmocka_unit_test(the_hash_of_one_key_is_no_id_of_another),
        cmocka_unit_test(a_key_may_have_its_own_hash_as_its_id),
        cmocka_unit_test(all_objects_of_a_key_carry_the_one_id),
        cmocka_unit_test(
            each_object_has_its_own_label_and_a_made_one_the_certificate_s_or_the_private_key_s),
        cmocka_unit_test(a_label_is_cut_at_255_bytes_between_two_characters),
        cmocka_unit_test(a_control_character_in_a_label_is_shown_as_a_question_mark),
        cmocka_unit_test(a_label_of_300_bytes_is_shown_cut_the_token_s_and_the_policy_s),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
