// SPDX-License-Identifier: BSD-2-Clause
// The longer it takes to check a signature, the more it costs, whatever key somebody made for it.
#include "tests/unit/pki_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include "crypto/signature_cost.h"

static unsigned cost_of(X509 *certificate, const EVP_PKEY *key)
{
    return signature_cost(certificate, signature_key_cost(key));
}

static int forget(void **state)
{
    (void)state;
    pki_forget();
    return 0;
}

static void keys_cost_as_they_are_long(void **state)
{
    static const struct {
        unsigned bits, exponent, cost;
    } rows[] = {
        {1024, 17, 1},  {2048, 17, 1},  {2048, 32, 1},    {3072, 17, 2}, {4096, 17, 4},
        {8192, 17, 16}, {8192, 64, 32}, {2048, 2047, 63}, {3072, 65, 4}, {3072, 3071, 190},
        {8193, 17, 0},  {16384, 17, 0}, {3073, 65, 0},    {3073, 64, 4},
    };
    const struct pki *user = pki_user("CN=alice", pki_root("CN=root"));

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned cost = cost_of(user->x509, pki_long_key(rows[i].bits, rows[i].exponent));

        if (cost != rows[i].cost)
            fail_msg("RSA %u with an exponent of %u bits: %u", rows[i].bits, rows[i].exponent,
                     cost);
    }
}

/* The caller frees. Its numbers mean nothing. */
static EVP_PKEY *dsa_key(int bits)
{
    static const char *const names[] = {OSSL_PKEY_PARAM_FFC_P, OSSL_PKEY_PARAM_FFC_Q,
                                        OSSL_PKEY_PARAM_FFC_G, OSSL_PKEY_PARAM_PUB_KEY};
    const int lengths[] = {bits, 256, bits - 1, bits - 1};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *numbers[4];
    OSSL_PARAM *params;
    EVP_PKEY *key = NULL;

    for (size_t i = 0; i < 4; i++) {
        numbers[i] = BN_new();
        assert_int_equal(BN_rand(numbers[i], lengths[i], BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), 1);
        OSSL_PARAM_BLD_push_BN(builder, names[i], numbers[i]);
    }
    params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_fromdata_init(context);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    for (size_t i = 0; i < 4; i++)
        BN_free(numbers[i]);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void dsa_costs_four_times_as_much_as_rsa(void **state)
{
    static const struct {
        int bits;
        unsigned cost;
    } rows[] = {{1024, 4}, {2048, 4}, {3072, 8}, {3073, 0}};
    const struct pki *user = pki_user("CN=alice", pki_root("CN=root"));

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EVP_PKEY *key = dsa_key(rows[i].bits);

        assert_int_equal(cost_of(user->x509, key), rows[i].cost);
        EVP_PKEY_free(key);
    }
}

static void curves_cost_as_they_are_slow(void **state)
{
    static const struct {
        const char *type;
        unsigned cost;
    } rows[] = {{"P-224", 1}, {"P-256", 1},   {"P-384", 4},
                {"P-521", 4}, {"ED25519", 1}, {"ED448", 4}};
    const struct pki *user = pki_user("CN=alice", pki_root("CN=root"));
    EVP_PKEY *slow = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "sect571r1");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(cost_of(user->x509, pki_new_key(rows[i].type, 0)), rows[i].cost);
    assert_int_equal(cost_of(user->x509, slow), 20);
    EVP_PKEY_free(slow);
}

static void a_large_certificate_costs_what_it_takes_to_hash(void **state)
{
    enum { BYTES = 70000 };
    static const char head[] = "1.2.3.4=DER:";
    char *extension = malloc(sizeof(head) + 2 * (size_t)BYTES);
    const struct pki *root = pki_root("CN=root"), *large;

    (void)state;
    assert_non_null(extension);
    memcpy(extension, head, sizeof(head));
    memset(extension + strlen(head), '0', 2 * (size_t)BYTES);
    extension[strlen(head) + 2 * (size_t)BYTES] = '\0';
    large = pki_make(
        (struct pki_order){.subject = "CN=large", .issuer = root, .extensions = extension});
    assert_int_equal(cost_of(large->x509, root->key), 1 + 2);
    free(extension);
}

static void without_a_key_nothing_is_checked(void **state)
{
    (void)state;
    assert_int_equal(cost_of(pki_root("CN=root")->x509, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(keys_cost_as_they_are_long, forget),
        cmocka_unit_test_teardown(dsa_costs_four_times_as_much_as_rsa, forget),
        cmocka_unit_test_teardown(curves_cost_as_they_are_slow, forget),
        cmocka_unit_test_teardown(a_large_certificate_costs_what_it_takes_to_hash, forget),
        cmocka_unit_test_teardown(without_a_key_nothing_is_checked, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
