// SPDX-License-Identifier: BSD-2-Clause
#include "tests/fuzz/pki.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "tests/fuzz/fuzz.h"

enum { DAY = 24 * 3600 };

static EVP_PKEY *key_of(uint8_t seed)
{
    uint8_t bytes[32];
    EVP_PKEY *key;

    memset(bytes, seed, sizeof(bytes));
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, sizeof(bytes));
    FUZZ_REQUIRE(key != NULL);
    return key;
}

static void set_common_name(X509_NAME *name, const char *text)
{
    FUZZ_REQUIRE(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)text, -1, -1,
                                            0) == 1);
}

static void add_extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    FUZZ_REQUIRE(extension != NULL && X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* Not signed yet. */
static X509 *begin(long serial, const char *subject, const char *issuer, EVP_PKEY *key)
{
    X509 *x509 = X509_new();

    FUZZ_REQUIRE(x509 != NULL && X509_set_version(x509, X509_VERSION_3) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
    if (subject != NULL)
        set_common_name(X509_get_subject_name(x509), subject);
    set_common_name(X509_get_issuer_name(x509), issuer);
    ASN1_TIME_adj(X509_getm_notBefore(x509), FUZZ_NOW, -30, 0);
    ASN1_TIME_adj(X509_getm_notAfter(x509), FUZZ_NOW, 30, 0);
    X509_set_pubkey(x509, key);
    return x509;
}

static X509 *authority(long serial, const char *subject, EVP_PKEY *key, EVP_PKEY *signer)
{
    X509 *x509 = begin(serial, subject, "root", key);

    add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(x509, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (key != signer)
        add_extension(x509, NID_name_constraints,
                      "critical,permitted;email:corp.example,permitted;DNS:corp.example");
    FUZZ_REQUIRE(X509_sign(x509, signer, NULL) > 0);
    return x509;
}

/* Something of each kind that is looked at. */
static void extend(X509 *x509)
{
    add_extension(x509, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x509, NID_key_usage, "critical,digitalSignature");
    add_extension(x509, NID_ext_key_usage, "clientAuth,msSmartcardLogin");
    add_extension(x509, NID_subject_alt_name,
                  "email:a@corp.example,otherName:msUPN;UTF8:a@corp.example");
    add_extension(x509, NID_crl_distribution_points, "URI:http://crl.example/1");
}

static X509_CRL *crl_of(const X509 *root, EVP_PKEY *key, const X509 *revoked, int hours)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_adj(NULL, FUZZ_NOW, 0, hours * 3600);

    FUZZ_REQUIRE(crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(root));
    X509_CRL_set1_lastUpdate(crl, time);
    if (revoked != NULL) {
        X509_REVOKED *entry = X509_REVOKED_new();

        FUZZ_REQUIRE(entry != NULL &&
                     X509_REVOKED_set_serialNumber(
                         entry, (ASN1_INTEGER *)X509_get0_serialNumber(revoked)) == 1);
        X509_REVOKED_set_revocationDate(entry, time);
        FUZZ_REQUIRE(X509_CRL_add0_revoked(crl, entry) == 1);
    }
    ASN1_TIME_adj(time, FUZZ_NOW, 1, 0);
    X509_CRL_set1_nextUpdate(crl, time);
    FUZZ_REQUIRE(X509_CRL_sign(crl, key, NULL) > 0);
    ASN1_TIME_free(time);
    return crl;
}

static struct trust_anchors *anchors_of(X509 *root)
{
    struct trust_anchors *anchors = trust_anchors_create(fuzz_crypto(), "corp");
    BIO *bio = BIO_new(BIO_s_mem());
    char reason[REASON_SIZE];
    char *text = NULL;
    long size;

    FUZZ_REQUIRE(anchors != NULL && bio != NULL && PEM_write_bio_X509(bio, root) == 1);
    size = BIO_get_mem_data(bio, &text);
    FUZZ_REQUIRE(trust_anchors_add(anchors, text, (size_t)size, reason));
    BIO_free(bio);
    return anchors;
}

const struct fuzz_pki *fuzz_pki(void)
{
    static struct fuzz_pki pki;
    EVP_PKEY *root_key;

    if (pki.root != NULL)
        return &pki;
    root_key = key_of(1);
    pki.ca_key = key_of(2);
    pki.root = authority(1, "root", root_key, root_key);
    pki.ca = authority(2, "issuing", pki.ca_key, root_key);
    pki.user = begin(3, "user", "issuing", root_key);
    extend(pki.user);
    FUZZ_REQUIRE(X509_sign(pki.user, pki.ca_key, NULL) > 0);
    pki.owner = begin(4, "owner", "root", pki.ca_key);
    FUZZ_REQUIRE(X509_sign(pki.owner, root_key, NULL) > 0);
    pki.crl = crl_of(pki.root, root_key, NULL, -2);
    pki.revoking = crl_of(pki.root, root_key, pki.owner, -1);
    pki.anchors = anchors_of(pki.root);
    EVP_PKEY_free(root_key);
    return &pki;
}

X509 *fuzz_user(X509_NAME *subject, X509_EXTENSION *extension)
{
    const struct fuzz_pki *pki = fuzz_pki();
    X509 *x509 = begin(5, subject == NULL ? "user" : NULL, "issuing", pki->ca_key);

    if ((subject == NULL || X509_set_subject_name(x509, subject) == 1) &&
        (extension == NULL || X509_add_ext(x509, extension, -1) == 1) &&
        X509_sign(x509, pki->ca_key, NULL) > 0)
        return x509;
    X509_free(x509);
    return NULL;
}

void fuzz_check_reason(const char *reason)
{
    FUZZ_REQUIRE(strlen(reason) < REASON_SIZE);
    for (; *reason != '\0'; reason++)
        FUZZ_REQUIRE(*reason >= 0x20 && *reason < 0x7f);
}

void fuzz_check_result(const struct trust_result *result)
{
    fuzz_check_reason(result->reason);
    FUZZ_REQUIRE(strlen(result->path) < TRUST_PATH_SIZE);
    for (const char *at = result->path; *at != '\0'; at++)
        FUZZ_REQUIRE(*at >= 0x20 && *at < 0x7f);
    FUZZ_REQUIRE(result->verdict == TRUSTED ? result->path[0] != '\0' : result->reason[0] != '\0');
    FUZZ_REQUIRE(ERR_peek_error() == 0);
}

char *fuzz_pem(const char *label, const uint8_t *der, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    char *text;
    long length;

    FUZZ_REQUIRE(bio != NULL && (size == 0 || PEM_write_bio(bio, label, "", der, (long)size) > 0));
    length = BIO_get_mem_data(bio, &data);
    text = fuzz_text((const uint8_t *)data, (size_t)length);
    BIO_free(bio);
    return text;
}
