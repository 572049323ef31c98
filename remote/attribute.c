// SPDX-License-Identifier: BSD-2-Clause
#include "remote/attribute.h"

#include <string.h>
#include "remote/remote.h"

enum kind {
    KIND_BYTES, /* all that is not in the table */
    KIND_BYTE,
    KIND_NUMBER,
    KIND_NUMBERS,
    KIND_DATE,
    KIND_NOT_CARRIED,
};

/* By type. Versions of p11-kit differ in what they take the attributes of IBM's and of PKCS#11 3.2
 * for; of templates in templates the older ones know nothing. */
static const struct {
    CK_ATTRIBUTE_TYPE first, last;
    enum kind kind;
} kinds[] = {
#define KIND(first, last, kind) {first, last, kind},
#include "remote/attribute_kinds.def"
#undef KIND
};

static enum kind kind_of(CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (type >= kinds[i].first && type <= kinds[i].last)
            return kinds[i].kind;
    }
    return KIND_BYTES;
}

static bool fits(enum kind kind, CK_ULONG size)
{
    static const CK_ULONG unit = sizeof(CK_ULONG);
    const bool good[] = {[KIND_BYTES] = size <= REMOTE_MESSAGE_MAX,
                         [KIND_BYTE] = size == 1,
                         [KIND_NUMBER] = size == unit,
                         [KIND_NUMBERS] = size <= REMOTE_MESSAGE_MAX && size % unit == 0,
                         [KIND_DATE] = size == 0 || size == sizeof(CK_DATE),
                         [KIND_NOT_CARRIED] = false};

    return good[kind];
}

static void put_numbers(struct wire *wire, const void *value, size_t count)
{
    CK_ULONG number;

    for (size_t i = 0; i < count; i++) {
        memcpy(&number, (const char *)value + i * sizeof(number), sizeof(number));
        wire_put_u64(wire, number);
    }
}

static void put_value(struct wire *wire, enum kind kind, const CK_ATTRIBUTE *attribute)
{
    const CK_ULONG size = attribute->ulValueLen;

    if (kind == KIND_BYTE)
        wire_put_byte(wire, *(const uint8_t *)attribute->pValue);
    else if (kind == KIND_NUMBER)
        put_numbers(wire, attribute->pValue, 1);
    else if (kind != KIND_NUMBERS)
        wire_put_array(wire, attribute->pValue, size);
    else {
        wire_put_u32(wire, (uint32_t)(size / sizeof(CK_ULONG)));
        put_numbers(wire, attribute->pValue, size / sizeof(CK_ULONG));
    }
}

CK_RV attribute_put_template(struct wire *wire, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    if ((template == NULL && count > 0) || count > REMOTE_MESSAGE_MAX)
        return CKR_ARGUMENTS_BAD;
    wire_put_u32(wire, (uint32_t)count);
    for (CK_ULONG i = 0; i < count; i++) {
        enum kind kind = kind_of(template[i].type);

        if (kind == KIND_NOT_CARRIED)
            return CKR_ATTRIBUTE_TYPE_INVALID;
        if (!fits(kind, template[i].ulValueLen) ||
            (template[i].pValue == NULL && template[i].ulValueLen > 0))
            return CKR_ATTRIBUTE_VALUE_INVALID;
        wire_put_u32(wire, (uint32_t) template[i].type);
        wire_put_byte(wire, 1);
        wire_put_u32(wire, (uint32_t) template[i].ulValueLen);
        put_value(wire, kind, &template[i]);
    }
    return CKR_OK;
}

static CK_ULONG count_carried(const CK_ATTRIBUTE *template, CK_ULONG count)
{
    CK_ULONG carried = 0;

    for (CK_ULONG i = 0; i < count; i++)
        carried += kind_of(template[i].type) != KIND_NOT_CARRIED;
    return carried;
}

/* 0 asks for the size. */
static size_t room_of(const CK_ATTRIBUTE *wanted)
{
    if (wanted->pValue == NULL)
        return 0;
    return wanted->ulValueLen < REMOTE_MESSAGE_MAX ? wanted->ulValueLen : REMOTE_MESSAGE_MAX;
}

CK_RV attribute_put_wanted(struct wire *wire, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    if ((template == NULL && count > 0) || count > REMOTE_MESSAGE_MAX)
        return CKR_ARGUMENTS_BAD;
    wire_put_u32(wire, (uint32_t)count_carried(template, count));
    for (CK_ULONG i = 0; i < count; i++) {
        if (kind_of(template[i].type) == KIND_NOT_CARRIED)
            continue;
        wire_put_u32(wire, (uint32_t) template[i].type);
        wire_put_u32(wire, (uint32_t)room_of(&template[i]));
    }
    return CKR_OK;
}

/* A value of the answer, borrowed from it. bytes NULL: the size alone was told. */
struct value {
    const uint8_t *bytes;
    size_t n_bytes;
};

/* Turned where they stand into numbers of the host's. */
static void get_numbers(struct wire *wire, size_t count, struct value *value)
{
    uint8_t *to = wire->bytes + wire->at;

    if (wire->failed || count > (wire->size - wire->at) / sizeof(uint64_t)) {
        wire->failed = true;
        return;
    }
    *value = (struct value){to, count * sizeof(CK_ULONG)};
    for (size_t i = 0; i < count; i++) {
        CK_ULONG number = (CK_ULONG)wire_get_u64(wire);

        memcpy(to + i * sizeof(number), &number, sizeof(number));
    }
}

/* Of an array of numbers a server that was asked for the size writes how many there are, and none
 * of them. */
static struct value get_value(struct wire *wire, enum kind kind, bool sized)
{
    struct value value = {0};

    if (kind == KIND_BYTE) {
        value = (struct value){wire->bytes + wire->at, 1};
        wire_get_byte(wire);
    } else if (kind == KIND_NUMBER) {
        get_numbers(wire, 1, &value);
    } else if (kind == KIND_NUMBERS) {
        uint32_t count = wire_get_u32(wire);

        if (!sized)
            get_numbers(wire, count, &value);
    } else {
        value.bytes = wire_get_array(wire, &value.n_bytes);
    }
    return value;
}

/* False: malformed, a size without its bytes. */
static bool get_attribute(struct wire *wire, CK_ATTRIBUTE *wanted, CK_RV *rv)
{
    const bool sized = room_of(wanted) == 0;
    const bool known = wire_get_u32(wire) == wanted->type;
    CK_ULONG size = CK_UNAVAILABLE_INFORMATION;
    struct value value = {0};

    if (wire_get_byte(wire) != 0) {
        size = wire_get_u32(wire);
        value = get_value(wire, kind_of(wanted->type), sized);
    }
    if (!known || wire->failed)
        return false;
    if (wanted->pValue != NULL && size != CK_UNAVAILABLE_INFORMATION) {
        if (size > wanted->ulValueLen) {
            size = CK_UNAVAILABLE_INFORMATION;
            *rv = CKR_BUFFER_TOO_SMALL;
        } else if (size > value.n_bytes) {
            return false;
        } else if (size > 0) {
            memcpy(wanted->pValue, value.bytes, size);
        }
    }
    wanted->ulValueLen = size;
    return true;
}

bool attribute_get_template(struct wire *wire, CK_ATTRIBUTE *template, CK_ULONG count, CK_RV *rv)
{
    CK_RV own = CKR_OK;

    if (wire_get_u32(wire) != count_carried(template, count))
        return false;
    for (CK_ULONG i = 0; i < count; i++) {
        if (kind_of(template[i].type) == KIND_NOT_CARRIED) {
            template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
            own = CKR_ATTRIBUTE_TYPE_INVALID;
        } else if (!get_attribute(wire, &template[i], &own)) {
            return false;
        }
    }
    *rv = (CK_RV)wire_get_u64(wire);
    if (*rv == CKR_OK)
        *rv = own;
    return !wire->failed;
}
