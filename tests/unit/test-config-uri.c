// SPDX-License-Identifier: BSD-2-Clause
// PKCS#11 URIs: what they ask for, and how strictly they are read.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <string.h>
#include <p11-kit/pkcs11.h>

/* Loads {uri: "TEXT"} and gives the selector, which lives as long as the config. */
static const struct selector *load_uri(const char *uri, struct config **config)
{
    char text[512];

    snprintf(text, sizeof(text), "allow:\n  - uri: \"%s\"\n", uri);
    *config = fixture_load_policy(text);
    assert_int_equal((*config)->policy.allow.rules[0].condition.n_children, 1);
    return &(*config)->policy.allow.rules[0].condition.children[0];
}

static void assert_pattern(const struct pattern *pattern, const char *bytes, size_t expected)
{
    size_t size = 0;
    const void *exact = pattern_exact(pattern, &size);

    assert_non_null(exact);
    assert_int_equal(size, expected);
    assert_memory_equal(exact, bytes, expected);
}

static void every_attribute_of_token_slot_and_library_becomes_an_exact_pattern(void **state)
{
    static const struct {
        const char *uri;
        enum selector_kind kind;
        const char *value;
    } cases[] = {
        {"pkcs11:token=My%20Token", SELECTOR_TOKEN_LABEL, "My Token"},
        {"pkcs11:token=%3b%3d%3F%25%F0%9F%98%80", SELECTOR_TOKEN_LABEL, ";=?%\xf0\x9f\x98\x80"},
        {"pkcs11:token=12345678901234567890123456789012", SELECTOR_TOKEN_LABEL,
         "12345678901234567890123456789012"},
        {"pkcs11:token=a%20%20", SELECTOR_TOKEN_LABEL, "a"},
        {"pkcs11:token=%2e*", SELECTOR_TOKEN_LABEL, ".*"},
        {"pkcs11:serial=000500001234", SELECTOR_TOKEN_SERIAL, "000500001234"},
        {"pkcs11:manufacturer=piv_II", SELECTOR_TOKEN_MANUFACTURER, "piv_II"},
        {"pkcs11:model=PKCS%2315%20emulated", SELECTOR_TOKEN_MODEL, "PKCS#15 emulated"},
        {"pkcs11:slot-description=a(b)", SELECTOR_SLOT_DESCRIPTION, "a(b)"},
        {"pkcs11:slot-manufacturer=a", SELECTOR_SLOT_MANUFACTURER, "a"},
        {"pkcs11:library-description=a", SELECTOR_LIBRARY_DESCRIPTION, "a"},
        {"pkcs11:library-manufacturer=a", SELECTOR_LIBRARY_MANUFACTURER, "a"},
        {"pkcs11:library-version=2", SELECTOR_LIBRARY_VERSION, "2.0"},
        {"pkcs11:library-version=2.61", SELECTOR_LIBRARY_VERSION, "2.61"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *config;
        const struct selector *selector = load_uri(cases[i].uri, &config);

        assert_int_equal(selector->kind, SELECTOR_ALL);
        assert_int_equal(selector->n_children, 1);
        assert_int_equal(selector->children[0].kind, cases[i].kind);
        assert_int_equal(selector->children[0].position.line, 4);
        assert_true(selector->children[0].from_uri);
        assert_int_equal(selector->children[0].n_patterns, 1);
        assert_pattern(selector->children[0].patterns[0], cases[i].value, strlen(cases[i].value));
        config_destroy(config);
    }
}

static void a_slot_id_is_a_number(void **state)
{
    struct config *config;
    const struct selector *selector = load_uri("pkcs11:slot-id=327", &config);

    (void)state;
    assert_int_equal(selector->children[0].kind, SELECTOR_SLOT_ID);
    assert_int_equal(selector->children[0].numbers[0].number, 327);
    assert_true(selector->children[0].from_uri);
    assert_int_equal(selector->children[0].numbers[0].comparison, COMPARE_EQUAL);
    config_destroy(config);
}

static void id_object_and_type_are_asked_of_one_object(void **state)
{
    struct config *config;
    const struct selector *selector =
        load_uri("pkcs11:token=t;id=%00%ff;object=a%20b;type=private", &config);
    const struct object_reference *object;

    (void)state;
    assert_int_equal(selector->n_children, 2);
    assert_int_equal(selector->children[0].kind, SELECTOR_TOKEN_LABEL);
    assert_int_equal(selector->children[1].kind, SELECTOR_OBJECT);
    object = &selector->children[1].object;
    assert_pattern(object->id, "\0\xff", 2);
    assert_pattern(object->label, "a b", 3);
    assert_true(object->has_class);
    assert_int_equal(object->class, CKO_PRIVATE_KEY);
    config_destroy(config);
}

static void what_a_uri_does_not_name_is_not_asked(void **state)
{
    static const struct {
        const char *uri;
        bool id, label, class;
        CK_OBJECT_CLASS value;
    } cases[] = {
        {"pkcs11:id=%01", true, false, false, 0},
        {"pkcs11:object=a", false, true, false, 0},
        {"pkcs11:type=cert", false, false, true, CKO_CERTIFICATE},
        {"pkcs11:type=public", false, false, true, CKO_PUBLIC_KEY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *config;
        const struct selector *selector = load_uri(cases[i].uri, &config);
        const struct object_reference *object = &selector->children[0].object;

        assert_int_equal(selector->n_children, 1);
        assert_int_equal(object->id != NULL, cases[i].id);
        assert_int_equal(object->label != NULL, cases[i].label);
        assert_int_equal(object->has_class, cases[i].class);
        assert_int_equal(object->class, cases[i].value);
        config_destroy(config);
    }
}

static void whatever_is_no_path_attribute_of_rfc_7512_is_an_error(void **state)
{
    static const struct {
        const char *uri;
        const char *error;
    } cases[] = {
        {"", "expected a URI such as"},
        {"token=a", "expected a URI such as"},
        {"pkcs11", "expected a URI such as"},
        {"pkcs11:", "expected a URI such as"},
        {"pkcs11x:token=a", "expected a URI such as"},
        {"PKCS11:token=a", "expected a URI such as"},
        {"http://token=a", "expected a URI such as"},
        {" pkcs11:token=a", "expected a URI such as"},
        {"pkcs11:token", "no name and value"},
        {"pkcs11:token=", "an empty value in `token`"},
        {"pkcs11:id=", "an empty value in `id`"},
        {"pkcs11:type=", "an empty value in `type`"},
        {"pkcs11:=a", "unknown attribute ``"},
        {"pkcs11:token=a;", "no name and value"},
        {"pkcs11:;token=a", "no name and value"},
        {"pkcs11:token=a;;serial=b", "no name and value"},
        {"pkcs11:token=a;token=a", "a second value in `token`"},
        {"pkcs11:id=%01;object=a;id=%02", "a second value in `id`"},
        {"pkcs11:toke=a",
         "unknown attribute `toke`, expected path attributes of RFC 7512; did you mean `token`?"},
        {"pkcs11:Token=a", "unknown attribute `Token`"},
        {"pkcs11:x-vendor=a", "unknown attribute `x-vendor`"},
        {"pkcs11:object-type=cert", "unknown attribute `object-type`"},
        {"pkcs11:objecttype=cert", "unknown attribute `objecttype`"},
        {"pkcs11:label=a", "unknown attribute `label`"},
        {"pkcs11:pin-value=1234", "unknown attribute `pin-value`"},
        {"pkcs11:pin-source=/a", "stands for nothing there, expected it as %2F"},
        {"pkcs11:pinfile=a", "unknown attribute `pinfile`"},
        {"pkcs11:token=a?pin-value=1234", "query attributes"},
        {"pkcs11:token=a?module-path=/x", "query attributes"},
        {"pkcs11:token=a?", "query attributes"},
        {"pkcs11:?module-name=x", "query attributes"},
        {"pkcs11:token=a b", "expected it as %20"},
        {"pkcs11:token= ab", "expected it as %20"},
        {"pkcs11:token=a/b", "expected it as %2F"},
        {"pkcs11:token=a#b", "expected it as %23"},
        {"pkcs11:token=\xc3\xa9", "expected it as %C3"},
        {"pkcs11:token=a%2", "does not read"},
        {"pkcs11:token=%zz", "does not read"},
        {"pkcs11:token=%", "does not read"},
        {"pkcs11:token=%00", "a NUL character in `token`"},
        {"pkcs11:token=a%00b", "a NUL character in `token`"},
        {"pkcs11:object=%00", "a NUL character in `object`"},
        {"pkcs11:token=123456789012345678901234567890123", "can match nothing"},
        {"pkcs11:serial=12345678901234567", "can match nothing"},
        {"pkcs11:type=data", "`type` that no key has"},
        {"pkcs11:type=secret-key", "`type` that no key has"},
        {"pkcs11:type=privat", "can match nothing"},
        {"pkcs11:slot-id=x", "no number in `slot-id`"},
        {"pkcs11:slot-id=-1", "no number in `slot-id`"},
        {"pkcs11:slot-id=18446744073709551615", "no number in `slot-id`"},
        {"pkcs11:library-version=a", "no version in `library-version`"},
        {"pkcs11:library-version=4294967297", "no version in `library-version`"},
        {"pkcs11:library-version=1.2.3", "does not read"},
        {"pkcs11:library-version=255.255", "does not read"},
        {"pkcs11:library-version=.1", "does not read"},
        {"pkcs11:library-version=1.", "does not read"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        char error[256];

        snprintf(text, sizeof(text), "allow:\n  - uri: \"%s\"\n", cases[i].uri);
        snprintf(error, sizeof(error), "4:10: %s", cases[i].error);
        fixture_expect_policy_errors(text, error);
    }
}

static void a_pin_in_a_uri_does_not_get_into_the_message(void **state)
{
    static const char *const uris[] = {"pkcs11:token=a?pin-value=87654321",
                                       "pkcs11:pin-value=87654321"};

    (void)state;
    for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        struct message_list messages = {0};
        char text[256];

        snprintf(text, sizeof(text), "version: 1\nmodule: a.so\nallow: [{uri: \"%s\"}]\n", uris[i]);
        assert_null(config_load(fixture_crypto(), fixture_write_text("config.yaml", text), false,
                                &messages));
        assert_int_equal(messages.count, 1);
        assert_null(strstr(messages.items[0].text, "8765"));
        message_list_finish(&messages);
    }
}

static void a_percent_sign_in_a_uri_is_its_own(void **state)
{
    struct config *config;
    const struct selector *selector = load_uri("pkcs11:object=%75%25%64", &config);

    (void)state;
    assert_pattern(selector->children[0].object.label, "u%d", 3);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attribute_of_token_slot_and_library_becomes_an_exact_pattern),
        cmocka_unit_test(a_slot_id_is_a_number),
        cmocka_unit_test(id_object_and_type_are_asked_of_one_object),
        cmocka_unit_test(what_a_uri_does_not_name_is_not_asked),
        cmocka_unit_test(whatever_is_no_path_attribute_of_rfc_7512_is_an_error),
        cmocka_unit_test(a_pin_in_a_uri_does_not_get_into_the_message),
        cmocka_unit_test(a_percent_sign_in_a_uri_is_its_own),
    };

    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
