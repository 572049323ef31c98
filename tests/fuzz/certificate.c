// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes certificates: none is trusted that the anchor did not sign, none takes another's trust
// away, and none has another key than OpenSSL's decoders find in it.
#include "crypto/certificate_pool.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "crypto/certificate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/pki.h"
#include "tests/unit/decoded_key.h"

static enum trust_verdict verdict_of(const struct certificate_pool *token, const uint8_t *der,
                                     size_t size)
{
    const struct trust_request request = {.anchors = fuzz_pki()->anchors,
                                          .others = token,
                                          .now = FUZZ_NOW,
                                          .purposes = TRUST_CLIENT_AUTH | TRUST_SMARTCARD_LOGIN};
    struct trust_result result;

    trust_verify(fuzz_crypto(), &request, der, size, &result);
    fuzz_check_result(&result);
    return result.verdict;
}

/* Of what was signed; how that is wrapped may differ. */
static bool same_content(X509 *left, X509 *right)
{
    uint8_t *bytes[2] = {NULL, NULL};
    int sizes[2] = {i2d_re_X509_tbs(left, &bytes[0]), i2d_re_X509_tbs(right, &bytes[1])};
    bool same =
        sizes[0] > 0 && sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], (size_t)sizes[0]) == 0;

    OPENSSL_free(bytes[0]);
    OPENSSL_free(bytes[1]);
    return same;
}

static void check_one(const struct certificate_pool *token, const uint8_t *der, size_t size)
{
    const struct fuzz_pki *pki = fuzz_pki();
    const uint8_t *at = der;
    X509 *x509;

    if (verdict_of(token, der, size) != TRUSTED)
        return;
    x509 = d2i_X509(NULL, &at, (long)size);
    FUZZ_REQUIRE(x509 != NULL);
    FUZZ_REQUIRE(same_content(x509, pki->user) || same_content(x509, pki->owner) ||
                 same_content(x509, pki->ca));
    X509_free(x509);
}

static void check_user(const struct certificate_pool *token)
{
    uint8_t *der = NULL;
    int size = i2d_X509(fuzz_pki()->user, &der);

    FUZZ_REQUIRE(verdict_of(token, der, (size_t)size) == TRUSTED);
    OPENSSL_free(der);
}

/* Refused with a reason, or used as it is. */
static void check_file(const char *text, size_t size)
{
    struct trust_anchors *anchors = trust_anchors_create(fuzz_crypto(), "other");
    char reason[REASON_SIZE] = "";

    FUZZ_REQUIRE(anchors != NULL);
    if (!trust_anchors_add(anchors, text, size, reason))
        FUZZ_REQUIRE(reason[0] != '\0');
    if (!trust_anchors_add_intermediates(anchors, text, size, reason))
        FUZZ_REQUIRE(reason[0] != '\0');
    fuzz_check_reason(reason);
    trust_anchors_destroy(anchors);
}

static struct certificate *parse(enum certificate_depth depth, const uint8_t *der, size_t size)
{
    return certificate_parse(fuzz_crypto(), depth, der, size);
}

/* However much is read of it, it is the same certificate, or none. */
static void check_key(const uint8_t *der, size_t size)
{
    const uint8_t *at = der;
    X509 *x509 = d2i_X509(NULL, &at, (long)size);
    EVP_PKEY *decoded = x509 != NULL ? X509_get_pubkey(x509) : NULL;
    struct certificate *little, *all;

    ERR_clear_error();
    little = parse(CERTIFICATE_KEY, der, size);
    all = parse(CERTIFICATE_CHAIN, der, size);
    FUZZ_REQUIRE(ERR_peek_error() == 0);
    FUZZ_REQUIRE(decoded_key_agrees(decoded, little != NULL ? little->key : NULL));
    FUZZ_REQUIRE((little == NULL) == (all == NULL));
    FUZZ_REQUIRE(little == NULL || little->content == NULL);
    FUZZ_REQUIRE(all == NULL || all->content != NULL);
    certificate_destroy(all);
    certificate_destroy(little);
    EVP_PKEY_free(decoded);
    X509_free(x509);
    ERR_clear_error();
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct certificate_pool *token = certificate_pool_create(fuzz_crypto());
    uint8_t *ca = NULL;
    int ca_size = i2d_X509(fuzz_pki()->ca, &ca);
    char *pem = fuzz_pem("CERTIFICATE", data, size);

    FUZZ_REQUIRE(token != NULL && ca_size > 0);
    certificate_pool_add(token, data, size); /* before the right one */
    FUZZ_REQUIRE(certificate_pool_add(token, ca, (size_t)ca_size));
    check_one(token, data, size);
    check_key(data, size);
    check_user(token);
    check_file((const char *)data, size);
    check_file(pem, strlen(pem));
    free(pem);
    OPENSSL_free(ca);
    certificate_pool_destroy(token);
    ERR_clear_error();
}
