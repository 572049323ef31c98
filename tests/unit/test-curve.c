// SPDX-License-Identifier: BSD-2-Clause
// Curves: their names, and the ways in which CKA_EC_PARAMS names them.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <string.h>
#include "crypto/crypto.h"
#include "crypto/public_key.h"

static struct crypto *crypto;

static int set_up(void **state)
{
    (void)state;
    crypto = crypto_create();
    return crypto != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    crypto_destroy(crypto);
    crypto_destroy(NULL);
    return 0;
}

static void a_curve_has_the_names_of_openssh_and_of_the_standards(void **state)
{
    static const struct {
        const char *name;
        enum key_curve curve;
    } examples[] = {
        {"nistp256", CURVE_P256},
        {"P-256", CURVE_P256},
        {"secp256r1", CURVE_P256},
        {"prime256v1", CURVE_P256},
        {"p-256", CURVE_P256},
        {"NISTP256", CURVE_P256},
        {"nistp384", CURVE_P384},
        {"P-384", CURVE_P384},
        {"secp384r1", CURVE_P384},
        {"nistp521", CURVE_P521},
        {"P-521", CURVE_P521},
        {"secp521r1", CURVE_P521},
        {"secp256k1", CURVE_SECP256K1},
        {"ed25519", CURVE_ED25519},
        {"Ed25519", CURVE_ED25519},
        {"edwards25519", CURVE_ED25519},
        {"ed448", CURVE_ED448},
        {"edwards448", CURVE_ED448},
        {"", CURVE_NONE},
        {"P256", CURVE_NONE},
        {"P-256 ", CURVE_NONE},
        {"nistp25", CURVE_NONE},
        {"nistp2567", CURVE_NONE},
        {"curve25519", CURVE_NONE},
        {"brainpoolP256r1", CURVE_NONE},
        {"rsa", CURVE_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (key_curve_from_name(examples[i].name) != examples[i].curve)
            fail_msg("%s", examples[i].name);
    }
}

static void a_name_that_is_printed_is_read_back(void **state)
{
    (void)state;
    for (enum key_curve curve = CURVE_P256; curve < CURVE_OTHER; curve++)
        assert_int_equal(key_curve_from_name(key_curve_name(curve)), curve);
    assert_string_equal(key_curve_name(CURVE_P256), "nistp256");
    assert_string_equal(key_curve_name(CURVE_OTHER), "other");
    assert_string_equal(key_curve_name(CURVE_NONE), "other");
}

static void an_oid_names_its_curve_and_nothing_else_does(void **state)
{
    static const struct {
        const char *params;
        size_t size;
        enum key_curve curve;
    } examples[] = {
        {"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10, CURVE_P256},
        {"\x06\x05\x2b\x81\x04\x00\x22", 7, CURVE_P384},
        {"\x06\x05\x2b\x81\x04\x00\x23", 7, CURVE_P521},
        {"\x06\x05\x2b\x81\x04\x00\x0a", 7, CURVE_SECP256K1},
        {"\x06\x03\x2b\x65\x70", 5, CURVE_ED25519},
        {"\x06\x03\x2b\x65\x71", 5, CURVE_ED448},
        {"\x06\x05\x2b\x81\x04\x00\x21", 7, CURVE_OTHER},                  /* P-224 */
        {"\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x07", 11, CURVE_OTHER}, /* brainpool */
        {"\x06\x03\x2b\x65\x6e", 5, CURVE_OTHER},                          /* X25519 */
        {"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01", 9, CURVE_OTHER},          /* cut */
        {"\x06\x07\x2a\x86\x48\xce\x3d\x03\x01", 9, CURVE_OTHER},
        {"\x05\x00", 2, CURVE_OTHER}, /* implicitlyCA */
        {"\x06", 1, CURVE_OTHER},
        {"junk", 4, CURVE_OTHER},
        {"", 0, CURVE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (key_curve_from_params(crypto, examples[i].params, examples[i].size) !=
            examples[i].curve)
            fail_msg("%zu", i);
    }
}

static void a_printable_string_is_a_name(void **state)
{
    static const struct {
        const char *params;
        size_t size;
        enum key_curve curve;
    } examples[] = {
        {"\x13\x0c"
         "edwards25519",
         14, CURVE_ED25519},
        {"\x13\x0a"
         "edwards448",
         12, CURVE_ED448},
        {"\x13\x09"
         "secp256r1",
         11, CURVE_P256},
        {"\x13\x09"
         "secp256r1x",
         12, CURVE_OTHER},
        {"\x13\x0a"
         "secp256r1",
         11, CURVE_OTHER},
        {"\x13\x08"
         "secp256r1",
         11, CURVE_OTHER},
        {"\x13\x00", 2, CURVE_OTHER},
        {"\x13", 1, CURVE_OTHER},
        {"\x0c\x09"
         "secp256r1",
         11, CURVE_OTHER},
        {"\x13\x0b"
         "secp256r1\0x",
         13, CURVE_OTHER},
        {"\x13\x20"
         "secp256r1secp256r1secp256r1secp2",
         34, CURVE_OTHER},
        {"\x13\x1f"
         "secp256r1secp256r1secp256r1secp",
         33, CURVE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (key_curve_from_params(crypto, examples[i].params, examples[i].size) !=
            examples[i].curve)
            fail_msg("%zu", i);
    }
}

static EC_GROUP *explicit_group(int nid)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);

    assert_non_null(group);
    EC_GROUP_set_asn1_flag(group, OPENSSL_EC_EXPLICIT_CURVE);
    return group;
}

/* The curve of those parameters, in whole and cut short; the group is freed. */
static void expect_group(EC_GROUP *group, enum key_curve expected)
{
    unsigned char *der = NULL;
    int size = i2d_ECPKParameters(group, &der);

    assert_true(size > 100);
    assert_int_equal(key_curve_from_params(crypto, der, (size_t)size), expected);
    for (size_t cut = 0; cut < (size_t)size; cut++)
        assert_int_equal(key_curve_from_params(crypto, der, cut), CURVE_OTHER);
    OPENSSL_free(der);
    EC_GROUP_free(group);
}

static void explicit_parameters_are_known_again(void **state)
{
    static const struct {
        int nid;
        enum key_curve curve;
    } examples[] = {
        {NID_X9_62_prime256v1, CURVE_P256}, {NID_secp384r1, CURVE_P384},
        {NID_secp521r1, CURVE_P521},        {NID_secp256k1, CURVE_SECP256K1},
        {NID_brainpoolP256r1, CURVE_OTHER}, {NID_secp224r1, CURVE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        EC_GROUP *plain = explicit_group(examples[i].nid);
        EC_GROUP *seedless = explicit_group(examples[i].nid);

        expect_group(plain, examples[i].curve);
        EC_GROUP_set_seed(seedless, NULL, 0);
        EC_GROUP_set_point_conversion_form(seedless, POINT_CONVERSION_COMPRESSED);
        expect_group(seedless, examples[i].curve);
    }
}

/* A generator of one's own makes one's own private key for anyone's public key. */
static void a_named_curve_with_another_generator_is_another_curve(void **state)
{
    EC_GROUP *group = explicit_group(NID_X9_62_prime256v1);
    EC_POINT *generator = EC_POINT_new(group);
    BIGNUM *two = BN_new();

    (void)state;
    BN_set_word(two, 2);
    assert_int_equal(EC_POINT_mul(group, generator, two, NULL, NULL, NULL), 1);
    assert_int_equal(EC_GROUP_set_generator(group, generator, EC_GROUP_get0_order(group),
                                            EC_GROUP_get0_cofactor(group)),
                     1);
    EC_GROUP_set_curve_name(group, NID_undef);
    EC_POINT_free(generator);
    BN_free(two);
    expect_group(group, CURVE_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curve_has_the_names_of_openssh_and_of_the_standards),
        cmocka_unit_test(a_name_that_is_printed_is_read_back),
        cmocka_unit_test(an_oid_names_its_curve_and_nothing_else_does),
        cmocka_unit_test(a_printable_string_is_a_name),
        cmocka_unit_test(explicit_parameters_are_known_again),
        cmocka_unit_test(a_named_curve_with_another_generator_is_another_curve),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
