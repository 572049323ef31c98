// SPDX-License-Identifier: BSD-2-Clause
#include "tool/certificate_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct crypto *crypto;
    struct object_list *list;
};

static bool add_attributes(struct object *object, const void *der, size_t size)
{
    static const CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    static const CK_CERTIFICATE_TYPE type = CKC_X_509;

    object->class = class;
    return attributes_set(&object->attributes, CKA_CLASS, &class, sizeof(class)) &&
           attributes_set(&object->attributes, CKA_CERTIFICATE_TYPE, &type, sizeof(type)) &&
           attributes_set(&object->attributes, CKA_VALUE, der, size);
}

static bool take(void *data, const void *der, size_t size, char reason[REASON_SIZE])
{
    struct reading *reading = data;
    struct object *object = calloc(1, sizeof(*object));

    reason_set(reason, "no memory");
    if (object == NULL || !add_attributes(object, der, size)) {
        object_destroy(object);
        return false;
    }
    if (!object_read_certificate(object, reading->crypto, CERTIFICATE_CHAIN, der, size)) {
        reason_set(reason, "certificate %zu of it cannot be read, or has a key of an unknown kind",
                   reading->list->count + 1);
        object_destroy(object);
        return false;
    }
    return object_list_add(reading->list, object);
}

static bool report(const char *path, const char *reason)
{
    fprintf(stderr, "p11gate: %s: expected a certificate in PEM or DER: %s\n", path, reason);
    return false;
}

static bool read_text(struct reading *reading, const char *path, FILE *in, char *text)
{
    size_t size = fread(text, 1, CERTIFICATE_FILE_MAX_SIZE + 1, in);
    char reason[REASON_SIZE] = "";

    if (ferror(in) != 0)
        return report(path, strerror(errno));
    if (size > CERTIFICATE_FILE_MAX_SIZE)
        return report(path, "it is larger than 1 MiB");
    return certificate_each(text, size, take, reading, reason) || report(path, reason);
}

bool certificate_file_read(struct crypto *crypto, const char *path, struct object_list *list)
{
    struct reading reading = {crypto, list};
    char *text = malloc(CERTIFICATE_FILE_MAX_SIZE + 1);
    FILE *in = text != NULL ? fopen(path, "re") : NULL;
    bool good;

    if (in == NULL) {
        good = report(path, text != NULL ? strerror(errno) : "no memory");
    } else {
        good = read_text(&reading, path, in, text);
        fclose(in);
    }
    free(text);
    return good;
}
