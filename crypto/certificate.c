// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/certificate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "crypto/internal.h"
#include "crypto/x509_text.h"

static enum key_usage usage_of(X509 *x509)
{
    uint32_t usage = X509_get_key_usage(x509);

    if (usage == UINT32_MAX)
        return KEY_USAGE_ABSENT;
    return (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0 ? KEY_USAGE_SIGNS
                                                                      : KEY_USAGE_DOES_NOT_SIGN;
}

struct certificate *certificate_parse(struct crypto *crypto, const void *der, size_t size)
{
    struct certificate *certificate = calloc(1, sizeof(*certificate));
    X509 *x509 = X509_new_ex(crypto->context, NULL);
    const unsigned char *at = der;

    ERR_set_mark();
    if (certificate == NULL || x509 == NULL || size > LONG_MAX ||
        d2i_X509(&x509, &at, (long)size) == NULL)
        goto fail;
    certificate->key = public_key_from_openssl(crypto, X509_get0_pubkey(x509));
    certificate->content = certificate_content_read(crypto, x509, der, size);
    if (certificate->key == NULL || certificate->content == NULL)
        goto fail;
    /* Not X509_check_ca(): that wants a keyUsage that fits as well. */
    certificate->authority = (X509_get_extension_flags(x509) & EXFLAG_CA) != 0;
    certificate->usage = usage_of(x509);
    if (at == (const unsigned char *)der + size)
        certificate->x509 = x509;
    else
        X509_free(x509);
    ERR_pop_to_mark();
    return certificate;
fail:
    X509_free(x509);
    ERR_pop_to_mark();
    certificate_destroy(certificate);
    return NULL;
}

void certificate_destroy(struct certificate *certificate)
{
    if (certificate == NULL)
        return;
    public_key_destroy(certificate->key);
    certificate_content_destroy(certificate->content);
    certificate_release(certificate->x509);
    free(certificate);
}

void certificate_release(struct x509_st *x509)
{
    X509_free(x509);
}

bool certificate_each(const char *text, size_t size, certificate_taker take, void *data,
                      char reason[REASON_SIZE])
{
    static const char begin[] = "-----BEGIN ";

    if (memmem(text, size, begin, strlen(begin)) != NULL)
        return pem_each(text, size, "CERTIFICATE", take, data, reason);
    return take(data, text, size, reason);
}
