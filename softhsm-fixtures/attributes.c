// SPDX-License-Identifier: BSD-2-Clause
// The template of one object.
#include "attributes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum attribute_kind { KIND_BYTES, KIND_BOOL, KIND_ULONG };

static const struct attribute_name {
    const char *name;
    CK_ATTRIBUTE_TYPE type;
    enum attribute_kind kind;
} attribute_names[] = {
    {"id", CKA_ID, KIND_BYTES},
    {"label", CKA_LABEL, KIND_BYTES},
    {"value", CKA_VALUE, KIND_BYTES},
    {"CKA_ALWAYS_AUTHENTICATE", CKA_ALWAYS_AUTHENTICATE, KIND_BOOL},
    {"CKA_APPLICATION", CKA_APPLICATION, KIND_BYTES},
    {"CKA_CERTIFICATE_CATEGORY", CKA_CERTIFICATE_CATEGORY, KIND_ULONG},
    {"CKA_CHECK_VALUE", CKA_CHECK_VALUE, KIND_BYTES},
    {"CKA_COPYABLE", CKA_COPYABLE, KIND_BOOL},
    {"CKA_DECRYPT", CKA_DECRYPT, KIND_BOOL},
    {"CKA_DERIVE", CKA_DERIVE, KIND_BOOL},
    {"CKA_DESTROYABLE", CKA_DESTROYABLE, KIND_BOOL},
    {"CKA_EC_PARAMS", CKA_EC_PARAMS, KIND_BYTES},
    {"CKA_EC_POINT", CKA_EC_POINT, KIND_BYTES},
    {"CKA_ENCRYPT", CKA_ENCRYPT, KIND_BOOL},
    {"CKA_EXTRACTABLE", CKA_EXTRACTABLE, KIND_BOOL},
    {"CKA_ID", CKA_ID, KIND_BYTES},
    {"CKA_ISSUER", CKA_ISSUER, KIND_BYTES},
    {"CKA_KEY_TYPE", CKA_KEY_TYPE, KIND_ULONG},
    {"CKA_LABEL", CKA_LABEL, KIND_BYTES},
    {"CKA_MODIFIABLE", CKA_MODIFIABLE, KIND_BOOL},
    {"CKA_MODULUS", CKA_MODULUS, KIND_BYTES},
    {"CKA_OBJECT_ID", CKA_OBJECT_ID, KIND_BYTES},
    {"CKA_PRIVATE", CKA_PRIVATE, KIND_BOOL},
    {"CKA_PUBLIC_EXPONENT", CKA_PUBLIC_EXPONENT, KIND_BYTES},
    {"CKA_PUBLIC_KEY_INFO", CKA_PUBLIC_KEY_INFO, KIND_BYTES},
    {"CKA_SENSITIVE", CKA_SENSITIVE, KIND_BOOL},
    {"CKA_SERIAL_NUMBER", CKA_SERIAL_NUMBER, KIND_BYTES},
    {"CKA_SIGN", CKA_SIGN, KIND_BOOL},
    {"CKA_SIGN_RECOVER", CKA_SIGN_RECOVER, KIND_BOOL},
    {"CKA_SUBJECT", CKA_SUBJECT, KIND_BYTES},
    {"CKA_TRUSTED", CKA_TRUSTED, KIND_BOOL},
    {"CKA_UNWRAP", CKA_UNWRAP, KIND_BOOL},
    {"CKA_VALUE", CKA_VALUE, KIND_BYTES},
    {"CKA_VERIFY", CKA_VERIFY, KIND_BOOL},
    {"CKA_VERIFY_RECOVER", CKA_VERIFY_RECOVER, KIND_BOOL},
    {"CKA_WRAP", CKA_WRAP, KIND_BOOL},
};

static void out_of_room(void)
{
    fputs("make-token: no memory, or too many attributes\n", stderr);
    exit(1);
}

static CK_ATTRIBUTE *find(struct template *template, CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < template->count; i++)
        if (template->items[i].type == type)
            return &template->items[i];
    return NULL;
}

void template_set(struct template *template, CK_ATTRIBUTE_TYPE type, const void *bytes,
                  size_t length)
{
    template_remove(template, type);
    void *copy = malloc(length + 1);
    if (copy == NULL || template->count == TEMPLATE_MAX)
        out_of_room();
    if (length > 0)
        memcpy(copy, bytes, length);
    template->items[template->count++] = (CK_ATTRIBUTE){type, copy, length};
}

void template_set_bool(struct template *template, CK_ATTRIBUTE_TYPE type, bool value)
{
    CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;
    template_set(template, type, &byte, sizeof byte);
}

void template_set_ulong(struct template *template, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
    template_set(template, type, &value, sizeof value);
}

void template_remove(struct template *template, CK_ATTRIBUTE_TYPE type)
{
    CK_ATTRIBUTE *item = find(template, type);
    if (item == NULL)
        return;
    free(item->pValue);
    *item = template->items[--template->count];
}

void template_finish(struct template *template)
{
    for (CK_ULONG i = 0; i < template->count; i++)
        free(template->items[i].pValue);
    template->count = 0;
}

static void apply_hex(struct template *template, const struct statement *statement,
                      CK_ATTRIBUTE_TYPE type, const char *text)
{
    unsigned char bytes[DESCRIPTION_MAX_LINE / 2];
    size_t length = strlen(text) / 2;
    for (size_t i = 0; i < length; i++)
        if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1)
            statement_fail(statement, "found \"%s\", expected hexadecimal digits", text);
    if (strlen(text) % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
        statement_fail(statement, "found \"%s\", expected pairs of hexadecimal digits", text);
    template_set(template, type, bytes, length);
}

static void apply_filling(struct template *template, const struct statement *statement,
                          CK_ATTRIBUTE_TYPE type, const char *digits)
{
    char *end = NULL;
    unsigned long length = strtoul(digits, &end, 10);
    if (end == digits || *end != '\0' || length > 65536)
        statement_fail(statement, "found @%s, expected a length of at most 65536", digits);
    char *filling = malloc(length + 1);
    if (filling == NULL)
        out_of_room();
    memset(filling, 'x', length);
    template_set(template, type, filling, length);
    free(filling);
}

static void apply_bytes(struct template *template, const struct statement *statement,
                        const struct option *option, CK_ATTRIBUTE_TYPE type)
{
    const char *text = option->value;
    if (option->quoted)
        template_set(template, type, text, strlen(text));
    else if (strcmp(text, "empty") == 0)
        template_set(template, type, "", 0);
    else if (strncmp(text, "hex:", 4) == 0)
        apply_hex(template, statement, type, text + 4);
    else if (text[0] == '@')
        apply_filling(template, statement, type, text + 1);
    else if (type == CKA_ID)
        apply_hex(template, statement, type, text);
    else
        template_set(template, type, text, strlen(text));
}

static void apply_option(struct template *template, const struct statement *statement,
                         const struct option *option, const struct attribute_name *name)
{
    if (!option->quoted && strcmp(option->value, "absent") == 0) {
        template_remove(template, name->type);
        return;
    }
    switch (name->kind) {
    case KIND_BYTES:
        apply_bytes(template, statement, option, name->type);
        return;
    case KIND_BOOL:
        template_set_bool(template, name->type, statement_flag(statement, option->name));
        return;
    case KIND_ULONG:
        template_set_ulong(template, name->type,
                           (CK_ULONG)statement_number(statement, option->name, 0));
        return;
    }
}

static bool listed(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

void template_apply(struct template *template, const struct statement *statement,
                    const char *const *own)
{
    for (size_t i = 0; i < statement->option_count; i++) {
        const struct option *option = &statement->options[i];
        if (listed(own, option->name))
            continue;
        const struct attribute_name *name = NULL;
        for (size_t j = 0; j < sizeof attribute_names / sizeof attribute_names[0]; j++)
            if (strcmp(attribute_names[j].name, option->name) == 0)
                name = &attribute_names[j];
        if (name == NULL)
            statement_fail(statement, "%s: found \"%s\", expected an attribute or an option of %s",
                           statement->verb, option->name, statement->verb);
        apply_option(template, statement, option, name);
    }
}
