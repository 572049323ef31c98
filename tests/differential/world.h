// SPDX-License-Identifier: BSD-2-Clause
// What a random sequence of calls knows: the same on two libraries, though their handles differ.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "caller.gen.h"

enum { SLOTS_MAX = 8, SESSIONS_MAX = 24, OBJECTS_MAX = 400, AT_RANDOM_MAX = 1000, NAME_MAX_SIZE = 160, ROOM = 4096, ATTRIBUTES_MAX = 16 };

struct world_object {
    CK_OBJECT_HANDLE handle; /* 0: not met since the last C_Initialize */
    char name[NAME_MAX_SIZE];
    bool made_at_random; /* its values are no two libraries' */
};

struct world {
    CK_FUNCTION_LIST *functions;
    uint64_t random; /* the state of the generator */
    const uint8_t *input; /* borrowed; what chooses in its place; NULL: nothing */
    size_t input_left;
    CK_SLOT_ID slots[SLOTS_MAX];
    size_t n_slots;
    CK_SESSION_HANDLE sessions[SESSIONS_MAX]; /* a ring; closed ones among them */
    size_t n_sessions;
    struct world_object objects[OBJECTS_MAX]; /* by name; destroyed ones among them */
    size_t n_objects;
    CK_OBJECT_HANDLE at_random[AT_RANDOM_MAX]; /* of objects that were made at random, whatever they are called by now */
    size_t n_at_random;
    bool unsure; /* since C_Finalize, or more than that: what was made at random cannot be told from what was not */
    unsigned labels; /* given out so far */
    unsigned random_outputs[SESSIONS_MAX + 1]; /* of operations that were begun: as the sessions are; a bit for each group of functions */
};

/* Below `limit`, which is not 0. */
unsigned world_draw(struct world *world, unsigned limit);

/* In so many of a hundred times. */
bool world_happens(struct world *world, unsigned percent);

CK_SLOT_ID world_draw_slot(struct world *world);
CK_SESSION_HANDLE world_draw_session(struct world *world);
CK_OBJECT_HANDLE world_draw_object(struct world *world, bool *made_at_random);

void world_note_session(struct world *world, CK_SESSION_HANDLE session);

/* Objects that a call has given out: they are put in by name, in the order of names. Prints the names. */
void world_note_objects(struct world *world, CK_SESSION_HANDLE session, const CK_OBJECT_HANDLE *handles, CK_ULONG count, bool made_at_random);

/* After C_Finalize no handle is one any more. */
void world_forget_handles(struct world *world);
