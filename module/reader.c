// SPDX-License-Identifier: BSD-2-Clause
#include "module/reader.h"

#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "common/names.h"
#include "module/vendor.h"

enum {
    PAGE = 512,           /* handles asked for at once */
    OBJECTS_MAX = 100000, /* a vendor that finds for ever is stopped here */
    GONE_MAX = 64,        /* and one here of which nothing that it finds is there */
    SMALL = 16,           /* more than any number or boolean, so that an untouched length shows */
    LARGE = 4099,
    BUFFER = 5 * LARGE + 4096 + 32 * SMALL,
    VALUE_MAX = 1 << 20,
};

/* What is read of every object: enough for the rules, for pairing, for what ssh asks, and no secret. CKA_VALUE is read of certificates alone. */
static const struct {
    CK_ATTRIBUTE_TYPE type;
    CK_ULONG room;
} wanted[] = {
    {CKA_CLASS, SMALL},           {CKA_KEY_TYPE, SMALL},
    {CKA_ID, 1031},               {CKA_LABEL, LARGE},
    {CKA_TOKEN, SMALL},           {CKA_PRIVATE, SMALL},
    {CKA_SIGN, SMALL},            {CKA_VERIFY, SMALL},
    {CKA_LOCAL, SMALL},           {CKA_ALWAYS_AUTHENTICATE, SMALL},
    {CKA_SENSITIVE, SMALL},       {CKA_EXTRACTABLE, SMALL},
    {CKA_NEVER_EXTRACTABLE, SMALL}, {CKA_MODULUS, LARGE},
    {CKA_PUBLIC_EXPONENT, 1031},  {CKA_EC_PARAMS, 1031},
    {CKA_EC_POINT, 1031},         {CKA_PUBLIC_KEY_INFO, LARGE},
    {CKA_CERTIFICATE_TYPE, SMALL}, {CKA_SUBJECT, LARGE},
};

enum { N_WANTED = sizeof(wanted) / sizeof(wanted[0]) };

/* What a private key must never tell (PKCS#11 2.40 mechanisms, 2.1.3, 2.3.4; 4.9). */
bool reader_is_secret(CK_ATTRIBUTE_TYPE type)
{
    return type == CKA_VALUE || type == CKA_PRIVATE_EXPONENT || type == CKA_PRIME_1 ||
           type == CKA_PRIME_2 || type == CKA_EXPONENT_1 || type == CKA_EXPONENT_2 ||
           type == CKA_COEFFICIENT;
}

bool reader_asks(CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < N_WANTED; i++) {
        if (wanted[i].type == type)
            return true;
    }
    return false;
}

static bool is_attribute_error(CK_RV rv)
{
    return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
           rv == CKR_BUFFER_TOO_SMALL;
}

CK_RV reader_attribute(const struct reader *reader, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                       struct attributes *list)
{
    CK_ATTRIBUTE one = {.type = type};
    CK_RV rv = vendor_functions(reader->vendor)->C_GetAttributeValue(reader->session, object, &one, 1);
    void *buffer;

    if (rv == CKR_OK && (one.ulValueLen == CK_UNAVAILABLE_INFORMATION || one.ulValueLen > VALUE_MAX))
        rv = CKR_ATTRIBUTE_TYPE_INVALID;
    if (rv != CKR_OK)
        return rv;
    buffer = malloc(one.ulValueLen + 1);
    if (buffer == NULL)
        return CKR_HOST_MEMORY;
    CK_ULONG room = one.ulValueLen;
    one.pValue = buffer;
    rv = vendor_functions(reader->vendor)->C_GetAttributeValue(reader->session, object, &one, 1);
    if (rv == CKR_OK && one.ulValueLen > room)
        rv = CKR_ATTRIBUTE_TYPE_INVALID;
    if (rv == CKR_OK && !attributes_set(list, type, one.pValue, one.ulValueLen))
        rv = CKR_HOST_MEMORY;
    free(buffer);
    return rv;
}

static void fill_template(CK_ATTRIBUTE template[N_WANTED], unsigned char buffer[BUFFER])
{
    size_t at = 0;

    for (size_t i = 0; i < N_WANTED; i++) {
        template[i] = (CK_ATTRIBUTE){wanted[i].type, buffer + at, wanted[i].room};
        at += wanted[i].room;
    }
}

/* The answers that make sense. Of a vendor that stopped at the first error, or gave too little room as the reason, each that is
 * missing is asked for by itself. */
static CK_RV take_answers(const struct reader *reader, CK_OBJECT_HANDLE handle,
                          const CK_ATTRIBUTE *template, CK_RV answered, struct attributes *list)
{
    for (size_t i = 0; i < N_WANTED; i++) {
        CK_ULONG size = template[i].ulValueLen;
        bool untouched = answered != CKR_OK && size == wanted[i].room;
        bool too_small = answered == CKR_BUFFER_TOO_SMALL && size == CK_UNAVAILABLE_INFORMATION;
        CK_RV rv = CKR_OK;

        if (untouched || too_small)
            rv = reader_attribute(reader, handle, wanted[i].type, list);
        else if (size <= wanted[i].room &&
                 !attributes_set(list, wanted[i].type, template[i].pValue, size))
            rv = CKR_HOST_MEMORY;
        if (rv != CKR_OK && !is_attribute_error(rv))
            return rv;
    }
    return CKR_OK;
}

/* NSS tells a number only where the room is exactly that of one. No object is without a class: one that has none is asked again. */
static CK_RV read_numbers(const struct reader *reader, CK_OBJECT_HANDLE handle,
                          struct attributes *list)
{
    static const CK_ATTRIBUTE_TYPE numbers[] = {CKA_CLASS, CKA_KEY_TYPE, CKA_CERTIFICATE_TYPE};

    if (attributes_find_filled(list, CKA_CLASS) != NULL)
        return CKR_OK;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        CK_RV rv = reader_attribute(reader, handle, numbers[i], list);
        if (rv != CKR_OK && !is_attribute_error(rv))
            return rv;
    }
    return CKR_OK;
}

static CK_RV read_attributes(const struct reader *reader, CK_OBJECT_HANDLE handle,
                             struct attributes *list)
{
    CK_ATTRIBUTE template[N_WANTED];
    unsigned char *buffer = malloc(BUFFER);
    CK_RV rv;

    if (buffer == NULL)
        return CKR_HOST_MEMORY;
    fill_template(template, buffer);
    rv = vendor_functions(reader->vendor)->C_GetAttributeValue(reader->session, handle, template, N_WANTED);
    if (rv == CKR_OK || is_attribute_error(rv))
        rv = take_answers(reader, handle, template, rv, list);
    if (rv == CKR_OK)
        rv = read_numbers(reader, handle, list);
    free(buffer);
    return rv;
}

static void understand_key(const struct reader *reader, struct object *object)
{
    const CK_ATTRIBUTE *params = attributes_find_filled(&object->attributes, CKA_EC_PARAMS);

    if (!attributes_ulong(&object->attributes, CKA_KEY_TYPE, &object->key_type))
        object->key_type = CK_UNAVAILABLE_INFORMATION;
    if (params != NULL)
        object->curve = key_curve_from_params(reader->crypto, params->pValue, params->ulValueLen);
    object->key = public_key_from_attributes(reader->crypto, &object->attributes);
    if (object->key != NULL && object->key->type != object->key_type) {
        public_key_destroy(object->key); /* it says two things about itself */
        object->key = NULL;
    }
}

/* The certificate itself, in one call where it is of the common size. */
static CK_RV read_value(const struct reader *reader, struct object *object)
{
    unsigned char *buffer = malloc(LARGE);
    CK_ATTRIBUTE value = {CKA_VALUE, buffer, LARGE};
    CK_RV rv = CKR_HOST_MEMORY;

    if (buffer == NULL)
        return rv;
    rv = vendor_functions(reader->vendor)->C_GetAttributeValue(reader->session, object->vendor, &value, 1);
    if (rv == CKR_OK && value.ulValueLen <= LARGE)
        rv = attributes_set(&object->attributes, CKA_VALUE, buffer, value.ulValueLen)
                 ? CKR_OK
                 : CKR_HOST_MEMORY;
    else if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
        rv = reader_attribute(reader, object->vendor, CKA_VALUE, &object->attributes);
    free(buffer);
    return rv;
}

static CK_RV read_certificate(const struct reader *reader, struct object *object)
{
    CK_ULONG type = CK_UNAVAILABLE_INFORMATION;
    const CK_ATTRIBUTE *value;
    CK_RV rv;

    attributes_ulong(&object->attributes, CKA_CERTIFICATE_TYPE, &type);
    if (type != CKC_X_509)
        return CKR_OK;
    rv = read_value(reader, object);
    if (rv != CKR_OK)
        return is_attribute_error(rv) ? CKR_OK : rv;
    value = attributes_find(&object->attributes, CKA_VALUE);
    object_read_certificate(object, reader->crypto, reader->depth, value->pValue, value->ulValueLen);
    return CKR_OK;
}

/* *out stays NULL, with CKR_OK, for an object of a class that is passed over. */
static CK_RV read_object(const struct reader *reader, CK_OBJECT_HANDLE handle, struct object **out)
{
    struct object *object = calloc(1, sizeof(*object));
    CK_RV rv = CKR_HOST_MEMORY;

    if (object == NULL)
        return rv;
    object->vendor = handle;
    rv = read_attributes(reader, handle, &object->attributes);
    if (rv != CKR_OK || !attributes_ulong(&object->attributes, CKA_CLASS, &object->class))
        goto fail;
    if (object->class == CKO_CERTIFICATE)
        rv = read_certificate(reader, object);
    else if (object->class == CKO_PUBLIC_KEY || object->class == CKO_PRIVATE_KEY)
        understand_key(reader, object);
    else
        goto fail;
    if (rv != CKR_OK)
        goto fail;
    *out = object;
    return CKR_OK;
fail:
    object_destroy(object);
    return rv;
}

struct found {
    CK_OBJECT_HANDLE *handles; /* owned */
    CK_ULONG count;
};

/* Some vendors return the same objects for ever: where the first one comes again, the search is over. */
static bool ends_in_repeats(struct found *found)
{
    for (CK_ULONG i = 1; i < found->count; i++) {
        if (found->handles[i] == found->handles[0]) {
            found->count = i;
            return true;
        }
    }
    return false;
}

static CK_RV find_page(const struct reader *reader, struct found *found, bool *more)
{
    CK_OBJECT_HANDLE *grown = reallocarray(found->handles, found->count + PAGE, sizeof(*grown));
    CK_ULONG got = 0;
    CK_RV rv;

    if (grown == NULL)
        return CKR_HOST_MEMORY;
    found->handles = grown;
    rv = vendor_functions(reader->vendor)->C_FindObjects(reader->session, grown + found->count, PAGE, &got);
    if (rv != CKR_OK)
        return rv;
    if (got > PAGE)
        return CKR_DEVICE_ERROR;
    found->count += got;
    *more = got == PAGE && !ends_in_repeats(found) && found->count < OBJECTS_MAX;
    return CKR_OK;
}

static CK_RV find_all(const struct reader *reader, const CK_ATTRIBUTE *template, CK_ULONG count,
                      struct found *found)
{
    bool more = true;
    CK_RV rv = vendor_functions(reader->vendor)->C_FindObjectsInit(
        reader->session, (CK_ATTRIBUTE_PTR)(uintptr_t)template, count);

    if (rv != CKR_OK)
        return rv;
    while (rv == CKR_OK && more)
        rv = find_page(reader, found, &more);
    vendor_functions(reader->vendor)->C_FindObjectsFinal(reader->session);
    return rv;
}

CK_RV reader_count(const struct reader *reader, CK_ULONG *count)
{
    struct found found = {0};
    CK_RV rv = find_all(reader, NULL, 0, &found);

    if (rv == CKR_OK)
        *count = found.count;
    free(found.handles);
    return rv;
}

CK_RV reader_search(const struct reader *reader, const CK_ATTRIBUTE *template, CK_ULONG count,
                    struct object_list *list)
{
    struct found found = {0};
    unsigned gone = 0; /* one after the other */
    CK_RV rv = find_all(reader, template, count, &found);

    for (CK_ULONG i = 0; rv == CKR_OK && i < found.count; i++) {
        struct object *object = NULL;
        if (object_list_find(list, found.handles[i]) != NULL)
            continue;
        rv = read_object(reader, found.handles[i], &object);
        gone = rv == CKR_OBJECT_HANDLE_INVALID ? gone + 1 : 0;
        if (gone > 0) /* since it was found */
            rv = gone < GONE_MAX ? CKR_OK : CKR_FUNCTION_FAILED;
        if (rv == CKR_OK && object != NULL && !object_list_add(list, object))
            rv = CKR_HOST_MEMORY;
    }
    if (rv != CKR_OK)
        log_info("searching the token failed: %s", name_of_rv(rv));
    free(found.handles);
    return rv;
}
