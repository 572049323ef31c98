// SPDX-License-Identifier: BSD-2-Clause
// A PSS signature is verified by the hash, the mask and the salt that its parameters name.
#include "tests/unit/filters_fixture.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include "common/constants.h"
#include "crypto/verifier.h"

static EVP_PKEY *private_key;
static struct public_key *public_key;

static int set_up(void **state)
{
    if (filters_set_up(state) != 0)
        return -1;
    private_key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    public_key = fixture_public_key(private_key);
    return public_key != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    EVP_PKEY_free(private_key);
    public_key_destroy(public_key);
    return filters_tear_down(state);
}

struct signature {
    unsigned char bytes[256];
    size_t size;
};

/* PSS: the hash, the one of the mask and the salt's length are the parameters'. */
static void sign_pss(const char *hash, const char *mask, int salt, bool digested, const void *data,
                     size_t size, struct signature *signature)
{
    EVP_PKEY_CTX *context;
    EVP_MD_CTX *digesting = EVP_MD_CTX_new();

    signature->size = sizeof(signature->bytes);
    assert_int_equal(
        EVP_DigestSignInit_ex(digesting, &context, hash, NULL, NULL, private_key, NULL), 1);
    if (!digested) {
        context = EVP_PKEY_CTX_new(private_key, NULL);
        assert_int_equal(EVP_PKEY_sign_init(context), 1);
    }
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING), 1);
    if (!digested)
        assert_int_equal(EVP_PKEY_CTX_set_signature_md(context, EVP_get_digestbyname(hash)), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, mask, NULL), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt), 1);
    if (digested)
        assert_int_equal(EVP_DigestSign(digesting, signature->bytes, &signature->size, data, size),
                         1);
    else
        assert_int_equal(EVP_PKEY_sign(context, signature->bytes, &signature->size, data, size), 1);
    if (!digested)
        EVP_PKEY_CTX_free(context);
    EVP_MD_CTX_free(digesting);
}

static const struct {
    CK_MECHANISM_TYPE mechanism, hash;
    CK_RSA_PKCS_MGF_TYPE mgf;
    const char *name;
    size_t size;
} pss_kinds[] = {
    {CKM_SHA1_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA1, "SHA1", 20},
    {CKM_SHA224_RSA_PKCS_PSS, CKM_SHA224, CKG_MGF1_SHA224, "SHA224", 28},
    {CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, "SHA256", 32},
    {CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, "SHA384", 48},
    {CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA512, "SHA512", 64},
};

enum { N_PSS = sizeof(pss_kinds) / sizeof(pss_kinds[0]) };

static enum verification verify_pss(CK_MECHANISM_TYPE type, CK_RSA_PKCS_PSS_PARAMS pss,
                                    const void *data, size_t size,
                                    const struct signature *signature)
{
    const CK_MECHANISM mechanism = {type, &pss, sizeof(pss)};

    return public_key_verify(fixture_crypto(), public_key, &mechanism, data, size, signature->bytes,
                             signature->size);
}

/* With each hash, each mask and salts of any length; and nothing else fits. */
static void try_pss(size_t i, size_t mask, CK_ULONG salt)
{
    const unsigned char data[64] = "a message, or that many bytes of a hash";
    const CK_RSA_PKCS_PSS_PARAMS good = {pss_kinds[i].hash, pss_kinds[mask].mgf, salt};
    CK_RSA_PKCS_PSS_PARAMS bad = good;
    struct signature signature;

    sign_pss(pss_kinds[i].name, pss_kinds[mask].name, (int)salt, true, data, 50, &signature);
    assert_int_equal(verify_pss(pss_kinds[i].mechanism, good, data, 50, &signature), VERIFIED);
    assert_int_equal(verify_pss(pss_kinds[i].mechanism, good, data, 49, &signature), NOT_VERIFIED);
    bad.sLen = salt + 1;
    assert_int_equal(verify_pss(pss_kinds[i].mechanism, bad, data, 50, &signature), NOT_VERIFIED);
    bad.sLen = salt;
    bad.mgf = pss_kinds[(mask + 1) % N_PSS].mgf;
    assert_int_equal(verify_pss(pss_kinds[i].mechanism, bad, data, 50, &signature), NOT_VERIFIED);
    sign_pss(pss_kinds[i].name, pss_kinds[mask].name, (int)salt, false, data, pss_kinds[i].size,
             &signature);
    assert_int_equal(verify_pss(CKM_RSA_PKCS_PSS, good, data, pss_kinds[i].size, &signature),
                     VERIFIED);
    signature.bytes[100] ^= 1;
    assert_int_equal(verify_pss(CKM_RSA_PKCS_PSS, good, data, pss_kinds[i].size, &signature),
                     NOT_VERIFIED);
}

static void a_PSS_signature_is_verified_by_its_own_parameters_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PSS; i++) {
        for (size_t mask = 0; mask < N_PSS; mask++) {
            try_pss(i, mask, 0);
            try_pss(i, mask, pss_kinds[i].size);
        }
    }
}

/* -1 and its neighbours mean something else to OpenSSL than a length. */
static void odd_PSS_parameters_cannot_be_verified_by(void **state)
{
    static const CK_RSA_PKCS_PSS_PARAMS odd[] = {
        {CKM_SHA384, CKG_MGF1_SHA256, 32}, /* another hash than the mechanism's */
        {CKM_SHA256, 0, 32},
        {CKM_SHA256, 99, 32},
        {0, CKG_MGF1_SHA256, 32},
        {CKM_SHA256, CKG_MGF1_SHA256, (CK_ULONG)-1},
        {CKM_SHA256, CKG_MGF1_SHA256, (CK_ULONG)-2},
        {CKM_SHA256, CKG_MGF1_SHA256, 0xffffffffUL},
        {CKM_SHA256, CKG_MGF1_SHA256, 0x100000020UL},
    };
    struct signature signature;

    (void)state;
    sign_pss("SHA256", "SHA256", 32, true, "data", 4, &signature);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        assert_int_equal(verify_pss(CKM_SHA256_RSA_PKCS_PSS, odd[i], "data", 4, &signature),
                         CANNOT_VERIFY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_PSS_signature_is_verified_by_its_own_parameters_alone),
        cmocka_unit_test(odd_PSS_parameters_cannot_be_verified_by),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
