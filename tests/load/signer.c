// SPDX-License-Identifier: BSD-2-Clause
#include "tests/load/signer.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

enum { SLOTS_MOST = 16 };

/* What PKCS #1 puts before a hash of SHA-256. */
static const unsigned char digest_info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                            0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                            0x01, 0x05, 0x00, 0x04, 0x20};

static CK_RV note(struct signer *signer, const char *function, CK_RV rv)
{
    if (rv != CKR_OK)
        signer->failed = function;
    return rv;
}

#define CALL(signer, function, ...) note(signer, #function, (signer)->module->function(__VA_ARGS__))

static CK_RV load(struct signer *signer, const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;

    if (library != NULL)
        *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (get == NULL)
        return note(signer, "dlopen", CKR_GENERAL_ERROR);
    return note(signer, "C_GetFunctionList", get(&signer->module));
}

static CK_RV find(struct signer *signer, unsigned char id)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0;
    CK_RV rv = CALL(signer, C_FindObjectsInit, signer->session, template, 2);

    if (rv == CKR_OK)
        rv = CALL(signer, C_FindObjects, signer->session, found, 2, &count);
    if (rv == CKR_OK)
        rv = CALL(signer, C_FindObjectsFinal, signer->session);
    if (rv == CKR_OK && count == 1)
        signer->key = found[0];
    return rv;
}

static CK_RV search(struct signer *signer, CK_SLOT_ID slot, const char *pin, unsigned char id)
{
    CK_TOKEN_INFO info;
    CK_RV rv = CALL(signer, C_GetTokenInfo, slot, &info);

    if (rv != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0)
        return rv;
    signer->slot = slot;
    rv = CALL(signer, C_OpenSession, slot, CKF_SERIAL_SESSION, NULL, NULL, &signer->session);
    if (rv == CKR_OK && (info.flags & CKF_LOGIN_REQUIRED) != 0)
        rv = CALL(signer, C_Login, signer->session, CKU_USER, (CK_UTF8CHAR_PTR)pin, strlen(pin));
    return rv == CKR_OK ? find(signer, id) : rv;
}

CK_RV signer_open(struct signer *signer, const char *path, const char *pin, unsigned char id,
                  CK_KEY_TYPE type, CK_C_INITIALIZE_ARGS *arguments)
{
    CK_SLOT_ID slots[SLOTS_MOST];
    CK_ULONG count = SLOTS_MOST;
    CK_RV rv;

    *signer = (struct signer){.type = type};
    rv = load(signer, path);
    if (rv == CKR_OK)
        rv = CALL(signer, C_Initialize, arguments);
    if (rv == CKR_OK)
        rv = CALL(signer, C_GetSlotList, CK_TRUE, slots, &count);
    for (CK_ULONG i = 0; rv == CKR_OK && i < count && signer->key == 0; i++)
        rv = search(signer, slots[i], pin, id);
    if (rv == CKR_OK && signer->key == 0)
        rv = note(signer, "looking for the key", CKR_KEY_HANDLE_INVALID);
    return rv;
}

CK_RV signer_sibling(const struct signer *signer, struct signer *sibling)
{
    *sibling = *signer;
    return CALL(sibling, C_OpenSession, signer->slot, CKF_SERIAL_SESSION, NULL, NULL,
                &sibling->session);
}

CK_RV signer_sign(struct signer *signer, const unsigned char *hash, unsigned char *signature,
                  size_t *size)
{
    bool is_rsa = signer->type == CKK_RSA;
    CK_MECHANISM mechanism = {is_rsa ? CKM_RSA_PKCS : CKM_ECDSA, NULL, 0};
    unsigned char data[sizeof(digest_info) + SIGNER_HASH_SIZE];
    size_t before = is_rsa ? sizeof(digest_info) : 0;
    CK_ULONG made = SIGNER_SIGNATURE_MAX;
    CK_RV rv;

    memcpy(data, digest_info, before);
    memcpy(data + before, hash, SIGNER_HASH_SIZE);
    rv = CALL(signer, C_SignInit, signer->session, &mechanism, signer->key);
    if (rv == CKR_OK)
        rv = CALL(signer, C_Sign, signer->session, data, before + SIGNER_HASH_SIZE, signature,
                  &made);
    *size = made;
    return rv;
}

CK_RV signer_close(struct signer *signer)
{
    CK_RV rv = CALL(signer, C_CloseSession, signer->session);

    return rv == CKR_OK ? CALL(signer, C_Finalize, NULL) : rv;
}
