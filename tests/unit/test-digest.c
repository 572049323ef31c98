// SPDX-License-Identifier: BSD-2-Clause
// A hash is known by each of its names, and by its DigestInfo only if that is exactly one.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>
#include "common/constants.h"
#include "crypto/digest.h"

static const struct {
    enum digest digest;
    int nid;
    CK_MECHANISM_TYPE mechanism;
    CK_RSA_PKCS_MGF_TYPE mgf;
    size_t size;
} kinds[] = {
    {DIGEST_SHA1, NID_sha1, CKM_SHA_1, CKG_MGF1_SHA1, 20},
    {DIGEST_SHA224, NID_sha224, CKM_SHA224, CKG_MGF1_SHA224, 28},
    {DIGEST_SHA256, NID_sha256, CKM_SHA256, CKG_MGF1_SHA256, 32},
    {DIGEST_SHA384, NID_sha384, CKM_SHA384, CKG_MGF1_SHA384, 48},
    {DIGEST_SHA512, NID_sha512, CKM_SHA512, CKG_MGF1_SHA512, 64},
    {DIGEST_SHA3_224, NID_sha3_224, CKM_SHA3_224, CKG_MGF1_SHA3_224, 28},
    {DIGEST_SHA3_256, NID_sha3_256, CKM_SHA3_256, CKG_MGF1_SHA3_256, 32},
    {DIGEST_SHA3_384, NID_sha3_384, CKM_SHA3_384, CKG_MGF1_SHA3_384, 48},
    {DIGEST_SHA3_512, NID_sha3_512, CKM_SHA3_512, CKG_MGF1_SHA3_512, 64},
};

enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]), INFO_MAX = 128 };

static void each_name_means_the_same_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        EVP_MD *md = EVP_MD_fetch(NULL, digest_name(kinds[i].digest), NULL);

        assert_non_null(md);
        assert_int_equal(EVP_MD_get_type(md), kinds[i].nid);
        assert_int_equal(EVP_MD_get_size(md), digest_size(kinds[i].digest));
        assert_int_equal(digest_mechanism(kinds[i].digest), kinds[i].mechanism);
        assert_int_equal(digest_from_mechanism(kinds[i].mechanism), kinds[i].digest);
        assert_int_equal(digest_from_mgf(kinds[i].mgf), kinds[i].digest);
        EVP_MD_free(md);
    }
}

static void what_is_none_of_them_is_none(void **state)
{
    (void)state;
    assert_null(digest_name(DIGEST_NONE));
    assert_int_equal(digest_size(DIGEST_NONE), 0);
    assert_int_equal(digest_mechanism(DIGEST_NONE), CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(digest_from_mechanism(CKM_MD5), DIGEST_NONE);
    assert_int_equal(digest_from_mechanism(CK_UNAVAILABLE_INFORMATION), DIGEST_NONE);
    assert_int_equal(digest_from_mgf(0), DIGEST_NONE);
}

/* As OpenSSL writes it. */
static size_t make_info(int nid, int parameter, size_t hash_size, unsigned char *out)
{
    X509_SIG *info = X509_SIG_new();
    X509_ALGOR *algorithm;
    ASN1_OCTET_STRING *hash;
    unsigned char bytes[64];
    int size;

    memset(bytes, 0x30, sizeof(bytes));
    X509_SIG_getm(info, &algorithm, &hash);
    X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), parameter, NULL);
    ASN1_OCTET_STRING_set(hash, bytes, (int)hash_size);
    size = i2d_X509_SIG(info, &out);
    X509_SIG_free(info);
    return (size_t)size;
}

static void a_DigestInfo_is_known_by_its_hash(void **state)
{
    unsigned char info[INFO_MAX];

    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        size_t size = make_info(kinds[i].nid, V_ASN1_NULL, kinds[i].size, info);

        assert_int_equal(digest_from_info(info, size), kinds[i].digest);
    }
}

/* Every bit of what stands before the hash, and every length. */
static void what_is_nearly_a_DigestInfo_is_none(void **state)
{
    unsigned char info[INFO_MAX + 1] = {0};

    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        size_t size = make_info(kinds[i].nid, V_ASN1_NULL, kinds[i].size, info);

        for (size_t bit = 0; bit < (size - kinds[i].size) * 8; bit++) {
            info[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_int_equal(digest_from_info(info, size), DIGEST_NONE);
            info[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        for (size_t other = 0; other < sizeof(info); other++) {
            if (other != size)
                assert_int_equal(digest_from_info(info, other), DIGEST_NONE);
        }
    }
}

/* Without the NULL, with another hash's length, of MD5, a bare hash, MD5 and SHA-1 of TLS 1.0. */
static void other_forms_of_a_DigestInfo_are_none(void **state)
{
    unsigned char info[INFO_MAX] = {0};
    size_t size;

    (void)state;
    size = make_info(NID_sha256, V_ASN1_UNDEF, 32, info);
    assert_int_equal(digest_from_info(info, size), DIGEST_NONE);
    size = make_info(NID_sha256, V_ASN1_NULL, 20, info);
    assert_int_equal(digest_from_info(info, size), DIGEST_NONE);
    size = make_info(NID_md5, V_ASN1_NULL, 16, info);
    assert_int_equal(digest_from_info(info, size), DIGEST_NONE);
    size = make_info(NID_sha512_256, V_ASN1_NULL, 32, info);
    assert_int_equal(digest_from_info(info, size), DIGEST_NONE);
    for (size = 0; size <= 64; size++)
        assert_int_equal(digest_from_info(info + 64, size), DIGEST_NONE);
    assert_int_equal(digest_from_info(NULL, 0), DIGEST_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_means_the_same_hash),
        cmocka_unit_test(what_is_none_of_them_is_none),
        cmocka_unit_test(a_DigestInfo_is_known_by_its_hash),
        cmocka_unit_test(what_is_nearly_a_DigestInfo_is_none),
        cmocka_unit_test(other_forms_of_a_DigestInfo_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
