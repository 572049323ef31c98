// SPDX-License-Identifier: BSD-2-Clause
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOGUS = 7654321 };

/* splitmix64: a generator whose numbers follow from its seed alone. */
static uint64_t next(struct world *world)
{
    uint64_t z = world->random += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* A byte, or two where one does not reach; 0 when all are used up. */
static unsigned take_input(struct world *world, unsigned limit)
{
    unsigned number = 0;

    for (size_t i = limit > 256 ? 2 : 1; i > 0 && world->input_left > 0; i--, world->input_left--)
        number = number << 8 | *world->input++;
    return number % limit;
}

unsigned world_draw(struct world *world, unsigned limit)
{
    if (world->input != NULL)
        return take_input(world, limit);
    return (unsigned)(next(world) % limit);
}

bool world_happens(struct world *world, unsigned percent)
{
    return world_draw(world, 100) < percent;
}

CK_SLOT_ID world_draw_slot(struct world *world)
{
    if (world->n_slots == 0 || world_happens(world, 4))
        return BOGUS;
    return world->slots[world_happens(world, 90) ? 0 : world_draw(world, (unsigned)world->n_slots)];
}

CK_SESSION_HANDLE world_draw_session(struct world *world)
{
    size_t count = world->n_sessions < SESSIONS_MAX ? world->n_sessions : SESSIONS_MAX;

    if (count == 0 || world_happens(world, 2))
        return world_happens(world, 50) ? 0 : BOGUS;
    if (world_happens(world, 80)) /* one of the newest */
        return world->sessions[(world->n_sessions - 1 - world_draw(world, count < 3 ? (unsigned)count : 3)) % SESSIONS_MAX];
    return world->sessions[world_draw(world, (unsigned)count)];
}

CK_OBJECT_HANDLE world_draw_object(struct world *world, bool *made_at_random)
{
    const struct world_object *object;

    *made_at_random = false;
    if (world->n_objects == 0 || world_happens(world, 3))
        return world_happens(world, 50) ? 0 : BOGUS;
    object = &world->objects[world_draw(world, (unsigned)world->n_objects)];
    *made_at_random = object->made_at_random;
    return object->handle;
}

void world_note_session(struct world *world, CK_SESSION_HANDLE session)
{
    size_t place = world->n_sessions++ % SESSIONS_MAX;

    world->sessions[place] = session;
    world->random_outputs[place] = 0;
}

static void append(char name[NAME_MAX_SIZE], const CK_ATTRIBUTE *attribute, CK_RV rv)
{
    size_t size = strlen(name);
    const unsigned char *value = attribute->pValue;

    for (CK_ULONG i = 0; rv == CKR_OK && i < attribute->ulValueLen && size + 4 < NAME_MAX_SIZE; i++)
        size += (size_t)snprintf(name + size, NAME_MAX_SIZE - size, "%02x", value[i]);
    snprintf(name + size, NAME_MAX_SIZE - size, ".");
}

/* SoftHSM tells the label of a private object that was copied to be a public one as it is encrypted, which is chance. */
static void hide_what_is_no_text(CK_ATTRIBUTE *attribute)
{
    const unsigned char *text = attribute->pValue;

    for (CK_ULONG i = 0; attribute->type == CKA_LABEL && i < attribute->ulValueLen; i++) {
        if (text[i] < ' ' || text[i] > '~') {
            attribute->ulValueLen = 0;
            return;
        }
    }
}

static void read_name(struct world *world, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle, char name[NAME_MAX_SIZE])
{
    static const CK_ATTRIBUTE_TYPE types[] = {CKA_LABEL, CKA_CLASS, CKA_ID, CKA_KEY_TYPE, CKA_TOKEN, CKA_PRIVATE};
    unsigned char value[256];

    name[0] = '\0';
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        CK_ATTRIBUTE attribute = {types[i], value, sizeof(value)};
        CK_RV rv = world->functions->C_GetAttributeValue(session, handle, &attribute, 1);
        if (rv == CKR_OK)
            hide_what_is_no_text(&attribute);
        append(name, &attribute, rv);
    }
}

/* An object that was given another name is the same. (One that has another handle, as private ones of SoftHSM have after a logout, is known by
 * its name.) */
static bool was_made_at_random(const struct world *world, CK_OBJECT_HANDLE handle)
{
    bool was = world->unsure;

    for (size_t i = 0; i < world->n_at_random; i++)
        was = was || world->at_random[i] == handle;
    return was;
}

static void note_made_at_random(struct world *world, CK_OBJECT_HANDLE handle)
{
    if (world->n_at_random < AT_RANDOM_MAX)
        world->at_random[world->n_at_random++] = handle;
    else
        world->unsure = true;
}

static void put_in(struct world *world, struct world_object *object)
{
    object->made_at_random = was_made_at_random(world, object->handle);
    for (size_t i = 0; i < world->n_objects; i++) {
        struct world_object *met = &world->objects[i];
        if (strcmp(met->name, object->name) == 0) {
            met->handle = object->handle;
            met->made_at_random = met->made_at_random || object->made_at_random;
            return;
        }
    }
    if (world->n_objects < OBJECTS_MAX)
        world->objects[world->n_objects++] = *object;
}

static int by_name(const void *one, const void *other)
{
    const struct world_object *a = one, *b = other;

    return strcmp(a->name, b->name);
}

void world_note_objects(struct world *world, CK_SESSION_HANDLE session, const CK_OBJECT_HANDLE *handles, CK_ULONG count, bool made_at_random)
{
    struct world_object *met = calloc(count + 1, sizeof(*met));

    if (met == NULL)
        exit(2);
    for (CK_ULONG i = 0; i < count; i++) {
        met[i] = (struct world_object){.handle = handles[i]};
        if (made_at_random)
            note_made_at_random(world, handles[i]);
        read_name(world, session, handles[i], met[i].name);
    }
    qsort(met, count, sizeof(*met), by_name);
    for (CK_ULONG i = 0; i < count; i++) {
        printf(" [%s]", met[i].name);
        if (strspn(met[i].name, ".") < strlen(met[i].name)) /* it was deleted by now */
            put_in(world, &met[i]);
    }
    free(met);
}

void world_forget_handles(struct world *world)
{
    for (size_t i = 0; i < world->n_objects; i++)
        world->objects[i].handle = 0;
    memset(world->sessions, 0, sizeof(world->sessions));
    world->n_sessions = 0;
    world->unsure = true;
}
