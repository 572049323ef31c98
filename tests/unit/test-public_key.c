// SPDX-License-Identifier: BSD-2-Clause
// One key is one key, whatever form a token gives it in; what is no key is none.
#include "tests/unit/filters_fixture.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>
#include "tests/unit/decoded_key.h"

static struct public_key *from_list(const struct attributes *list)
{
    return public_key_from_attributes(fixture_crypto(), list);
}

static void set(struct attributes *list, CK_ATTRIBUTE_TYPE type, const void *value, size_t size)
{
    assert_true(attributes_set(list, type, value, size));
}

static const CK_ATTRIBUTE *value_of(const struct public_key *key, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *value = attributes_find_filled(&key->attributes, type);

    assert_non_null(value);
    return value;
}

static void copy(struct attributes *list, const struct public_key *key, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *value = value_of(key, type);
    set(list, type, value->pValue, value->ulValueLen);
}

/* The list must tell the expected key, in every detail; it is emptied. */
static void expect_key(struct attributes *list, const struct public_key *expected, const char *what)
{
    struct public_key *key = from_list(list);

    if (key == NULL)
        fail_msg("no key: %s", what);
    if (!public_key_equal(key, expected) || key->curve != expected->curve ||
        key->bits != expected->bits || key->has_fingerprint != expected->has_fingerprint ||
        memcmp(key->fingerprint, expected->fingerprint, sizeof(key->fingerprint)) != 0 ||
        key->attributes.count != expected->attributes.count ||
        !attributes_match(&key->attributes, expected->attributes.items, expected->attributes.count))
        fail_msg("another key: %s", what);
    public_key_destroy(key);
    attributes_finish(list);
}

static void expect_none(struct attributes *list, const char *what)
{
    struct public_key *key = from_list(list);

    if (key != NULL)
        fail_msg("a key: %s", what);
    attributes_finish(list);
}

/* The point without the OCTET STRING around it: 04 X Y of Weierstrass curves. */
static const unsigned char *raw_point(const struct public_key *key, size_t *size)
{
    const CK_ATTRIBUTE *value = value_of(key, CKA_EC_POINT);
    const unsigned char *bytes = value->pValue;
    size_t head = bytes[1] == 0x81 ? 3 : 2;

    assert_int_equal(bytes[0], 0x04);
    *size = value->ulValueLen - head;
    return bytes + head;
}

static void a_key_knows_its_type_curve_and_size(void **state)
{
    static const struct {
        enum fixture_key which;
        CK_KEY_TYPE type;
        enum key_curve curve;
        const char *name;
        size_t signature;
    } examples[] = {
        {RSA_A, CKK_RSA, CURVE_NONE, "rsa", 256},
        {RSA_C, CKK_RSA, CURVE_NONE, "rsa", 384},
        {P256_A, CKK_EC, CURVE_P256, "ec", 64},
        {P384_A, CKK_EC, CURVE_P384, "ec", 96},
        {P521_A, CKK_EC, CURVE_P521, "ec", 132},
        {ED25519_A, CKK_EC_EDWARDS, CURVE_ED25519, "ed25519", 64},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct public_key *key = fixture_key(examples[i].which);
        CK_ULONG type = 0;

        assert_int_equal(key->type, examples[i].type);
        assert_int_equal(key->curve, examples[i].curve);
        assert_int_equal(key->bits, fixture_vector(examples[i].which)->bits);
        assert_string_equal(public_key_type_name(key), examples[i].name);
        assert_int_equal(public_key_signature_size(key), examples[i].signature);
        assert_true(attributes_ulong(&key->attributes, CKA_KEY_TYPE, &type));
        assert_int_equal(type, examples[i].type);
    }
}

static void only_the_same_key_is_equal(void **state)
{
    (void)state;
    for (enum fixture_key a = RSA_A; a < N_FIXTURE_KEYS; a++) {
        for (enum fixture_key b = RSA_A; b < N_FIXTURE_KEYS; b++)
            assert_int_equal(public_key_equal(fixture_key(a), fixture_key(b)), a == b);
    }
}

static void the_subject_public_key_info_is_as_openssl_writes_it(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        const CK_ATTRIBUTE *info = value_of(fixture_key(i), CKA_PUBLIC_KEY_INFO);
        const unsigned char *at = info->pValue;
        EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)info->ulValueLen);
        unsigned char *der = NULL;

        assert_non_null(key);
        assert_int_equal(i2d_PUBKEY(key, &der), info->ulValueLen);
        assert_memory_equal(der, info->pValue, info->ulValueLen);
        OPENSSL_free(der);
        EVP_PKEY_free(key);
    }
}

static void an_rsa_key_without_exponent_is_none(void **state)
{
    static const unsigned char spki[] = {0x30, 0x1a, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                         0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x09, 0x00,
                                         0x30, 0x06, 0x02, 0x01, 0x03, 0x02, 0x01, 0x00};
    unsigned char with_one[sizeof(spki)];
    struct public_key *key;

    (void)state;
    assert_null(public_key_from_spki(fixture_crypto(), spki, sizeof(spki)));
    memcpy(with_one, spki, sizeof(spki));
    with_one[sizeof(spki) - 1] = 3;
    key = public_key_from_spki(fixture_crypto(), with_one, sizeof(with_one));
    assert_non_null(key);
    public_key_destroy(key);
}

static void the_hash_is_that_of_the_subject_public_key_info(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        const struct public_key *key = fixture_key(i);
        const CK_ATTRIBUTE *info = value_of(key, CKA_PUBLIC_KEY_INFO);
        uint8_t hash[SHA256_DIGEST_LENGTH];
        struct public_key *again =
            public_key_from_spki(fixture_crypto(), info->pValue, info->ulValueLen);

        SHA256(info->pValue, info->ulValueLen, hash);
        assert_memory_equal(key->spki_hash, hash, sizeof(hash));
        assert_non_null(again);
        assert_true(public_key_equal(again, key));
        public_key_destroy(again);
    }
}

static void attributes_in_the_standard_s_form_come_out_as_they_went_in(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        struct attributes list = {0};

        assert_true(attributes_copy(&list, &fixture_key(i)->attributes));
        expect_key(&list, fixture_key(i), fixture_vector(i)->name);
    }
}

static void a_key_is_told_by_its_values_or_by_its_info_alone(void **state)
{
    static const CK_ATTRIBUTE_TYPE values[] = {CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS,
                                               CKA_EC_POINT};

    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        const struct public_key *key = fixture_key(i);
        struct attributes list = {0};
        size_t first = i <= RSA_C ? 0 : 2;

        copy(&list, key, values[first]);
        copy(&list, key, values[first + 1]);
        expect_key(&list, key, fixture_vector(i)->name);
        copy(&list, key, CKA_PUBLIC_KEY_INFO);
        expect_key(&list, key, fixture_vector(i)->name);
    }
}

static void an_empty_attribute_is_an_absent_one(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        const struct public_key *key = fixture_key(i);
        struct attributes list = {0};

        assert_true(attributes_copy(&list, &key->attributes));
        set(&list, i <= RSA_C ? CKA_MODULUS : CKA_EC_POINT, NULL, 0);
        expect_key(&list, key, fixture_vector(i)->name);
        assert_true(attributes_copy(&list, &key->attributes));
        set(&list, CKA_PUBLIC_KEY_INFO, NULL, 0);
        expect_key(&list, key, fixture_vector(i)->name);
        assert_true(attributes_copy(&list, &key->attributes));
        set(&list, CKA_PUBLIC_KEY_INFO, NULL, 0);
        set(&list, i <= RSA_C ? CKA_MODULUS : CKA_EC_POINT, NULL, 0);
        expect_none(&list, fixture_vector(i)->name);
    }
}

static void zeros_before_a_number_change_nothing(void **state)
{
    const struct public_key *key = fixture_key(RSA_A);
    const CK_ATTRIBUTE *modulus = value_of(key, CKA_MODULUS);
    const CK_ATTRIBUTE *exponent = value_of(key, CKA_PUBLIC_EXPONENT);
    unsigned char bytes[300] = {0};

    (void)state;
    for (size_t zeros = 1; zeros < 4; zeros++) {
        struct attributes list = {0};

        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes + zeros, modulus->pValue, modulus->ulValueLen);
        set(&list, CKA_MODULUS, bytes, modulus->ulValueLen + zeros);
        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes + zeros, exponent->pValue, exponent->ulValueLen);
        set(&list, CKA_PUBLIC_EXPONENT, bytes, exponent->ulValueLen + zeros);
        expect_key(&list, key, "zeros");
    }
}

static void a_point_may_come_raw(void **state)
{
    (void)state;
    for (enum fixture_key i = P256_A; i < N_FIXTURE_KEYS; i++) {
        const struct public_key *key = fixture_key(i);
        struct attributes list = {0};
        size_t size;
        const unsigned char *point = raw_point(key, &size);

        copy(&list, key, CKA_EC_PARAMS);
        set(&list, CKA_EC_POINT, point, size);
        expect_key(&list, key, fixture_vector(i)->name);
    }
}

/* Compressed and hybrid forms (SEC 1, 2.3.3) of the same point are the same key. */
static void a_point_may_come_compressed_or_hybrid_raw_or_wrapped(void **state)
{
    (void)state;
    for (enum fixture_key i = P256_A; i < N_FIXTURE_KEYS; i++) {
        const struct public_key *key = fixture_key(i);
        size_t size;
        const unsigned char *point = key->type == CKK_EC ? raw_point(key, &size) : NULL;

        for (int form = 0; point != NULL && form < 4; form++) {
            bool compressed = form % 2 == 0;
            size_t used = compressed ? 1 + (size - 1) / 2 : size;
            unsigned char bytes[160];
            unsigned char *at = form < 2 ? bytes : bytes + (used < 0x80 ? 2 : 3);
            struct attributes list = {0};

            memcpy(at, point, used);
            at[0] = (unsigned char)((compressed ? 2 : 6) + (point[size - 1] & 1));
            bytes[0] = form < 2 ? bytes[0] : 0x04;
            if (form >= 2)
                bytes[1] = used < 0x80 ? (unsigned char)used : 0x81;
            if (form >= 2 && used >= 0x80)
                bytes[2] = (unsigned char)used;
            copy(&list, key, CKA_EC_PARAMS);
            set(&list, CKA_EC_POINT, bytes, (size_t)(at - bytes) + used);
            expect_key(&list, key, fixture_vector(i)->name);
        }
    }
}

static EVP_PKEY *generate(const char *group)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", group);

    assert_non_null(key);
    return key;
}

static size_t point_of(EVP_PKEY *key, unsigned char out[160])
{
    size_t size = 0;

    assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, 160, &size),
                     1);
    return size;
}

/* 04 3f ... of 65 bytes might be an OCTET STRING of 63. */
static void a_raw_point_that_looks_like_an_octet_string_is_still_a_point(void **state)
{
    static const struct {
        const char *group;
        enum fixture_key like;
        size_t size;
    } examples[] = {{"P-256", P256_A, 65}, {"P-384", P384_A, 97}};
    unsigned char edwards[32] = {0x04, 0x1e, 1};

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct attributes list = {0};
        unsigned char point[160] = {0};
        EVP_PKEY *made = NULL;
        struct public_key *key;

        while (point[1] != examples[i].size - 2) {
            EVP_PKEY_free(made);
            made = generate(examples[i].group);
            assert_int_equal(point_of(made, point), examples[i].size);
        }
        key = fixture_public_key(made);
        copy(&list, fixture_key(examples[i].like), CKA_EC_PARAMS);
        set(&list, CKA_EC_POINT, point, examples[i].size);
        expect_key(&list, key, examples[i].group);
        public_key_destroy(key);
        EVP_PKEY_free(made);
    }
    struct attributes list = {0};
    copy(&list, fixture_key(ED25519_A), CKA_EC_PARAMS);
    set(&list, CKA_EC_POINT, edwards, sizeof(edwards));
    struct public_key *key = from_list(&list);
    assert_memory_equal((const unsigned char *)value_of(key, CKA_EC_POINT)->pValue + 2, edwards,
                        32);
    public_key_destroy(key);
    attributes_finish(&list);
}

static void curves_may_be_named_by_printable_string_or_by_explicit_parameters(void **state)
{
    static const struct {
        enum fixture_key which;
        const char *name;
        int nid;
    } examples[] = {
        {P256_A, "secp256r1", NID_X9_62_prime256v1},
        {P384_A, "secp384r1", NID_secp384r1},
        {P521_A, "secp521r1", NID_secp521r1},
        {ED25519_A, "edwards25519", NID_undef},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct public_key *key = fixture_key(examples[i].which);
        unsigned char name[32] = {0x13, (unsigned char)strlen(examples[i].name)};
        EC_GROUP *group = EC_GROUP_new_by_curve_name(examples[i].nid);
        struct attributes list = {0};
        unsigned char *der = NULL;
        int size;

        memcpy(name + 2, examples[i].name, strlen(examples[i].name));
        set(&list, CKA_EC_PARAMS, name, 2 + strlen(examples[i].name));
        copy(&list, key, CKA_EC_POINT);
        expect_key(&list, key, examples[i].name);
        if (group == NULL)
            continue;
        EC_GROUP_set_asn1_flag(group, OPENSSL_EC_EXPLICIT_CURVE);
        size = i2d_ECPKParameters(group, &der);
        assert_true(size > 100);
        set(&list, CKA_EC_PARAMS, der, (size_t)size);
        copy(&list, key, CKA_EC_POINT);
        expect_key(&list, key, examples[i].name);
        OPENSSL_free(der);
        EC_GROUP_free(group);
    }
}

static void an_info_with_another_encoding_of_the_key_is_the_same_key(void **state)
{
    static const char *const groups[] = {"P-256", "P-384", "P-521"};

    (void)state;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        EVP_PKEY *made = generate(groups[i]);
        struct public_key *key = fixture_public_key(made);

        for (size_t j = 0; j < N_OTHER_ENCODINGS; j++) {
            EVP_PKEY *other = EVP_PKEY_dup(made);
            unsigned char *der = NULL;
            struct attributes list = {0};
            int size;

            assert_int_equal(
                EVP_PKEY_set_utf8_string_param(other, other_encodings[j].param, other_encodings[j].value), 1);
            size = i2d_PUBKEY(other, &der);
            assert_true(size > 0 &&
                        ((CK_ULONG)size != value_of(key, CKA_PUBLIC_KEY_INFO)->ulValueLen ||
                         strcmp(other_encodings[j].value, "hybrid") == 0));
            set(&list, CKA_PUBLIC_KEY_INFO, der, (size_t)size);
            expect_key(&list, key, other_encodings[j].value);
            OPENSSL_free(der);
            EVP_PKEY_free(other);
        }
        public_key_destroy(key);
        EVP_PKEY_free(made);
    }
}

static void half_a_key_is_none(void **state)
{
    struct attributes list = {0};

    (void)state;
    expect_none(&list, "nothing");
    copy(&list, fixture_key(RSA_A), CKA_MODULUS);
    expect_none(&list, "no exponent");
    copy(&list, fixture_key(RSA_A), CKA_PUBLIC_EXPONENT);
    expect_none(&list, "no modulus");
    copy(&list, fixture_key(P256_A), CKA_EC_PARAMS);
    expect_none(&list, "no point");
    copy(&list, fixture_key(P256_A), CKA_EC_POINT);
    expect_none(&list, "no curve");
    copy(&list, fixture_key(P256_A), CKA_EC_POINT);
    copy(&list, fixture_key(RSA_A), CKA_MODULUS);
    expect_none(&list, "halves of two keys");
}

static void numbers_that_make_no_key_are_refused(void **state)
{
    static const unsigned char zeros[256] = {0}, huge[2065] = {1}, three[] = {3};
    struct attributes list = {0};

    (void)state;
    set(&list, CKA_MODULUS, zeros, sizeof(zeros));
    set(&list, CKA_PUBLIC_EXPONENT, three, sizeof(three));
    expect_none(&list, "modulus 0");
    copy(&list, fixture_key(RSA_A), CKA_MODULUS);
    set(&list, CKA_PUBLIC_EXPONENT, zeros, 3);
    expect_none(&list, "exponent 0");
    set(&list, CKA_MODULUS, huge, sizeof(huge));
    set(&list, CKA_PUBLIC_EXPONENT, three, sizeof(three));
    expect_none(&list, "huge modulus");
    copy(&list, fixture_key(RSA_A), CKA_MODULUS);
    set(&list, CKA_PUBLIC_EXPONENT, huge, sizeof(huge));
    expect_none(&list, "huge exponent");
}

static void points_that_are_not_on_the_curve_are_refused(void **state)
{
    static const unsigned char infinity[] = {0x00}, wrapped_infinity[] = {0x04, 0x01, 0x00};

    (void)state;
    for (enum fixture_key i = P256_A; i < N_FIXTURE_KEYS; i++) {
        size_t size;
        const unsigned char *point = raw_point(fixture_key(i), &size);
        struct attributes list = {0};
        unsigned char bytes[160];

        memcpy(bytes, point, size);
        bytes[size] = 0;
        bytes[size / 2] ^= 1;
        for (size_t cut = 0; cut < 3; cut++) {
            copy(&list, fixture_key(i), CKA_EC_PARAMS);
            set(&list, CKA_EC_POINT, cut == 2 ? point : bytes, cut == 0 ? size + 1 : size - 1);
            expect_none(&list, "wrong length");
        }
        copy(&list, fixture_key(i), CKA_EC_PARAMS);
        set(&list, CKA_EC_POINT, bytes, size);
        if (fixture_key(i)->type == CKK_EC)
            expect_none(&list, "not on the curve");
        attributes_finish(&list);
        copy(&list, fixture_key(i), CKA_EC_PARAMS);
        set(&list, CKA_EC_POINT, infinity, sizeof(infinity));
        expect_none(&list, "infinity");
        copy(&list, fixture_key(i), CKA_EC_PARAMS);
        set(&list, CKA_EC_POINT, wrapped_infinity, sizeof(wrapped_infinity));
        expect_none(&list, "infinity, wrapped");
    }
}

static void a_point_of_another_curve_is_refused(void **state)
{
    (void)state;
    for (enum fixture_key i = P256_A; i < N_FIXTURE_KEYS; i++) {
        for (enum fixture_key j = P256_A; j < N_FIXTURE_KEYS; j++) {
            struct attributes list = {0};

            if (fixture_key(i)->curve == fixture_key(j)->curve)
                continue;
            copy(&list, fixture_key(i), CKA_EC_PARAMS);
            copy(&list, fixture_key(j), CKA_EC_POINT);
            expect_none(&list, fixture_vector(j)->name);
        }
    }
}

static void kinds_that_are_not_known_here_are_no_keys(void **state)
{
    static const struct {
        const char *type, *group;
    } kinds[] = {{"EC", "brainpoolP256r1"}, {"EC", "secp224r1"}, {"X25519", NULL}, {"X448", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *made = kinds[i].group != NULL ? generate(kinds[i].group)
                                                : EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].type);

        assert_non_null(made);
        assert_null(fixture_public_key(made));
        EVP_PKEY_free(made);
    }
}

static void an_info_that_is_cut_or_changed_is_no_key_or_another(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        const CK_ATTRIBUTE *info = value_of(fixture_key(i), CKA_PUBLIC_KEY_INFO);
        unsigned char bytes[600];

        for (size_t cut = 0; cut < info->ulValueLen; cut++)
            assert_null(public_key_from_spki(fixture_crypto(), info->pValue, cut));
        for (size_t at = 0; at < info->ulValueLen; at++) {
            struct public_key *key;

            memcpy(bytes, info->pValue, info->ulValueLen);
            bytes[at] ^= 0x20;
            key = public_key_from_spki(fixture_crypto(), bytes, info->ulValueLen);
            assert_true(key == NULL || !public_key_equal(key, fixture_key(i)));
            public_key_destroy(key);
        }
    }
}

/* The host may ask OpenSSL's queue what became of its own calls (SSL_get_error does). */
static void what_fails_leaves_no_error_behind_for_the_host(void **state)
{
    struct attributes list = {0};

    (void)state;
    public_key_destroy(NULL);
    ERR_clear_error();
    assert_null(public_key_from_spki(fixture_crypto(), "junk", 4));
    assert_int_equal(ERR_peek_error(), 0);
    copy(&list, fixture_key(P256_A), CKA_EC_PARAMS);
    set(&list, CKA_EC_POINT, "junk", 4);
    expect_none(&list, "junk");
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(key_curve_from_params(fixture_crypto(), "junk", 4), CURVE_OTHER);
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 7);
    assert_null(public_key_from_spki(fixture_crypto(), "junk", 4));
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_knows_its_type_curve_and_size),
        cmocka_unit_test(only_the_same_key_is_equal),
        cmocka_unit_test(the_subject_public_key_info_is_as_openssl_writes_it),
        cmocka_unit_test(an_rsa_key_without_exponent_is_none),
        cmocka_unit_test(the_hash_is_that_of_the_subject_public_key_info),
        cmocka_unit_test(attributes_in_the_standard_s_form_come_out_as_they_went_in),
        cmocka_unit_test(a_key_is_told_by_its_values_or_by_its_info_alone),
        cmocka_unit_test(an_empty_attribute_is_an_absent_one),
        cmocka_unit_test(zeros_before_a_number_change_nothing),
        cmocka_unit_test(a_point_may_come_raw),
        cmocka_unit_test(a_point_may_come_compressed_or_hybrid_raw_or_wrapped),
        cmocka_unit_test(a_raw_point_that_looks_like_an_octet_string_is_still_a_point),
        cmocka_unit_test(curves_may_be_named_by_printable_string_or_by_explicit_parameters),
        cmocka_unit_test(an_info_with_another_encoding_of_the_key_is_the_same_key),
        cmocka_unit_test(half_a_key_is_none),
        cmocka_unit_test(numbers_that_make_no_key_are_refused),
        cmocka_unit_test(points_that_are_not_on_the_curve_are_refused),
        cmocka_unit_test(a_point_of_another_curve_is_refused),
        cmocka_unit_test(kinds_that_are_not_known_here_are_no_keys),
        cmocka_unit_test(an_info_that_is_cut_or_changed_is_no_key_or_another),
        cmocka_unit_test(what_fails_leaves_no_error_behind_for_the_host),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
