// SPDX-License-Identifier: BSD-2-Clause
// Certificates as a description wants them.
#ifndef FIXTURES_CERTIFICATE_H
#define FIXTURES_CERTIFICATE_H

#include "description.h"
#include "keys.h"

// The options that a certificate statement has besides attributes; NULL at the end.
extern const char *const certificate_options[];

// Makes the certificate that the statement describes for KEY, signed by ISSUER, and remembers its
// subject in KEY. The caller frees it with X509_free. Ends the program on an error of the
// description; NULL if OpenSSL failed.
X509 *certificate_make(const struct statement *statement, struct key *key,
                       const struct key *issuer);
// Writes FOLDER/NAME.pem.
bool certificate_write(const X509 *certificate, const char *folder, const char *name);

#endif
