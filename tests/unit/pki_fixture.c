// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/pki_fixture.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

/* What is freed at the end, in the order in which it was made. */
static struct {
    void *item;
    void (*destroy)(void *item);
} kept[MOST];
static size_t n_kept;
static long last_serial;

static void keep(void *item, void (*destroy)(void *item))
{
    assert_non_null(item);
    assert_true(n_kept < MOST);
    kept[n_kept].item = item;
    kept[n_kept++].destroy = destroy;
}

static void destroy_pki(void *item)
{
    struct pki *pki = item;

    X509_free(pki->x509);
    EVP_PKEY_free(pki->key);
    OPENSSL_free(pki->der);
    free(pki);
}

static void destroy_crl(void *item)
{
    struct pki_crl *crl = item;

    free(crl->pem);
    OPENSSL_free(crl->der);
    free(crl);
}

static void destroy_key(void *item)
{
    EVP_PKEY_free(item);
}

void pki_forget(void)
{
    while (n_kept > 0) {
        n_kept--;
        kept[n_kept].destroy(kept[n_kept].item);
    }
}

EVP_PKEY *pki_new_key(const char *type, unsigned bits)
{
    EVP_PKEY *key = strcmp(type, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits)
                    : type[0] == 'P'         ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", type)
                                             : EVP_PKEY_Q_keygen(NULL, NULL, type);

    keep(key, destroy_key);
    return key;
}

EVP_PKEY *pki_long_key(unsigned bits, unsigned exponent_bits)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *modulus = BN_new(), *exponent = BN_new();
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params;

    assert_int_equal(BN_rand(modulus, (int)bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), 1);
    assert_int_equal(BN_rand(exponent, (int)exponent_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), 1);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
    params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_fromdata_init(context);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    keep(key, destroy_key);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

static X509_NAME *name_of(const char *text)
{
    X509_NAME *name = X509_NAME_new();
    char *copy = strdup(text);
    char *rest = copy;

    assert_non_null(name);
    for (char *part = strsep(&rest, "/"); part != NULL; part = strsep(&rest, "/")) {
        char *value = strchr(part, '=');

        assert_non_null(value);
        *value++ = '\0';
        assert_int_equal(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8,
                                                    (unsigned char *)value, -1, -1, 0),
                         1);
    }
    free(copy);
    return name;
}

static STACK_OF(X509_EXTENSION) * extensions_of(const char *text, X509 *subject, X509 *issuer)
{
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
    char *copy = strdup(text == NULL ? "" : text);
    char *rest = copy;
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, subject, NULL, NULL, 0);
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        char *value = strchr(line, '=');
        X509_EXTENSION *extension;

        if (value == NULL)
            continue;
        *value++ = '\0';
        extension = X509V3_EXT_conf(NULL, &context, line, value);
        if (extension == NULL)
            fail_msg("the extension %s=%s cannot be made", line, value);
        sk_X509_EXTENSION_push(extensions, extension);
    }
    free(copy);
    return extensions;
}

static void set_time(ASN1_TIME *time, int days)
{
    assert_non_null(ASN1_TIME_adj(time, PKI_NOW, days, 0));
}

static void set_names(X509 *x509, const struct pki_order *order)
{
    X509_NAME *subject = name_of(order->subject);
    X509_NAME *issuer = order->issuer_name != NULL ? name_of(order->issuer_name)
                        : order->issuer != NULL
                            ? X509_NAME_dup(X509_get_subject_name(order->issuer->x509))
                            : X509_NAME_dup(subject);

    assert_int_equal(X509_set_subject_name(x509, subject), 1);
    assert_int_equal(X509_set_issuer_name(x509, issuer), 1);
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
}

static void add_extensions(X509 *x509, const struct pki_order *order)
{
    STACK_OF(X509_EXTENSION) *extensions =
        extensions_of(order->extensions, x509, order->issuer == NULL ? x509 : order->issuer->x509);

    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++)
        assert_int_equal(X509_add_ext(x509, sk_X509_EXTENSION_value(extensions, i), -1), 1);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static const EVP_MD *hash_of(const char *name, const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "ED25519"))
        return NULL;
    return EVP_get_digestbyname(name == NULL ? "SHA256" : name);
}

static void sign(X509 *x509, const char *hash, EVP_PKEY *key)
{
    assert_true(X509_sign(x509, key, hash_of(hash, key)) > 0);
}

const struct pki *pki_make(struct pki_order order)
{
    struct pki *pki = calloc(1, sizeof(*pki));
    X509 *x509 = X509_new();
    int size;

    assert_true(pki != NULL && x509 != NULL);
    keep(pki, destroy_pki);
    pki->x509 = x509;
    pki->key = order.key == NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256") : order.key;
    assert_non_null(pki->key);
    if (order.key != NULL)
        EVP_PKEY_up_ref(pki->key);
    X509_set_version(x509, order.version == 0 ? X509_VERSION_3 : order.version - 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++last_serial);
    set_names(x509, &order);
    set_time(X509_getm_notBefore(x509), order.from == 0 ? -30 : order.from);
    set_time(X509_getm_notAfter(x509), order.to == 0 ? 30 : order.to);
    X509_set_pubkey(x509, pki->key);
    add_extensions(x509, &order);

    sign(x509, order.hash, order.issuer == NULL ? pki->key : order.issuer->key);
    size = i2d_X509(x509, &pki->der);
    assert_true(size > 0);
    pki->size = (size_t)size;
    return pki;
}

const struct pki *pki_root(const char *subject)
{
    return pki_make((struct pki_order){.subject = subject, .extensions = PKI_CA});
}

const struct pki *pki_ca(const char *subject, const struct pki *issuer)
{
    return pki_make((struct pki_order){.subject = subject, .issuer = issuer, .extensions = PKI_CA});
}

const struct pki *pki_user(const char *subject, const struct pki *issuer)
{
    return pki_make(
        (struct pki_order){.subject = subject, .issuer = issuer, .extensions = PKI_USER});
}

static void add_revoked(X509_CRL *crl, const struct pki_crl_order *order)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *time = ASN1_TIME_adj(NULL, PKI_NOW, 0, -2 * PKI_HOUR);
    STACK_OF(X509_EXTENSION) *extensions =
        extensions_of(order->entry_extensions, NULL, order->issuer->x509);

    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(order->revoked->x509));
    X509_REVOKED_set_revocationDate(entry, time);
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++)
        X509_REVOKED_add_ext(entry, sk_X509_EXTENSION_value(extensions, i), -1);
    assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    ASN1_TIME_free(time);
}

static void fill_crl(X509_CRL *crl, const struct pki_crl_order *order)
{
    X509_NAME *name = order->issuer_name != NULL
                          ? name_of(order->issuer_name)
                          : X509_NAME_dup(X509_get_subject_name(order->issuer->x509));
    ASN1_TIME *from =
        ASN1_TIME_adj(NULL, PKI_NOW, 0, PKI_HOUR * (order->from == 0 ? -1 : order->from));
    ASN1_TIME *to = ASN1_TIME_adj(NULL, PKI_NOW, 0, PKI_HOUR * (order->to == 0 ? 24 : order->to));
    STACK_OF(X509_EXTENSION) *extensions =
        extensions_of(order->extensions, NULL, order->issuer->x509);

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, name);
    X509_CRL_set1_lastUpdate(crl, from);
    if (!order->has_no_end)
        X509_CRL_set1_nextUpdate(crl, to);
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++)
        X509_CRL_add_ext(crl, sk_X509_EXTENSION_value(extensions, i), -1);
    if (order->revoked != NULL)
        add_revoked(crl, order);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_NAME_free(name);
}

static void sign_crl(X509_CRL *crl, const struct pki_crl_order *order)
{
    EVP_PKEY *key = order->signer == NULL ? order->issuer->key : order->signer;
    const EVP_MD *hash = hash_of(order->hash, key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *padding = NULL;

    assert_int_equal(EVP_DigestSignInit(context, &padding, hash, NULL, key), 1);
    if (order->pss)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING), 1);
    assert_true(X509_CRL_sign_ctx(crl, context) > 0);
    EVP_MD_CTX_free(context);
}

/* The caller frees. */
static char *text_of(BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)size);

    assert_non_null(text);
    BIO_free(bio);
    return text;
}

const struct pki_crl *pki_crl(struct pki_crl_order order)
{
    struct pki_crl *made = calloc(1, sizeof(*made));
    X509_CRL *crl = X509_CRL_new();
    BIO *bio = BIO_new(BIO_s_mem());

    assert_true(made != NULL && crl != NULL && bio != NULL);
    keep(made, destroy_crl);
    fill_crl(crl, &order);
    sign_crl(crl, &order);
    assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
    made->pem = text_of(bio);
    made->size = (size_t)i2d_X509_CRL(crl, &made->der);
    X509_CRL_free(crl);
    return made;
}

const char *pki_pem(const struct pki *first, ...)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    va_list rest;

    va_start(rest, first);
    for (const struct pki *pki = first; pki != NULL; pki = va_arg(rest, const struct pki *))
        assert_int_equal(PEM_write_bio_X509(bio, pki->x509), 1);
    va_end(rest);
    text = text_of(bio);
    keep(text, free);
    return text;
}
