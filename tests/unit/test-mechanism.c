// SPDX-License-Identifier: BSD-2-Clause
// The mechanisms that the presets ssh and read-only let through, what a configuration leaves of
// them, and nothing beside.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "common/constants.h"
#include "filters/mechanism.h"

enum { NO_KEY = 0x7fff };

enum { ALL_OF_RSA = MECHANISM_SIGN | MECHANISM_RECOVER | MECHANISM_ENCRYPT };

static CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
static CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};

static const struct {
    CK_MECHANISM_TYPE type;
    unsigned ssh, read_only; /* uses */
    CK_KEY_TYPE key;         /* NO_KEY: a digest */
    CK_MECHANISM_TYPE hash;  /* of the parameters of PSS; 0: it takes none */
} permitted[] = {
    {CKM_SHA_1, MECHANISM_DIGEST, MECHANISM_DIGEST, NO_KEY, 0},
    {CKM_SHA224, MECHANISM_DIGEST, MECHANISM_DIGEST, NO_KEY, 0},
    {CKM_SHA256, MECHANISM_DIGEST, MECHANISM_DIGEST, NO_KEY, 0},
    {CKM_SHA384, MECHANISM_DIGEST, MECHANISM_DIGEST, NO_KEY, 0},
    {CKM_SHA512, MECHANISM_DIGEST, MECHANISM_DIGEST, NO_KEY, 0},
    {CKM_RSA_PKCS, MECHANISM_SIGN | MECHANISM_RECOVER, ALL_OF_RSA, CKK_RSA, 0},
    {CKM_RSA_X_509, 0, ALL_OF_RSA, CKK_RSA, 0},
    {CKM_RSA_PKCS_OAEP, 0, MECHANISM_ENCRYPT, CKK_RSA, 0},
    {CKM_SHA1_RSA_PKCS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA224_RSA_PKCS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA256_RSA_PKCS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA384_RSA_PKCS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA512_RSA_PKCS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_RSA_PKCS_PSS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, CKM_SHA256},
    {CKM_SHA1_RSA_PKCS_PSS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, CKM_SHA_1},
    {CKM_SHA224_RSA_PKCS_PSS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, CKM_SHA224},
    {CKM_SHA256_RSA_PKCS_PSS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, CKM_SHA256},
    {CKM_SHA384_RSA_PKCS_PSS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, CKM_SHA384},
    {CKM_SHA512_RSA_PKCS_PSS, MECHANISM_SIGN, MECHANISM_SIGN, CKK_RSA, CKM_SHA512},
    {CKM_ECDSA, MECHANISM_SIGN, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA1, MECHANISM_SIGN, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA224, MECHANISM_SIGN, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA256, MECHANISM_SIGN, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA384, MECHANISM_SIGN, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA512, MECHANISM_SIGN, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_EDDSA, MECHANISM_SIGN, MECHANISM_SIGN, CKK_EC_EDWARDS, 0},
};

enum { N_PERMITTED = sizeof(permitted) / sizeof(permitted[0]) };

static const enum mechanism_use all_uses[] = {MECHANISM_DIGEST, MECHANISM_SIGN, MECHANISM_RECOVER,
                                              MECHANISM_ENCRYPT};

static unsigned uses_of(size_t i, enum preset preset)
{
    return preset == PRESET_SSH ? permitted[i].ssh : permitted[i].read_only;
}

/* With parameters as they should be. */
static CK_MECHANISM good(size_t i)
{
    pss.hashAlg = permitted[i].hash;
    if (permitted[i].hash != 0)
        return (CK_MECHANISM){permitted[i].type, &pss, sizeof(pss)};
    if (permitted[i].type == CKM_RSA_PKCS_OAEP)
        return (CK_MECHANISM){permitted[i].type, &oaep, sizeof(oaep)};
    return (CK_MECHANISM){permitted[i].type, NULL, 0};
}

static size_t index_of(CK_MECHANISM_TYPE type)
{
    size_t i = 0;

    while (i < N_PERMITTED && permitted[i].type != type)
        i++;
    return i;
}

/* All numbers of the standard, and the vendors' first ones; deriving, wrapping and making keys
 * among them. */
static void what_is_not_in_the_list_is_refused_for_every_use(void **state)
{
    (void)state;
    for (CK_MECHANISM_TYPE n = 0; n < 0x6000; n++) {
        CK_MECHANISM_TYPE type = n < 0x5000 ? n : CKM_VENDOR_DEFINED | (n - 0x5000);
        const CK_MECHANISM mechanism = {type, NULL, 0};
        size_t i = index_of(type);

        for (enum preset preset = PRESET_SSH; preset <= PRESET_READ_ONLY; preset++) {
            bool known = i < N_PERMITTED && uses_of(i, preset) != 0;

            assert_int_equal(mechanism_known(preset, type), known);
            for (size_t j = 0; !known && j < 4; j++)
                assert_int_equal(mechanism_check(preset, &mechanism, all_uses[j]),
                                 CKR_MECHANISM_INVALID);
        }
        if (i == N_PERMITTED) {
            assert_false(mechanism_fits_key(type, CKK_RSA));
            assert_false(mechanism_fits_key(type, CKK_EC));
        }
    }
    assert_false(mechanism_known(PRESET_SSH, CKM_RSA_X_509)); /* a raw operation decrypts */
    assert_false(mechanism_known(PRESET_READ_ONLY, CK_UNAVAILABLE_INFORMATION));
}

static void a_mechanism_is_for_its_uses_and_its_kind_of_key_alone(void **state)
{
    static const CK_KEY_TYPE keys[] = {CKK_RSA, CKK_DSA, CKK_EC, CKK_EC_EDWARDS, CKK_AES, NO_KEY};

    (void)state;
    for (size_t i = 0; i < N_PERMITTED; i++) {
        const CK_MECHANISM mechanism = good(i);

        for (enum preset preset = PRESET_SSH; preset <= PRESET_READ_ONLY; preset++) {
            for (size_t j = 0; j < 4; j++)
                assert_int_equal(mechanism_check(preset, &mechanism, all_uses[j]),
                                 (uses_of(i, preset) & all_uses[j]) != 0 ? CKR_OK
                                                                         : CKR_MECHANISM_INVALID);
        }
        for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
            assert_int_equal(mechanism_fits_key(permitted[i].type, keys[j]),
                             permitted[i].key != NO_KEY && keys[j] == permitted[i].key);
    }
}

/* A digest has no key: type 0 is CKK_RSA. */
static void a_digest_fits_no_key(void **state)
{
    (void)state;
    for (CK_KEY_TYPE key = 0; key < 0x80; key++)
        assert_false(mechanism_fits_key(CKM_SHA256, key));
}

static CK_RV check_any_use(const CK_MECHANISM *mechanism, size_t i)
{
    unsigned uses = permitted[i].read_only;

    return mechanism_check(PRESET_READ_ONLY, mechanism, (enum mechanism_use)(uses & -uses));
}

static void parameters_have_the_one_size_that_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PERMITTED; i++) {
        CK_MECHANISM mechanism = good(i);
        CK_ULONG right = mechanism.ulParameterLen;

        mechanism.pParameter = right > 0 ? mechanism.pParameter : &oaep;
        for (CK_ULONG size = 0; size <= 2 * sizeof(oaep); size++) {
            mechanism.ulParameterLen = size;
            assert_int_equal(check_any_use(&mechanism, i),
                             size == right ? CKR_OK : CKR_MECHANISM_PARAM_INVALID);
        }
        mechanism.ulParameterLen = (CK_ULONG)-1;
        assert_int_equal(check_any_use(&mechanism, i), CKR_MECHANISM_PARAM_INVALID);
        mechanism = (CK_MECHANISM){permitted[i].type, NULL, right};
        assert_int_equal(check_any_use(&mechanism, i),
                         right == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID);
    }
}

static void parameters_of_PSS_are_those_that_can_be_meant(void **state)
{
    static const CK_RSA_PKCS_PSS_PARAMS wrong[] = {
        {CKM_SHA384, CKG_MGF1_SHA256, 32}, /* another hash than the mechanism's */
        {CKM_MD5, CKG_MGF1_SHA256, 32},
        {CKM_SHA256, 0, 32},
        {CKM_SHA256, 77, 32},
        {CKM_SHA256, CKG_MGF1_SHA256, 100000},
        {CKM_SHA256, CKG_MGF1_SHA256, (CK_ULONG)-1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CK_RSA_PKCS_PSS_PARAMS copy = wrong[i];
        const CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS_PSS, &copy, sizeof(copy)};

        assert_int_equal(mechanism_check(PRESET_SSH, &mechanism, MECHANISM_SIGN),
                         CKR_MECHANISM_PARAM_INVALID);
    }
}

static void parameters_of_OAEP_are_those_that_can_be_meant(void **state)
{
    static unsigned char label[5000];
    static const CK_RSA_PKCS_OAEP_PARAMS wrong[] = {
        {CKM_MD5, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0},
        {CKM_SHA256, 77, CKZ_DATA_SPECIFIED, NULL, 0},
        {CKM_SHA256, CKG_MGF1_SHA256, 2, NULL, 0},
        {CKM_SHA256, CKG_MGF1_SHA256, 0, label, 8},
        {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 8},
        {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, label, sizeof(label)},
    };
    static const CK_RSA_PKCS_OAEP_PARAMS right[] = {
        {CKM_SHA_1, CKG_MGF1_SHA1, 0, NULL, 0},
        {CKM_SHA256, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, label, 8},
    };
    CK_RSA_PKCS_OAEP_PARAMS copy;
    const CK_MECHANISM mechanism = {CKM_RSA_PKCS_OAEP, &copy, sizeof(copy)};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        copy = wrong[i];
        assert_int_equal(mechanism_check(PRESET_READ_ONLY, &mechanism, MECHANISM_ENCRYPT),
                         CKR_MECHANISM_PARAM_INVALID);
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        copy = right[i];
        assert_int_equal(mechanism_check(PRESET_READ_ONLY, &mechanism, MECHANISM_ENCRYPT), CKR_OK);
    }
}

static void the_flags_that_stay_are_those_of_the_preset(void **state)
{
    static const CK_FLAGS never =
        CKF_GENERATE | CKF_GENERATE_KEY_PAIR | CKF_WRAP | CKF_UNWRAP | CKF_DERIVE;
    static const CK_FLAGS not_ssh = CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN_RECOVER;
    static const CK_FLAGS always = CKF_HW | CKF_DIGEST | CKF_SIGN | CKF_VERIFY;

    (void)state;
    assert_int_equal(mechanism_flags(PRESET_SSH, never | not_ssh | always), always);
    assert_int_equal(mechanism_flags(PRESET_READ_ONLY, never | not_ssh | always), not_ssh | always);
    assert_int_equal(mechanism_flags(PRESET_SSH, (CK_FLAGS)-1) & (never | not_ssh), 0);
    assert_int_equal(mechanism_flags(PRESET_READ_ONLY, (CK_FLAGS)-1) & never, 0);
    assert_int_equal(mechanism_flags(PRESET_SSH, 0), 0);
}

/* Names separated by 0; limited: allow holds them, else deny. */
static struct access access_of(bool limited, const CK_MECHANISM_TYPE *types)
{
    struct access access = {.limited = limited};

    for (; *types != CK_UNAVAILABLE_INFORMATION; types++)
        assert_true(
            access_list_add(limited ? &access.allow : &access.deny, *types, (struct position){0}));
    return access;
}

#define TYPES(...) ((const CK_MECHANISM_TYPE[]){__VA_ARGS__, CK_UNAVAILABLE_INFORMATION})

static bool permits(bool limited, const CK_MECHANISM_TYPE *types, CK_MECHANISM mechanism)
{
    struct access access = access_of(limited, types);
    bool result = mechanism_permitted(&access, &mechanism);

    access_finish(&access);
    return result;
}

static CK_MECHANISM plain(CK_MECHANISM_TYPE type)
{
    return (CK_MECHANISM){type, NULL, 0};
}

static CK_MECHANISM with_pss(CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE hash,
                             CK_RSA_PKCS_MGF_TYPE mgf)
{
    pss = (CK_RSA_PKCS_PSS_PARAMS){hash, mgf, 20};
    return (CK_MECHANISM){type, &pss, sizeof(pss)};
}

static CK_MECHANISM with_oaep(CK_MECHANISM_TYPE hash, CK_RSA_PKCS_MGF_TYPE mgf)
{
    oaep = (CK_RSA_PKCS_OAEP_PARAMS){hash, mgf, CKZ_DATA_SPECIFIED, NULL, 0};
    return (CK_MECHANISM){CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep)};
}

static void a_denied_hash_denies_every_mechanism_that_uses_it(void **state)
{
    const CK_MECHANISM_TYPE *sha1 = TYPES(CKM_SHA_1);

    (void)state;
    assert_false(permits(false, sha1, plain(CKM_SHA_1)));
    assert_false(permits(false, sha1, plain(CKM_SHA1_RSA_PKCS)));
    assert_false(permits(false, sha1, plain(CKM_ECDSA_SHA1)));
    assert_false(permits(false, sha1, with_pss(CKM_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA256)));
    assert_false(permits(false, sha1, with_pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA1)));
    assert_false(
        permits(false, sha1, with_pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA1)));
    assert_false(permits(false, sha1, with_oaep(CKM_SHA_1, CKG_MGF1_SHA256)));
    assert_false(permits(false, sha1, with_oaep(CKM_SHA256, CKG_MGF1_SHA1)));
    assert_true(permits(false, sha1, with_oaep(CKM_SHA256, CKG_MGF1_SHA256)));
    assert_true(permits(false, sha1, with_pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256)));
    assert_true(permits(false, sha1, plain(CKM_SHA256_RSA_PKCS)));
    assert_true(permits(false, sha1, plain(CKM_RSA_PKCS)));
    assert_true(permits(false, sha1, plain(CKM_EDDSA)));
}

static void what_is_not_allowed_is_denied(void **state)
{
    const CK_MECHANISM_TYPE *named = TYPES(CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS);
    const CK_MECHANISM_TYPE *raw = TYPES(CKM_RSA_PKCS_PSS, CKM_SHA256);

    (void)state;
    assert_true(permits(true, named, plain(CKM_SHA256_RSA_PKCS)));
    assert_true(
        permits(true, named, with_pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256)));
    assert_false(
        permits(true, named, with_pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA1)));
    assert_false(permits(true, named, plain(CKM_SHA256)));
    assert_false(permits(true, named, plain(CKM_SHA512_RSA_PKCS)));
    assert_false(permits(true, named, plain(CKM_RSA_PKCS)));
    assert_true(permits(true, raw, with_pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256)));
    assert_false(permits(true, raw, with_pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA512)));
    assert_false(permits(true, raw, with_pss(CKM_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA256)));
    assert_false(permits(true, TYPES(CKM_RSA_PKCS_OAEP), with_oaep(CKM_SHA_1, CKG_MGF1_SHA1)));
}

static void digests_are_those_of_names_and_parameters(void **state)
{
    struct access sha256 = access_of(true, TYPES(CKM_SHA256)), none = {0};
    static const CK_MECHANISM_TYPE refused[] = {CKM_SHA512_RSA_PKCS, CKM_SHA1_RSA_PKCS,
                                                CKM_ECDSA_SHA384, CKM_RSA_X_509};
    static const CK_MECHANISM_TYPE fine[] = {CKM_SHA256_RSA_PKCS, CKM_ECDSA_SHA256, CKM_RSA_PKCS,
                                             CKM_ECDSA, CKM_EDDSA};
    CK_MECHANISM mechanism;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        mechanism = plain(refused[i]);
        assert_false(mechanism_digest_permitted(&sha256, &mechanism));
        assert_true(mechanism_digest_permitted(&none, &mechanism));
    }
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        mechanism = plain(fine[i]);
        assert_true(mechanism_digest_permitted(&sha256, &mechanism));
    }
    mechanism = with_pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256);
    assert_true(mechanism_digest_permitted(&sha256, &mechanism));
    mechanism = with_pss(CKM_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA256);
    assert_false(mechanism_digest_permitted(&sha256, &mechanism));
    mechanism = with_pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA512);
    assert_false(mechanism_digest_permitted(&sha256, &mechanism));
    access_finish(&sha256);
}

/* The DigestInfo of that hash: its OID's last byte and length. */
static size_t make_info(unsigned char last, unsigned char size, unsigned char *out)
{
    const unsigned char head[] = {0x30, (unsigned char)(0x11 + size),
                                  0x30, 0x0d,
                                  0x06, 0x09,
                                  0x60, 0x86,
                                  0x48, 0x01,
                                  0x65, 0x03,
                                  0x04, 0x02,
                                  last, 0x05,
                                  0x00, 0x04,
                                  size};

    memcpy(out, head, sizeof(head));
    memset(out + sizeof(head), 0x11, size);
    return sizeof(head) + size;
}

static void digests_are_those_of_the_data_where_it_is_a_hash(void **state)
{
    struct access sha256 = access_of(true, TYPES(CKM_SHA256)), none = {0};
    unsigned char data[128] = {0};
    size_t size = make_info(1, 32, data);

    (void)state;
    assert_true(mechanism_data_permitted(&sha256, CKM_RSA_PKCS, data, size));
    assert_false(mechanism_data_permitted(&sha256, CKM_RSA_PKCS, data, size + 1));
    assert_false(mechanism_data_permitted(&sha256, CKM_RSA_PKCS, data, 36)); /* of TLS 1.0 */
    assert_false(mechanism_data_permitted(&sha256, CKM_RSA_PKCS, data, 32));
    assert_false(mechanism_data_permitted(&sha256, CKM_RSA_PKCS, NULL, 0));
    assert_true(mechanism_data_permitted(&none, CKM_RSA_PKCS, data, 36));
    size = make_info(3, 64, data);
    assert_false(mechanism_data_permitted(&sha256, CKM_RSA_PKCS, data, size));
    assert_true(mechanism_data_permitted(&none, CKM_RSA_PKCS, data, size));
    for (size = 0; size <= sizeof(data); size++) {
        assert_int_equal(mechanism_data_permitted(&sha256, CKM_ECDSA, data, size), size == 32);
        assert_true(mechanism_data_permitted(&none, CKM_ECDSA, data, size));
        assert_true(mechanism_data_permitted(&sha256, CKM_EDDSA, data, size));
        assert_true(mechanism_data_permitted(&sha256, CKM_SHA256_RSA_PKCS, data, size));
    }
    access_finish(&sha256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_in_the_list_is_refused_for_every_use),
        cmocka_unit_test(a_mechanism_is_for_its_uses_and_its_kind_of_key_alone),
        cmocka_unit_test(a_digest_fits_no_key),
        cmocka_unit_test(parameters_have_the_one_size_that_is_understood),
        cmocka_unit_test(parameters_of_PSS_are_those_that_can_be_meant),
        cmocka_unit_test(parameters_of_OAEP_are_those_that_can_be_meant),
        cmocka_unit_test(the_flags_that_stay_are_those_of_the_preset),
        cmocka_unit_test(a_denied_hash_denies_every_mechanism_that_uses_it),
        cmocka_unit_test(what_is_not_allowed_is_denied),
        cmocka_unit_test(digests_are_those_of_names_and_parameters),
        cmocka_unit_test(digests_are_those_of_the_data_where_it_is_a_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
