// SPDX-License-Identifier: BSD-2-Clause
#include "scenarios.h"

#include <stdio.h>
#include <string.h>

enum { PARTS_MAX = 5, PART_MAX = 80, KEY_SIZE = 16, VALUE_MAX = 512 };

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE iv[16], nonce[12];
static CK_AES_CTR_PARAMS counter = {64, {0}};
static CK_GCM_PARAMS gcm = {nonce, sizeof(nonce), sizeof(nonce) * 8, NULL, 0, 128};

static CK_MECHANISM ciphers[] = {
    {CKM_AES_ECB, NULL, 0}, {CKM_AES_CBC, iv, sizeof(iv)}, {CKM_AES_CBC_PAD, iv, sizeof(iv)}, {CKM_AES_CTR, &counter, sizeof(counter)}, {CKM_AES_GCM, &gcm, sizeof(gcm)},
};
static CK_MECHANISM authenticators[] = {{CKM_AES_CMAC, NULL, 0}, {CKM_SHA_1_HMAC, NULL, 0}, {CKM_SHA256_HMAC, NULL, 0}, {CKM_SHA512_HMAC, NULL, 0}};
static CK_MECHANISM digests[] = {{CKM_MD5, NULL, 0}, {CKM_SHA_1, NULL, 0}, {CKM_SHA224, NULL, 0}, {CKM_SHA256, NULL, 0}, {CKM_SHA384, NULL, 0}, {CKM_SHA512, NULL, 0}};
static CK_MECHANISM wrappers[] = {{CKM_AES_KEY_WRAP, NULL, 0}, {CKM_AES_KEY_WRAP_PAD, NULL, 0}, {CKM_AES_CBC_PAD, iv, sizeof(iv)}, {CKM_AES_CBC, iv, sizeof(iv)}};

#define DRAW(world, table) (&(table)[world_draw(world, sizeof(table) / sizeof((table)[0]))])

/* What is put together of the parts that an operation gives out. */
struct output {
    CK_BYTE bytes[PARTS_MAX * PART_MAX + 64];
    CK_ULONG size;
};

static CK_RV tell(const char *what, CK_RV rv)
{
    printf("%s %lx\n", what, rv);
    return rv;
}

static void tell_bytes(const char *what, CK_RV rv, const CK_BYTE *bytes, CK_ULONG size)
{
    printf("%s %lx", what, rv);
    if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
        printf(" size %lu ", size);
    for (CK_ULONG i = 0; rv == CKR_OK && i < size; i++)
        printf("%02x", bytes[i]);
    puts("");
}

/* Whose values are no two libraries'. */
static void note_random_objects(struct world *world, CK_SESSION_HANDLE session, const CK_OBJECT_HANDLE *handles, CK_ULONG count)
{
    printf("made");
    world_note_objects(world, session, handles, count, true);
    puts("");
}

static CK_OBJECT_HANDLE make_key(struct world *world, CK_SESSION_HANDLE session, CK_KEY_TYPE type)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_BBOOL sensitive = world_happens(world, 20), private = world_happens(world, 50);
    CK_BYTE value[KEY_SIZE];
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_VALUE, value, sizeof(value)}, {CKA_PRIVATE, &private, 1}, {CKA_SENSITIVE, &sensitive, 1},
        {CKA_ENCRYPT, &yes, 1}, {CKA_DECRYPT, &yes, 1}, {CKA_SIGN, &yes, 1}, {CKA_VERIFY, &yes, 1}, {CKA_WRAP, &yes, 1}, {CKA_UNWRAP, &yes, 1}, {CKA_DERIVE, &yes, 1},
        {CKA_EXTRACTABLE, &yes, 1},
    };

    for (size_t i = 0; i < sizeof(value); i++)
        value[i] = (CK_BYTE)world_draw(world, 256);
    tell("key", world->functions->C_CreateObject(session, template, sizeof(template) / sizeof(template[0]), &key));
    return key;
}

/* As much room as the library asks for, or too little. */
static CK_ULONG draw_room(struct world *world, const struct output *output)
{
    CK_ULONG left = sizeof(output->bytes) - output->size;

    return world_happens(world, 10) ? world_draw(world, 16) : left;
}

typedef CK_RV (*update_function)(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR);
typedef CK_RV (*final_function)(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG_PTR);

static void put_part(struct output *output, const char *what, CK_RV rv, CK_ULONG size)
{
    tell_bytes(what, rv, output->bytes + output->size, size);
    if (rv == CKR_OK)
        output->size += size;
}

static void go_through(struct world *world, CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size, update_function update, final_function final, struct output *output)
{
    CK_ULONG room;
    CK_RV rv = CKR_OK;

    output->size = 0;
    while (size > 0) {
        CK_ULONG part = world_draw(world, PART_MAX) % (size + 1);
        room = draw_room(world, output);
        rv = update(session, data, part, output->bytes + output->size, &room);
        put_part(output, "update", rv, room);
        data += part;
        size -= part > 0 ? part : 1;
    }
    if (world_happens(world, 50)) {
        room = 0;
        rv = final(session, NULL, &room);
        tell_bytes("size", rv, NULL, 0);
        if (rv == CKR_OK)
            printf("of %lu\n", room);
    }
    room = draw_room(world, output);
    rv = final(session, output->bytes + output->size, &room);
    put_part(output, "final", rv, room);
}

static void encrypt_in_parts(struct world *world, CK_SESSION_HANDLE session)
{
    CK_FUNCTION_LIST *functions = world->functions;
    CK_OBJECT_HANDLE key = make_key(world, session, CKK_AES);
    CK_MECHANISM *mechanism = DRAW(world, ciphers);
    CK_BYTE text[3 * PART_MAX];
    struct output encrypted = {0}, decrypted = {0};

    memset(text, 'x', sizeof(text));
    if (tell("C_EncryptInit", functions->C_EncryptInit(session, mechanism, key)) == CKR_OK)
        go_through(world, session, text, world_draw(world, sizeof(text)) & ~15U, functions->C_EncryptUpdate, functions->C_EncryptFinal, &encrypted);
    else
        encrypted.size = 0;
    if (tell("C_DecryptInit", functions->C_DecryptInit(session, mechanism, key)) == CKR_OK)
        go_through(world, session, encrypted.bytes, encrypted.size, functions->C_DecryptUpdate, functions->C_DecryptFinal, &decrypted);
}

static void sign_in_parts(struct world *world, CK_SESSION_HANDLE session)
{
    CK_FUNCTION_LIST *functions = world->functions;
    CK_MECHANISM *mechanism = DRAW(world, authenticators);
    CK_OBJECT_HANDLE key = make_key(world, session, mechanism->mechanism == CKM_AES_CMAC ? CKK_AES : CKK_GENERIC_SECRET);
    CK_BYTE signature[64] = {0};
    CK_ULONG size = sizeof(signature);
    unsigned parts = world_draw(world, PARTS_MAX);

    if (tell("C_SignInit", functions->C_SignInit(session, mechanism, key)) != CKR_OK)
        return;
    for (unsigned i = 0; i < parts; i++)
        tell("C_SignUpdate", functions->C_SignUpdate(session, iv, i));
    tell("size", functions->C_SignFinal(session, NULL, &size));
    tell_bytes("C_SignFinal", functions->C_SignFinal(session, signature, &size), signature, size);
    if (world_happens(world, 20))
        signature[0] ^= 1;
    tell("C_VerifyInit", functions->C_VerifyInit(session, mechanism, key));
    for (unsigned i = 0; i < parts; i++)
        tell("C_VerifyUpdate", functions->C_VerifyUpdate(session, iv, i));
    tell("C_VerifyFinal", functions->C_VerifyFinal(session, signature, size));
}

/* The state goes into the same session or into another one. */
static void digest_with_a_saved_state(struct world *world, CK_SESSION_HANDLE session)
{
    CK_FUNCTION_LIST *functions = world->functions;
    CK_SESSION_HANDLE other = world_draw_session(world);
    CK_BYTE state[VALUE_MAX], digest[64] = {0}; /* SoftHSM leaves the size as it was */
    CK_ULONG size = sizeof(state), digest_size = sizeof(digest);

    if (tell("C_DigestInit", functions->C_DigestInit(session, DRAW(world, digests))) != CKR_OK)
        return; /* another's operation goes on, perhaps with a random key in it */
    tell("C_DigestUpdate", functions->C_DigestUpdate(session, iv, world_draw(world, sizeof(iv))));
    tell("C_DigestKey", functions->C_DigestKey(session, world_happens(world, 50) ? make_key(world, session, CKK_GENERIC_SECRET) : 0));
    tell("size", functions->C_GetOperationState(session, NULL, &size));
    tell("C_GetOperationState", functions->C_GetOperationState(session, state, &size));
    tell("C_SetOperationState", functions->C_SetOperationState(other, state, size, 0, 0));
    tell_bytes("C_DigestFinal", functions->C_DigestFinal(session, digest, &digest_size), digest, digest_size);
    tell("C_DigestFinal_other", functions->C_DigestFinal(other, digest, &digest_size));
}

static void tell_value(struct world *world, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_BYTE value[VALUE_MAX] = {0};
    CK_ATTRIBUTE attribute = {CKA_VALUE, value, sizeof(value)};
    CK_RV rv = world->functions->C_GetAttributeValue(session, key, &attribute, 1);

    tell_bytes("value", rv, value, rv == CKR_OK ? attribute.ulValueLen : 0);
}

static void wrap_and_unwrap(struct world *world, CK_SESSION_HANDLE session)
{
    CK_FUNCTION_LIST *functions = world->functions;
    CK_OBJECT_HANDLE wrapping = make_key(world, session, CKK_AES), key = make_key(world, session, CKK_GENERIC_SECRET), unwrapped = 0;
    CK_MECHANISM *mechanism = DRAW(world, wrappers);
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_BBOOL sensitive = world_happens(world, 30);
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_EXTRACTABLE, &yes, 1}, {CKA_SENSITIVE, &sensitive, 1}, {CKA_WRAP, &yes, 1},
    };
    CK_BYTE wrapped[VALUE_MAX] = {0};
    CK_ULONG size = world_happens(world, 10) ? world_draw(world, 24) : sizeof(wrapped);
    CK_RV rv = functions->C_WrapKey(session, mechanism, wrapping, key, wrapped, &size);

    tell_bytes("C_WrapKey", rv, wrapped, size);
    if (rv != CKR_OK)
        return;
    if (world_happens(world, 10))
        wrapped[0] ^= 1;
    if (tell("C_UnwrapKey", functions->C_UnwrapKey(session, mechanism, wrapping, wrapped, size, template, 3 + world_draw(world, 3), &unwrapped)) == CKR_OK)
        tell_value(world, session, unwrapped);
}

static void derive_of_a_known_key(struct world *world, CK_SESSION_HANDLE session)
{
    CK_BYTE data[32] = {1, 2, 3};
    CK_KEY_DERIVATION_STRING_DATA string = {data, world_happens(world, 10) ? 15 : sizeof(data)};
    CK_MECHANISM mechanism = {CKM_AES_ECB_ENCRYPT_DATA, &string, sizeof(string)};
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_ULONG length = world_happens(world, 80) ? 16 : world_draw(world, 64);
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_EXTRACTABLE, &yes, 1}, {CKA_SENSITIVE, &no, 1}, {CKA_VALUE_LEN, &length, sizeof(length)},
    };
    CK_OBJECT_HANDLE derived = 0;

    if (tell("C_DeriveKey", world->functions->C_DeriveKey(session, &mechanism, make_key(world, session, CKK_AES), template, 5, &derived)) == CKR_OK)
        tell_value(world, session, derived);
}

/* Both secrets are the same, and no two libraries'. */
static void agree_on_a_secret(struct world *world, CK_SESSION_HANDLE session)
{
    static CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    CK_FUNCTION_LIST *functions = world->functions;
    CK_MECHANISM generation = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_BYTE point[VALUE_MAX];
    CK_ATTRIBUTE public_key[] = {{CKA_EC_PARAMS, p256, sizeof(p256)}}, private_key[] = {{CKA_DERIVE, &yes, 1}};
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}}, wanted = {CKA_EC_POINT, point, sizeof(point)};
    CK_ECDH1_DERIVE_PARAMS parameters = {CKD_NULL, 0, NULL, 0, NULL};
    CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &parameters, sizeof(parameters)};
    CK_OBJECT_HANDLE keys[2] = {0}, secret = 0;

    if (tell("C_GenerateKeyPair", functions->C_GenerateKeyPair(session, &generation, public_key, 1, private_key, 1, &keys[0], &keys[1])) == CKR_OK)
        note_random_objects(world, session, keys, 2);
    if (tell("C_GetAttributeValue", functions->C_GetAttributeValue(session, keys[0], &wanted, 1)) != CKR_OK)
        return;
    parameters.pPublicData = point;
    parameters.ulPublicDataLen = wanted.ulValueLen - world_draw(world, 2);
    if (tell("C_DeriveKey", functions->C_DeriveKey(session, &mechanism, keys[1], template, 2, &secret)) == CKR_OK)
        note_random_objects(world, session, &secret, 1);
}

static void keep_a_copy(struct world *world, CK_SESSION_HANDLE session)
{
    CK_FUNCTION_LIST *functions = world->functions;
    CK_BBOOL token = world_happens(world, 10), private = world_happens(world, 50);
    CK_ATTRIBUTE changed[] = {{CKA_TOKEN, &token, 1}, {CKA_PRIVATE, &private, 1}, {CKA_SENSITIVE, &yes, 1}};
    CK_OBJECT_HANDLE key = make_key(world, session, CKK_AES), copy = 0;
    CK_SESSION_HANDLE other = world_draw_session(world);

    tell("C_CopyObject", functions->C_CopyObject(session, key, changed, world_draw(world, 4), &copy));
    if (world_happens(world, 20))
        tell("C_CloseSession", functions->C_CloseSession(session));
    tell_value(world, other, key);
    tell_value(world, other, copy);
    tell("C_DestroyObject", functions->C_DestroyObject(other, copy));
    tell_value(world, session, copy);
}

/* The security officer has the token for himself. */
static void let_the_officer_in(struct world *world, CK_SESSION_HANDLE session)
{
    static CK_UTF8CHAR officer[] = "12345678", user[] = "1234";
    CK_FUNCTION_LIST *functions = world->functions;
    CK_SLOT_ID slot = world_draw_slot(world);
    CK_ULONG wrong = world_happens(world, 10) ? 1 : 0;

    tell("C_CloseAllSessions", functions->C_CloseAllSessions(slot));
    tell("C_OpenSession", functions->C_OpenSession(slot, CKF_SERIAL_SESSION | (world_happens(world, 90) ? CKF_RW_SESSION : 0), NULL, NULL, &session));
    world_note_session(world, session);
    tell("C_Login", functions->C_Login(session, CKU_SO, officer, sizeof(officer) - 1 - wrong));
    tell("C_OpenSession", functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session));
    tell("C_InitPIN", functions->C_InitPIN(session, user, sizeof(user) - 1 - wrong));
    tell("C_SetPIN", functions->C_SetPIN(session, officer, sizeof(officer) - 1 - wrong, officer, sizeof(officer) - 1));
    make_key(world, session, CKK_AES);
    tell("C_Logout", functions->C_Logout(session));
    tell("C_Login", functions->C_Login(session, CKU_USER, user, sizeof(user) - 1));
    tell("C_SetPIN", functions->C_SetPIN(session, user, sizeof(user) - 1, user, sizeof(user) - 1));
}

/* Two operations at once, in one session. */
static void digest_what_is_encrypted(struct world *world, CK_SESSION_HANDLE session)
{
    CK_FUNCTION_LIST *functions = world->functions;
    CK_OBJECT_HANDLE key = make_key(world, session, CKK_AES);
    CK_BYTE out[64] = {0};
    CK_ULONG size = sizeof(out);

    if (tell("C_DigestInit", functions->C_DigestInit(session, DRAW(world, digests))) != CKR_OK ||
        tell("C_EncryptInit", functions->C_EncryptInit(session, DRAW(world, ciphers), key)) != CKR_OK)
        return;
    tell_bytes("C_DigestEncryptUpdate", functions->C_DigestEncryptUpdate(session, iv, sizeof(iv), out, &size), out, size);
    size = sizeof(out);
    tell_bytes("C_EncryptFinal", functions->C_EncryptFinal(session, out, &size), out, size);
    size = sizeof(out);
    tell_bytes("C_DigestFinal", functions->C_DigestFinal(session, out, &size), out, size);
}

static void (*const scenarios[])(struct world *, CK_SESSION_HANDLE) = {
    encrypt_in_parts, sign_in_parts, digest_with_a_saved_state, wrap_and_unwrap, derive_of_a_known_key, agree_on_a_secret, keep_a_copy, digest_what_is_encrypted, let_the_officer_in,
};

void scenarios_play(struct world *world)
{
    (*DRAW(world, scenarios))(world, world_draw_session(world));
}
