// SPDX-License-Identifier: BSD-2-Clause
#include "remote/call.h"

#include <string.h>
#include "remote/attribute.h"
#include "remote/mechanism.h"

enum {
    CALL_ERROR = 0,                     /* what is answered in place of the function's number */
    TEXT_SIZE = 32,                     /* of a token's label */
    ROOM_MOST = REMOTE_MESSAGE_MAX / 2, /* bytes that a server is asked to have room for */
    LIST_MOST = ROOM_MOST / sizeof(uint64_t),
};

void call_begin(struct call *call, struct remote *remote, unsigned number, const char *requests,
                const char *answers)
{
    *call = (struct call){.remote = remote, .answers = answers, .number = number};
    if (!connection_is_up(&remote->connection))
        call->rv = CKR_CRYPTOKI_NOT_INITIALIZED;
    wire_put_u32(&call->request, number);
    wire_put_array(&call->request, requests, strlen(requests));
}

static void keep(struct call *call, CK_RV rv)
{
    if (call->rv == CKR_OK)
        call->rv = rv;
}

void call_need(struct call *call, const void *place)
{
    if (place == NULL)
        keep(call, CKR_ARGUMENTS_BAD);
}

void call_put_byte(struct call *call, CK_BYTE value)
{
    wire_put_byte(&call->request, value);
}

void call_put_ulong(struct call *call, CK_ULONG value)
{
    wire_put_u64(&call->request, value);
}

void call_put_bytes(struct call *call, const CK_BYTE *bytes, CK_ULONG size)
{
    if (bytes == NULL && size > 0)
        keep(call, CKR_ARGUMENTS_BAD);
    wire_put_byte(&call->request, 1);
    wire_put_array(&call->request, bytes, size);
}

void call_put_text(struct call *call, const CK_UTF8CHAR *label)
{
    call_need(call, label);
    wire_put_array(&call->request, label, TEXT_SIZE);
}

void call_put_mechanism(struct call *call, const CK_MECHANISM *mechanism)
{
    call_need(call, mechanism);
    if (call->rv == CKR_OK)
        keep(call, mechanism_put(&call->request, mechanism, call->remote->connection.version));
}

void call_put_template(struct call *call, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    keep(call, attribute_put_template(&call->request, template, count));
}

void call_put_wanted(struct call *call, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    keep(call, attribute_put_wanted(&call->request, template, count));
}

static uint32_t at_most(CK_ULONG number, uint32_t most)
{
    return number < most ? (uint32_t)number : most;
}

/* A buffer without room asks for the size, as NULL does: older servers know no other way. */
void call_put_room(struct call *call, const CK_BYTE *buffer, CK_ULONG size)
{
    wire_put_u32(&call->request, buffer != NULL ? at_most(size, ROOM_MOST) : 0);
}

void call_put_list_room(struct call *call, const CK_ULONG *list, CK_ULONG count)
{
    wire_put_u32(&call->request, list != NULL ? at_most(count, LIST_MOST) : 0);
}

/* An error, or that the answer is one to this function. */
static CK_RV read_verdict(struct call *call)
{
    struct wire *answer = &call->answer;
    const uint32_t number = wire_get_u32(answer);
    const char *expected = number == CALL_ERROR ? "u" : call->answers;
    size_t length;
    const uint8_t *signature = wire_get_array(answer, &length);
    uint64_t error;

    if ((number != CALL_ERROR && number != call->number) || signature == NULL ||
        length != strlen(expected) || memcmp(signature, expected, length) != 0)
        answer->failed = true;
    if (answer->failed || number != CALL_ERROR)
        return CKR_OK;
    error = wire_get_u64(answer);
    if (error == CKR_OK || error > UINT32_MAX)
        answer->failed = true;
    return (CK_RV)error;
}

bool call_run(struct call *call)
{
    if (call->request.failed)
        keep(call, CKR_HOST_MEMORY);
    if (call->rv != CKR_OK)
        return false;
    call->rv = connection_exchange(&call->remote->connection, &call->request, &call->answer,
                                   call->remote->options.call_ms);
    if (call->rv != CKR_OK)
        return false;
    call->answered = true;
    call->rv = read_verdict(call);
    return call->rv == CKR_OK && !call->answer.failed;
}

void call_get_ulong(struct call *call, CK_ULONG *value)
{
    *value = (CK_ULONG)wire_get_u64(&call->answer);
}

/* The room was less than the caller's: nothing that is not an error can be said. */
static CK_RV too_small(CK_ULONG needed, CK_ULONG room)
{
    return needed > room ? CKR_BUFFER_TOO_SMALL : CKR_DEVICE_MEMORY;
}

void call_get_bytes(struct call *call, CK_BYTE *buffer, CK_ULONG *size)
{
    struct wire *answer = &call->answer;
    const bool there = wire_get_byte(answer) != 0;
    const uint8_t *from = NULL;
    size_t length = 0;

    if (there)
        from = wire_get_array(answer, &length);
    else
        length = wire_get_u32(answer);
    if (answer->failed)
        return;
    if (buffer != NULL && (!there || length > *size))
        keep(call, too_small(length, *size));
    else if (buffer != NULL && length > 0)
        memcpy(buffer, from, length);
    *size = length;
}

void call_get_exactly(struct call *call, CK_BYTE *buffer, CK_ULONG size)
{
    CK_ULONG length = size;

    call_get_bytes(call, buffer, &length);
    if (call->rv != CKR_OK || length != size)
        call->answer.failed = true;
}

/* How many there are, the numbers themselves following, if there is a byte before it that is not 0.
 */
static bool get_count(struct call *call, CK_ULONG *count)
{
    const bool there = wire_get_byte(&call->answer) != 0;

    *count = wire_get_u32(&call->answer);
    if (there && *count > (call->answer.size - call->answer.at) / sizeof(uint64_t))
        call->answer.failed = true;
    return there;
}

static void get_numbers(struct call *call, CK_ULONG *list, CK_ULONG count)
{
    CK_ULONG ignored;

    for (CK_ULONG i = 0; i < count && !call->answer.failed; i++)
        call_get_ulong(call, list != NULL ? &list[i] : &ignored);
}

void call_get_list(struct call *call, CK_ULONG *list, CK_ULONG *count)
{
    CK_ULONG number;
    const bool there = get_count(call, &number);
    bool fits;

    if (call->answer.failed)
        return;
    fits = list == NULL || (number <= *count && (there || number == 0));
    get_numbers(call, fits ? list : NULL, there ? number : 0);
    if (!fits)
        keep(call, too_small(number, *count));
    *count = number;
}

void call_get_found(struct call *call, CK_ULONG *list, CK_ULONG most, CK_ULONG *count)
{
    CK_ULONG number;
    const bool there = get_count(call, &number);

    if (number > most || (!there && number > 0))
        call->answer.failed = true;
    if (call->answer.failed)
        return;
    get_numbers(call, list, number);
    *count = number;
}

void call_get_template(struct call *call, CK_ATTRIBUTE *template, CK_ULONG count)
{
    CK_RV rv = CKR_OK;

    if (attribute_get_template(&call->answer, template, count, &rv))
        keep(call, rv);
    else
        call->answer.failed = true;
}

CK_RV call_close(struct call *call)
{
    CK_RV rv = call->rv;

    if (call->answered && (call->answer.failed || call->answer.at != call->answer.size))
        rv = connection_give_up(&call->remote->connection, "the server's answer is malformed");
    wire_finish(&call->request);
    wire_finish(&call->answer);
    return rv;
}
