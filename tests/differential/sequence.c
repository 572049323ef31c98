// SPDX-License-Identifier: BSD-2-Clause
// sequence LIBRARY SEED CALLS: makes a random sequence of calls on a library and prints what each answers, a line for each, so that two libraries can be
// compared. Handles are printed by what they stand for. The same seed is the same sequence, as long as the answers are the same.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arguments.h"
#include "scenarios.h"

/* How often a call is of this function, where not each function is as likely: what makes sequences that get somewhere. */
static const struct {
    enum function_id function;
    unsigned weight;
} usual[] = {
    {FUNCTION_C_OpenSession, 6}, {FUNCTION_C_Login, 6}, {FUNCTION_C_FindObjectsInit, 8}, {FUNCTION_C_FindObjects, 9}, {FUNCTION_C_FindObjectsFinal, 8},
    {FUNCTION_C_GetAttributeValue, 10}, {FUNCTION_C_CreateObject, 6}, {FUNCTION_C_GenerateKey, 3}, {FUNCTION_C_CopyObject, 2}, {FUNCTION_C_SignInit, 5},
    {FUNCTION_C_Sign, 6}, {FUNCTION_C_SignUpdate, 2}, {FUNCTION_C_SignFinal, 2}, {FUNCTION_C_VerifyInit, 2}, {FUNCTION_C_Verify, 2}, {FUNCTION_C_EncryptInit, 4},
    {FUNCTION_C_Encrypt, 4}, {FUNCTION_C_EncryptUpdate, 2}, {FUNCTION_C_EncryptFinal, 2}, {FUNCTION_C_DecryptInit, 4}, {FUNCTION_C_Decrypt, 4}, {FUNCTION_C_DigestInit, 3},
    {FUNCTION_C_Digest, 3}, {FUNCTION_C_DigestUpdate, 2}, {FUNCTION_C_DigestFinal, 2}, {FUNCTION_C_WrapKey, 2}, {FUNCTION_C_SetAttributeValue, 2},
};

static unsigned total_weight(void)
{
    unsigned total = 0;

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        total += usual[i].weight;
    return total;
}

static enum function_id draw_usual(struct world *world)
{
    unsigned left = world_draw(world, total_weight());
    size_t i = 0;

    while (left >= usual[i].weight)
        left -= usual[i++].weight;
    return usual[i].function;
}

/* What ends or empties all is rare, that there be something to compare. */
static enum function_id draw_function(struct world *world)
{
    enum function_id function;

    if (world_happens(world, 75))
        return draw_usual(world);
    function = (enum function_id)world_draw(world, world->functions->version.major < 3 ? FUNCTION_C_WaitForSlotEvent + 1 : FUNCTION_COUNT);
    if ((function == FUNCTION_C_Finalize || function == FUNCTION_C_InitToken || function == FUNCTION_C_CloseAllSessions || function == FUNCTION_C_SetPIN || function == FUNCTION_C_InitPIN) &&
        world_happens(world, 85))
        return FUNCTION_C_GetSessionInfo;
    return function;
}

/* FNV-1a */
static void print_bytes(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001b3;
    printf(" %zu:%016llx", size, (unsigned long long)hash);
}

/* What of an answer is compared: not what p11gate says of itself in C_GetInfo, nor the time of a token. */
static const struct {
    enum function_id function;
    size_t from, size;
} told[] = {
    {FUNCTION_C_GetInfo, offsetof(CK_INFO, manufacturerID), sizeof(((CK_INFO *)NULL)->manufacturerID)},
    {FUNCTION_C_GetInfo, offsetof(CK_INFO, libraryVersion), sizeof(CK_VERSION)},
    {FUNCTION_C_GetSlotInfo, 0, sizeof(CK_SLOT_INFO)},
    {FUNCTION_C_GetTokenInfo, 0, offsetof(CK_TOKEN_INFO, utcTime)},
    {FUNCTION_C_GetSessionInfo, 0, sizeof(CK_SESSION_INFO)},
    {FUNCTION_C_GetMechanismInfo, 0, sizeof(CK_MECHANISM_INFO)},
    {FUNCTION_C_FindObjects, 0, sizeof(CK_ULONG)},
    {FUNCTION_C_GetObjectSize, 0, sizeof(CK_ULONG)},
};

static void print_info(enum function_id function, const unsigned char *info)
{
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if (told[i].function == function)
            print_bytes(info + told[i].from, told[i].size);
    }
}

static void print_template(const struct drawn *drawn)
{
    for (CK_ULONG i = 0; i < drawn->call.count; i++) {
        const CK_ATTRIBUTE *one = &drawn->attributes[i];
        bool compared = one->pValue != NULL && one->ulValueLen <= sizeof(drawn->values[i]) && (!drawn->made_at_random || one->ulValueLen <= sizeof(CK_ULONG));
        printf(" %lx=%lx", one->type, one->ulValueLen);
        if (compared)
            print_bytes(one->pValue, one->ulValueLen);
    }
}

static void note_slots(struct world *world, const struct drawn *drawn)
{
    if (drawn->call.slots_out == NULL || drawn->size > SLOTS_MAX)
        return;
    world->n_slots = drawn->size;
    memcpy(world->slots, drawn->slots, drawn->size * sizeof(drawn->slots[0]));
    print_bytes(drawn->slots, drawn->size * sizeof(drawn->slots[0]));
}

static bool is_begun(enum function_id function)
{
    const char *name = function_kinds[function].name;
    size_t length = strlen(name);

    return length > 4 && strcmp(name + length - 4, "Init") == 0;
}

/* Which of a session's operations the function is about: one bit; 0: none. */
static unsigned operation_of(enum function_id function)
{
    static const char *const groups[] = {"C_Sign", "C_Verify", "C_Encrypt", "C_Decrypt", "C_Digest"};

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (strncmp(function_kinds[function].name, groups[i], strlen(groups[i])) == 0)
            return 1U << i;
    }
    return 0;
}

/* By the session's place: its handle may be another one on the other library. */
static unsigned *random_outputs(struct world *world, CK_SESSION_HANDLE session)
{
    size_t place = 0;

    while (place < SESSIONS_MAX && world->sessions[place] != session)
        place++;
    return &world->random_outputs[place];
}

static void note_beginning(struct world *world, enum function_id function, const struct drawn *drawn)
{
    unsigned *outputs = random_outputs(world, drawn->call.session), operation = operation_of(function);

    *outputs = drawn->random_output || drawn->made_at_random ? *outputs | operation : *outputs & ~operation;
}

static void print_output(struct world *world, enum function_id function, const struct drawn *drawn)
{
    bool is_random = (*random_outputs(world, drawn->call.session) & operation_of(function)) != 0;

    if (drawn->call.buffer == NULL || is_random || function == FUNCTION_C_GenerateRandom || function == FUNCTION_C_WrapKey || function == FUNCTION_C_GetOperationState)
        return;
    print_bytes(drawn->buffer, drawn->size < ROOM ? drawn->size : ROOM);
}

static void note_answer(struct world *world, enum function_id function, struct drawn *drawn)
{
    unsigned kinds = function_kinds[function].kinds;

    if ((kinds & KIND_slots_out) != 0)
        note_slots(world, drawn);
    if ((kinds & KIND_session_out) != 0)
        world_note_session(world, drawn->session);
    if ((kinds & KIND_info) != 0)
        print_info(function, drawn->info);
    if ((kinds & KIND_object_out) != 0)
        world_note_objects(world, drawn->call.session, &drawn->object, 1, drawn->random_output || drawn->made_at_random);
    if ((kinds & KIND_objects_out) != 0)
        world_note_objects(world, drawn->call.session, drawn->objects, *(CK_ULONG *)(void *)drawn->info, false);
    if (is_begun(function))
        note_beginning(world, function, drawn);
    if (function == FUNCTION_C_DigestKey && drawn->made_at_random)
        *random_outputs(world, drawn->call.session) |= operation_of(function);
    if ((kinds & KIND_size) != 0)
        printf(" size %lu", drawn->size);
    if ((kinds & KIND_buffer) != 0)
        print_output(world, function, drawn);
}

static CK_RV call(struct world *world, enum function_id function, struct drawn *drawn)
{
    CK_RV rv;

    arguments_draw(drawn, world, function);
    rv = call_function(world->functions, function, &drawn->call);
    printf("%s %lx", function_kinds[function].name, rv);
    if (rv == CKR_OK)
        note_answer(world, function, drawn);
    else if (rv == CKR_BUFFER_TOO_SMALL)
        printf(" size %lu", drawn->size);
    if (function == FUNCTION_C_GetAttributeValue)
        print_template(drawn);
    puts("");
    return rv;
}

/* A key pair needs two templates, of which call_function knows one. */
static void make_pair(struct world *world)
{
    static unsigned char p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    char label[32];
    CK_BBOOL yes = CK_TRUE;
    CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE public_key[] = {{CKA_EC_PARAMS, p256, sizeof(p256)}, {CKA_LABEL, label, 0}, {CKA_VERIFY, &yes, 1}};
    CK_ATTRIBUTE private_key[] = {{CKA_LABEL, label, 0}, {CKA_SIGN, &yes, 1}, {CKA_DERIVE, &yes, 1}};
    CK_SESSION_HANDLE session = world_draw_session(world);
    CK_OBJECT_HANDLE made[2];
    CK_RV rv;

    public_key[1].ulValueLen = private_key[0].ulValueLen = (CK_ULONG)snprintf(label, sizeof(label), "label %u", world->labels++);
    rv = world->functions->C_GenerateKeyPair(session, &mechanism, public_key, 3, private_key, 3, &made[0], &made[1]);
    printf("a pair %lx", rv);
    if (rv == CKR_OK)
        world_note_objects(world, session, made, 2, true);
    puts("");
}

static CK_FUNCTION_LIST *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_FUNCTION_LIST *list = NULL;
    CK_C_GetFunctionList get;

    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return NULL;
    }
    *(void **)&get = dlsym(library, "C_GetFunctionList");
    return get != NULL && get(&list) == CKR_OK ? list : NULL;
}

/* With a session and its objects known: what is random comes after. */
static void begin(struct world *world, struct drawn *drawn)
{
    static const enum function_id first[] = {FUNCTION_C_Initialize, FUNCTION_C_GetSlotList, FUNCTION_C_OpenSession, FUNCTION_C_Login};

    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        call(world, first[i], drawn);
}

int main(int argc, char **argv)
{
    static struct world world;
    static struct drawn drawn;
    unsigned long calls;

    if (argc != 4) {
        fprintf(stderr, "usage: sequence LIBRARY SEED CALLS\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* up to a crash */
    world.functions = load(argv[1]);
    if (world.functions == NULL)
        return 2;
    world.random = strtoull(argv[2], NULL, 10);
    calls = strtoul(argv[3], NULL, 10);
    begin(&world, &drawn);
    for (unsigned long i = 0; i < calls; i++) {
        enum function_id function = draw_function(&world);
        CK_RV rv;

        if (world_happens(&world, 1))
            make_pair(&world);
        if (world_happens(&world, 2))
            scenarios_play(&world);
        rv = call(&world, function, &drawn);
        if (rv == CKR_OK && function == FUNCTION_C_InitToken)
            break; /* its serial number is a random one from here on */
        if (rv == CKR_CRYPTOKI_NOT_INITIALIZED || (rv == CKR_OK && function == FUNCTION_C_Finalize)) {
            world_forget_handles(&world);
            begin(&world, &drawn);
        }
    }
    return 0;
}
