// SPDX-License-Identifier: BSD-2-Clause
// The hash functions of signatures, by the names that PKCS#11, PKCS#1 and OpenSSL have for them.
#pragma once

#include <stddef.h>
#include <p11-kit/pkcs11.h>

enum digest {
    DIGEST_NONE, /* no hash function, or none that is known here */
    DIGEST_SHA1,
    DIGEST_SHA224,
    DIGEST_SHA256,
    DIGEST_SHA384,
    DIGEST_SHA512,
    DIGEST_SHA3_224,
    DIGEST_SHA3_256,
    DIGEST_SHA3_384,
    DIGEST_SHA3_512,
    DIGEST_COUNT
};

/* OpenSSL's name; NULL for DIGEST_NONE. */
const char *digest_name(enum digest digest);

/* In bytes; 0 for DIGEST_NONE. */
size_t digest_size(enum digest digest);

/* CKM_SHA256 and its kin; CK_UNAVAILABLE_INFORMATION for DIGEST_NONE. */
CK_MECHANISM_TYPE digest_mechanism(enum digest digest);

enum digest digest_from_mechanism(CK_MECHANISM_TYPE hash);
enum digest digest_from_mgf(CK_RSA_PKCS_MGF_TYPE mgf);

/* Of a DigestInfo (RFC 8017, 9.2, note 1), which must be that byte by byte and nothing more: a reader that lets more pass sees another
 * hash than the one who verifies. */
enum digest digest_from_info(const void *info, size_t size);
