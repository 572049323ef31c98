// SPDX-License-Identifier: BSD-2-Clause
#include "tests/remote/scenario.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/names.h"

enum { ROOM = 1024, KEYS = 4 };

static const CK_BYTE data[32] = "what is to be signed or digested";

struct scenario {
    CK_FUNCTION_LIST *f;
    struct scenario_limits limits;
    FILE *out;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE rsa_public, rsa_private, ec_public, ec_private, aes;
};

static CK_RV say(struct scenario *s, const char *name, CK_RV rv)
{
    fprintf(s->out, "%s %s\n", name, name_of_rv(rv));
    return rv;
}

#define CALL(s, name, ...) say(s, #name, (s)->f->name(__VA_ARGS__))

static void say_bytes(struct scenario *s, const void *bytes, CK_ULONG size)
{
    const unsigned char *byte = bytes;

    fprintf(s->out, "  %lu:", size);
    for (CK_ULONG i = 0; i < size && i < ROOM; i++)
        fprintf(s->out, "%02x", byte[i]);
    fputc('\n', s->out);
}

static void say_number(struct scenario *s, const char *name, CK_ULONG number)
{
    fprintf(s->out, "  %s %lx\n", name, number);
}

/* p11-kit's server has its own. */
static void library(struct scenario *s)
{
    CK_INFO info;
    CK_FUNCTION_LIST *list;

    CALL(s, C_GetInfo, NULL);
    CALL(s, C_GetFunctionList, &list);
    fprintf(s->out, "  %d\n", list == s->f);
    CALL(s, C_Initialize, NULL);
    memset(&info, 0xee, sizeof(info));
    if (CALL(s, C_GetInfo, &info) != CKR_OK || !s->limits.slots)
        return;
    say_bytes(s, info.manufacturerID, sizeof(info.manufacturerID));
    say_bytes(s, info.libraryDescription, sizeof(info.libraryDescription));
    say_bytes(s, &info.libraryVersion, sizeof(info.libraryVersion));
    say_bytes(s, &info.cryptokiVersion, sizeof(info.cryptokiVersion));
    say_number(s, "flags", info.flags);
}

static void token(struct scenario *s, CK_SLOT_ID slot)
{
    CK_TOKEN_INFO info;

    memset(&info, 0, sizeof(info));
    if (CALL(s, C_GetTokenInfo, slot, &info) != CKR_OK)
        return;
    memset(info.utcTime, 0, sizeof(info.utcTime));
    say_bytes(s, &info, sizeof(info));
    if (memcmp(info.label, "usage ", 6) == 0)
        s->slot = slot;
}

static void slots(struct scenario *s)
{
    CK_SLOT_ID list[16], event = 0;
    CK_ULONG count = 0, few = 1;
    CK_SLOT_INFO info;

    CALL(s, C_GetSlotList, CK_FALSE, NULL, &count);
    say_number(s, "slots", s->limits.slots ? count : 0);
    CALL(s, C_GetSlotList, CK_FALSE, list, &few);
    say_number(s, "slots", s->limits.slots ? few : 0);
    few = 0;
    CALL(s, C_GetSlotList, CK_TRUE, list, &few);
    count = 16;
    CALL(s, C_GetSlotList, CK_TRUE, list, &count);
    for (CK_ULONG i = 0; i < count && i < 16; i++) {
        memset(&info, 0, sizeof(info));
        CALL(s, C_GetSlotInfo, list[i], &info);
        if (s->limits.slots)
            say_bytes(s, &info, sizeof(info));
        token(s, list[i]);
    }
    CALL(s, C_GetSlotInfo, 4711, &info);
    if (s->limits.slots)
        CALL(s, C_WaitForSlotEvent, CKF_DONT_BLOCK, &event, NULL);
}

static void mechanisms(struct scenario *s)
{
    CK_MECHANISM_TYPE list[256];
    CK_MECHANISM_INFO info;
    CK_ULONG count = 0, few = 3;

    CALL(s, C_GetMechanismList, s->slot, NULL, &count);
    say_number(s, "mechanisms", count);
    CALL(s, C_GetMechanismList, s->slot, list, &few);
    say_number(s, "mechanisms", few);
    count = 256;
    CALL(s, C_GetMechanismList, s->slot, list, &count);
    say_bytes(s, list, count * sizeof(list[0]));
    for (CK_ULONG i = 0; i < count; i++) {
        memset(&info, 0, sizeof(info));
        CALL(s, C_GetMechanismInfo, s->slot, list[i], &info);
        if (list[i] > UINT8_MAX) /* of DES and AES SoftHSM adds its flags to those that are there */
            info.flags = 0;
        say_bytes(s, &info, sizeof(info));
    }
    CALL(s, C_GetMechanismInfo, s->slot, 0x8000abcd, &info);
}

static void session_info(struct scenario *s)
{
    CK_SESSION_INFO info = {0};

    CALL(s, C_GetSessionInfo, s->session, &info);
    say_number(s, "state", info.state);
    say_number(s, "flags", info.flags);
    say_number(s, "device", info.ulDeviceError);
    say_number(s, "slot", info.slotID == s->slot);
}

static void login(struct scenario *s)
{
    CK_UTF8CHAR pin[] = "1234", wrong[] = "4321", other[] = "9876";
    CK_SESSION_HANDLE second = 0;

    CALL(s, C_OpenSession, s->slot, CKF_RW_SESSION, NULL, NULL, &s->session);
    CALL(s, C_OpenSession, s->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s->session);
    CALL(s, C_OpenSession, s->slot, CKF_SERIAL_SESSION, NULL, NULL, &second);
    session_info(s);
    CALL(s, C_CloseSession, second);
    CALL(s, C_CloseSession, second);
    CALL(s, C_Login, s->session, CKU_USER, wrong, 4);
    CALL(s, C_Login, s->session, CKU_USER, NULL, 0);
    CALL(s, C_Login, s->session, CKU_USER, NULL, 4);
    CALL(s, C_Login, s->session, CKU_USER, pin, 4);
    CALL(s, C_Login, s->session, CKU_USER, pin, 4);
    session_info(s);
    CALL(s, C_SetPIN, s->session, pin, 4, other, 4);
    CALL(s, C_SetPIN, s->session, other, 4, pin, 4);
    CALL(s, C_Logout, s->session);
    CALL(s, C_Login, s->session, CKU_SO, wrong, 4);
    CALL(s, C_InitPIN, s->session, pin, 4);
    CALL(s, C_Login, s->session, CKU_USER, pin, 4);
}

static CK_OBJECT_HANDLE find(struct scenario *s, CK_OBJECT_CLASS class, const char *label)
{
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
                               {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)}};
    CK_OBJECT_HANDLE found[KEYS] = {0};
    CK_ULONG count = 0;

    CALL(s, C_FindObjectsInit, s->session, template, 2);
    CALL(s, C_FindObjects, s->session, found, KEYS, &count);
    say_number(s, label, count);
    CALL(s, C_FindObjects, s->session, found + 1, KEYS - 1, &count);
    say_number(s, label, count);
    CALL(s, C_FindObjectsFinal, s->session);
    return found[0];
}

static void find_all(struct scenario *s)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0, all = 0;

    CALL(s, C_FindObjectsFinal, s->session);
    CALL(s, C_FindObjectsInit, s->session, NULL, 0);
    do {
        CALL(s, C_FindObjects, s->session, found, 2, &count);
        all += count;
    } while (count > 0 && all < 100);
    say_number(s, "all", all);
    CALL(s, C_FindObjectsFinal, s->session);
    s->rsa_public = find(s, CKO_PUBLIC_KEY, "rsa");
    s->rsa_private = find(s, CKO_PRIVATE_KEY, "rsa");
    s->ec_public = find(s, CKO_PUBLIC_KEY, "ec");
    s->ec_private = find(s, CKO_PRIVATE_KEY, "ec");
    find(s, CKO_PRIVATE_KEY, "nobody");
}

static const CK_ATTRIBUTE_TYPE asked[] = {
    CKA_CLASS,
    CKA_TOKEN,
    CKA_PRIVATE,
    CKA_LABEL,
    CKA_ID,
    CKA_KEY_TYPE,
    CKA_MODULUS,
    CKA_MODULUS_BITS,
    CKA_PUBLIC_EXPONENT,
    CKA_EC_POINT,
    CKA_EC_PARAMS,
    CKA_SIGN,
    CKA_SENSITIVE,
    CKA_START_DATE,
    CKA_ALWAYS_AUTHENTICATE,
    CKA_VALUE,
    CKA_SUBJECT,
    CKA_MODIFIABLE,
    CKA_PRIVATE_EXPONENT,
    CKA_KEY_GEN_MECHANISM,
    CKA_ISSUER,
    CKA_VENDOR_DEFINED | 7,
};

enum { ASKED = sizeof(asked) / sizeof(asked[0]) };

static void attribute(struct scenario *s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_BYTE buffer[ROOM];
    CK_ATTRIBUTE one = {type, NULL, 0};

    CALL(s, C_GetAttributeValue, s->session, object, &one, 1);
    say_number(s, "length", one.ulValueLen);
    one = (CK_ATTRIBUTE){type, buffer, 0};
    CALL(s, C_GetAttributeValue, s->session, object, &one, 1);
    say_number(s, "length", one.ulValueLen);
    one = (CK_ATTRIBUTE){type, buffer, sizeof(buffer)};
    memset(buffer, 0xee, sizeof(buffer));
    if (CALL(s, C_GetAttributeValue, s->session, object, &one, 1) == CKR_OK)
        say_bytes(s, buffer, one.ulValueLen);
}

static void attributes(struct scenario *s, CK_OBJECT_HANDLE object)
{
    CK_BYTE buffers[ASKED][ROOM];
    CK_ATTRIBUTE all[ASKED];
    CK_ULONG size = 0;

    for (size_t i = 0; i < ASKED; i++) {
        attribute(s, object, asked[i]);
        all[i] = (CK_ATTRIBUTE){asked[i], buffers[i], i % 5 == 4 ? 3 : ROOM};
    }
    CALL(s, C_GetAttributeValue, s->session, object, all, ASKED);
    for (size_t i = 0; i < ASKED; i++)
        say_number(s, "length", all[i].ulValueLen);
    CALL(s, C_GetObjectSize, s->session, object, &size);
    say_number(s, "size", size);
    CALL(s, C_GetAttributeValue, s->session, 4711, all, 1);
}

static void sign(struct scenario *s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE private_key,
                 CK_OBJECT_HANDLE public_key, int same)
{
    CK_BYTE signature[ROOM], input[32];
    CK_ULONG size = 0, few = 5;

    memcpy(input, data, sizeof(input));
    if (CALL(s, C_SignInit, s->session, mechanism, private_key) != CKR_OK)
        return;
    CALL(s, C_Sign, s->session, input, sizeof(input), NULL, &size);
    say_number(s, "length", size);
    CALL(s, C_Sign, s->session, input, sizeof(input), signature, &few);
    say_number(s, "length", few);
    size = sizeof(signature);
    if (CALL(s, C_Sign, s->session, input, sizeof(input), signature, &size) != CKR_OK)
        return;
    say_bytes(s, same ? signature : NULL, same ? size : 0);
    CALL(s, C_VerifyInit, s->session, mechanism, public_key);
    CALL(s, C_Verify, s->session, input, sizeof(input), signature, size);
    signature[7] ^= 1;
    CALL(s, C_VerifyInit, s->session, mechanism, public_key);
    CALL(s, C_Verify, s->session, input, sizeof(input), signature, size);
}

static void sign_in_parts(struct scenario *s)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_BYTE signature[ROOM], input[32];
    CK_ULONG size = sizeof(signature);

    memcpy(input, data, sizeof(input));
    CALL(s, C_SignUpdate, s->session, input, 32);
    CALL(s, C_SignInit, s->session, &mechanism, s->rsa_private);
    CALL(s, C_SignInit, s->session, &mechanism, s->rsa_private);
    CALL(s, C_SignUpdate, s->session, input, 20);
    CALL(s, C_SignUpdate, s->session, input + 20, 12);
    CALL(s, C_SignFinal, s->session, signature, &size);
    say_bytes(s, signature, size);
    CALL(s, C_VerifyInit, s->session, &mechanism, s->rsa_public);
    CALL(s, C_VerifyUpdate, s->session, input, 32);
    CALL(s, C_VerifyFinal, s->session, signature, size);
}

static void signatures(struct scenario *s)
{
    CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
    CK_MECHANISM rsa = {CKM_RSA_PKCS, NULL, 0}, hashed = {CKM_SHA512_RSA_PKCS, NULL, 0};
    CK_MECHANISM padded = {CKM_RSA_PKCS_PSS, &pss, sizeof(pss)};
    CK_MECHANISM both = {CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof(pss)};
    CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, unknown = {0x8000abcd, NULL, 0};

    sign(s, &rsa, s->rsa_private, s->rsa_public, 1);
    sign(s, &hashed, s->rsa_private, s->rsa_public, 1);
    sign(s, &padded, s->rsa_private, s->rsa_public, 0);
    sign(s, &both, s->rsa_private, s->rsa_public, 0);
    sign(s, &ecdsa, s->ec_private, s->ec_public, 0);
    sign(s, &unknown, s->rsa_private, s->rsa_public, 0);
    sign(s, &rsa, 4711, s->rsa_public, 0);
    sign_in_parts(s);
    CALL(s, C_SignRecoverInit, s->session, &rsa, s->rsa_private);
    CALL(s, C_VerifyRecoverInit, s->session, &rsa, s->rsa_public);
}

static void recover_and_rest(struct scenario *s)
{
    CK_BYTE input[32] = {0}, output[ROOM];
    CK_ULONG size = ROOM;

    CALL(s, C_SignRecover, s->session, input, 32, output, &size);
    CALL(s, C_VerifyRecover, s->session, input, 32, output, &size);
    CALL(s, C_DigestEncryptUpdate, s->session, input, 32, output, &size);
    CALL(s, C_DecryptDigestUpdate, s->session, input, 32, output, &size);
    CALL(s, C_SignEncryptUpdate, s->session, input, 32, output, &size);
    CALL(s, C_DecryptVerifyUpdate, s->session, input, 32, output, &size);
    CALL(s, C_GetOperationState, s->session, output, &size);
    CALL(s, C_SetOperationState, s->session, input, 32, 0, 0);
    CALL(s, C_GetFunctionStatus, s->session);
    CALL(s, C_CancelFunction, s->session);
    CALL(s, C_SeedRandom, s->session, input, 32);
    CALL(s, C_Sign, s->session, input, 32, output, NULL);
    CALL(s, C_SignInit, s->session, NULL, s->rsa_private);
}

static void digest(struct scenario *s)
{
    CK_MECHANISM mechanism = {CKM_SHA256, NULL, 0};
    CK_BYTE output[64], input[32];
    CK_ULONG size = sizeof(output);

    memcpy(input, data, sizeof(input));
    CALL(s, C_DigestInit, s->session, &mechanism);
    CALL(s, C_Digest, s->session, input, 32, output, &size);
    say_bytes(s, output, size);
    CALL(s, C_DigestInit, s->session, &mechanism);
    CALL(s, C_DigestUpdate, s->session, input, 32);
    CALL(s, C_DigestKey, s->session, s->aes);
    size = sizeof(output);
    CALL(s, C_DigestFinal, s->session, output, &size);
    say_number(s, "length", size);
}

static void make_keys(struct scenario *s)
{
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_MECHANISM pair = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG size = 32, bits = 1024;
    CK_ATTRIBUTE template[] = {
        {CKA_VALUE_LEN, &size, sizeof(size)},
        {CKA_ENCRYPT, &yes, 1},
        {CKA_DECRYPT, &yes, 1},
        {CKA_EXTRACTABLE, &yes, 1},
        {CKA_SENSITIVE, &no, 1},
        {CKA_TOKEN, &no, 1},
        {CKA_WRAP, &yes, 1},
        {CKA_UNWRAP, &yes, 1},
    };
    CK_ATTRIBUTE public_template[] = {{CKA_MODULUS_BITS, &bits, sizeof(bits)}};
    CK_ATTRIBUTE private_template[] = {{CKA_PRIVATE, &yes, 1}, {CKA_LABEL, (char[]){"made"}, 4}};
    CK_OBJECT_HANDLE one = 0, other = 0;

    CALL(s, C_GenerateKey, s->session, &mechanism, template, 8, &s->aes);
    CALL(s, C_GenerateKey, s->session, &mechanism, template, 8, NULL);
    CALL(s, C_GenerateKeyPair, s->session, &pair, public_template, 1, private_template, 2, &one,
         &other);
    fprintf(s->out, "  %d\n", one != 0 && other != 0 && one != other);
    attribute(s, other, CKA_LABEL);
    attribute(s, one, CKA_MODULUS_BITS);
    CALL(s, C_DestroyObject, s->session, one);
    CALL(s, C_DestroyObject, s->session, one);
}

static void crypt(struct scenario *s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE there,
                  CK_OBJECT_HANDLE back)
{
    CK_BYTE input[32], hidden[ROOM], output[ROOM];
    CK_ULONG size = sizeof(hidden), restored = sizeof(output);

    memcpy(input, data, sizeof(input));
    if (CALL(s, C_EncryptInit, s->session, mechanism, there) != CKR_OK)
        return;
    CALL(s, C_Encrypt, s->session, input, 32, hidden, &size);
    say_number(s, "length", size);
    CALL(s, C_DecryptInit, s->session, mechanism, back);
    if (CALL(s, C_Decrypt, s->session, hidden, size, output, &restored) == CKR_OK)
        say_bytes(s, output, restored);
}

static void crypt_in_parts(struct scenario *s, CK_MECHANISM *mechanism)
{
    CK_BYTE input[32], hidden[ROOM], output[ROOM];
    CK_ULONG size = sizeof(hidden), last = sizeof(hidden) - 64, restored = sizeof(output);

    memcpy(input, data, sizeof(input));
    CALL(s, C_EncryptInit, s->session, mechanism, s->aes);
    CALL(s, C_EncryptUpdate, s->session, input, 32, hidden, &size);
    CALL(s, C_EncryptFinal, s->session, hidden + size, &last);
    say_number(s, "length", size + last);
    CALL(s, C_DecryptInit, s->session, mechanism, s->aes);
    CALL(s, C_DecryptUpdate, s->session, hidden, size + last, output, &restored);
    say_bytes(s, output, restored);
    size = sizeof(output) - restored;
    CALL(s, C_DecryptFinal, s->session, output + restored, &size);
    say_bytes(s, output + restored, size);
}

static void encryption(struct scenario *s)
{
    CK_BYTE iv[16] = "sixteen bytes iv", aad[5] = "more", label[3] = "oa";
    CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
    CK_AES_CTR_PARAMS ctr = {.ulCounterBits = 128, .cb = {1, 2, 3}};
    CK_GCM_PARAMS gcm = {iv, 12, 96, aad, 5, 128};
    CK_MECHANISM mechanisms[] = {
        {CKM_AES_ECB, NULL, 0},           {CKM_AES_CBC, iv, 16},
        {CKM_AES_CBC_PAD, iv, 16},        {CKM_AES_CTR, &ctr, sizeof(ctr)},
        {CKM_AES_GCM, &gcm, sizeof(gcm)},
    };
    const size_t count = s->limits.pointers ? 5 : 4;
    CK_MECHANISM rsa = {CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep)};

    for (size_t i = 0; i < count; i++)
        crypt(s, &mechanisms[i], s->aes, s->aes);
    crypt_in_parts(s, &mechanisms[2]);
    crypt(s, &rsa, s->rsa_public, s->rsa_private);
    oaep.pSourceData = label;
    oaep.ulSourceDataLen = 2;
    crypt(s, &rsa, s->rsa_public, s->rsa_private);
}

static void wrapping(struct scenario *s)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
                               {CKA_KEY_TYPE, &type, sizeof(type)}};
    CK_OBJECT_HANDLE key = 0;
    CK_BYTE wrapped[ROOM];
    CK_ULONG size = 0;

    CALL(s, C_WrapKey, s->session, &mechanism, s->rsa_public, s->aes, NULL, &size);
    say_number(s, "length", size);
    size = sizeof(wrapped);
    CALL(s, C_WrapKey, s->session, &mechanism, s->rsa_public, s->aes, wrapped, &size);
    CALL(s, C_UnwrapKey, s->session, &mechanism, s->rsa_private, wrapped, size, template, 2, &key);
    attribute(s, key, CKA_VALUE_LEN);
    attribute(s, key, CKA_CLASS);
}

static void derive(struct scenario *s)
{
    CK_BYTE point[128];
    CK_ATTRIBUTE attribute_of = {CKA_EC_POINT, point, sizeof(point)};
    CK_ECDH1_DERIVE_PARAMS ecdh1 = {.kdf = CKD_NULL};
    CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &ecdh1, sizeof(ecdh1)};
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_ULONG size = 32;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof(class)},   {CKA_KEY_TYPE, &type, sizeof(type)},
        {CKA_VALUE_LEN, &size, sizeof(size)}, {CKA_SENSITIVE, &no, 1},
        {CKA_EXTRACTABLE, &yes, 1},           {CKA_TOKEN, &no, 1},
    };
    CK_OBJECT_HANDLE key = 0;

    CALL(s, C_GetAttributeValue, s->session, s->ec_public, &attribute_of, 1);
    ecdh1.pPublicData = point;
    ecdh1.ulPublicDataLen = attribute_of.ulValueLen;
    CALL(s, C_DeriveKey, s->session, &mechanism, s->ec_private, template, 6, &key);
    attribute(s, key, CKA_VALUE);
}

static void objects(struct scenario *s)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
                               {CKA_TOKEN, &no, 1},
                               {CKA_LABEL, (char[]){"note"}, 4},
                               {CKA_APPLICATION, NULL, 0},
                               {CKA_VALUE, (char[]){"text"}, 4}};
    CK_ATTRIBUTE changed = {CKA_LABEL, (char[]){"other"}, 5}, wrong = {CKA_TOKEN, (char[]){""}, 0};
    CK_OBJECT_HANDLE object = 0, copy = 0;

    CALL(s, C_CreateObject, s->session, template, 5, &object);
    CALL(s, C_CopyObject, s->session, object, &changed, 1, &copy);
    attribute(s, copy, CKA_LABEL);
    CALL(s, C_SetAttributeValue, s->session, object, &changed, 1);
    attribute(s, object, CKA_LABEL);
    attribute(s, object, CKA_APPLICATION);
    CALL(s, C_SetAttributeValue, s->session, object, &wrong, 1);
    CALL(s, C_DestroyObject, s->session, object);
    CALL(s, C_DestroyObject, s->session, copy);
}

static void randomness(struct scenario *s)
{
    enum { MUCH = 3 << 20 };
    CK_BYTE *bytes = calloc(1, MUCH);
    CK_ULONG zeros = 0;

    CALL(s, C_GenerateRandom, s->session, bytes, 16);
    CALL(s, C_GenerateRandom, s->session, bytes, MUCH);
    for (CK_ULONG i = 0; i < MUCH; i++)
        zeros += bytes[i] == 0;
    fprintf(s->out, "  %d\n", zeros > MUCH / 300 && zeros < MUCH / 200);
    CALL(s, C_GenerateRandom, s->session, NULL, 16);
    free(bytes);
}

static void again(struct scenario *s)
{
    CK_UTF8CHAR pin[] = "12345678", label[33] = "usage                           ";

    CALL(s, C_CloseAllSessions, s->slot);
    session_info(s);
    CALL(s, C_InitToken, s->slot, pin, 5, label);
    CALL(s, C_InitToken, s->slot, pin, 8, label);
}

static void all(struct scenario *s)
{
    library(s);
    slots(s);
    mechanisms(s);
    login(s);
    find_all(s);
    attributes(s, s->rsa_public);
    attributes(s, s->rsa_private);
    attributes(s, s->ec_public);
    attributes(s, find(s, CKO_CERTIFICATE, "rsa"));
    signatures(s);
    recover_and_rest(s);
    make_keys(s);
    digest(s);
    encryption(s);
    wrapping(s);
    if (s->limits.pointers)
        derive(s);
    objects(s);
    randomness(s);
    if (s->limits.slots)
        again(s);
}

char *scenario_run(CK_FUNCTION_LIST *functions, struct scenario_limits limits)
{
    struct scenario s = {.f = functions, .limits = limits};
    char *text = NULL;
    size_t size = 0;

    s.out = open_memstream(&text, &size);
    if (CALL(&s, C_Initialize, NULL) == CKR_OK)
        all(&s);
    CALL(&s, C_Finalize, &s);
    CALL(&s, C_Finalize, NULL);
    CALL(&s, C_Finalize, NULL);
    CALL(&s, C_GetSessionInfo, s.session, NULL);
    fclose(s.out);
    return text;
}
