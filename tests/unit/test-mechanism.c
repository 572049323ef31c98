// SPDX-License-Identifier: BSD-2-Clause
// The mechanisms that the preset ssh lets through, and nothing beside them.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "common/constants.h"
#include "filters/mechanism.h"

enum { NO_KEY = 0x7fff };

static const struct {
    CK_MECHANISM_TYPE type;
    enum mechanism_use use;
    CK_KEY_TYPE key; /* NO_KEY: a digest */
    bool takes_pss;
} permitted[] = {
    {CKM_SHA_1, MECHANISM_DIGEST, NO_KEY, false},
    {CKM_SHA224, MECHANISM_DIGEST, NO_KEY, false},
    {CKM_SHA256, MECHANISM_DIGEST, NO_KEY, false},
    {CKM_SHA384, MECHANISM_DIGEST, NO_KEY, false},
    {CKM_SHA512, MECHANISM_DIGEST, NO_KEY, false},
    {CKM_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, false},
    {CKM_SHA1_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, false},
    {CKM_SHA224_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, false},
    {CKM_SHA256_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, false},
    {CKM_SHA384_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, false},
    {CKM_SHA512_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, false},
    {CKM_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, true},
    {CKM_SHA1_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, true},
    {CKM_SHA224_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, true},
    {CKM_SHA256_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, true},
    {CKM_SHA384_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, true},
    {CKM_SHA512_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, true},
    {CKM_ECDSA, MECHANISM_SIGN, CKK_EC, false},
    {CKM_ECDSA_SHA1, MECHANISM_SIGN, CKK_EC, false},
    {CKM_ECDSA_SHA224, MECHANISM_SIGN, CKK_EC, false},
    {CKM_ECDSA_SHA256, MECHANISM_SIGN, CKK_EC, false},
    {CKM_ECDSA_SHA384, MECHANISM_SIGN, CKK_EC, false},
    {CKM_ECDSA_SHA512, MECHANISM_SIGN, CKK_EC, false},
    {CKM_EDDSA, MECHANISM_SIGN, CKK_EC_EDWARDS, false},
};

enum { N_PERMITTED = sizeof(permitted) / sizeof(permitted[0]) };

static bool is_permitted(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < N_PERMITTED; i++) {
        if (permitted[i].type == type)
            return true;
    }
    return false;
}

/* All numbers of the standard, and the vendors' first ones; decrypting, deriving, wrapping and
 * making keys among them. */
static void what_is_not_in_the_list_is_refused_for_every_use(void **state)
{
    (void)state;
    for (CK_MECHANISM_TYPE i = 0; i < 0x6000; i++) {
        CK_MECHANISM_TYPE type = i < 0x5000 ? i : CKM_VENDOR_DEFINED | (i - 0x5000);
        const CK_MECHANISM mechanism = {type, NULL, 0};

        assert_int_equal(mechanism_known(type), is_permitted(type));
        if (is_permitted(type))
            continue;
        assert_int_equal(mechanism_check(&mechanism, MECHANISM_DIGEST), CKR_MECHANISM_INVALID);
        assert_int_equal(mechanism_check(&mechanism, MECHANISM_SIGN), CKR_MECHANISM_INVALID);
        assert_false(mechanism_fits_key(type, CKK_RSA));
        assert_false(mechanism_fits_key(type, CKK_EC));
    }
    assert_false(mechanism_known(CKM_RSA_X_509)); /* a raw operation decrypts */
    assert_false(mechanism_known(CK_UNAVAILABLE_INFORMATION));
}

static void a_mechanism_is_for_its_use_and_its_kind_of_key_alone(void **state)
{
    static const CK_KEY_TYPE keys[] = {CKK_RSA, CKK_DSA, CKK_EC, CKK_EC_EDWARDS, CKK_AES, NO_KEY};

    (void)state;
    for (size_t i = 0; i < N_PERMITTED; i++) {
        const CK_MECHANISM mechanism = {permitted[i].type, NULL, 0};
        bool digests = permitted[i].use == MECHANISM_DIGEST;

        assert_int_equal(mechanism_check(&mechanism, MECHANISM_DIGEST),
                         digests ? CKR_OK : CKR_MECHANISM_INVALID);
        assert_int_equal(mechanism_check(&mechanism, MECHANISM_SIGN),
                         digests ? CKR_MECHANISM_INVALID : CKR_OK);
        for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
            assert_int_equal(mechanism_fits_key(permitted[i].type, keys[j]),
                             !digests && keys[j] == permitted[i].key);
    }
}

/* A digest has no key: type 0 is CKK_RSA. */
static void a_digest_fits_no_key(void **state)
{
    (void)state;
    for (CK_KEY_TYPE key = 0; key < 0x80; key++)
        assert_false(mechanism_fits_key(CKM_SHA256, key));
}

static void parameters_have_the_one_size_that_is_understood(void **state)
{
    CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};

    (void)state;
    for (size_t i = 0; i < N_PERMITTED; i++) {
        for (CK_ULONG size = 0; size <= 2 * sizeof(pss); size++) {
            CK_MECHANISM mechanism = {permitted[i].type, &pss, size};
            bool fine = size == 0 || (permitted[i].takes_pss && size == sizeof(pss));

            assert_int_equal(mechanism_check(&mechanism, permitted[i].use),
                             fine ? CKR_OK : CKR_MECHANISM_PARAM_INVALID);
            mechanism.pParameter = NULL;
            assert_int_equal(mechanism_check(&mechanism, permitted[i].use),
                             size == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID);
        }
        const CK_MECHANISM huge = {permitted[i].type, &pss, (CK_ULONG)-1};
        assert_int_equal(mechanism_check(&huge, permitted[i].use), CKR_MECHANISM_PARAM_INVALID);
    }
}

static void the_flags_that_stay_are_those_of_digesting_signing_and_verifying(void **state)
{
    static const CK_FLAGS gone = CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN_RECOVER | CKF_GENERATE |
                                 CKF_GENERATE_KEY_PAIR | CKF_WRAP | CKF_UNWRAP | CKF_DERIVE;
    static const CK_FLAGS stay = CKF_HW | CKF_DIGEST | CKF_SIGN | CKF_VERIFY;

    (void)state;
    assert_int_equal(mechanism_flags(gone), 0);
    assert_int_equal(mechanism_flags(stay), stay);
    assert_int_equal(mechanism_flags(gone | stay), stay);
    assert_int_equal(mechanism_flags((CK_FLAGS)-1) & gone, 0);
    assert_int_equal(mechanism_flags(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_in_the_list_is_refused_for_every_use),
        cmocka_unit_test(a_mechanism_is_for_its_use_and_its_kind_of_key_alone),
        cmocka_unit_test(a_digest_fits_no_key),
        cmocka_unit_test(parameters_have_the_one_size_that_is_understood),
        cmocka_unit_test(the_flags_that_stay_are_those_of_digesting_signing_and_verifying),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
