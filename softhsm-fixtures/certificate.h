// SPDX-License-Identifier: BSD-2-Clause
// Certificates as a description wants them.
#ifndef FIXTURES_CERTIFICATE_H
#define FIXTURES_CERTIFICATE_H

#include "description.h"
#include "keys.h"

// The options that a certificate statement has besides attributes; NULL at the end.
extern const char *const certificate_options[];

// Makes the certificate that the statement describes for KEY, with ISSUER's name and signed by
// SIGNER, and remembers its subject in KEY. The caller frees it with X509_free. Ends the program on
// an error of the description; NULL if OpenSSL failed.
X509 *certificate_make(const struct statement *statement, struct key *key, const struct key *issuer,
                       const struct key *signer, long serial);
// Writes FOLDER/NAME.pem; MODE is fopen's.
bool certificate_write(const X509 *certificate, const char *folder, const char *name,
                       const char *mode);
// The digest= of the statement, for a signature by SIGNER; NULL where its kind of key takes none.
const EVP_MD *signature_digest(const struct statement *statement, const struct key *signer);
// The SHA-1 of a key, as authorities name it. The caller frees it with ASN1_OCTET_STRING_free; NULL
// if there is no memory.
ASN1_OCTET_STRING *key_identifier(EVP_PKEY *pkey);

#endif
