// SPDX-License-Identifier: BSD-2-Clause
// A key has the fingerprint that ssh gives it, and none where ssh has no form for it.
#include "tests/unit/filters_fixture.h"

#include <openssl/evp.h>
#include <stdlib.h>

static void kinds_that_ssh_does_not_know_have_no_fingerprint(void **state)
{
    static const struct {
        const char *group, *name;
        enum key_curve curve;
        size_t signature;
    } kinds[] = {{"secp256k1", "ec", CURVE_SECP256K1, 64}};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *made = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[i].group);
        struct public_key *key = fixture_public_key(made);
        char text[51];

        assert_non_null(key);
        assert_int_equal(key->curve, kinds[i].curve);
        assert_string_equal(public_key_type_name(key), kinds[i].name);
        assert_int_equal(public_key_signature_size(key), kinds[i].signature);
        assert_false(key->has_fingerprint);
        assert_false(public_key_fingerprint_text(key, text));
        assert_null(public_key_ssh_text(key));
        public_key_destroy(key);
        EVP_PKEY_free(made);
    }
}

/* The first public key of RFC 8032, 7.4, in the form of RFC 8709, 4. */
static void an_Ed448_key_has_the_fingerprint_of_its_form_in_RFC_8709(void **state)
{
    static const char line[] =
        "ssh-ed448 AAAACXNzaC1lZDQ0OAAAADlf10SbWbRh/Sznh+xhatRqHaE0JIWnDh+KDqdd"
        "gOlneO3xJHabRscGG9Z4PfHlD2zR+hq+r+glYYA=";
    static const char fingerprint[] = "SHA256:2Nf+H2TZHH0eNaa5fIE/flmM+TA9OFMbJIyEMCRGJbc";
    struct public_key *key = public_key_from_ssh_line(fixture_crypto(), line);
    char text[51], *again;

    (void)state;
    assert_non_null(key);
    assert_int_equal(key->type, CKK_EC_EDWARDS);
    assert_int_equal(key->curve, CURVE_ED448);
    assert_string_equal(public_key_type_name(key), "ed448");
    assert_int_equal(public_key_signature_size(key), 114);
    assert_true(public_key_fingerprint_text(key, text));
    assert_string_equal(text, fingerprint);
    again = public_key_ssh_text(key);
    assert_string_equal(again, line);
    free(again);
    public_key_destroy(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_that_ssh_does_not_know_have_no_fingerprint),
        cmocka_unit_test(an_Ed448_key_has_the_fingerprint_of_its_form_in_RFC_8709),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
