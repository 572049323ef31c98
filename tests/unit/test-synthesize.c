// SPDX-License-Identifier: BSD-2-Clause
// The public key that a token lacks answers every attribute that the standard gives a public key.
#include "tests/unit/filters_fixture.h"

#include <string.h>
#include "filters/synthesize.h"

/* PKCS#11 2.40: 4.4 and the class, 4.7 and 4.8 (CKA_ID and CKA_LABEL are shape.c's);
 * mechanisms 2.1.2 and 2.3.3. */
static const CK_ATTRIBUTE_TYPE every_key[] = {
    CKA_CLASS,
    CKA_TOKEN,
    CKA_PRIVATE,
    CKA_MODIFIABLE,
    CKA_COPYABLE,
    CKA_DESTROYABLE,
    CKA_KEY_TYPE,
    CKA_START_DATE,
    CKA_END_DATE,
    CKA_DERIVE,
    CKA_LOCAL,
    CKA_KEY_GEN_MECHANISM,
    CKA_SUBJECT,
    CKA_ENCRYPT,
    CKA_VERIFY,
    CKA_VERIFY_RECOVER,
    CKA_WRAP,
    CKA_TRUSTED,
    CKA_WRAP_TEMPLATE,
    CKA_PUBLIC_KEY_INFO,
    CKA_ALLOWED_MECHANISMS,
};
static const CK_ATTRIBUTE_TYPE rsa_keys[] = {CKA_MODULUS, CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT};
static const CK_ATTRIBUTE_TYPE ec_keys[] = {CKA_EC_PARAMS, CKA_EC_POINT};

enum { N_EVERY = sizeof(every_key) / sizeof(every_key[0]) };

/* The public key made for the first group of a token; attributes_finish() it. */
static struct attributes make(const char *objects, bool encrypts)
{
    struct fixture_token token;
    struct key_groups groups;
    struct attributes list = {0};

    fixture_token_init(&token, objects, true);
    assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
    assert_true(synthesize_public_key(&groups.items[0], encrypts, &list));
    key_groups_finish(&groups);
    fixture_token_finish(&token);
    return list;
}

static const CK_ATTRIBUTE *get(const struct attributes *list, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *value = attributes_find(list, type);

    if (value == NULL)
        fail_msg("no attribute %#lx", type);
    return value;
}

static void a_made_public_key_answers_every_attribute_of_its_kind_and_no_other(void **state)
{
    static const struct {
        const char *objects;
        const CK_ATTRIBUTE_TYPE *own;
        size_t n_own;
    } examples[] = {
        {"cert RSA_A 01", rsa_keys, 3},
        {"private RSA_A 01", rsa_keys, 3},
        {"cert P256_A 01", ec_keys, 2},
        {"cert P384_A 01", ec_keys, 2},
        {"private P521_A 01", ec_keys, 2},
        {"cert ED25519_A 01", ec_keys, 2},
        {"private P256_A 01 mute, cert P256_A 01", ec_keys, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct attributes list = make(examples[i].objects, false);

        for (size_t j = 0; j < N_EVERY; j++)
            get(&list, every_key[j]);
        for (size_t j = 0; j < examples[i].n_own; j++)
            assert_true(get(&list, examples[i].own[j])->ulValueLen > 0);
        assert_int_equal(list.count, N_EVERY + examples[i].n_own);
        attributes_finish(&list);
    }
}

static void its_flags_say_what_is_done_with_it(void **state)
{
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        bool value;
    } flags[] = {
        {CKA_TOKEN, true},     {CKA_PRIVATE, false},     {CKA_MODIFIABLE, false},
        {CKA_COPYABLE, false}, {CKA_DESTROYABLE, false}, {CKA_DERIVE, false},
        {CKA_ENCRYPT, false},  {CKA_VERIFY, true},       {CKA_VERIFY_RECOVER, false},
        {CKA_WRAP, false},     {CKA_TRUSTED, false},     {CKA_LOCAL, false},
    };
    struct attributes list = make("private P256_A 01", true);

    (void)state;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        bool value = !flags[i].value;

        assert_true(attributes_bool(&list, flags[i].type, &value));
        if (value != flags[i].value)
            fail_msg("%#lx", flags[i].type);
    }
    attributes_finish(&list);
}

static void an_RSA_key_recovers_and_encrypts_where_the_preset_has_it(void **state)
{
    (void)state;
    for (int encrypts = 0; encrypts < 2; encrypts++) {
        struct attributes list = make("private RSA_A 01", encrypts != 0);
        bool value = false;

        assert_true(attributes_bool(&list, CKA_VERIFY, &value) && value);
        assert_true(attributes_bool(&list, CKA_VERIFY_RECOVER, &value) && value);
        assert_true(attributes_bool(&list, CKA_ENCRYPT, &value));
        assert_int_equal(value, encrypts);
        attributes_finish(&list);
    }
}

static void its_class_type_and_values_are_the_key_s(void **state)
{
    static const char *const objects[] = {"cert RSA_A 01", "cert P256_A 01", "cert P384_A 01",
                                          "cert P521_A 01", "cert ED25519_A 01"};
    static const enum fixture_key keys[] = {RSA_A, P256_A, P384_A, P521_A, ED25519_A};

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct attributes *expected = &fixture_key(keys[i])->attributes;
        struct attributes list = make(objects[i], false);
        CK_ULONG class = 0;

        assert_true(attributes_ulong(&list, CKA_CLASS, &class));
        assert_int_equal(class, CKO_PUBLIC_KEY);
        assert_true(attributes_match(&list, expected->items, expected->count));
        attributes_finish(&list);
    }
}

static void dates_templates_and_mechanisms_are_empty(void **state)
{
    static const CK_ATTRIBUTE_TYPE empty[] = {CKA_START_DATE, CKA_END_DATE, CKA_WRAP_TEMPLATE,
                                              CKA_ALLOWED_MECHANISMS, CKA_SUBJECT};
    struct attributes list = make("private RSA_A 01", false);
    CK_ULONG mechanism = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
        assert_int_equal(get(&list, empty[i])->ulValueLen, 0);
    assert_true(attributes_ulong(&list, CKA_KEY_GEN_MECHANISM, &mechanism));
    assert_int_equal(mechanism, CK_UNAVAILABLE_INFORMATION);
    attributes_finish(&list);
}

static void the_subject_is_that_of_the_first_certificate_that_tells_one(void **state)
{
    static const char subject[] = "0\x0c the subject";
    struct fixture_token token;
    struct key_groups groups;
    struct attributes list = {0};

    (void)state;
    fixture_token_init(&token, "cert RSA_A 01, cert RSA_A 02, cert RSA_A 03", true);
    assert_true(attributes_set(&token.objects.items[0]->attributes, CKA_SUBJECT, NULL, 0));
    assert_true(
        attributes_set(&token.objects.items[1]->attributes, CKA_SUBJECT, subject, sizeof(subject)));
    assert_true(attributes_set(&token.objects.items[2]->attributes, CKA_SUBJECT, "x", 1));
    assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
    assert_true(synthesize_public_key(&groups.items[0], false, &list));
    assert_int_equal(get(&list, CKA_SUBJECT)->ulValueLen, sizeof(subject));
    assert_memory_equal(get(&list, CKA_SUBJECT)->pValue, subject, sizeof(subject));
    attributes_finish(&list);
    key_groups_finish(&groups);
    fixture_token_finish(&token);
}

static void whether_it_was_made_on_the_token_is_what_the_private_key_says(void **state)
{
    static const struct {
        const char *objects;
        bool local;
    } examples[] = {
        {"private RSA_A 01 local=true", true},
        {"private RSA_A 01 local=false", false},
        {"private RSA_A 01", false},
        {"cert RSA_A 01", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct attributes list = make(examples[i].objects, false);
        bool local = !examples[i].local;

        assert_true(attributes_bool(&list, CKA_LOCAL, &local));
        assert_int_equal(local, examples[i].local);
        attributes_finish(&list);
    }
}

/* With CKA_ID and CKA_LABEL it answers in the exposure what ssh asks of a public key. */
static void shown_it_has_an_id_and_a_label_as_well(void **state)
{
    struct config *config = fixture_policy("allow: all");
    struct fixture_token token;
    struct exposure exposure;

    (void)state;
    fixture_token_init(&token, "cert P256_A 01", false);
    fixture_expose(&token, &config->policy, &exposure);
    assert_null(exposure.objects[0].source);
    for (size_t i = 0; i < N_EVERY; i++)
        assert_non_null(exposed_attribute(&exposure.objects[0], every_key[i]));
    assert_non_null(exposed_attribute(&exposure.objects[0], CKA_ID));
    assert_non_null(exposed_attribute(&exposure.objects[0], CKA_LABEL));
    assert_null(exposed_attribute(&exposure.objects[0], CKA_SIGN));
    assert_null(exposed_attribute(&exposure.objects[0], CKA_VALUE));
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_public_key_answers_every_attribute_of_its_kind_and_no_other),
        cmocka_unit_test(its_flags_say_what_is_done_with_it),
        cmocka_unit_test(an_RSA_key_recovers_and_encrypts_where_the_preset_has_it),
        cmocka_unit_test(its_class_type_and_values_are_the_key_s),
        cmocka_unit_test(dates_templates_and_mechanisms_are_empty),
        cmocka_unit_test(the_subject_is_that_of_the_first_certificate_that_tells_one),
        cmocka_unit_test(whether_it_was_made_on_the_token_is_what_the_private_key_says),
        cmocka_unit_test(shown_it_has_an_id_and_a_label_as_well),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
