// SPDX-License-Identifier: BSD-2-Clause
// Lists of revoked certificates as a description wants them: who signs them, from when, till when.
#include "crl.h"

#include "certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

const char *const crl_options[] = {"name", "revoked", "signed_by", "start", "days", "digest", NULL};

static X509 *read_certificate(const char *folder, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s.pem", folder, name) >= (int)sizeof path)
        return NULL;
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return NULL;
    X509 *certificate = PEM_read_X509(stream, NULL, NULL, NULL);
    fclose(stream);
    return certificate;
}

static bool add_revoked(X509_CRL *crl, const X509 *certificate)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_TIME *when = X509_time_adj_ex(NULL, -1, 0, NULL);
    bool ok = revoked != NULL && when != NULL &&
              X509_REVOKED_set_serialNumber(
                  revoked, (ASN1_INTEGER *)X509_get0_serialNumber(certificate)) == 1 &&
              X509_REVOKED_set_revocationDate(revoked, when) == 1 &&
              X509_CRL_add0_revoked(crl, revoked) == 1;
    ASN1_TIME_free(when);
    if (!ok)
        X509_REVOKED_free(revoked);
    return ok;
}

// revoked= is the names of certificates, with commas between them.
static bool add_all_revoked(const struct statement *statement, X509_CRL *crl, const char *folder)
{
    char names[DESCRIPTION_MAX_LINE];
    snprintf(names, sizeof names, "%s", statement_option(statement, "revoked", ""));
    char *rest = NULL;
    for (char *name = strtok_r(names, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        X509 *certificate = read_certificate(folder, name);
        if (certificate == NULL)
            statement_fail(statement, "revoked: found \"%s\", expected a certificate made above",
                           name);
        bool ok = add_revoked(crl, certificate);
        X509_free(certificate);
        if (!ok)
            return false;
    }
    return true;
}

static bool set_dates(const struct statement *statement, X509_CRL *crl)
{
    long start = statement_number(statement, "start", 0);
    long days = statement_number(statement, "days", 30);
    ASN1_TIME *begin = X509_time_adj_ex(NULL, (int)start, 0, NULL);
    ASN1_TIME *end = X509_time_adj_ex(NULL, (int)(start + days), 0, NULL);
    bool ok = begin != NULL && end != NULL && X509_CRL_set1_lastUpdate(crl, begin) == 1 &&
              X509_CRL_set1_nextUpdate(crl, end) == 1;
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    return ok;
}

// Of the issuer that is claimed.
static bool add_identifier(X509_CRL *crl, const struct key *issuer)
{
    AUTHORITY_KEYID authority = {.keyid = key_identifier(issuer->pkey)};
    bool ok = authority.keyid != NULL &&
              X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, &authority, 0, 0) == 1;
    ASN1_OCTET_STRING_free(authority.keyid);
    return ok;
}

static bool write_pem(const struct statement *statement, X509_CRL *crl, const char *folder,
                      const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s.pem", folder,
                 statement_option(statement, "name", name)) >= (int)sizeof path)
        return false;
    FILE *stream = fopen(path, "we");
    if (stream == NULL)
        return false;
    bool ok = PEM_write_X509_CRL(stream, crl) == 1;
    return fclose(stream) == 0 && ok;
}

bool crl_write(const struct statement *statement, const struct key *issuer,
               const struct key *signer, const char *certificates, const char *crls)
{
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *name = key_subject(issuer);
    bool ok = crl != NULL && name != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
              X509_CRL_set_issuer_name(crl, name) == 1 && set_dates(statement, crl) &&
              add_identifier(crl, issuer) && add_all_revoked(statement, crl, certificates) &&
              X509_CRL_sign(crl, signer->pkey, signature_digest(statement, signer)) > 0 &&
              write_pem(statement, crl, crls, issuer->name);
    X509_NAME_free(name);
    X509_CRL_free(crl);
    return ok;
}
