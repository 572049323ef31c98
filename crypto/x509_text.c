// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/x509_text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "crypto/internal.h"

void reason_set(char out[REASON_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(out, REASON_SIZE, format, arguments) < 0)
        out[0] = '\0';
    va_end(arguments);
}

void x509_name_text(const X509_NAME *name, char out[NAME_TEXT_SIZE])
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long size = 0;

    ERR_set_mark();
    if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
        size = BIO_get_mem_data(bio, &text);
    ERR_pop_to_mark();
    if (size <= 0)
        snprintf(out, NAME_TEXT_SIZE, "(no name)");
    else if (size < NAME_TEXT_SIZE)
        snprintf(out, NAME_TEXT_SIZE, "%.*s", (int)size, text);
    else
        snprintf(out, NAME_TEXT_SIZE, "%.*s...", NAME_TEXT_SIZE - 4, text);
    BIO_free(bio);
}

X509 *x509_parse(struct crypto *crypto, const void *der, size_t size)
{
    X509 *x509 = X509_new_ex(crypto->context, NULL);
    const unsigned char *at = der;

    ERR_set_mark();
    if (x509 != NULL && (size > LONG_MAX || d2i_X509(&x509, &at, (long)size) == NULL ||
                         at != (const unsigned char *)der + size)) {
        X509_free(x509);
        x509 = NULL;
    }
    ERR_pop_to_mark();
    return x509;
}

X509_CRL *x509_crl_parse(struct crypto *crypto, const void *der, size_t size)
{
    X509_CRL *crl = X509_CRL_new_ex(crypto->context, NULL);
    const unsigned char *at = der;

    ERR_set_mark();
    if (crl != NULL && (size > LONG_MAX || d2i_X509_CRL(&crl, &at, (long)size) == NULL ||
                        at != (const unsigned char *)der + size)) {
        X509_CRL_free(crl);
        crl = NULL;
    }
    ERR_pop_to_mark();
    return crl;
}

bool x509_time(const ASN1_TIME *time, time_t *out)
{
    static const struct tm epoch = {.tm_year = 70, .tm_mday = 1};
    struct tm parts = {0};
    int days = 0, seconds = 0;
    bool good;

    ERR_set_mark();
    /* To OpenSSL no time at all is the present one; timegm() would read the time zone's file. */
    good = time != NULL && ASN1_TIME_to_tm(time, &parts) == 1 &&
           OPENSSL_gmtime_diff(&days, &seconds, &epoch, &parts) == 1;
    ERR_pop_to_mark();
    if (good)
        *out = (time_t)days * 24 * 3600 + seconds;
    return good;
}

/* A line that OpenSSL does not take for the beginning of a block is a comment to it: of what was
 * meant to be a CRL nothing would be heard again. */
static size_t count_beginnings(const char *text, size_t size)
{
    static const char word[] = "-BEGIN ";
    const char *end = text + size;
    size_t count = 0;

    while ((text = memmem(text, (size_t)(end - text), word, strlen(word))) != NULL) {
        text += strlen(word);
        count++;
    }
    return count;
}

static bool take_block(const char *label, const char *name, const char *header,
                       const unsigned char *der, long size, pem_taker take, void *data,
                       char reason[REASON_SIZE])
{
    if (strcmp(name, label) != 0) {
        reason_set(reason, "a block is no %s", label); /* what it is may be any bytes */
        return false;
    }
    if (header[0] != '\0') {
        reason_set(reason, "a block of %s is encrypted", label);
        return false;
    }
    return take(data, der, (size_t)size, reason);
}

bool pem_each(const char *text, size_t size, const char *label, pem_taker take, void *data,
              char reason[REASON_SIZE])
{
    BIO *bio = size <= INT_MAX ? BIO_new_mem_buf(text, (int)size) : NULL;
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long der_size = 0;
    size_t count = 0;
    bool good = bio != NULL;

    reason_set(reason, "too large, or no memory");
    ERR_set_mark();
    while (good && PEM_read_bio(bio, &name, &header, &der, &der_size) == 1) {
        good = take_block(label, name, header, der, der_size, take, data, reason);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)der_size);
        count++;
    }
    ERR_pop_to_mark();
    if (good && (count == 0 || count != count_beginnings(text, size))) {
        reason_set(reason, count == 0 ? "there is no %s in it" : "a block of %s is broken", label);
        good = false;
    }
    BIO_free(bio);
    return good;
}
