// SPDX-License-Identifier: BSD-2-Clause
// What an application sees of a token under a policy, and that nothing changes it that should not.
#include "tests/unit/filters_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct example {
    const char *objects, *policy;
    const char *before, *after;
};

static void expect_shown(const char *objects, bool logged_in, const char *policy,
                         const char *expected)
{
    char *shown = fixture_show(objects, logged_in, policy);

    if (strcmp(shown, expected) != 0)
        fail_msg("%s login, %s\nunder %s\nshows  %s\nnot    %s", fixture_when(logged_in), objects,
                 policy, shown, expected);
    free(shown);
}

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_shown(examples[i].objects, false, examples[i].policy, examples[i].before);
        expect_shown(examples[i].objects, true, examples[i].policy, examples[i].after);
    }
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof((examples)[0]))

/* The tokens of openssh.md, 5, with RSA and with EC keys that do not tell their point. */
static void tokens_a_to_l_show_what_can_be_used(void **state)
{
    static const struct example examples[] = {
        {"cert RSA_A 01, private RSA_A 01", "allow: all", "RSA_A:01(made cert)",
         "RSA_A:01(made cert private)"}, /* A */
        {"cert P256_A 01, private P256_A 01 mute", "allow: all", "P256_A:01(made cert)",
         "P256_A:01(made cert private)"},
        {"cert RSA_A 01, private RSA_A 02", "allow: [{id: \"02\", token: {label: one}}]", "",
         "RSA_A:01(made cert private)"}, /* B */
        {"cert RSA_A 01, private RSA_A 02", "allow: [{id: \"01\"}]", "RSA_A:01(made cert)",
         "RSA_A:01(made cert private)"},
        {"cert P256_A 01, private P256_A 02 mute", "allow: [{id: \"01\"}]", "P256_A:01(made cert)",
         "P256_A:01(made cert private)"},
        {"private RSA_A 01", "allow: [{token: {label: one}}]", "",
         "RSA_A:01(made private)"}, /* C */
        {"private P256_A 01 mute", "allow: [{token: {label: one}}]", "", ""},
        {"private P256_A 01 mute", "allow: [{public_key: P256_A.pub}]", "",
         "P256_A:01(made private)"},
        {"public RSA_A 01, cert RSA_A 01, private RSA_A 01", "allow: all", "RSA_A:01(public cert)",
         "RSA_A:01(public cert private)"}, /* D */
        {"cert RSA_A 01, private RSA_A 01, ca RSA_B 02", "allow: all", "RSA_A:01(made cert)",
         "RSA_A:01(made cert private)"}, /* E */
        {"cert P256_A 01, private P256_A 01 mute, ca P256_B 02", "allow: all",
         "P256_A:01(made cert)", "P256_A:01(made cert private)"},
        {"public RSA_A 01", "allow: all", "RSA_A:01(public)", ""}, /* F */
        {"public P256_A 01, private RSA_A 02", "allow: all", "P256_A:01(public)",
         "RSA_A:02(made private)"},
        {"cert RSA_A 02, cert RSA_A 01, private RSA_A 01", "allow: all", "RSA_A:01(made cert cert)",
         "RSA_A:01(made cert cert private)"}, /* G */
        {"cert P256_A 02, cert P256_A 01, private P256_A 01 mute", "allow: all",
         "P256_A:01(made cert cert)", "P256_A:01(made cert cert private)"},
        {"public RSA_A 09, cert RSA_A 01, private RSA_A 01", "allow: all", "RSA_A:09(public cert)",
         "RSA_A:09(public cert private)"}, /* I */
        {"public P256_A 09, cert P256_A 01, private P256_A 01 mute", "allow: all",
         "P256_A:09(public cert)", "P256_A:09(public cert private)"},
        {"cert RSA_A 02, cert RSA_B 01, private RSA_A 01, private RSA_B 02", "allow: all",
         "RSA_A:02(made cert) RSA_B:01(made cert)",
         "RSA_A:02(made cert private) RSA_B:01(made cert private)"}, /* J */
        {"public RSA_A 01 hidden, private RSA_A 01", "allow: [{token: {label: one}}]", "",
         "RSA_A:01(public private)"}, /* K */
        {"public P256_A 01 hidden, private P256_A 01 mute", "allow: [{token: {label: one}}]", "",
         "P256_A:01(public private)"},
        {"public RSA_A 01, private RSA_A 01, public RSA_B 02 hidden, private RSA_B 02",
         "allow: all", "RSA_A:01(public)",
         "RSA_A:01(public private) RSA_B:02(public private)"}, /* L */
    };

    (void)state;
    CHECK(examples);
}

/* A copy of the private key under another name is the same key: no rule is to miss it. */
static void of_two_private_keys_with_one_key_both_are_asked_and_one_is_shown(void **state)
{
    static const struct example examples[] = {
        {"public RSA_A 01, private RSA_A 01, private RSA_A 02", "allow: all", "RSA_A:01(public)",
         "RSA_A:01(public private)"},
        {"public RSA_A 01, private RSA_A 01, private RSA_A 02",
         "deny: [{id: \"02\"}]\nallow: all", "RSA_A:01(public)", ""},
        {"public RSA_A 01, private RSA_A 02, private RSA_A 01",
         "deny: [{id: \"01\"}]\nallow: all", "", ""},
        {"public RSA_A 01, private RSA_A 01, private RSA_A 02 label=x",
         "allow: [{label: x, token: {label: one}}]", "", "RSA_A:01(public private)"},
        {"public RSA_A 01 label=x, private RSA_A 01 label=x, private RSA_A 02 label=y",
         "require: [{not: {label: y}}]\nallow: all", "RSA_A:01(public)", ""},
    };

    (void)state;
    CHECK(examples);
}

static void keys_are_listed_by_the_rules_order_then_by_the_token_s(void **state)
{
    static const char objects[] = "public RSA_A 01, public RSA_B 02, public RSA_C 03";
    static const struct {
        const char *policy, *shown;
    } examples[] = {
        {"allow: all", "RSA_A:01(public) RSA_B:02(public) RSA_C:03(public)"},
        {"allow: [{id: \"03\"}, {id: \"01\"}]", "RSA_C:03(public) RSA_A:01(public)"},
        {"allow: [{id: \"03\"}, {key: {type: rsa}}]",
         "RSA_C:03(public) RSA_A:01(public) RSA_B:02(public)"},
        {"allow: [{id: [\"03\", \"02\"]}, {id: \"01\"}]",
         "RSA_B:02(public) RSA_C:03(public) RSA_A:01(public)"},
        {"allow: [{id: \"01\", use: {order: 9}}, {id: \"02\", use: {order: 8}}, {id: \"03\"}]",
         "RSA_C:03(public) RSA_B:02(public) RSA_A:01(public)"},
        {"allow: [{id: \"01\"}, {id: \"02\"}, {id: \"03\", use: {order: -1}}]",
         "RSA_C:03(public) RSA_A:01(public) RSA_B:02(public)"},
        {"allow: [{id: \"02\", use: {order: 1}}, {id: \"01\", use: {order: 1}}]",
         "RSA_A:01(public) RSA_B:02(public)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        expect_shown(objects, false, examples[i].policy, examples[i].shown);
}

static void hidden_keys_are_there_to_be_counted_and_explained_but_have_no_objects(void **state)
{
    struct config *config =
        fixture_policy("deny: [{id: \"01\"}]\nrequire: [{not: {id: \"02\"}}]\n"
                       "allow: [{id: [\"01\", \"02\", \"04\", \"05\", \"06\", \"07\"]}]");
    static const enum reason reasons[] = {
        REASON_DENIED,        REASON_REQUIRED,    REASON_NOT_ALLOWED, REASON_NO_PRIVATE_KEY,
        REASON_NO_PUBLIC_KEY, REASON_CANNOT_SIGN, REASON_ALLOWED};
    struct fixture_token token;
    struct exposure exposure;
    size_t seen = 0;

    (void)state;
    fixture_token_init(&token,
                       "public RSA_A 01, private RSA_A 01, public RSA_B 02, private RSA_B 02, "
                       "public RSA_C 03, private RSA_C 03, public P256_A 04, private P384_A 05 "
                       "mute, private P521_A 06 sign=false, private ED25519_A 07",
                       true);
    fixture_expose(&token, &config->policy, &exposure);
    assert_int_equal(exposure.n_keys, 7);
    assert_int_equal(exposure.n_visible, 1);
    for (size_t i = 0; i < exposure.n_keys; i++) {
        const struct exposed_key *key = &exposure.keys[i];

        for (size_t j = 0; j < sizeof(reasons) / sizeof(reasons[0]); j++) {
            if (reasons[j] == key->verdict.reason)
                seen |= (size_t)1 << j;
        }
        if (!key->verdict.by_policy)
            assert_null(key->id);
    }
    assert_int_equal(seen, 0x7f);
    assert_int_equal(exposure.n_objects, 2);
    for (size_t i = 0; i < exposure.n_objects; i++)
        assert_int_equal(exposure.objects[i].key->verdict.reason, REASON_ALLOWED);
    exposure_finish(&exposure);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

/* What a public key object tells, whatever the token said, is what was decided on. */
static void expect_public_values(const struct exposure *exposure, const struct public_key *key)
{
    const struct exposed_object *object = &exposure->objects[0];

    assert_int_equal(object->class, CKO_PUBLIC_KEY);
    for (CK_ULONG i = 0; i < key->attributes.count; i++) {
        const CK_ATTRIBUTE *expected = &key->attributes.items[i];
        const CK_ATTRIBUTE *value = exposed_attribute(object, expected->type);

        assert_non_null(value);
        assert_int_equal(value->ulValueLen, expected->ulValueLen);
        assert_memory_equal(value->pValue, expected->pValue, expected->ulValueLen);
    }
}

static void a_public_key_tells_the_values_that_were_decided_on_in_the_standard_s_form(void **state)
{
    static const struct {
        const char *objects;
        enum fixture_key key;
    } examples[] = {
        {"public RSA_A 01", RSA_A},
        {"public P256_A 01", P256_A},
        {"public P256_A 01 raw", P256_A},
        {"public P521_A 01 raw", P521_A},
        {"public ED25519_A 01 raw", ED25519_A},
        {"cert P384_A 01", P384_A},
        {"cert RSA_A 01", RSA_A},
    };
    struct config *config = fixture_policy("allow: all");

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct fixture_token token;
        struct exposure exposure;

        fixture_token_init(&token, examples[i].objects, false);
        fixture_expose(&token, &config->policy, &exposure);
        expect_public_values(&exposure, fixture_key(examples[i].key));
        exposure_finish(&exposure);
        fixture_token_finish(&token);
    }
    config_destroy(config);
}

static void an_info_that_says_otherwise_than_the_values_is_not_passed_on(void **state)
{
    const CK_ATTRIBUTE *other =
        attributes_find(&fixture_key(RSA_B)->attributes, CKA_PUBLIC_KEY_INFO);
    struct config *config = fixture_policy("allow: [{fingerprint: @RSA_A}]");
    struct fixture_token token;
    struct exposure exposure;

    (void)state;
    fixture_token_init(&token, "public RSA_A 01", false);
    assert_true(attributes_set(&token.objects.items[0]->attributes, CKA_PUBLIC_KEY_INFO,
                               other->pValue, other->ulValueLen));
    fixture_expose(&token, &config->policy, &exposure);
    expect_public_values(&exposure, fixture_key(RSA_A));
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

static void what_we_say_of_an_object_comes_before_what_the_token_says(void **state)
{
    struct config *config = fixture_policy("allow: [{id: \"01\", use: {show_label: shown}}]");
    struct fixture_token token;
    struct exposure exposure;
    bool value = false;

    (void)state;
    fixture_token_init(&token, "cert RSA_A 01 label=a, private RSA_A 02 label=b local=true", true);
    fixture_expose(&token, &config->policy, &exposure);
    assert_int_equal(exposure.n_objects, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct exposed_object *object = &exposure.objects[i];
        struct attributes one = {(CK_ATTRIBUTE *)(uintptr_t)exposed_attribute(object, CKA_LABEL),
                                 1};

        assert_int_equal(one.items->ulValueLen, 5);
        assert_memory_equal(one.items->pValue, "shown", 5);
        one.items = (CK_ATTRIBUTE *)(uintptr_t)exposed_attribute(object, CKA_ID);
        assert_memory_equal(one.items->pValue, "\x01", 1);
        assert_null(exposed_attribute(object, CKA_ISSUER));
    }
    assert_null(exposed_attribute(&exposure.objects[0], CKA_VALUE));
    assert_non_null(exposed_attribute(&exposure.objects[1], CKA_VALUE));
    const struct attributes local = {
        (CK_ATTRIBUTE *)(uintptr_t)exposed_attribute(&exposure.objects[2], CKA_LOCAL), 1};
    assert_true(attributes_bool(&local, CKA_LOCAL, &value) && value);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

static void of_several_public_keys_one_is_shown_and_one_seen_before_login_first(void **state)
{
    struct config *config = fixture_policy("allow: all");
    struct fixture_token token;
    struct exposure exposure;

    (void)state;
    fixture_token_init(&token, "public RSA_A 02 hidden, public RSA_A 01, private RSA_A 01", true);
    fixture_expose(&token, &config->policy, &exposure);
    assert_int_equal(exposure.n_objects, 2);
    assert_int_equal(exposure.objects[0].source->vendor, 2);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

static void what_is_shown_before_login_is_known_after_it(void **state)
{
    static const struct {
        const char *objects;
        bool before_login;
    } examples[] = {
        {"public RSA_A 01, private RSA_A 01", true},
        {"cert RSA_A 01, private RSA_A 01", true},
        {"private RSA_A 01", false},
        {"private RSA_A 01 shown", true},
        {"public RSA_A 01 hidden, private RSA_A 01", false},
        {"public RSA_A 01 hidden, cert RSA_A 01 hidden, private RSA_A 01", false},
        {"public RSA_A 01 hidden, cert RSA_A 01, private RSA_A 01", true},
        {"ca RSA_A 01, private RSA_A 01", false},
        {"ca RSA_A 01, public RSA_A 01, private RSA_A 01", true},
        {"public RSA_A 01 verify=false, private RSA_A 01", false},
        {"cert RSA_A 01 nosign, private RSA_A 01", false},
        {"public RSA_A 01, private RSA_A 01 sign=false", true},
    };
    struct config *config = fixture_policy("allow: all");

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        for (int logged_in = 0; logged_in < 2; logged_in++) {
            struct fixture_token token;
            struct exposure exposure;

            fixture_token_init(&token, examples[i].objects, logged_in);
            fixture_expose(&token, &config->policy, &exposure);
            if (logged_in || examples[i].before_login)
                assert_int_equal(exposure.n_keys, 1);
            for (size_t j = 0; j < exposure.n_keys; j++)
                assert_int_equal(exposure.keys[j].before_login, examples[i].before_login);
            exposure_finish(&exposure);
            fixture_token_finish(&token);
        }
    }
    config_destroy(config);
}

/* A key that is denied by its public key is not used under another exponent, which anybody can
 * write. */
static void certificates_are_hidden_where_the_rule_says_so(void **state)
{
    static const struct example examples[] = {
        {"private RSA_A 01,cert RSA_A 01",
         "allow: [{key: {type: rsa}, use: {expose_certificate: false}}]", "RSA_A:01(made)",
         "RSA_A:01(made private)"},
        {"private RSA_A 01,cert RSA_A 01",
         "allow: [{key: {type: rsa}, use: {expose_certificate: true}}]", "RSA_A:01(made cert)",
         "RSA_A:01(made cert private)"},
        {"private RSA_A 01,public RSA_A 01,cert RSA_A 01",
         "allow: [{id: \"02\", use: {expose_certificate: false}}, {key: {type: rsa}}]",
         "RSA_A:01(public cert)", "RSA_A:01(public cert private)"},
    };

    (void)state;
    CHECK(examples);
}

static void a_denied_key_does_not_come_back_in_disguise(void **state)
{
    struct config *config = fixture_policy("deny: [{fingerprint: @RSA_A}]\nallow: all");
    struct fixture_token token;
    struct exposure exposure;
    struct object *forged;

    (void)state;
    fixture_token_init(&token, "public RSA_A 01, public RSA_A 02, private RSA_A 03 modulus", true);
    forged = token.objects.items[1];
    assert_true(attributes_set(&forged->attributes, CKA_PUBLIC_EXPONENT, "\x03", 1));
    public_key_destroy(forged->key);
    forged->key = public_key_from_attributes(fixture_crypto(), &forged->attributes);
    fixture_expose(&token, &config->policy, &exposure);
    assert_int_equal(exposure.n_visible, 0);
    assert_int_equal(exposure.n_objects, 0);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

static void the_keys_that_a_policy_names_are_those_of_its_allow_rules_at_any_depth(void **state)
{
    struct config *config = fixture_policy(
        "deny: [{public_key: RSA_B.pub}]\nrequire: [{not: {public_key: RSA_C.pub}}]\n"
        "allow: [{public_key: [RSA_A.pub, P256_A.pub]}, {id: \"01\"}, "
        "{any: [{id: \"02\"}, {all: [{slot: {id: 7}}, {public_key: P384_A.pub}]}]}]");
    static const enum fixture_key expected[] = {RSA_A, P256_A, P384_A};
    struct known_keys known;

    (void)state;
    assert_true(policy_known_keys(&config->policy, &known));
    assert_int_equal(known.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(public_key_equal(known.items[i], fixture_key(expected[i])));
    free(known.items);
    config_destroy(config);
    config = fixture_policy("allow: all");
    assert_true(policy_known_keys(&config->policy, &known));
    assert_int_equal(known.count, 0);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_a_to_l_show_what_can_be_used),
        cmocka_unit_test(of_two_private_keys_with_one_key_both_are_asked_and_one_is_shown),
        cmocka_unit_test(keys_are_listed_by_the_rules_order_then_by_the_token_s),
        cmocka_unit_test(hidden_keys_are_there_to_be_counted_and_explained_but_have_no_objects),
        cmocka_unit_test(a_public_key_tells_the_values_that_were_decided_on_in_the_standard_s_form),
        cmocka_unit_test(an_info_that_says_otherwise_than_the_values_is_not_passed_on),
        cmocka_unit_test(what_we_say_of_an_object_comes_before_what_the_token_says),
        cmocka_unit_test(of_several_public_keys_one_is_shown_and_one_seen_before_login_first),
        cmocka_unit_test(what_is_shown_before_login_is_known_after_it),
        cmocka_unit_test(certificates_are_hidden_where_the_rule_says_so),
        cmocka_unit_test(a_denied_key_does_not_come_back_in_disguise),
        cmocka_unit_test(the_keys_that_a_policy_names_are_those_of_its_allow_rules_at_any_depth),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
