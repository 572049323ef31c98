// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes CRLs: only what the anchor signed proves that somebody is not revoked, and nothing takes a
// revocation back.
#include "crypto/crl_set.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/pki.h"

static enum trust_verdict verdict_of(struct crl_set *crls, enum trust_crl_mode mode)
{
    const struct trust_request request = {
        .anchors = fuzz_pki()->anchors, .crls = crls, .now = FUZZ_NOW, .crl_mode = mode};
    struct trust_result result;
    uint8_t *der = NULL;
    int size = i2d_X509(fuzz_pki()->owner, &der);

    FUZZ_REQUIRE(size > 0);
    trust_verify(fuzz_crypto(), &request, der, (size_t)size, &result);
    fuzz_check_result(&result);
    OPENSSL_free(der);
    return result.verdict;
}

static bool is_ours(const uint8_t *data, size_t size)
{
    X509_CRL *crl = d2i_X509_CRL(NULL, &data, (long)size);
    uint8_t *bytes[2] = {NULL, NULL};
    int sizes[2];
    bool ours;

    FUZZ_REQUIRE(crl != NULL);
    sizes[0] = i2d_re_X509_CRL_tbs(crl, &bytes[0]);
    sizes[1] = i2d_re_X509_CRL_tbs(fuzz_pki()->crl, &bytes[1]);
    ours =
        sizes[0] > 0 && sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], (size_t)sizes[0]) == 0;
    OPENSSL_free(bytes[0]);
    OPENSSL_free(bytes[1]);
    X509_CRL_free(crl);
    return ours;
}

static bool add(struct crl_set *crls, const void *text, size_t size)
{
    char reason[REASON_SIZE] = "";
    bool good = crl_set_add(crls, text, size, reason);

    fuzz_check_reason(reason);
    FUZZ_REQUIRE(good || reason[0] != '\0');
    return good;
}

/* As text: every byte sequence is offered in PEM as well. */
static void check(const void *text, size_t size, const uint8_t *der, size_t der_size)
{
    struct crl_set *crls = crl_set_create(fuzz_crypto());
    uint8_t *revoking = NULL;
    int revoking_size = i2d_X509_CRL(fuzz_pki()->revoking, &revoking);

    FUZZ_REQUIRE(crls != NULL && revoking_size > 0);
    if (add(crls, text, size) && der != NULL && verdict_of(crls, TRUST_CRL_HARD) == TRUSTED)
        FUZZ_REQUIRE(is_ours(der, der_size));
    FUZZ_REQUIRE(add(crls, revoking, (size_t)revoking_size));
    FUZZ_REQUIRE(verdict_of(crls, TRUST_CRL_SOFT) == NOT_TRUSTED);
    OPENSSL_free(revoking);
    crl_set_destroy(crls);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *pem = fuzz_pem("X509 CRL", data, size);

    check(data, size, NULL, 0);
    check(pem, strlen(pem), data, size);
    free(pem);
    ERR_clear_error();
}
