// SPDX-License-Identifier: BSD-2-Clause
// Certificates as a description wants them: names, dates, basic constraints, key usage, alternative
// names.
#include "certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const char *const certificate_options[] = {
    "subject",          "issuer",      "ca",     "key_usage", "extended_key_usage",
    "alternative_name", "days",        "start",  "serial",    "name",
    "file_only",        "policies",    "digest", "signed_by", "identifiers",
    "name_constraints", "path_length", "append", "what",      "user",
    "passes",           NULL};

static const struct {
    const char *option;
    int nid;
} extensions[] = {
    {"key_usage", NID_key_usage},
    {"extended_key_usage", NID_ext_key_usage},
    {"alternative_name", NID_subject_alt_name},
    {"policies", NID_certificate_policies},
    {"name_constraints", NID_name_constraints},
};

// Reads "/O=Test/CN=user1".
static X509_NAME *parse_name(const struct statement *statement, const char *text)
{
    char copy[DESCRIPTION_MAX_LINE];
    X509_NAME *name = X509_NAME_new();
    snprintf(copy, sizeof copy, "%s", text);
    char *rest = NULL;
    for (char *part = strtok_r(copy, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        char *equals = strchr(part, '=');
        if (equals == NULL)
            statement_fail(statement, "subject: found \"%s\", expected /TYPE=VALUE/...", text);
        *equals = '\0';
        if (X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (const unsigned char *)equals + 1,
                                       -1, -1, 0) != 1)
            statement_fail(statement, "subject: found type \"%s\", expected C, O, OU, CN ...",
                           part);
    }
    return name;
}

// Policies are read with a configuration at hand, even if they need nothing of it.
static bool add_extension(X509 *certificate, int nid, const char *value)
{
    CONF *none = NCONF_new(NULL);
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509V3_set_nconf(&context, none);
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(none, &context, nid, value);
    bool ok = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    NCONF_free(none);
    return ok;
}

static void add_extensions(const struct statement *statement, X509 *certificate)
{
    bool ca = statement_flag(statement, "ca");
    char basic[64];
    const char *length = statement_option(statement, "path_length", NULL);
    snprintf(basic, sizeof basic, "critical,CA:%s%s%.8s", ca ? "TRUE" : "FALSE",
             length != NULL ? ",pathlen:" : "", length != NULL ? length : "");
    if (!add_extension(certificate, NID_basic_constraints, basic))
        statement_fail(statement, "path_length: found \"%s\", expected a number", length);
    if (ca && statement_option(statement, "key_usage", NULL) == NULL)
        add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        const char *value = statement_option(statement, extensions[i].option, NULL);
        if (value != NULL && !add_extension(certificate, extensions[i].nid, value))
            statement_fail(statement,
                           "%s: found \"%s\", expected what openssl's x509v3_config says",
                           extensions[i].option, value);
    }
}

ASN1_OCTET_STRING *key_identifier(EVP_PKEY *pkey)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    X509 *holder = X509_new();
    ASN1_OCTET_STRING *identifier = ASN1_OCTET_STRING_new();
    if (holder != NULL && identifier != NULL && X509_set_pubkey(holder, pkey) == 1 &&
        X509_pubkey_digest(holder, EVP_sha1(), hash, &length) == 1)
        ASN1_OCTET_STRING_set(identifier, hash, (int)length);
    X509_free(holder);
    return identifier;
}

// subjectKeyIdentifier, and the authorityKeyIdentifier of the issuer that is claimed.
static bool add_identifiers(X509 *certificate, const struct key *key, const struct key *issuer)
{
    ASN1_OCTET_STRING *own = key_identifier(key->pkey);
    AUTHORITY_KEYID authority = {.keyid = key_identifier(issuer->pkey)};
    bool ok = own != NULL && authority.keyid != NULL &&
              X509_add1_ext_i2d(certificate, NID_subject_key_identifier, own, 0, 0) == 1 &&
              X509_add1_ext_i2d(certificate, NID_authority_key_identifier, &authority, 0, 0) == 1;
    ASN1_OCTET_STRING_free(own);
    ASN1_OCTET_STRING_free(authority.keyid);
    return ok;
}

static void set_subject(const struct statement *statement, struct key *key, X509 *certificate)
{
    const char *text = statement_option(statement, "subject", NULL);
    X509_NAME *subject = text == NULL ? key_subject(key) : parse_name(statement, text);
    X509_set_subject_name(certificate, subject);
    X509_NAME_free(key->subject);
    key->subject = subject;
}

const EVP_MD *signature_digest(const struct statement *statement, const struct key *signer)
{
    const char *name = statement_option(statement, "digest", "sha256");
    const EVP_MD *digest = EVP_get_digestbyname(name);
    if (digest == NULL)
        statement_fail(statement, "digest: found \"%s\", expected one that OpenSSL knows", name);
    return signer->type.kind == KEY_EDWARDS ? NULL : digest;
}

static void set_dates(const struct statement *statement, X509 *certificate)
{
    long start = statement_number(statement, "start", -1);
    long days = statement_number(statement, "days", 300);
    X509_time_adj_ex(X509_getm_notBefore(certificate), (int)start, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(certificate), (int)(start + days), 0, NULL);
}

X509 *certificate_make(const struct statement *statement, struct key *key, const struct key *issuer,
                       const struct key *signer, long serial)
{
    X509 *certificate = X509_new();
    if (certificate == NULL)
        return NULL;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    set_dates(statement, certificate);
    set_subject(statement, key, certificate);
    X509_NAME *issuer_name = key_subject(issuer);
    X509_set_issuer_name(certificate, issuer_name);
    X509_NAME_free(issuer_name);
    X509_set_pubkey(certificate, key->pkey);
    add_extensions(statement, certificate);
    bool ok =
        !statement_flag(statement, "identifiers") || add_identifiers(certificate, key, issuer);
    if (!ok || X509_sign(certificate, signer->pkey, signature_digest(statement, signer)) == 0) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

bool certificate_write(const X509 *certificate, const char *folder, const char *name,
                       const char *mode)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s.pem", folder, name) >= (int)sizeof path)
        return false;
    FILE *stream = fopen(path, mode);
    if (stream == NULL)
        return false;
    bool ok = PEM_write_X509(stream, (X509 *)(uintptr_t)certificate) == 1;
    return fclose(stream) == 0 && ok;
}
