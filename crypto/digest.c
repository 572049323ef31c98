// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/digest.h"

#include <string.h>
#include "common/constants.h"

enum { PREFIX_MAX = 19 };

struct row {
    enum digest digest;
    const char *name;
    size_t size;
    CK_MECHANISM_TYPE mechanism;
    CK_RSA_PKCS_MGF_TYPE mgf;
    unsigned char prefix[PREFIX_MAX]; /* of a DigestInfo: all that stands before the hash */
    size_t prefix_size;
};

#define NIST_PREFIX(all, last, size)                                                               \
    {0x30, all,  0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,                                   \
     0x65, 0x03, 0x04, 0x02, last, 0x05, 0x00, 0x04, size},                                        \
        19

static const struct row rows[] = {
    {DIGEST_SHA1,
     "SHA1",
     20,
     CKM_SHA_1,
     CKG_MGF1_SHA1,
     {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14},
     15},
    {DIGEST_SHA224, "SHA2-224", 28, CKM_SHA224, CKG_MGF1_SHA224, NIST_PREFIX(0x2d, 0x04, 0x1c)},
    {DIGEST_SHA256, "SHA2-256", 32, CKM_SHA256, CKG_MGF1_SHA256, NIST_PREFIX(0x31, 0x01, 0x20)},
    {DIGEST_SHA384, "SHA2-384", 48, CKM_SHA384, CKG_MGF1_SHA384, NIST_PREFIX(0x41, 0x02, 0x30)},
    {DIGEST_SHA512, "SHA2-512", 64, CKM_SHA512, CKG_MGF1_SHA512, NIST_PREFIX(0x51, 0x03, 0x40)},
    {DIGEST_SHA3_224, "SHA3-224", 28, CKM_SHA3_224, CKG_MGF1_SHA3_224,
     NIST_PREFIX(0x2d, 0x07, 0x1c)},
    {DIGEST_SHA3_256, "SHA3-256", 32, CKM_SHA3_256, CKG_MGF1_SHA3_256,
     NIST_PREFIX(0x31, 0x08, 0x20)},
    {DIGEST_SHA3_384, "SHA3-384", 48, CKM_SHA3_384, CKG_MGF1_SHA3_384,
     NIST_PREFIX(0x41, 0x09, 0x30)},
    {DIGEST_SHA3_512, "SHA3-512", 64, CKM_SHA3_512, CKG_MGF1_SHA3_512,
     NIST_PREFIX(0x51, 0x0a, 0x40)},
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct row *find(enum digest digest)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].digest == digest)
            return &rows[i];
    }
    return NULL;
}

const char *digest_name(enum digest digest)
{
    const struct row *row = find(digest);
    return row != NULL ? row->name : NULL;
}

size_t digest_size(enum digest digest)
{
    const struct row *row = find(digest);
    return row != NULL ? row->size : 0;
}

CK_MECHANISM_TYPE digest_mechanism(enum digest digest)
{
    const struct row *row = find(digest);
    return row != NULL ? row->mechanism : CK_UNAVAILABLE_INFORMATION;
}

enum digest digest_from_mechanism(CK_MECHANISM_TYPE hash)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].mechanism == hash)
            return rows[i].digest;
    }
    return DIGEST_NONE;
}

enum digest digest_from_mgf(CK_RSA_PKCS_MGF_TYPE mgf)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].mgf == mgf)
            return rows[i].digest;
    }
    return DIGEST_NONE;
}

enum digest digest_from_info(const void *info, size_t size)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (size == rows[i].prefix_size + rows[i].size &&
            memcmp(info, rows[i].prefix, rows[i].prefix_size) == 0)
            return rows[i].digest;
    }
    return DIGEST_NONE;
}
