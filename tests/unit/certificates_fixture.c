// SPDX-License-Identifier: BSD-2-Clause
// Makes certificates with OpenSSL and reads them as a token's are read.
#include "tests/unit/certificates_fixture.h"

#include <openssl/conf.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* One attribute of a subject; `set` -1 puts it into the RDN before it. */
struct entry {
    const char *type;
    int asn1;
    const char *bytes;
    int size; /* -1: text */
    int set;
};

#define TEXT(type, value)                                                                          \
    {                                                                                              \
        type, V_ASN1_UTF8STRING, value, -1, 0                                                      \
    }

static const struct recipe {
    const char *name;
    const char *serial; /* hexadecimal */
    struct entry subject[6];
    const char *extensions; /* as in openssl's x509v3_config */
} recipes[] = {
    {"badge",
     "01E240",
     {TEXT("C", "FI"), TEXT("O", "SSH"), TEXT("OU", "Staff"), TEXT("CN", "alice")},
     "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth,1.3.6.1.4.1.311.20.2.2\n"
     "certificatePolicies=1.3.6.1.4.1.99.1,1.3.6.1.4.1.99.2\nsubjectAltName=@san\n[san]\n"
     "email.1=Alice@SSH.Example\nemail.2=al@other.example\n"
     "otherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:alice@SSH\nDNS.1=Box.example\n"
     "URI.1=https://ssh.example/Alice\nIP.1=10.1.2.3\nIP.2=2001:db8::1\nRID.1=1.2.3.4\n"
     "dirName.1=dir1\ndirName.2=dir2\notherName.2=1.2.3.5;UTF8:data\n"
     "otherName.3=1.3.6.1.5.2.2;SEQUENCE:principal\n[dir1]\nO=One\nCN=first\n[dir2]\nO=Two\n"
     "CN=second\n[principal]\nrealm=EXP:0,GeneralString:SSH.EXAMPLE\nname=EXP:1,SEQUENCE:parts\n"
     "[parts]\ntype=EXP:0,INTEGER:1\nstrings=EXP:1,SEQUENCE:strings\n[strings]\n"
     "a=GeneralString:alice\nb=GeneralString:admin\n"},
    {"plain", "02", {TEXT("CN", "bob")}, ""},
    {"nameless", "03", {{0}}, ""},
    {"several", /* two OUs, and CN and UID in one RDN */
     "04",
     {TEXT("O", "SSH"),
      TEXT("OU", "a"),
      TEXT("OU", "b"),
      TEXT("CN", "carol"),
      {"UID", V_ASN1_UTF8STRING, "c1", -1, -1}},
     ""},
    {"nul", "05", {TEXT("O", "SSH"), {"CN", V_ASN1_UTF8STRING, "alice\0.evil", 11, 0}}, ""},
    {"bmp", "06", {{"CN", V_ASN1_BMPSTRING, "\0z\0o\0\xeb", 6, 0}}, ""},
    {"t61", "07", {{"CN", V_ASN1_T61STRING, "zo\xeb", 3, 0}}, ""},
    {"signs", "08", {TEXT("CN", "a,b+c \"d\" <e>\\#"), TEXT("O", " x ")}, ""},
    {"broken", "09", {TEXT("CN", "x")}, "2.5.29.17=DER:04:01:00\n2.5.29.15=DER:04:01:00\n"},
    {"nuls",
     "0A",
     {TEXT("CN", "x")},
     "subjectAltName=DER:30:14:81:12:61:6c:40:73:73:68:2e:65:78:61:6d:70:6c:65:00:2e:65:78\n"},
    {"encrypts", "0B", {TEXT("CN", "alice")}, "keyUsage=keyEncipherment\n"},
};

static void add_subject(X509_NAME *name, const struct recipe *recipe)
{
    for (const struct entry *entry = recipe->subject;
         entry < recipe->subject + 6 && entry->type != NULL; entry++)
        assert_int_equal(X509_NAME_add_entry_by_txt(name, entry->type, entry->asn1,
                                                    (const unsigned char *)entry->bytes,
                                                    entry->size, -1, entry->set),
                         1);
}

static void add_extensions(X509 *x509, const char *text)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    CONF *conf = NCONF_new(NULL);
    X509V3_CTX context;

    assert_true(NCONF_load_bio(conf, bio, NULL) == 1);
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    X509V3_set_nconf(&context, conf);
    if (text[0] != '\0')
        assert_int_equal(X509V3_EXT_add_nconf(conf, &context, "default", x509), 1);
    NCONF_free(conf);
    BIO_free(bio);
}

static void set_serial(X509 *x509, const char *hex)
{
    BIGNUM *number = NULL;

    assert_true(BN_hex2bn(&number, hex) > 0);
    assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)));
    BN_free(number);
}

static void set_key(X509 *x509, enum fixture_key which)
{
    const CK_ATTRIBUTE *info =
        attributes_find(&fixture_key(which)->attributes, CKA_PUBLIC_KEY_INFO);
    const unsigned char *at = info->pValue;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)info->ulValueLen);

    assert_int_equal(X509_set_pubkey(x509, key), 1);
    EVP_PKEY_free(key);
}

/* Issued by "CN=ca,O=SSH,C=FI". */
static X509 *make(const struct recipe *recipe, enum fixture_key key)
{
    static const struct recipe issuer = {
        "", "", {TEXT("C", "FI"), TEXT("O", "SSH"), TEXT("CN", "ca")}, ""};
    EVP_PKEY *signer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *x509 = X509_new();

    X509_set_version(x509, X509_VERSION_3);
    set_serial(x509, recipe->serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    add_subject(X509_get_subject_name(x509), recipe);
    add_subject(X509_get_issuer_name(x509), &issuer);
    set_key(x509, key);
    add_extensions(x509, recipe->extensions);
    assert_true(X509_sign(x509, signer, EVP_sha256()) > 0);
    EVP_PKEY_free(signer);
    return x509;
}

static const struct recipe *recipe_of(const char *name)
{
    for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
        if (strcmp(recipes[i].name, name) == 0)
            return &recipes[i];
    }
    fail_msg("no certificate is called %s", name);
    return NULL;
}

struct certificate_content *fixture_certificate(enum fixture_key key, const char *name)
{
    X509 *x509 = make(recipe_of(name), key);
    unsigned char *der = NULL;
    int size = i2d_X509(x509, &der);
    struct certificate *certificate = certificate_parse(fixture_crypto(), CERTIFICATE_CHAIN, der, (size_t)size);
    struct certificate_content *content;

    assert_non_null(certificate);
    content = certificate->content;
    certificate->content = NULL;
    certificate_destroy(certificate);
    OPENSSL_free(der);
    X509_free(x509);
    return content;
}
