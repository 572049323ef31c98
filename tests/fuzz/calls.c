// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the module as an application calls it: the input chooses the preset, and then functions of the table and their arguments, right ones and wrong ones. Below
// is the mock vendor with keys that the policy hides: nothing is done with them, and no answer tells of them.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "module/entry.h"
#include "tests/differential/arguments.h"
#include "tests/fuzz/fuzz.h"
#include "tests/mock/mock.h"

enum { PRESETS = 3, CALLS_MOST = 300, HIDDEN_KEYS = 2, OBJECTS_OF_KEY = 3 };

static const char *const presets[PRESETS] = {"ssh", "read-only", "transparent"};
static const char hidden_label[] = "hidden otter";

static const struct mock_control *mock;
static CK_FUNCTION_LIST guarded; /* the vendor's, with a look at what is done to objects */
static struct function_list unguarded_3_0;
static CK_OBJECT_HANDLE hidden[HIDDEN_KEYS * OBJECTS_OF_KEY];

static bool is_hidden(CK_OBJECT_HANDLE object)
{
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (object == hidden[i] && object != 0) /* one without a certificate */
            return true;
    }
    return false;
}

static void look_at(CK_OBJECT_HANDLE object)
{
    FUZZ_REQUIRE(!is_hidden(object));
}

#define GUARD_INIT(name)                                                                            \
    static CK_RV guarded_##name(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) \
    {                                                                                              \
        look_at(key);                                                                              \
        return mock->functions->name(session, mechanism, key);                                     \
    }

GUARD_INIT(C_SignInit)
GUARD_INIT(C_SignRecoverInit)
GUARD_INIT(C_VerifyInit)
GUARD_INIT(C_VerifyRecoverInit)
GUARD_INIT(C_EncryptInit)
GUARD_INIT(C_DecryptInit)

#define GUARD_MESSAGE_INIT(name)                                                                    \
    static CK_RV guarded_##name(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) \
    {                                                                                              \
        look_at(key);                                                                              \
        return unguarded_3_0.name(session, mechanism, key);                                        \
    }

GUARD_MESSAGE_INIT(C_MessageEncryptInit)
GUARD_MESSAGE_INIT(C_MessageDecryptInit)
GUARD_MESSAGE_INIT(C_MessageSignInit)
GUARD_MESSAGE_INIT(C_MessageVerifyInit)

static CK_RV guarded_C_CopyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR made)
{
    look_at(object);
    return mock->functions->C_CopyObject(session, object, attributes, count, made);
}

static CK_RV guarded_C_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    look_at(object);
    return mock->functions->C_DestroyObject(session, object);
}

static CK_RV guarded_C_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes, CK_ULONG count)
{
    look_at(object);
    return mock->functions->C_SetAttributeValue(session, object, attributes, count);
}

static CK_RV guarded_C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped, CK_ULONG_PTR size)
{
    look_at(wrapping);
    look_at(key);
    return mock->functions->C_WrapKey(session, mechanism, wrapping, key, wrapped, size);
}

static CK_RV guarded_C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped, CK_ULONG size, CK_ATTRIBUTE_PTR attributes, CK_ULONG count,
                                 CK_OBJECT_HANDLE_PTR made)
{
    look_at(key);
    return mock->functions->C_UnwrapKey(session, mechanism, key, wrapped, size, attributes, count, made);
}

static CK_RV guarded_C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_PTR attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR made)
{
    look_at(key);
    return mock->functions->C_DeriveKey(session, mechanism, key, attributes, count, made);
}

static CK_RV guarded_C_DigestKey(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    look_at(key);
    return mock->functions->C_DigestKey(session, key);
}

static void guard(void)
{
    guarded = *mock->functions;
#define SET(name) guarded.name = guarded_##name
    SET(C_SignInit), SET(C_SignRecoverInit), SET(C_VerifyInit), SET(C_VerifyRecoverInit), SET(C_EncryptInit), SET(C_DecryptInit);
    SET(C_CopyObject), SET(C_DestroyObject), SET(C_SetAttributeValue), SET(C_WrapKey), SET(C_UnwrapKey), SET(C_DeriveKey), SET(C_DigestKey);
#undef SET
    unguarded_3_0 = *mock->functions_3_0;
#define SET(name) mock->functions_3_0->name = guarded_##name
    SET(C_MessageEncryptInit), SET(C_MessageDecryptInit), SET(C_MessageSignInit), SET(C_MessageVerifyInit);
#undef SET
}

static const char *find_mock(void)
{
    const char *path = getenv("MOCK_VENDOR_SO");
    void *library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

    FUZZ_REQUIRE(library != NULL);
    mock = dlsym(library, "mock_control");
    FUZZ_REQUIRE(mock != NULL);
    return path;
}

static void hide(size_t place, struct mock_handles key)
{
    hidden[place * OBJECTS_OF_KEY] = key.private_key;
    hidden[place * OBJECTS_OF_KEY + 1] = key.public_key;
    hidden[place * OBJECTS_OF_KEY + 2] = key.certificate;
}

static void make_tokens(void)
{
    const struct mock_key shown = {"ec:P-256", "one", "01", "shown", MOCK_PAIR}, rsa = {"rsa:2048", "two", "02", "shown too", MOCK_PAIR},
                          first = {"rsa:2048", "three", "03", hidden_label, MOCK_PAIR | MOCK_CERTIFICATE}, second = {"ec:P-256", "four", "04", hidden_label, MOCK_PAIR};
    CK_SLOT_ID open, closed;

    mock->reset();
    mock->settings->functions = &guarded;
    open = mock->token_add(&(struct mock_token){.label = "first"});
    closed = mock->token_add(&(struct mock_token){.label = "second", .pin = "1234"});
    mock->key_add(open, &shown);
    hide(0, mock->key_add(open, &first));
    mock->key_add(closed, &rsa);
    hide(1, mock->key_add(closed, &second));
}

static void configure(size_t preset)
{
    static char text[4096];
    int size = snprintf(text, sizeof(text), "version: 1\nmodule: %s\npreset: %s\nallow: [{id: \"01\"}, {id: \"02\"}]\nlog: {file: /dev/null, level: error}\n", getenv("MOCK_VENDOR_SO"), presets[preset]);

    fuzz_set_file(text, (size_t)size);
    setenv("P11GATE_CONFIG", fuzz_config_path, 1);
}

/* Under transparent handles are the vendor's own. */
static void note_objects(struct world *world, const CK_OBJECT_HANDLE *handles, CK_ULONG count, bool own)
{
    for (CK_ULONG i = 0; i < count && i < OBJECTS_MAX; i++) {
        FUZZ_REQUIRE(own || !is_hidden(handles[i]));
        world->objects[world->n_objects++ % OBJECTS_MAX].handle = handles[i];
    }
    if (world->n_objects > OBJECTS_MAX)
        world->n_objects = OBJECTS_MAX;
}

static void note_answer(struct world *world, unsigned kinds, const struct drawn *drawn, bool own)
{
    if ((kinds & KIND_slots_out) != 0 && drawn->call.slots_out != NULL && drawn->size <= SLOTS_MAX) {
        world->n_slots = drawn->size;
        memcpy(world->slots, drawn->slots, drawn->size * sizeof(drawn->slots[0]));
    }
    if ((kinds & KIND_session_out) != 0)
        world_note_session(world, drawn->session);
    if ((kinds & KIND_object_out) != 0)
        note_objects(world, &drawn->object, 1, own);
    if ((kinds & KIND_objects_out) != 0)
        note_objects(world, drawn->objects, *(const CK_ULONG *)(const void *)drawn->info, own);
}

/* Nothing that is told has a hidden key's label. */
static void look_at_values(const struct drawn *drawn)
{
    FUZZ_REQUIRE(memmem(drawn->values, sizeof(drawn->values), hidden_label, sizeof(hidden_label) - 1) == NULL);
}

static void call(struct world *world, struct drawn *drawn, enum function_id function, bool own)
{
    unsigned kinds = function_kinds[function].kinds;
    CK_RV rv;

    arguments_draw(drawn, world, function);
    if (world_happens(world, 25)) /* one that nobody was told */
        drawn->call.object = drawn->call.key = hidden[world_draw(world, HIDDEN_KEYS * OBJECTS_OF_KEY)];
    rv = call_function(world->functions, function, &drawn->call);
    if (rv == CKR_OK)
        note_answer(world, kinds, drawn, own);
    if ((kinds & KIND_template_out) != 0)
        look_at_values(drawn);
}

/* What an input need not find by itself: sessions on all tokens, and all objects that are shown. */
static void begin(struct world *world, struct drawn *drawn, bool own)
{
    CK_ULONG count = SLOTS_MAX, found = 0;

    FUZZ_REQUIRE(world->functions->C_GetSlotList(CK_TRUE, world->slots, &count) == CKR_OK);
    world->n_slots = count;
    for (CK_ULONG i = 0; i < count; i++) {
        if (world->functions->C_OpenSession(world->slots[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &drawn->session) != CKR_OK)
            continue;
        world_note_session(world, drawn->session);
        if (world->functions->C_FindObjectsInit(drawn->session, NULL, 0) == CKR_OK && world->functions->C_FindObjects(drawn->session, drawn->objects, OBJECTS_MAX, &found) == CKR_OK)
            note_objects(world, drawn->objects, found, own);
        world->functions->C_FindObjectsFinal(drawn->session);
    }
    FUZZ_REQUIRE(world->n_objects >= 2);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static struct world world;
    static struct drawn drawn;
    size_t preset = size > 0 ? data[0] % PRESETS : 0;
    bool own = strcmp(presets[preset], "transparent") != 0; /* handles are p11gate's */

    if (mock == NULL) {
        find_mock();
        guard();
    }
    make_tokens();
    configure(preset);
    world = (struct world){.functions = entry_interfaces[0].pFunctionList, .input = data + 1, .input_left = size > 0 ? size - 1 : 0};
    FUZZ_REQUIRE(entry_functions.C_Initialize(NULL) == CKR_OK);
    begin(&world, &drawn, own);
    for (unsigned i = 0; i < CALLS_MOST && world.input_left > 0; i++)
        call(&world, &drawn, (enum function_id)world_draw(&world, FUNCTION_COUNT), own);
    entry_functions.C_Finalize(NULL);
}
