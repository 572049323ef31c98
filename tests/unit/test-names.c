// SPDX-License-Identifier: BSD-2-Clause
// The names of constants are those of the standard, and there is always one to print.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "common/names.h"

#define SAME(function, constant) assert_string_equal(function(constant), #constant)

static void constants_have_the_names_of_the_standard(void **state)
{
    (void)state;
    SAME(name_of_rv, CKR_OK);
    SAME(name_of_rv, CKR_PIN_INCORRECT);
    SAME(name_of_rv, CKR_CRYPTOKI_ALREADY_INITIALIZED);
    SAME(name_of_rv, CKR_FUNCTION_REJECTED);
    SAME(name_of_mechanism, CKM_RSA_PKCS_KEY_PAIR_GEN);
    SAME(name_of_mechanism, CKM_RSA_PKCS);
    SAME(name_of_mechanism, CKM_ECDSA);
    SAME(name_of_mechanism, CKM_EDDSA);
    SAME(name_of_mechanism, CKM_EC_KEY_PAIR_GEN);
    SAME(name_of_attribute, CKA_CLASS);
    SAME(name_of_attribute, CKA_ID);
    SAME(name_of_attribute, CKA_EC_PARAMS);
    SAME(name_of_attribute, CKA_EC_POINT);
    SAME(name_of_attribute, CKA_ALWAYS_AUTHENTICATE);
    SAME(name_of_attribute, CKA_WRAP_TEMPLATE);
    SAME(name_of_attribute, CKA_UNWRAP_TEMPLATE);
    SAME(name_of_attribute, CKA_ALLOWED_MECHANISMS);
    SAME(name_of_class, CKO_DATA);
    SAME(name_of_class, CKO_PRIVATE_KEY);
    SAME(name_of_class, CKO_OTP_KEY);
}

static void what_is_not_in_the_table_has_a_name_all_the_same(void **state)
{
    static const CK_ULONG unknown[] = {0x7ffffff0, 0x80000000, CK_UNAVAILABLE_INFORMATION};

    (void)state;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_string_equal(name_of_rv(unknown[i]), "CKR_?");
        assert_string_equal(name_of_mechanism(unknown[i]), "CKM_?");
        assert_string_equal(name_of_attribute(unknown[i]), "CKA_?");
        assert_string_equal(name_of_class(unknown[i]), "CKO_?");
    }
}

static void mechanisms_are_found_by_the_names_that_they_are_shown_by(void **state)
{
    size_t count;
    const char *const *names = mechanism_names(&count);
    CK_MECHANISM_TYPE type;
    CK_MECHANISM_TYPE again;

    (void)state;
    assert_true(count > 400);
    for (size_t i = 0; i < count; i++) {
        assert_true(mechanism_of_name(names[i], &type));
        assert_true(mechanism_of_name(name_of_mechanism(type), &again));
        assert_int_equal(type, again);
    }
    assert_true(mechanism_of_name("CKM_RSA_PKCS_PSS", &type));
    assert_int_equal(type, CKM_RSA_PKCS_PSS);
    assert_true(mechanism_of_name("CKM_SHA3_256", &type));
    assert_int_equal(type, 0x2b0);
    assert_false(mechanism_of_name("ckm_ecdsa", &type));
    assert_false(mechanism_of_name("", &type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_have_the_names_of_the_standard),
        cmocka_unit_test(what_is_not_in_the_table_has_a_name_all_the_same),
        cmocka_unit_test(mechanisms_are_found_by_the_names_that_they_are_shown_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
