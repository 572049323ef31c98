// SPDX-License-Identifier: BSD-2-Clause
// What is read of a certificate: its key, whether it is an authority's, and what its key may do.
#include "tests/unit/filters_fixture.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/certificate.h"
#include "tests/unit/decoded_key.h"

struct der {
    unsigned char bytes[4096];
    size_t size;
};

static EVP_PKEY *signer;

static int set_up(void **state)
{
    signer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    return signer == NULL ? -1 : filters_set_up(state);
}

static int tear_down(void **state)
{
    EVP_PKEY_free(signer);
    return filters_tear_down(state);
}

static void add_extension(X509 *x509, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    if (value == NULL)
        return;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

struct extension {
    int nid;
    const char *value;
};

static struct extension more; /* of the next certificate that is made */

/* A certificate of the key, signed by the signer, with basicConstraints and keyUsage in OpenSSL's
 * words; NULL: without. */
static void make(EVP_PKEY *key, const char *constraints, const char *usage, struct der *der)
{
    X509 *x509 = X509_new();
    unsigned char *at = der->bytes;
    int size;

    assert_non_null(x509);
    X509_set_version(x509, constraints == NULL && usage == NULL ? X509_VERSION_1 : X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               (const unsigned char *)"x", -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    add_extension(x509, NID_basic_constraints, constraints);
    add_extension(x509, NID_key_usage, usage);
    if (more.nid == NID_authority_key_identifier)
        add_extension(x509, NID_subject_key_identifier, "hash");
    add_extension(x509, more.nid, more.value);
    more = (struct extension){0};
    assert_true(X509_sign(x509, signer, EVP_sha256()) > 0);
    size = i2d_X509(x509, NULL);
    assert_true(size > 0 && (size_t)size < sizeof(der->bytes));
    der->size = (size_t)i2d_X509(x509, &at);
    X509_free(x509);
}

static struct certificate *parse(enum certificate_depth depth, const struct der *der)
{
    return certificate_parse(fixture_crypto(), depth, der->bytes, der->size);
}

static void the_key_of_a_certificate_is_the_key_that_was_put_in(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        EVP_PKEY *key = decoded_key_of(fixture_key(i));
        struct der der;
        struct certificate *certificate;

        make(key, "CA:FALSE", "digitalSignature", &der);
        certificate = parse(CERTIFICATE_CHAIN, &der);
        assert_non_null(certificate);
        assert_true(public_key_equal(certificate->key, fixture_key(i)));
        assert_memory_equal(certificate->key->fingerprint, fixture_key(i)->fingerprint,
                            PUBLIC_KEY_HASH_SIZE);
        certificate_destroy(certificate);
        EVP_PKEY_free(key);
    }
}

static void a_key_in_another_encoding_is_the_same_key(void **state)
{
    static const enum fixture_key keys[] = {P256_A, P384_A, P521_A};

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        for (size_t j = 0; j < N_OTHER_ENCODINGS; j++) {
            EVP_PKEY *key = decoded_key_of(fixture_key(keys[i]));
            struct certificate *certificate;
            struct der der;

            assert_int_equal(
                EVP_PKEY_set_utf8_string_param(key, other_encodings[j].param, other_encodings[j].value), 1);
            make(key, "CA:FALSE", NULL, &der);
            certificate = parse(CERTIFICATE_CHAIN, &der);
            assert_non_null(certificate);
            assert_true(public_key_equal(certificate->key, fixture_key(keys[i])));
            assert_memory_equal(certificate->key->fingerprint, fixture_key(keys[i])->fingerprint,
                                PUBLIC_KEY_HASH_SIZE);
            certificate_destroy(certificate);
            EVP_PKEY_free(key);
        }
    }
}

static void an_authority_is_what_says_ca_true_whatever_its_key_usage(void **state)
{
    static const struct {
        const char *constraints, *usage;
        bool authority;
    } examples[] = {
        {"CA:TRUE", "keyCertSign", true},
        {"critical,CA:TRUE", "keyCertSign,cRLSign", true},
        {"CA:TRUE", NULL, true},
        {"CA:TRUE,pathlen:0", NULL, true},
        {"CA:TRUE", "digitalSignature", true},
        {"CA:TRUE", "digitalSignature,keyEncipherment", true},
        {"CA:FALSE", "digitalSignature", false},
        {"CA:FALSE", "keyCertSign", false},
        {"CA:FALSE", NULL, false},
        {NULL, "digitalSignature", false},
        {NULL, "keyCertSign", false},
        {NULL, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct der der;
        struct certificate *certificate;

        make(signer, examples[i].constraints, examples[i].usage, &der);
        certificate = parse(CERTIFICATE_CHAIN, &der);
        assert_non_null(certificate);
        if (certificate->authority != examples[i].authority)
            fail_msg("%s, %s", examples[i].constraints, examples[i].usage);
        certificate_destroy(certificate);
    }
}

static void key_usage_says_whether_the_key_signs(void **state)
{
    static const struct {
        const char *usage;
        enum key_usage result;
    } examples[] = {
        {NULL, KEY_USAGE_ABSENT},
        {"digitalSignature", KEY_USAGE_SIGNS},
        {"nonRepudiation", KEY_USAGE_SIGNS},
        {"critical,digitalSignature,keyEncipherment", KEY_USAGE_SIGNS},
        {"keyEncipherment", KEY_USAGE_DOES_NOT_SIGN},
        {"keyAgreement", KEY_USAGE_DOES_NOT_SIGN},
        {"dataEncipherment,decipherOnly", KEY_USAGE_DOES_NOT_SIGN},
        {"keyCertSign,cRLSign", KEY_USAGE_DOES_NOT_SIGN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct der der;
        struct certificate *certificate;

        make(signer, "CA:FALSE", examples[i].usage, &der);
        certificate = parse(CERTIFICATE_CHAIN, &der);
        assert_non_null(certificate);
        assert_int_equal(certificate->usage, examples[i].result);
        certificate_destroy(certificate);
    }
}

/* Changes the last of the bytes that stand there once. */
static void change(struct der *der, const void *bytes, size_t size, unsigned char to)
{
    unsigned char *at = memmem(der->bytes, der->size, bytes, size);

    assert_non_null(at);
    at[size - 1] = to;
}

static void a_key_usage_that_cannot_be_read_permits_nothing(void **state)
{
    static const unsigned char value[] = {0x04, 0x04, 0x03};
    static const unsigned char constraints[] = {0x06, 0x03, 0x55, 0x1d, 0x13};
    struct der no_bits, twice;
    struct certificate *certificate;

    (void)state;
    make(signer, "CA:TRUE", "digitalSignature", &no_bits);
    twice = no_bits;
    change(&no_bits, value, sizeof(value), 0x04); /* an OCTET STRING */
    certificate = parse(CERTIFICATE_KEY, &no_bits);
    assert_non_null(certificate);
    assert_int_equal(certificate->usage, KEY_USAGE_DOES_NOT_SIGN);
    assert_true(certificate->authority);
    certificate_destroy(certificate);
    change(&twice, constraints, sizeof(constraints), 0x0f);
    certificate = parse(CERTIFICATE_KEY, &twice);
    assert_non_null(certificate);
    assert_int_equal(certificate->usage, KEY_USAGE_DOES_NOT_SIGN);
    assert_false(certificate->authority);
    certificate_destroy(certificate);
}

/* Gives the value of the extension another type. */
static void spoil(struct der *der, int nid)
{
    unsigned char oid[16], *to = oid;
    int size = i2d_ASN1_OBJECT(OBJ_nid2obj(nid), &to);
    unsigned char *at = memmem(der->bytes, der->size, oid, (size_t)size);

    assert_non_null(at);
    assert_int_equal(at[size], 0x04); /* OCTET STRING, not critical */
    at[size + 2] ^= 0x02;
}

static void a_certificate_that_openssl_calls_invalid_permits_nothing(void **state)
{
    static const struct extension extensions[] = {
        {NID_ext_key_usage, "clientAuth"},
        {NID_netscape_cert_type, "client"},
        {NID_subject_alt_name, "email:a@b.example"},
        {NID_name_constraints, "permitted;email:b.example"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid"},
        {NID_crl_distribution_points, "URI:http://b.example/"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        struct der der;
        struct certificate *certificate;

        more = extensions[i];
        make(signer, "CA:FALSE", "digitalSignature", &der);
        certificate = parse(CERTIFICATE_KEY, &der);
        assert_int_equal(certificate->usage, KEY_USAGE_SIGNS);
        certificate_destroy(certificate);
        spoil(&der, extensions[i].nid);
        certificate = parse(CERTIFICATE_KEY, &der);
        if (certificate->usage != KEY_USAGE_DOES_NOT_SIGN)
            fail_msg("%s", OBJ_nid2sn(extensions[i].nid));
        certificate_destroy(certificate);
    }
}

static void no_more_is_read_than_was_asked_for(void **state)
{
    struct der der;

    (void)state;
    make(signer, "CA:TRUE", "digitalSignature", &der);
    for (int depth = CERTIFICATE_KEY; depth <= CERTIFICATE_CHAIN; depth++) {
        struct certificate *certificate = parse((enum certificate_depth)depth, &der);

        assert_non_null(certificate);
        assert_non_null(certificate->key);
        assert_true(certificate->authority);
        assert_int_equal(certificate->usage, KEY_USAGE_SIGNS);
        assert_int_equal(certificate->content != NULL, depth >= CERTIFICATE_CONTENT);
        assert_int_equal(certificate->x509 != NULL, depth >= CERTIFICATE_CHAIN);
        certificate_destroy(certificate);
    }
}

static void a_certificate_whose_key_is_not_known_here_is_none(void **state)
{
    static const char *const groups[] = {"brainpoolP256r1", "secp224r1"};
    struct der der;

    (void)state;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", groups[i]);

        make(key, "CA:FALSE", NULL, &der);
        assert_null(parse(CERTIFICATE_CHAIN, &der));
        EVP_PKEY_free(key);
    }
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    make(key, "CA:FALSE", NULL, &der);
    assert_null(parse(CERTIFICATE_CHAIN, &der));
    EVP_PKEY_free(key);
}

static void what_is_cut_is_no_certificate_and_leaves_no_error_behind(void **state)
{
    struct der der;

    (void)state;
    make(signer, "CA:FALSE", "digitalSignature", &der);
    ERR_clear_error();
    for (size_t cut = 0; cut < der.size; cut++) {
        assert_null(certificate_parse(fixture_crypto(), CERTIFICATE_KEY, der.bytes, cut));
        assert_null(certificate_parse(fixture_crypto(), CERTIFICATE_CHAIN, der.bytes, cut));
    }
    assert_null(certificate_parse(fixture_crypto(), CERTIFICATE_CHAIN, "", 0));
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 7); /* and takes none away */
    assert_null(certificate_parse(fixture_crypto(), CERTIFICATE_CHAIN, "junk", 4));
    certificate_destroy(parse(CERTIFICATE_CHAIN, &der));
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_peek_error(), 0);
    certificate_destroy(NULL);
}

/* Whatever byte is changed: no crash, no leak, and not our key unless its bytes were left alone. */
static void a_changed_byte_is_borne(void **state)
{
    static const unsigned char changes[] = {0x01, 0x80, 0xff};
    struct der der;

    (void)state;
    make(signer, "CA:FALSE", "digitalSignature", &der);
    for (size_t at = 0; at < der.size; at++) {
        for (size_t i = 0; i < sizeof(changes); i++) {
            der.bytes[at] ^= changes[i];
            certificate_destroy(parse(CERTIFICATE_CHAIN, &der));
            der.bytes[at] ^= changes[i];
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_a_certificate_is_the_key_that_was_put_in),
        cmocka_unit_test(a_key_in_another_encoding_is_the_same_key),
        cmocka_unit_test(an_authority_is_what_says_ca_true_whatever_its_key_usage),
        cmocka_unit_test(key_usage_says_whether_the_key_signs),
        cmocka_unit_test(a_key_usage_that_cannot_be_read_permits_nothing),
        cmocka_unit_test(a_certificate_that_openssl_calls_invalid_permits_nothing),
        cmocka_unit_test(no_more_is_read_than_was_asked_for),
        cmocka_unit_test(a_certificate_whose_key_is_not_known_here_is_none),
        cmocka_unit_test(what_is_cut_is_no_certificate_and_leaves_no_error_behind),
        cmocka_unit_test(a_changed_byte_is_borne),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
