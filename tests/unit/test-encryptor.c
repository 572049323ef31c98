// SPDX-License-Identifier: BSD-2-Clause
// What the public key encrypts the private key decrypts.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include "common/constants.h"
#include "crypto/crypto.h"
#include "crypto/encryptor.h"

enum { SIZE = 256 };

static struct crypto *crypto;
static EVP_PKEY *private_key;
static struct public_key *key, *ec_key;

static struct public_key *public_key_of(EVP_PKEY *from)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(from, &der);
    struct public_key *made = public_key_from_spki(crypto, der, (size_t)size);

    OPENSSL_free(der);
    return made;
}

static int set_up(void **state)
{
    EVP_PKEY *ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

    (void)state;
    crypto = crypto_create();
    private_key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)SIZE * 8);
    key = public_key_of(private_key);
    ec_key = public_key_of(ec);
    EVP_PKEY_free(ec);
    return key != NULL && ec_key != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    public_key_destroy(key);
    public_key_destroy(ec_key);
    EVP_PKEY_free(private_key);
    crypto_destroy(crypto);
    return 0;
}

static const struct {
    CK_MECHANISM_TYPE hash;
    CK_RSA_PKCS_MGF_TYPE mgf;
    const char *hash_name, *mgf_name;
    const char *label;
    size_t most; /* RFC 8017, 7.1.1 */
} oaep_kinds[] = {
    {CKM_SHA_1, CKG_MGF1_SHA1, "SHA1", "SHA1", "", SIZE - 42},
    {CKM_SHA256, CKG_MGF1_SHA256, "SHA256", "SHA256", "", SIZE - 66},
    {CKM_SHA256, CKG_MGF1_SHA1, "SHA256", "SHA1", "a label", SIZE - 66},
    {CKM_SHA512, CKG_MGF1_SHA384, "SHA512", "SHA384", "another", SIZE - 130},
};

enum { N_KINDS = sizeof(oaep_kinds) / sizeof(oaep_kinds[0]) };

static CK_RSA_PKCS_OAEP_PARAMS oaep_of(size_t i)
{
    size_t size = strlen(oaep_kinds[i].label);

    return (CK_RSA_PKCS_OAEP_PARAMS){oaep_kinds[i].hash, oaep_kinds[i].mgf, CKZ_DATA_SPECIFIED,
                                     size > 0 ? (void *)(uintptr_t)oaep_kinds[i].label : NULL,
                                     size};
}

/* i: of oaep_kinds; N_KINDS: PKCS#1 v1.5. */
static size_t decrypt(size_t i, const unsigned char *encrypted, unsigned char out[SIZE])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(private_key, NULL);
    size_t size = SIZE;

    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    if (i == N_KINDS) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
    } else {
        size_t label_size = strlen(oaep_kinds[i].label);

        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
        EVP_PKEY_CTX_set_rsa_oaep_md_name(context, oaep_kinds[i].hash_name, NULL);
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, oaep_kinds[i].mgf_name, NULL);
        if (label_size > 0)
            EVP_PKEY_CTX_set0_rsa_oaep_label(
                context, OPENSSL_memdup(oaep_kinds[i].label, label_size), (int)label_size);
    }
    assert_int_equal(EVP_PKEY_decrypt(context, out, &size, encrypted, SIZE), 1);
    EVP_PKEY_CTX_free(context);
    return size;
}

static void try_encrypt(size_t i, const CK_MECHANISM *mechanism, size_t most)
{
    unsigned char data[SIZE], encrypted[SIZE], decrypted[SIZE];
    const size_t sizes[] = {0, 1, 32, most};
    struct encryptor *encryptor = encryptor_create(crypto, key, mechanism);

    memset(data, 0x5a, sizeof(data));
    assert_non_null(encryptor);
    assert_int_equal(encryptor_size(encryptor), SIZE);
    assert_int_equal(encryptor_most(encryptor), most);
    for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
        assert_true(encryptor_run(encryptor, data, sizes[j], encrypted));
        assert_int_equal(decrypt(i, encrypted, decrypted), sizes[j]);
        assert_memory_equal(decrypted, data, sizes[j]);
    }
    ERR_clear_error();
    assert_false(encryptor_run(encryptor, data, most + 1, encrypted));
    assert_int_equal(ERR_peek_error(), 0);
    encryptor_destroy(encryptor);
}

static void what_is_encrypted_is_decrypted_by_the_private_key(void **state)
{
    const CK_MECHANISM plain = {CKM_RSA_PKCS, NULL, 0};

    (void)state;
    try_encrypt(N_KINDS, &plain, SIZE - 11);
    for (size_t i = 0; i < N_KINDS; i++) {
        CK_RSA_PKCS_OAEP_PARAMS oaep = oaep_of(i);
        const CK_MECHANISM mechanism = {CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep)};

        try_encrypt(i, &mechanism, oaep_kinds[i].most);
    }
}

/* As a number: what comes out is the number again, zeros before it. */
static void data_is_encrypted_as_a_number_where_there_is_no_padding(void **state)
{
    const CK_MECHANISM mechanism = {CKM_RSA_X_509, NULL, 0};
    struct encryptor *encryptor = encryptor_create(crypto, key, &mechanism);
    unsigned char data[SIZE], encrypted[SIZE], decrypted[SIZE];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(private_key, NULL);
    size_t size = SIZE;

    (void)state;
    memset(data, 0xff, sizeof(data));
    assert_int_equal(encryptor_most(encryptor), SIZE);
    assert_true(encryptor_run(encryptor, data, 20, encrypted));
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(context, decrypted, &size, encrypted, SIZE), 1);
    assert_int_equal(size, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(decrypted[i], i < SIZE - 20 ? 0 : 0xff);
    assert_false(encryptor_run(encryptor, data, SIZE, encrypted)); /* more than the modulus */
    EVP_PKEY_CTX_free(context);
    encryptor_destroy(encryptor);
}

static void other_mechanisms_parameters_and_keys_do_not_encrypt(void **state)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep = oaep_of(0);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) - 1};

    (void)state;
    assert_null(encryptor_create(crypto, key, &mechanism));
    mechanism.ulParameterLen = sizeof(oaep);
    assert_null(encryptor_create(crypto, ec_key, &mechanism));
    oaep.hashAlg = CKM_MD5;
    assert_null(encryptor_create(crypto, key, &mechanism));
    oaep = oaep_of(0);
    oaep.mgf = 77;
    assert_null(encryptor_create(crypto, key, &mechanism));
    mechanism = (CK_MECHANISM){CKM_RSA_PKCS_OAEP, NULL, 0};
    assert_null(encryptor_create(crypto, key, &mechanism));
    mechanism.mechanism = CKM_RSA_9796;
    assert_null(encryptor_create(crypto, key, &mechanism));
    mechanism = (CK_MECHANISM){CKM_RSA_PKCS, &oaep, sizeof(oaep)};
    assert_null(encryptor_create(crypto, key, &mechanism));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encrypted_is_decrypted_by_the_private_key),
        cmocka_unit_test(data_is_encrypted_as_a_number_where_there_is_no_padding),
        cmocka_unit_test(other_mechanisms_parameters_and_keys_do_not_encrypt),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
