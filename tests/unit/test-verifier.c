// SPDX-License-Identifier: BSD-2-Clause
// A signature is verified only if it is that of the key, of the data, and whole.
#include "tests/unit/filters_fixture.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>
#include "common/constants.h"
#include "crypto/verifier.h"

enum key { RSA2048, P256, P384, P521, K256, ED25519, ED448, N_KEYS };

static const struct {
    const char *type, *group;
    CK_KEY_TYPE key_type;
    size_t field; /* of EC keys */
} kinds[N_KEYS] = {
    [RSA2048] = {"RSA", NULL, CKK_RSA, 0},        [P256] = {"EC", "P-256", CKK_EC, 32},
    [P384] = {"EC", "P-384", CKK_EC, 48},         [P521] = {"EC", "P-521", CKK_EC, 66},
    [K256] = {"EC", "secp256k1", CKK_EC, 32},     [ED25519] = {"ED25519", NULL, CKK_EC_EDWARDS, 0},
    [ED448] = {"ED448", NULL, CKK_EC_EDWARDS, 0},
};

/* Each mechanism, and the hash within it. */
static const struct {
    CK_MECHANISM_TYPE mechanism;
    CK_KEY_TYPE key_type;
    const char *digest;
} mechanisms[] = {
    {CKM_RSA_PKCS, CKK_RSA, NULL},
    {CKM_SHA1_RSA_PKCS, CKK_RSA, "SHA1"},
    {CKM_SHA224_RSA_PKCS, CKK_RSA, "SHA224"},
    {CKM_SHA256_RSA_PKCS, CKK_RSA, "SHA256"},
    {CKM_SHA384_RSA_PKCS, CKK_RSA, "SHA384"},
    {CKM_SHA512_RSA_PKCS, CKK_RSA, "SHA512"},
    {CKM_ECDSA, CKK_EC, NULL},
    {CKM_ECDSA_SHA1, CKK_EC, "SHA1"},
    {CKM_ECDSA_SHA224, CKK_EC, "SHA224"},
    {CKM_ECDSA_SHA256, CKK_EC, "SHA256"},
    {CKM_ECDSA_SHA384, CKK_EC, "SHA384"},
    {CKM_ECDSA_SHA512, CKK_EC, "SHA512"},
    {CKM_EDDSA, CKK_EC_EDWARDS, NULL},
};

enum { N_MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

static EVP_PKEY *private_keys[N_KEYS];
static struct public_key *public_keys[N_KEYS];
static struct public_key *other_keys[N_KEYS]; /* of the same kinds */

static EVP_PKEY *generate(enum key key)
{
    if (key == RSA2048)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    if (kinds[key].group != NULL)
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[key].group);
    return EVP_PKEY_Q_keygen(NULL, NULL, kinds[key].type);
}

static int set_up(void **state)
{
    if (filters_set_up(state) != 0)
        return -1;
    for (enum key i = RSA2048; i < N_KEYS; i++) {
        EVP_PKEY *other = generate(i);

        private_keys[i] = generate(i);
        public_keys[i] = fixture_public_key(private_keys[i]);
        other_keys[i] = fixture_public_key(other);
        EVP_PKEY_free(other);
        if (public_keys[i] == NULL || other_keys[i] == NULL)
            return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        EVP_PKEY_free(private_keys[i]);
        public_key_destroy(public_keys[i]);
        public_key_destroy(other_keys[i]);
    }
    return filters_tear_down(state);
}

struct signature {
    unsigned char bytes[600];
    size_t size;
};

/* DER to r||s, as PKCS#11 wants it (2.40 mechanisms, 2.3.1). */
static void to_pairs(struct signature *signature, size_t field)
{
    const unsigned char *at = signature->bytes;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)signature->size);

    assert_non_null(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature->bytes, (int)field);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature->bytes + field, (int)field);
    signature->size = 2 * field;
    ECDSA_SIG_free(pair);
}

static void sign(enum key key, const char *digest, const void *data, size_t size,
                 struct signature *signature)
{
    signature->size = sizeof(signature->bytes);
    if (digest == NULL && kinds[key].key_type != CKK_EC_EDWARDS) {
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(private_keys[key], NULL);

        assert_int_equal(EVP_PKEY_sign_init(context), 1);
        if (key == RSA2048)
            assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
        assert_int_equal(EVP_PKEY_sign(context, signature->bytes, &signature->size, data, size), 1);
        EVP_PKEY_CTX_free(context);
    } else {
        EVP_MD_CTX *context = EVP_MD_CTX_new();

        assert_int_equal(
            EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, private_keys[key], NULL), 1);
        assert_int_equal(EVP_DigestSign(context, signature->bytes, &signature->size, data, size),
                         1);
        EVP_MD_CTX_free(context);
    }
    if (kinds[key].key_type == CKK_EC)
        to_pairs(signature, kinds[key].field);
}

static enum verification verify(enum key key, CK_MECHANISM_TYPE type, const void *data, size_t size,
                                const struct signature *signature)
{
    const CK_MECHANISM mechanism = {type, NULL, 0};

    return public_key_verify(fixture_crypto(), public_keys[key], &mechanism, data, size,
                             signature->bytes, signature->size);
}

/* Calls work with each mechanism and each key that it is for, and a good signature. */
static void each(void (*work)(size_t mechanism, enum key key, const void *data, size_t size,
                              struct signature *signature))
{
    static const char data[] = "twenty bytes of data and more";

    for (size_t i = 0; i < N_MECHANISMS; i++) {
        for (enum key key = RSA2048; key < N_KEYS; key++) {
            struct signature signature;

            if (kinds[key].key_type != mechanisms[i].key_type)
                continue;
            sign(key, mechanisms[i].digest, data, 20, &signature);
            work(i, key, data, 20, &signature);
        }
    }
}

static void try_good(size_t i, enum key key, const void *data, size_t size,
                     struct signature *signature)
{
    const CK_MECHANISM mechanism = {mechanisms[i].mechanism, NULL, 0};

    assert_int_equal(verify(key, mechanisms[i].mechanism, data, size, signature), VERIFIED);
    assert_true(public_key_can_verify(public_keys[key], &mechanism));
    assert_int_equal(signature->size, public_key_signature_size(public_keys[key]));
}

static void a_good_signature_of_each_mechanism_is_verified(void **state)
{
    (void)state;
    each(try_good);
}

static void try_flipped(size_t i, enum key key, const void *data, size_t size,
                        struct signature *signature)
{
    for (size_t bit = 0; bit < signature->size * 8; bit += 13) {
        signature->bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (verify(key, mechanisms[i].mechanism, data, size, signature) != NOT_VERIFIED)
            fail_msg("%#lx, bit %zu", mechanisms[i].mechanism, bit);
        signature->bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void a_signature_with_a_flipped_bit_is_not_verified(void **state)
{
    (void)state;
    each(try_flipped);
}

static void try_lengths(size_t i, enum key key, const void *data, size_t size,
                        struct signature *signature)
{
    size_t whole = signature->size;
    const size_t sizes[] = {0, 1, whole / 2, whole - 2, whole - 1, whole + 1, whole + 2, 2 * whole};

    memset(signature->bytes + whole, 0, sizeof(signature->bytes) - whole);
    for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
        signature->size = sizes[j];
        assert_int_equal(verify(key, mechanisms[i].mechanism, data, size, signature), NOT_VERIFIED);
    }
    memmove(signature->bytes + 1, signature->bytes, whole);
    signature->bytes[0] = 0;
    signature->size = whole + 1;
    assert_int_equal(verify(key, mechanisms[i].mechanism, data, size, signature), NOT_VERIFIED);
}

static void a_signature_of_another_length_is_not_verified(void **state)
{
    (void)state;
    each(try_lengths);
}

static void try_other_data(size_t i, enum key key, const void *data, size_t size,
                           struct signature *signature)
{
    unsigned char other[21] = {0};

    for (size_t bit = 0; bit < size * 8; bit += 7) {
        memcpy(other, data, size);
        other[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_int_equal(verify(key, mechanisms[i].mechanism, other, size, signature),
                         NOT_VERIFIED);
    }
    memcpy(other, data, size);
    other[size] = 1;
    assert_int_equal(verify(key, mechanisms[i].mechanism, other, size - 1, signature),
                     NOT_VERIFIED);
    assert_int_equal(verify(key, mechanisms[i].mechanism, other, size + 1, signature),
                     NOT_VERIFIED);
    assert_int_equal(verify(key, mechanisms[i].mechanism, other, 0, signature), NOT_VERIFIED);
    assert_int_equal(verify(key, mechanisms[i].mechanism, NULL, 0, signature), NOT_VERIFIED);
}

static void a_signature_of_other_data_is_not_verified(void **state)
{
    (void)state;
    each(try_other_data);
}

static void try_other_key(size_t i, enum key key, const void *data, size_t size,
                          struct signature *signature)
{
    const CK_MECHANISM mechanism = {mechanisms[i].mechanism, NULL, 0};

    assert_int_equal(public_key_verify(fixture_crypto(), other_keys[key], &mechanism, data, size,
                                       signature->bytes, signature->size),
                     NOT_VERIFIED);
}

static void a_signature_of_another_key_is_not_verified(void **state)
{
    (void)state;
    each(try_other_key);
}

static void try_other_mechanisms(size_t i, enum key key, const void *data, size_t size,
                                 struct signature *signature)
{
    for (size_t j = 0; j < N_MECHANISMS; j++) {
        enum verification expected = NOT_VERIFIED;

        if (mechanisms[j].key_type != kinds[key].key_type)
            expected = CANNOT_VERIFY;
        else if (i == j)
            expected = VERIFIED;
        assert_int_equal(verify(key, mechanisms[j].mechanism, data, size, signature), expected);
    }
}

static void a_signature_of_another_mechanism_is_not_verified(void **state)
{
    (void)state;
    each(try_other_mechanisms);
}

static void what_is_not_known_here_cannot_be_verified(void **state)
{
    static const CK_MECHANISM_TYPE types[] = {CKM_RSA_PKCS_PSS,  CKM_SHA256_RSA_PKCS_PSS,
                                              CKM_RSA_PKCS_OAEP, CKM_MD5_RSA_PKCS,
                                              CKM_SHA256_HMAC,   CKM_VENDOR_DEFINED};
    const struct signature signature = {.size = 256};
    static const unsigned char parameter[8] = {0};

    (void)state;
    for (enum key key = RSA2048; key < N_KEYS; key++) {
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
            const CK_MECHANISM mechanism = {types[i], NULL, 0};

            assert_int_equal(verify(key, types[i], "data", 4, &signature), CANNOT_VERIFY);
            assert_false(public_key_can_verify(public_keys[key], &mechanism));
        }
        for (size_t i = 0; i < N_MECHANISMS; i++) {
            CK_MECHANISM mechanism = {mechanisms[i].mechanism, (void *)(uintptr_t)parameter, 8};

            assert_int_equal(public_key_verify(fixture_crypto(), public_keys[key], &mechanism,
                                               "data", 4, signature.bytes, signature.size),
                             CANNOT_VERIFY);
            assert_false(public_key_can_verify(public_keys[key], &mechanism));
            mechanism = (CK_MECHANISM){mechanisms[i].mechanism, NULL, 0};
            assert_int_equal(public_key_can_verify(public_keys[key], &mechanism),
                             mechanisms[i].key_type == kinds[key].key_type);
        }
    }
}

/* 0, the order and beyond are no r or s; x = y = 0 is no point. */
static void numbers_out_of_range_are_not_verified(void **state)
{
    static const unsigned char fills[] = {0x00, 0xff};

    (void)state;
    for (enum key key = P256; key <= ED448; key++) {
        CK_MECHANISM_TYPE type = kinds[key].key_type == CKK_EC ? CKM_ECDSA : CKM_EDDSA;
        struct signature good, bad;

        sign(key, NULL, "twenty bytes of data", 20, &good);
        for (size_t half = 0; half < 3; half++) {
            for (size_t i = 0; i < sizeof(fills); i++) {
                size_t middle = good.size / 2;

                bad = good;
                if (half != 1)
                    memset(bad.bytes, fills[i], middle);
                if (half != 0)
                    memset(bad.bytes + middle, fills[i], middle);
                assert_int_equal(verify(key, type, "twenty bytes of data", 20, &bad), NOT_VERIFIED);
            }
        }
    }
}

static void a_hash_longer_than_the_order_is_cut(void **state)
{
    unsigned char hash[64];
    struct signature signature;

    (void)state;
    memset(hash, 0x5a, sizeof(hash));
    for (enum key key = P256; key <= K256; key++) {
        sign(key, NULL, hash, sizeof(hash), &signature);
        assert_int_equal(verify(key, CKM_ECDSA, hash, sizeof(hash), &signature), VERIFIED);
        hash[0] ^= 1;
        assert_int_equal(verify(key, CKM_ECDSA, hash, sizeof(hash), &signature), NOT_VERIFIED);
        hash[0] ^= 1;
    }
}

static void no_data_can_be_signed_too(void **state)
{
    struct signature signature;

    (void)state;
    sign(RSA2048, NULL, "", 0, &signature);
    assert_int_not_equal(verify(RSA2048, CKM_RSA_PKCS, "x", 1, &signature), VERIFIED);
    verify(RSA2048, CKM_RSA_PKCS, NULL, 0, &signature); /* whatever it says, without a fault */
    sign(RSA2048, "SHA256", "", 0, &signature);
    assert_int_equal(verify(RSA2048, CKM_SHA256_RSA_PKCS, NULL, 0, &signature), VERIFIED);
    sign(P256, "SHA256", "", 0, &signature);
    assert_int_equal(verify(P256, CKM_ECDSA_SHA256, NULL, 0, &signature), VERIFIED);
    sign(ED25519, NULL, "", 0, &signature);
    assert_int_equal(verify(ED25519, CKM_EDDSA, NULL, 0, &signature), VERIFIED);
}

static void what_fails_leaves_no_error_behind_for_the_host(void **state)
{
    (void)state;
    ERR_clear_error();
    each(try_lengths);
    each(try_other_data);
    each(try_flipped);
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 7); /* and takes none away */
    each(try_lengths);
    each(try_good);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_peek_error(), 0);
}

static void what_was_signed_is_recovered(void **state)
{
    const CK_MECHANISM raw = {CKM_RSA_PKCS, NULL, 0}, hashed = {CKM_SHA256_RSA_PKCS, NULL, 0};
    struct verifier *verifier = verifier_create(fixture_crypto(), public_keys[RSA2048], &raw);
    struct verifier *other = verifier_create(fixture_crypto(), public_keys[RSA2048], &hashed);
    unsigned char out[PUBLIC_KEY_MODULUS_MAX];
    struct signature signature;
    size_t size = 77;

    (void)state;
    sign(RSA2048, NULL, "any data", 8, &signature);
    assert_false(verifier_recover(other, signature.bytes, signature.size, out, &size));
    assert_false(verifier_recover(verifier, signature.bytes, signature.size - 1, out, &size));
    assert_int_equal(size, 77);
    assert_true(verifier_recover(verifier, signature.bytes, signature.size, out, &size));
    assert_int_equal(size, 8);
    assert_memory_equal(out, "any data", 8);
    signature.bytes[9] ^= 1;
    ERR_clear_error();
    assert_false(verifier_recover(verifier, signature.bytes, signature.size, out, &size));
    assert_int_equal(ERR_peek_error(), 0);
    verifier_destroy(verifier);
    verifier_destroy(other);
}

/* CKM_RSA_X_509: the data is a number of which zeros before it say nothing. */
static void a_raw_RSA_signature_is_verified_as_a_number(void **state)
{
    const CK_MECHANISM mechanism = {CKM_RSA_X_509, NULL, 0};
    unsigned char padded[257] = {0};
    struct signature signature = {.size = sizeof(signature.bytes)};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(private_keys[RSA2048], NULL);

    (void)state;
    memset(padded + 237, 0x77, 20);
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_sign(context, signature.bytes, &signature.size, padded + 1, 256), 1);
    EVP_PKEY_CTX_free(context);
    for (size_t size = 0; size <= 257; size++)
        assert_int_equal(public_key_verify(fixture_crypto(), public_keys[RSA2048], &mechanism,
                                           padded + 257 - size, size, signature.bytes,
                                           signature.size),
                         size >= 20 && size <= 256 ? VERIFIED : NOT_VERIFIED);
    padded[250] ^= 1;
    assert_int_equal(verify(RSA2048, CKM_RSA_X_509, padded + 1, 256, &signature), NOT_VERIFIED);
}

/* The data cut at one place after the other. */
static void try_parts(size_t i, enum key key, const void *data, size_t size,
                      struct signature *signature)
{
    const CK_MECHANISM mechanism = {mechanisms[i].mechanism, NULL, 0};

    for (size_t cut = 0; cut <= size; cut += 5) {
        struct verifier *verifier = verifier_create(fixture_crypto(), public_keys[key], &mechanism);
        bool changed = cut == 10;

        assert_non_null(verifier);
        assert_int_equal(verifier_takes_parts(verifier), mechanisms[i].digest != NULL);
        assert_int_equal(verifier_add(verifier, data, cut), mechanisms[i].digest != NULL);
        verifier_add(verifier, (const char *)data + cut, size - cut);
        if (changed)
            verifier_add(verifier, "", 1);
        assert_int_equal(verifier_finish(verifier, signature->bytes, signature->size),
                         mechanisms[i].digest != NULL && !changed);
        verifier_destroy(verifier);
    }
}

static void a_signature_is_verified_in_parts_where_it_is_one_of_a_message(void **state)
{
    (void)state;
    each(try_parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_signature_of_each_mechanism_is_verified),
        cmocka_unit_test(a_signature_with_a_flipped_bit_is_not_verified),
        cmocka_unit_test(a_signature_of_another_length_is_not_verified),
        cmocka_unit_test(a_signature_of_other_data_is_not_verified),
        cmocka_unit_test(a_signature_of_another_key_is_not_verified),
        cmocka_unit_test(a_signature_of_another_mechanism_is_not_verified),
        cmocka_unit_test(what_is_not_known_here_cannot_be_verified),
        cmocka_unit_test(numbers_out_of_range_are_not_verified),
        cmocka_unit_test(a_hash_longer_than_the_order_is_cut),
        cmocka_unit_test(no_data_can_be_signed_too),
        cmocka_unit_test(a_signature_is_verified_in_parts_where_it_is_one_of_a_message),
        cmocka_unit_test(what_was_signed_is_recovered),
        cmocka_unit_test(a_raw_RSA_signature_is_verified_as_a_number),
        cmocka_unit_test(what_fails_leaves_no_error_behind_for_the_host),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
