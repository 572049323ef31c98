// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the names in a certificate whose authority may name corp.example only: the first byte
// tells whether a subject follows or a subjectAltName.
#include "crypto/certificate_pool.h"

#include <string.h>
#include <strings.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/pki.h"

static bool ends_in(const ASN1_STRING *name, const char *end)
{
    size_t size = (size_t)ASN1_STRING_length(name);
    size_t length = strlen(end);
    const char *data = (const char *)ASN1_STRING_get0_data(name);

    return size >= length && strncasecmp(data + size - length, end, length) == 0;
}

/* What is constrained is within the constraint. */
static void check_names(const X509 *x509)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_DNS)
            FUZZ_REQUIRE(ends_in(name->d.dNSName, "corp.example"));
        if (name->type == GEN_EMAIL)
            FUZZ_REQUIRE(ends_in(name->d.rfc822Name, "@corp.example"));
    }
    GENERAL_NAMES_free(names);
}

static void check(X509 *x509)
{
    const struct fuzz_pki *pki = fuzz_pki();
    struct certificate_pool *token = certificate_pool_create(fuzz_crypto());
    const struct trust_request request = {
        .anchors = pki->anchors, .others = token, .now = FUZZ_NOW};
    struct trust_result result;
    uint8_t *ca = NULL, *der = NULL;
    int ca_size = i2d_X509(pki->ca, &ca);
    int size = i2d_X509(x509, &der);

    FUZZ_REQUIRE(token != NULL && certificate_pool_add(token, ca, (size_t)ca_size) && size > 0);
    trust_verify(fuzz_crypto(), &request, der, (size_t)size, &result);
    fuzz_check_result(&result);
    if (result.verdict == TRUSTED)
        check_names(x509);
    OPENSSL_free(ca);
    OPENSSL_free(der);
    certificate_pool_destroy(token);
}

static X509 *with_alternative(const uint8_t *data, size_t size)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;
    X509 *x509;

    FUZZ_REQUIRE(value != NULL && ASN1_OCTET_STRING_set(value, data, (int)size) == 1);
    extension = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, value);
    FUZZ_REQUIRE(extension != NULL);
    x509 = fuzz_user(NULL, extension);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    return x509;
}

static X509 *with_subject(const uint8_t *data, size_t size)
{
    X509_NAME *name = d2i_X509_NAME(NULL, &data, (long)size);
    X509 *x509 = name == NULL ? NULL : fuzz_user(name, NULL);

    X509_NAME_free(name);
    return x509;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    X509 *x509;

    if (size == 0)
        return;
    x509 = (data[0] & 1) == 0 ? with_alternative(data + 1, size - 1)
                              : with_subject(data + 1, size - 1);
    ERR_clear_error();
    if (x509 != NULL)
        check(x509);
    X509_free(x509);
    ERR_clear_error();
}
