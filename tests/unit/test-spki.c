// SPDX-License-Identifier: BSD-2-Clause
// Public keys of SubjectPublicKeyInfo and of certificates, read without OpenSSL's decoders: what these take is taken, as the same key, and
// what they refuse is refused.
#include "tests/unit/filters_fixture.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/certificate.h"
#include "tests/unit/decoded_key.h"

enum { DER_MAX = 4096 };

struct der {
    unsigned char bytes[DER_MAX];
    size_t size;
};

static EVP_PKEY *decode(const struct der *der)
{
    const unsigned char *at = der->bytes;

    return d2i_PUBKEY(NULL, &at, (long)der->size);
}

static EVP_PKEY *decode_certificate(const struct der *der)
{
    const unsigned char *at = der->bytes;
    X509 *x509 = d2i_X509(NULL, &at, (long)der->size);
    EVP_PKEY *key = X509_get_pubkey(x509);

    X509_free(x509);
    return key;
}

static struct public_key *read_certificate(const struct der *der)
{
    struct certificate *certificate =
        certificate_parse(fixture_crypto(), CERTIFICATE_KEY, der->bytes, der->size);
    struct public_key *key = certificate != NULL ? certificate->key : NULL;

    if (certificate != NULL)
        certificate->key = NULL;
    certificate_destroy(certificate);
    return key;
}

static struct public_key *read_info(const struct der *der)
{
    return public_key_from_spki(fixture_crypto(), der->bytes, der->size);
}

/* Is there a key? Theirs and ours must agree; both are taken over. */
static bool check(EVP_PKEY *decoded, struct public_key *key)
{
    bool good = decoded_key_agrees(decoded, key), is_key = key != NULL;

    EVP_PKEY_free(decoded);
    public_key_destroy(key);
    ERR_clear_error();
    assert_true(good);
    return is_key;
}

static size_t change_each_byte(struct der *der, EVP_PKEY *(*theirs)(const struct der *),
                               struct public_key *(*ours)(const struct der *))
{
    static const unsigned char changes[] = {0x01, 0x02, 0x20, 0x80, 0xff};
    size_t keys = 0;

    assert_true(check(theirs(der), ours(der)));
    for (size_t at = 0; at < der->size; at++) {
        for (size_t i = 0; i < sizeof(changes); i++) {
            der->bytes[at] ^= changes[i];
            keys += check(theirs(der), ours(der));
            der->bytes[at] ^= changes[i];
        }
    }
    return keys;
}

static void encode(EVP_PKEY *key, struct der *der)
{
    unsigned char *at = der->bytes;
    int size = i2d_PUBKEY(key, NULL);

    assert_true(size > 0 && size < DER_MAX);
    der->size = (size_t)i2d_PUBKEY(key, &at);
}

static void a_changed_info_is_read_as_openssl_reads_it(void **state)
{
    size_t keys = 0;

    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        EVP_PKEY *key = decoded_key_of(fixture_key(i));
        struct der der;

        encode(key, &der);
        keys += change_each_byte(&der, decode, read_info);
        EVP_PKEY_free(key);
    }
    assert_true(keys > 0);
}

static void a_changed_info_in_another_encoding_is_read_as_openssl_reads_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OTHER_ENCODINGS; i++) {
        EVP_PKEY *key = decoded_key_of(fixture_key(P256_A));
        struct der der;

        assert_int_equal(EVP_PKEY_set_utf8_string_param(key, other_encodings[i].param, other_encodings[i].value),
                         1);
        encode(key, &der);
        change_each_byte(&der, decode, read_info);
        EVP_PKEY_free(key);
    }
}

static void certify(EVP_PKEY *key, struct der *der)
{
    EVP_PKEY *signer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *x509 = X509_new();
    unsigned char *at = der->bytes;

    assert_int_equal(X509_set_pubkey(x509, key), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               (const unsigned char *)"x", -1, -1, 0);
    assert_true(X509_sign(x509, signer, EVP_sha256()) > 0);
    der->size = (size_t)i2d_X509(x509, NULL);
    assert_true(der->size < DER_MAX);
    i2d_X509(x509, &at);
    X509_free(x509);
    EVP_PKEY_free(signer);
}

static void the_key_of_a_changed_certificate_is_read_as_openssl_reads_it(void **state)
{
    static const enum fixture_key keys[] = {RSA_A, P256_A, ED25519_A};

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        EVP_PKEY *key = decoded_key_of(fixture_key(keys[i]));
        struct der der;

        certify(key, &der);
        assert_true(change_each_byte(&der, decode_certificate, read_certificate) > 0);
        EVP_PKEY_free(key);
    }
}

#define BYTES(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    },                                                                                             \
        sizeof((const unsigned char[]){__VA_ARGS__})

#define RSA_OID 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01
#define PSS_OID 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a
#define EC_OID 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01
#define ED25519_OID 0x06, 0x03, 0x2b, 0x65, 0x70
#define P256_OID 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07
/* The generator of P-256 (SEC 2, 2.4.2). */
#define POINT_P256                                                                                 \
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,  \
        0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98,    \
        0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c,    \
        0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68,    \
        0x37, 0xbf, 0x51, 0xf5
#define NAMELESS_OID 0x06, 0x03, 0x2a, 0x03, 0x7f
#define UNKNOWN_OID 0x06, 0x03, 0x2b, 0x65, 0x01
#define NO_PARAMETERS 0x05, 0x00
#define NUMBERS 0x30, 0x09, 0x02, 0x04, 0x00, 0xc1, 0x00, 0x05, 0x02, 0x01, 0x03
#define POINT_32                                                                                   \
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,  \
        0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,    \
        0x66

struct odd {
    bool is_key;
    unsigned char algorithm[24];
    size_t algorithm_size;
    unsigned char key[72];
    size_t key_size;
    unsigned char unused; /* bits */
};

static const struct odd odd_ones[] = {
    {true, BYTES(RSA_OID, NO_PARAMETERS), BYTES(NUMBERS), 0},
    {true, BYTES(RSA_OID), BYTES(NUMBERS), 0},
    {true, BYTES(RSA_OID, 0x02, 0x01, 0x07), BYTES(NUMBERS), 0},
    {true, BYTES(RSA_OID, NO_PARAMETERS), BYTES(NUMBERS, 0x02, 0x01, 0x07), 0},
    {false, BYTES(RSA_OID, NO_PARAMETERS), BYTES(NUMBERS), 3}, /* of the exponent nothing is left */
    {true, BYTES(RSA_OID, NO_PARAMETERS), /* without the zero that makes it positive */
     BYTES(0x30, 0x08, 0x02, 0x03, 0xc1, 0x00, 0x05, 0x02, 0x01, 0x03), 0},
    {false, BYTES(RSA_OID, NO_PARAMETERS), BYTES(0x30, 0x05, 0x02, 0x03, 0x01, 0x00, 0x05), 0},
    {false, BYTES(RSA_OID, NO_PARAMETERS), BYTES(0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x03), 0},
    {false, BYTES(RSA_OID, NO_PARAMETERS), BYTES(0x30, 0x06, 0x02, 0x01, 0x03, 0x02, 0x01, 0x00), 0},
    {false, BYTES(RSA_OID, NO_PARAMETERS), BYTES(0x30, 0x00), 0},
    {false, BYTES(PSS_OID, NO_PARAMETERS), BYTES(NUMBERS), 0},
    {false, BYTES(PSS_OID), BYTES(NUMBERS), 0},
    {false, BYTES(UNKNOWN_OID), BYTES(NUMBERS), 0},
    {true, BYTES(ED25519_OID), BYTES(POINT_32), 0},
    {false, BYTES(ED25519_OID), BYTES(POINT_32, 0x00), 0},
    {false, BYTES(ED25519_OID, NO_PARAMETERS), BYTES(POINT_32), 0},
    {false, BYTES(EC_OID, ED25519_OID), BYTES(POINT_32), 0},
    {true, BYTES(EC_OID, P256_OID), BYTES(POINT_P256), 0},
    {false, BYTES(P256_OID), BYTES(POINT_P256), 0},
    {false, BYTES(P256_OID, NO_PARAMETERS), BYTES(POINT_P256), 0},
    {false, BYTES(P256_OID, P256_OID), BYTES(POINT_P256), 0},
    {false, BYTES(NAMELESS_OID), BYTES(POINT_P256), 0},
    {false, BYTES(EC_OID, NAMELESS_OID), BYTES(POINT_P256), 0},
    {false, BYTES(EC_OID, P256_OID), BYTES(0x00), 0}, /* infinity */
    {false, BYTES(EC_OID, P256_OID), BYTES(0x04), 0},
    {false, BYTES(EC_OID), BYTES(POINT_32), 0},
    {false, BYTES(EC_OID, NO_PARAMETERS), BYTES(POINT_32), 0},
    {false, BYTES(EC_OID, UNKNOWN_OID), BYTES(POINT_32), 0},
};

static void put(struct der *der, unsigned char tag, const void *bytes, size_t size)
{
    der->bytes[der->size++] = tag;
    der->bytes[der->size++] = (unsigned char)size;
    memcpy(der->bytes + der->size, bytes, size);
    der->size += size;
}

static void put_info(struct der *der, const struct odd *odd)
{
    struct der inner = {.size = 0};
    unsigned char key[sizeof(odd->key) + 1] = {odd->unused};

    memcpy(key + 1, odd->key, odd->key_size);
    put(&inner, 0x30, odd->algorithm, odd->algorithm_size);
    put(&inner, 0x03, key, odd->key_size + 1);
    der->size = 0;
    put(der, 0x30, inner.bytes, inner.size);
}

static void odd_infos_are_read_as_openssl_reads_them(void **state)
{
    (void)state;
    OBJ_create("1.2.3.127", NULL, "known to the host by no short name");
    for (size_t i = 0; i < sizeof(odd_ones) / sizeof(odd_ones[0]); i++) {
        struct der der;

        put_info(&der, &odd_ones[i]);
        if (check(decode(&der), read_info(&der)) != odd_ones[i].is_key)
            fail_msg("%zu", i);
        der.bytes[der.size++] = 0x02; /* what stands behind it is somebody else's */
        assert_int_equal(check(decode(&der), read_info(&der)), odd_ones[i].is_key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_infos_are_read_as_openssl_reads_them),
        cmocka_unit_test(a_changed_info_is_read_as_openssl_reads_it),
        cmocka_unit_test(a_changed_info_in_another_encoding_is_read_as_openssl_reads_it),
        cmocka_unit_test(the_key_of_a_changed_certificate_is_read_as_openssl_reads_it),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
