// SPDX-License-Identifier: BSD-2-Clause
// Lists of revoked certificates as a description wants them.
#ifndef FIXTURES_CRL_H
#define FIXTURES_CRL_H

#include "description.h"
#include "keys.h"

// The options of a crl statement; NULL at the end.
extern const char *const crl_options[];

// Makes the CRL that the statement describes, with ISSUER's name and signed by SIGNER, and writes
// it to CRLS/NAME.pem. The certificates of revoked= are those of the folder CERTIFICATES. Ends the
// program on an error of the description; false if OpenSSL failed or the file cannot be written.
bool crl_write(const struct statement *statement, const struct key *issuer,
               const struct key *signer, const char *certificates, const char *crls);

#endif
