// SPDX-License-Identifier: BSD-2-Clause
#include "arguments.h"

#include <stdio.h>
#include <string.h>

static unsigned char iv[16];
static CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
static CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
static CK_AES_CTR_PARAMS counter = {128, {0}};
static CK_GCM_PARAMS gcm = {iv, 12, 96, NULL, 0, 128};

static const struct mechanism {
    CK_MECHANISM_TYPE type;
    void *parameter;
    CK_ULONG size;
    bool is_random;
} mechanisms[] = {
    {CKM_RSA_PKCS, NULL, 0, false},
    {CKM_SHA256_RSA_PKCS, NULL, 0, false},
    {CKM_SHA1_RSA_PKCS, NULL, 0, false},
    {CKM_RSA_X_509, NULL, 0, false},
    {CKM_ECDSA, NULL, 0, true},
    {CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof(pss), true},
    {CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep), true},
    {CKM_SHA256, NULL, 0, false},
    {CKM_SHA512, NULL, 0, false},
    {CKM_SHA_1, NULL, 0, false},
    {CKM_MD5, NULL, 0, false},
    {CKM_SHA256_HMAC, NULL, 0, false},
    {CKM_SHA384, NULL, 0, false},
    {CKM_SHA224, NULL, 0, false},
    {CKM_SHA_1_HMAC, NULL, 0, false},
    {CKM_SHA512_HMAC, NULL, 0, false},
    {CKM_AES_CMAC, NULL, 0, false},
    {CKM_SHA512_RSA_PKCS, NULL, 0, false},
    {CKM_RSA_PKCS_PSS, &pss, sizeof(pss), true},
    {CKM_AES_CTR, &counter, sizeof(counter), false},
    {CKM_AES_GCM, &gcm, sizeof(gcm), false},
    {CKM_AES_CBC, iv, sizeof(iv), false},
    {CKM_AES_CBC_PAD, iv, sizeof(iv), false},
    {CKM_AES_ECB, NULL, 0, false},
    {CKM_AES_KEY_WRAP, NULL, 0, false},
    {CKM_AES_KEY_WRAP_PAD, NULL, 0, false},
    {CKM_DES3_CBC, iv, 8, false},
    {CKM_DES3_KEY_GEN, NULL, 0, true},
    {CKM_AES_KEY_GEN, NULL, 0, true},
    {CKM_GENERIC_SECRET_KEY_GEN, NULL, 0, true},
    {CKM_EC_KEY_PAIR_GEN, NULL, 0, true},
    {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0, true},
    {0x7ffffff1, NULL, 0, false},
};

enum { N_MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

static void draw_bytes(struct world *world, unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)world_draw(world, 256);
}

static void draw_mechanism(struct drawn *drawn, struct world *world)
{
    const struct mechanism *one = &mechanisms[world_draw(world, N_MECHANISMS)];

    drawn->mechanism = (CK_MECHANISM){one->type, one->parameter, one->size};
    drawn->random_output = one->is_random;
    if (world_happens(world, 3))
        drawn->mechanism = (CK_MECHANISM){one->type, NULL, 0};
    else if (one->size > 0 && world_happens(world, 3))
        drawn->mechanism.ulParameterLen--;
    drawn->call.mechanism = world_happens(world, 1) ? NULL : &drawn->mechanism;
}

static void add(struct drawn *drawn, CK_ATTRIBUTE_TYPE type, const void *value, size_t size)
{
    CK_ULONG at = drawn->call.count;

    if (at == ATTRIBUTES_MAX)
        return;
    memcpy(drawn->values[at], value, size);
    drawn->attributes[at] = (CK_ATTRIBUTE){type, drawn->values[at], size};
    drawn->call.count++;
}

static void add_number(struct drawn *drawn, CK_ATTRIBUTE_TYPE type, CK_ULONG number)
{
    add(drawn, type, &number, sizeof(number));
}

static void add_flag(struct drawn *drawn, struct world *world, CK_ATTRIBUTE_TYPE type, unsigned percent)
{
    CK_BBOOL flag = world_happens(world, percent) ? CK_TRUE : CK_FALSE;

    if (world_happens(world, 70))
        add(drawn, type, &flag, sizeof(flag));
}

static void add_label(struct drawn *drawn, struct world *world)
{
    char label[32];
    int size = snprintf(label, sizeof(label), "label %u", world->labels++);

    add(drawn, CKA_LABEL, label, (size_t)size);
}

static void add_bytes(struct drawn *drawn, struct world *world, CK_ATTRIBUTE_TYPE type, size_t size)
{
    unsigned char bytes[256];

    draw_bytes(world, bytes, size);
    bytes[0] |= 0x80; /* of a modulus */
    bytes[size - 1] |= 1;
    add(drawn, type, bytes, size);
}

static void add_secret_key(struct drawn *drawn, struct world *world)
{
    add_number(drawn, CKA_CLASS, CKO_SECRET_KEY);
    add_number(drawn, CKA_KEY_TYPE, world_happens(world, 70) ? CKK_AES : CKK_GENERIC_SECRET);
    add_flag(drawn, world, CKA_ENCRYPT, 90);
    add_flag(drawn, world, CKA_DECRYPT, 90);
    add_flag(drawn, world, CKA_SIGN, 80);
    add_flag(drawn, world, CKA_WRAP, 80);
    add_flag(drawn, world, CKA_EXTRACTABLE, 60);
    add_flag(drawn, world, CKA_SENSITIVE, 50);
    add_bytes(drawn, world, CKA_VALUE, world_happens(world, 90) ? 16 : 11);
}

static void add_public_key(struct drawn *drawn, struct world *world)
{
    add_number(drawn, CKA_CLASS, CKO_PUBLIC_KEY);
    add_number(drawn, CKA_KEY_TYPE, CKK_RSA);
    add_bytes(drawn, world, CKA_MODULUS, 128);
    add(drawn, CKA_PUBLIC_EXPONENT, "\1\0\1", 3);
    add_flag(drawn, world, CKA_VERIFY, 90);
    add_flag(drawn, world, CKA_ENCRYPT, 90);
}

static void add_data(struct drawn *drawn, struct world *world)
{
    add_number(drawn, CKA_CLASS, CKO_DATA);
    add(drawn, CKA_APPLICATION, "application", 11);
    add_bytes(drawn, world, CKA_VALUE, 40);
}

/* Of one of the objects that were met. */
static void add_class(struct drawn *drawn, struct world *world)
{
    add_number(drawn, CKA_CLASS, world_draw(world, 8));
}

static void (*const makers[])(struct drawn *, struct world *) = {add_secret_key, add_public_key, add_data, add_class};

/* What is searched for, changed or copied. */
static void draw_small_template(struct drawn *drawn, struct world *world)
{
    char label[32];

    if (world_happens(world, 50))
        add_class(drawn, world);
    if (world_happens(world, 30)) {
        int size = snprintf(label, sizeof(label), "label %u", world->labels > 0 ? world_draw(world, world->labels) : 0);
        add(drawn, CKA_LABEL, label, (size_t)size);
    }
    add_flag(drawn, world, CKA_TOKEN, 50);
    if (world_happens(world, 20))
        add(drawn, CKA_ID, "\1", 1);
}

static void draw_new_template(struct drawn *drawn, struct world *world)
{
    add_label(drawn, world);
    add_flag(drawn, world, CKA_TOKEN, 20);
    add_flag(drawn, world, CKA_PRIVATE, 60);
    makers[world_draw(world, sizeof(makers) / sizeof(makers[0]))](drawn, world);
    if (world_happens(world, 10))
        add_flag(drawn, world, CKA_MODIFIABLE, 10);
}

/* Of a key that the library makes. */
static void draw_key_template(struct drawn *drawn, struct world *world)
{
    add_label(drawn, world);
    add_flag(drawn, world, CKA_TOKEN, 20);
    add_flag(drawn, world, CKA_PRIVATE, 60);
    if (world_happens(world, 80))
        add_number(drawn, CKA_VALUE_LEN, 16);
    if (world_happens(world, 50)) {
        add_number(drawn, CKA_CLASS, CKO_SECRET_KEY);
        add_number(drawn, CKA_KEY_TYPE, CKK_AES);
    }
    add_flag(drawn, world, CKA_EXTRACTABLE, 60);
}

/* Wrong in one way or another. */
static void spoil_template(struct drawn *drawn, struct world *world)
{
    CK_ATTRIBUTE *one;

    if (drawn->call.count == 0 || !world_happens(world, 10))
        return;
    one = &drawn->attributes[world_draw(world, (unsigned)drawn->call.count)];
    switch (world_draw(world, 4)) {
    case 0:
        one->ulValueLen = one->ulValueLen > 0 ? one->ulValueLen - 1 : 0;
        break;
    case 1:
        one->type = 0x12345;
        break;
    case 2:
        drawn->call.count--;
        break;
    default:
        *one = drawn->attributes[0];
    }
}

static void draw_template(struct drawn *drawn, struct world *world, enum function_id function)
{
    if (function == FUNCTION_C_CreateObject)
        draw_new_template(drawn, world);
    else if (function == FUNCTION_C_GenerateKey || function == FUNCTION_C_UnwrapKey || function == FUNCTION_C_DeriveKey || function == FUNCTION_C_GenerateKeyPair)
        draw_key_template(drawn, world);
    else
        draw_small_template(drawn, world);
    if (function == FUNCTION_C_CopyObject)
        add_label(drawn, world);
    spoil_template(drawn, world);
    drawn->call.template = drawn->attributes;
}

static void draw_wanted(struct drawn *drawn, struct world *world)
{
    static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_LABEL, CKA_APPLICATION, CKA_VALUE, CKA_ID, CKA_KEY_TYPE, CKA_SENSITIVE, CKA_ENCRYPT, CKA_SIGN, CKA_MODULUS, CKA_PUBLIC_EXPONENT,
                                              CKA_PRIVATE_EXPONENT, CKA_MODULUS_BITS, CKA_EC_PARAMS, CKA_EC_POINT, CKA_EXTRACTABLE, CKA_LOCAL, CKA_NEVER_EXTRACTABLE, CKA_ALWAYS_AUTHENTICATE, CKA_SUBJECT, CKA_MODIFIABLE, 0x54321};

    drawn->call.count = world_draw(world, 6);
    for (CK_ULONG i = 0; i < drawn->call.count; i++) {
        CK_ATTRIBUTE *one = &drawn->attributes[i];
        *one = (CK_ATTRIBUTE){types[world_draw(world, sizeof(types) / sizeof(types[0]))], drawn->values[i], sizeof(drawn->values[i])};
        if (world_happens(world, 20))
            one->pValue = NULL;
        else if (world_happens(world, 10))
            one->ulValueLen = world_draw(world, 4);
    }
    drawn->call.template_out = drawn->attributes;
}

static void draw_data(struct drawn *drawn, struct world *world)
{
    static const CK_ULONG sizes[] = {0, 1, 16, 16, 20, 32, 32, 35, 48, 64, 128, 256, 300, 1000};

    drawn->call.count = sizes[world_draw(world, sizeof(sizes) / sizeof(sizes[0]))];
    draw_bytes(world, drawn->data, drawn->call.count);
    drawn->call.data = world_happens(world, 1) ? NULL : drawn->data;
}

static void draw_buffer(struct drawn *drawn, struct world *world)
{
    drawn->size = world_happens(world, 10) ? world_draw(world, 24) : ROOM;
    drawn->call.size = &drawn->size;
    drawn->call.buffer = world_happens(world, 15) ? NULL : drawn->buffer;
}

static void draw_secret(struct drawn *drawn, struct world *world)
{
    static const char *const secrets[] = {"1234", "1234", "1234", "1234", "12345678", "12345678", "4321", "1"};
    const char *secret = secrets[world_draw(world, sizeof(secrets) / sizeof(secrets[0]))];

    drawn->call.secret = (CK_UTF8CHAR_PTR)(uintptr_t)secret;
    drawn->call.count = strlen(secret);
}

static CK_ULONG draw_number(struct world *world, enum function_id function)
{
    static const CK_ULONG flags[] = {CKF_SERIAL_SESSION | CKF_RW_SESSION, CKF_SERIAL_SESSION | CKF_RW_SESSION, CKF_SERIAL_SESSION, CKF_RW_SESSION, 0};

    if (function == FUNCTION_C_WaitForSlotEvent)
        return CKF_DONT_BLOCK;
    if (function == FUNCTION_C_FindObjects)
        return world_happens(world, 95) ? OBJECTS_MAX : 0; /* which are left over is chance */
    return flags[world_draw(world, sizeof(flags) / sizeof(flags[0]))];
}

static CK_RV create_mutex(void **mutex)
{
    *mutex = &iv;
    return CKR_OK;
}

/* There is one thread. */
static CK_RV use_mutex(void *mutex)
{
    return mutex == &iv ? CKR_OK : CKR_MUTEX_BAD;
}

static void draw_initialization(struct drawn *drawn, struct world *world)
{
    static const CK_FLAGS flags[] = {0, CKF_OS_LOCKING_OK, CKF_LIBRARY_CANT_CREATE_OS_THREADS, CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS, 0x80};

    drawn->call.pointer = &drawn->initialization;
    drawn->initialization.flags = flags[world_draw(world, sizeof(flags) / sizeof(flags[0]))];
    if (world_happens(world, 10))
        drawn->initialization.pReserved = drawn->data;
    if (world_happens(world, 50))
        return;
    drawn->initialization.CreateMutex = create_mutex;
    drawn->initialization.DestroyMutex = drawn->initialization.LockMutex = use_mutex;
    drawn->initialization.UnlockMutex = world_happens(world, 80) ? use_mutex : NULL;
}

static void draw_pointer(struct drawn *drawn, struct world *world, enum function_id function)
{
    if (world_happens(world, 85))
        return;
    if (function == FUNCTION_C_Initialize)
        draw_initialization(drawn, world);
    else
        drawn->call.pointer = drawn->data;
}

static void draw_places(struct drawn *drawn, struct world *world, unsigned kinds)
{
    struct call_arguments *call = &drawn->call;

    call->slot = world_draw_slot(world);
    call->session = world_draw_session(world);
    call->object = call->key = world_draw_object(world, &drawn->made_at_random);
    call->info = world_happens(world, 99) ? drawn->info : NULL;
    call->session_out = &drawn->session;
    call->object_out = &drawn->object;
    call->objects_out = drawn->objects;
    call->slot_out = &drawn->slot;
    call->text = (CK_UTF8CHAR_PTR) "another label                   ";
    call->user = world_happens(world, 80) ? CKU_USER : world_draw(world, 4);
    call->flag = world_happens(world, 50) ? CK_TRUE : CK_FALSE;
    call->slots_out = world_happens(world, 70) ? drawn->slots : NULL;
    call->mechanisms_out = world_happens(world, 70) ? drawn->mechanisms : NULL;
    if ((kinds & KIND_slots_out) != 0)
        drawn->size = world_happens(world, 90) ? SLOTS_MAX : 0;
    if ((kinds & KIND_mechanisms_out) != 0)
        drawn->size = world_happens(world, 90) ? 256 : 3;
    call->size = &drawn->size;
    call->mechanism_type = mechanisms[world_draw(world, N_MECHANISMS)].type;
}

void arguments_draw(struct drawn *drawn, struct world *world, enum function_id function)
{
    unsigned kinds = function_kinds[function].kinds;

    *drawn = (struct drawn){.size = 0};
    draw_places(drawn, world, kinds);
    if ((kinds & KIND_pointer) != 0)
        draw_pointer(drawn, world, function);
    if ((kinds & KIND_mechanism) != 0)
        draw_mechanism(drawn, world);
    if (function == FUNCTION_C_EncryptInit && drawn->mechanism.mechanism == CKM_RSA_PKCS)
        drawn->random_output = true; /* its padding is */
    if ((kinds & KIND_number) != 0)
        drawn->call.number = draw_number(world, function);
    if ((kinds & KIND_buffer) != 0)
        draw_buffer(drawn, world);
    if ((kinds & (KIND_data | KIND_parameter)) != 0)
        draw_data(drawn, world);
    drawn->call.parameter = drawn->call.data;
    if ((kinds & KIND_secret) != 0)
        draw_secret(drawn, world);
    if ((kinds & KIND_template_out) != 0)
        draw_wanted(drawn, world);
    if ((kinds & KIND_template) != 0) {
        drawn->call.count = 0;
        draw_template(drawn, world, function);
    }
}
