// SPDX-License-Identifier: BSD-2-Clause
// `calls MODULE PIN WHAT COUNT` makes one kind of call so many times, after a login and a search
// for the private RSA key with id 01. The instructions of two runs with different counts differ by
// those of the calls. With COUNT 0 it is that search alone.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/names.h"
#include "tests/load/signer.h"

typedef CK_RV call_function(struct signer *signer);

static CK_RV info(struct signer *signer)
{
    CK_SESSION_INFO told;

    return signer->module->C_GetSessionInfo(signer->session, &told);
}

static CK_RV random_byte(struct signer *signer)
{
    CK_BYTE byte;

    return signer->module->C_GenerateRandom(signer->session, &byte, 1);
}

static CK_RV begin_digest(struct signer *signer)
{
    CK_MECHANISM mechanism = {CKM_SHA256, NULL, 0};

    return signer->module->C_DigestInit(signer->session, &mechanism);
}

static CK_RV digest_byte(struct signer *signer)
{
    CK_BYTE byte = 0;

    return signer->module->C_DigestUpdate(signer->session, &byte, 1);
}

static CK_RV find(struct signer *signer)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_BYTE id = 1;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
    CK_OBJECT_HANDLE found;
    CK_ULONG count;
    CK_RV rv = signer->module->C_FindObjectsInit(signer->session, template, 2);

    if (rv == CKR_OK)
        rv = signer->module->C_FindObjects(signer->session, &found, 1, &count);
    return rv == CKR_OK ? signer->module->C_FindObjectsFinal(signer->session) : rv;
}

static CK_RV sign(struct signer *signer)
{
    static const unsigned char hash[SIGNER_HASH_SIZE];
    unsigned char signature[SIGNER_SIGNATURE_MAX];
    size_t size;

    return signer_sign(signer, hash, signature, &size);
}

static const struct {
    const char *name;
    call_function *begin; /* NULL: nothing to begin with */
    call_function *call;
} kinds[] = {
    {"C_GetSessionInfo", NULL, info},
    {"C_GenerateRandom", NULL, random_byte},
    {"C_DigestUpdate", begin_digest, digest_byte},
    {"C_FindObjects", NULL, find},
    {"C_Sign", NULL, sign},
};

static void need(const char *what, CK_RV rv)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "calls: %s: %s\n", what, name_of_rv(rv));
    exit(1);
}

static void repeat(struct signer *signer, const char *name, unsigned long count)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        if (kinds[i].begin != NULL)
            need(name, kinds[i].begin(signer));
        while (count-- > 0)
            need(name, kinds[i].call(signer));
        return;
    }
    need(name, CKR_ARGUMENTS_BAD);
}

int main(int argc, char **argv)
{
    struct signer signer;

    if (argc != 5) {
        fputs("usage: calls MODULE PIN WHAT COUNT\n", stderr);
        return 1;
    }
    need("opening", signer_open(&signer, argv[1], argv[2], 1, CKK_RSA, NULL));
    repeat(&signer, argv[3], strtoul(argv[4], NULL, 10));
    need("closing", signer_close(&signer));
    return 0;
}
