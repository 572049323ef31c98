// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/frame.h"

#include <stdbool.h>
#include <string.h>
#include "common/functions.h"
#include "daemon/frame_forms.h"
#include "remote/mechanism.h"

/* A part of a request, as the letters of its signature have it. */
enum part { PART_END, PART_BYTE, PART_NUMBER, PART_TEXT, PART_MECHANISM, PART_BYTES, PART_TEMPLATE, PART_ROOM, PART_LIST_ROOM, PART_WANTED, PART_UNKNOWN };

static const struct {
    const char *letters;
    enum part part;
} parts[] = {
    {"y", PART_BYTE},      {"u", PART_NUMBER}, {"z", PART_TEXT},       {"M", PART_MECHANISM}, {"ay", PART_BYTES},
    {"aA", PART_TEMPLATE}, {"fy", PART_ROOM},  {"fu", PART_LIST_ROOM}, {"fA", PART_WANTED},
};

static enum part next_part(const char **signature)
{
    if (**signature == '\0')
        return PART_END;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t length = strlen(parts[i].letters);
        if (strncmp(*signature, parts[i].letters, length) == 0) {
            *signature += length;
            return parts[i].part;
        }
    }
    return PART_UNKNOWN;
}

static void refuse(struct frame *frame, CK_RV rv)
{
    if (frame->rv == CKR_OK)
        frame->rv = rv;
}

/* How the value of an attribute is written. */
enum kind { KIND_BYTES, KIND_BYTE, KIND_NUMBER, KIND_NUMBERS, KIND_DATE, KIND_NOT_CARRIED };

static enum kind kind_of(CK_ATTRIBUTE_TYPE type)
{
    static const struct {
        CK_ATTRIBUTE_TYPE first, last;
        enum kind kind;
    } kinds[] = {
#define KIND(first, last, kind) {first, last, kind},
#include "remote/attribute_kinds.def"
#undef KIND
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (type >= kinds[i].first && type <= kinds[i].last)
            return kinds[i].kind;
    }
    return KIND_BYTES;
}

static bool is_array(CK_ATTRIBUTE_TYPE type)
{
    return (type & (CKF_ARRAY_ATTRIBUTE | CKA_VENDOR_DEFINED)) == CKF_ARRAY_ATTRIBUTE;
}

static size_t skip_value(struct wire *body, enum kind kind)
{
    size_t size = 1;

    if (kind == KIND_BYTE)
        wire_get_byte(body);
    else if (kind == KIND_NUMBER)
        wire_get_u64(body), size = sizeof(uint64_t);
    else
        wire_get_array(body, &size);
    return size;
}

/* An array is refused, however deep it is; so is what versions of p11-kit write differently: nobody could say where the next attribute begins. */
static void judge_attribute(struct frame *frame)
{
    const CK_ATTRIBUTE_TYPE type = wire_get_u32(frame->body);
    const bool there = wire_get_byte(frame->body) != 0;
    const size_t size = there ? wire_get_u32(frame->body) : 0;
    const enum kind kind = kind_of(type);

    if (is_array(type) || kind == KIND_NOT_CARRIED)
        refuse(frame, CKR_ATTRIBUTE_TYPE_INVALID);
    else if (there && skip_value(frame->body, kind) != size)
        refuse(frame, CKR_ATTRIBUTE_VALUE_INVALID);
}

static void judge_wanted(struct frame *frame)
{
    const CK_ATTRIBUTE_TYPE type = wire_get_u32(frame->body);
    const size_t size = wire_get_u32(frame->body);

    if (is_array(type) && kind_of(type) != KIND_NUMBERS && size > 0) /* from 0.26 on more of them may stand behind it */
        refuse(frame, CKR_ATTRIBUTE_TYPE_INVALID);
    frame->room += size;
}

static void judge_attributes(struct frame *frame, void (*judge)(struct frame *frame))
{
    const uint32_t count = wire_get_u32(frame->body);

    if (count > FRAME_TEMPLATE_MOST)
        refuse(frame, CKR_ARGUMENTS_BAD);
    for (uint32_t i = 0; i < count && frame->rv == CKR_OK && !frame->body->failed; i++)
        judge(frame);
}

/* What a client writes for NULL, a length without bytes, is read as a length by newer servers alone: it becomes what all of them read as NULL. */
static void judge_bytes(struct frame *frame)
{
    static const uint8_t null[] = {1, 0xff, 0xff, 0xff, 0xff};
    struct wire *body = frame->body;
    uint8_t *const begin = body->bytes + body->at;
    size_t size;

    if (wire_get_byte(body) != 0)
        wire_get_array(body, &size);
    else if (wire_get_u32(body) != 0)
        refuse(frame, CKR_ARGUMENTS_BAD);
    else if (!body->failed)
        memcpy(begin, null, sizeof(null));
}

static void judge_part(struct frame *frame, enum part part)
{
    struct wire *body = frame->body;

    if (part == PART_BYTE)
        wire_get_byte(body);
    else if (part == PART_NUMBER)
        wire_get_u64(body);
    else if (part == PART_BYTES)
        judge_bytes(frame);
    else if (part == PART_TEMPLATE)
        judge_attributes(frame, judge_attribute);
    else if (part == PART_WANTED)
        judge_attributes(frame, judge_wanted);
    else if (part == PART_ROOM)
        frame->room += wire_get_u32(body);
    else if (part == PART_LIST_ROOM)
        frame->room += sizeof(CK_ULONG) * (size_t)wire_get_u32(body);
}

/* Where a mechanism ends each version knows for itself; behind one there are numbers alone, in the functions that are answered. */
static enum frame_fate judge_parts(struct frame *frame, const char *signature)
{
    enum part part = next_part(&signature);

    while (part != PART_END && part != PART_MECHANISM && frame->rv == CKR_OK && !frame->body->failed) {
        judge_part(frame, part);
        part = next_part(&signature);
    }
    if (frame->body->failed || (part == PART_END && frame->rv == CKR_OK && frame->body->at != frame->body->size))
        return FRAME_MALFORMED;
    return frame->rv == CKR_OK ? FRAME_PASSES : FRAME_REFUSED;
}

static void put_nothing(struct wire *body, enum part part, unsigned version)
{
    const CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    if (part == PART_NUMBER)
        wire_put_u64(body, 0);
    else if (part == PART_TEXT)
        wire_put_array(body, "", 0);
    else if (part == PART_MECHANISM)
        mechanism_put(body, &mechanism, version);
    else if (part == PART_BYTES)
        wire_put_byte(body, 1), wire_put_array(body, NULL, 0);
    else /* no attributes, or no room */
        wire_put_u32(body, 0);
}

static enum frame_fate replace(struct frame *frame, uint32_t number, const struct frame_form *form)
{
    const char *signature = form->signature;
    struct wire plain = {0};

    wire_put_u32(&plain, number);
    wire_put_array(&plain, signature, strlen(signature));
    wire_put_u64(&plain, wire_get_u64(frame->body)); /* the session or slot, which each of them begins with */
    next_part(&signature);
    for (enum part part = next_part(&signature); part != PART_END; part = next_part(&signature))
        put_nothing(&plain, part, frame->version);
    if (frame->body->failed || plain.failed) {
        wire_finish(&plain);
        return FRAME_MALFORMED;
    }
    wire_finish(frame->body);
    *frame->body = plain;
    return FRAME_PASSES;
}

static const struct frame_form *form_of(uint32_t number)
{
    return number < n_frame_forms && frame_forms[number].signature != NULL ? &frame_forms[number] : NULL;
}

static bool is_refused_by_all(enum function_id function)
{
    return !functions[function].answered[0] && !functions[function].answered[1];
}

static size_t room_most(enum function_id function)
{
    return function == FUNCTION_C_GenerateRandom ? FRAME_RANDOM_MOST : FRAME_ROOM_MOST;
}

enum frame_fate frame_judge(struct frame *frame)
{
    const uint32_t number = wire_get_u32(frame->body);
    size_t length;
    const uint8_t *signature = wire_get_array(frame->body, &length);
    const struct frame_form *form = form_of(number);
    enum frame_fate fate;

    frame->room = 0;
    frame->rv = CKR_OK;
    if (signature == NULL)
        return FRAME_MALFORMED;
    if (form == NULL)
        return frame->rv = CKR_FUNCTION_NOT_SUPPORTED, FRAME_REFUSED;
    if (length != strlen(form->signature) || memcmp(signature, form->signature, length) != 0)
        return FRAME_MALFORMED;
    if (is_refused_by_all(form->function))
        return replace(frame, number, form);
    fate = judge_parts(frame, form->signature);
    if (fate == FRAME_PASSES && (frame->room > room_most(form->function) ||
                                 (form->function == FUNCTION_C_SeedRandom && frame->body->size > FRAME_SEED_MOST)))
        return frame->rv = CKR_HOST_MEMORY, FRAME_REFUSED;
    return fate;
}

void frame_put_error(struct wire *answer, CK_RV rv)
{
    wire_put_u32(answer, 0);
    wire_put_array(answer, "u", 1);
    wire_put_u64(answer, rv);
}
