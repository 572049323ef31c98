// SPDX-License-Identifier: BSD-2-Clause
// Reads the names of functions, mechanisms and digests.
#include "config/accesses.h"

#include <stdio.h>
#include <string.h>
#include "common/constants.h"
#include "common/functions.h"
#include "common/names.h"
#include "config/config.h"
#include "config/suggestion.h"
#include "config/values.h"

static void add(struct reader *reader, struct access_list *list, unsigned long value,
                const struct node *node)
{
    if (!access_list_add(list, value, node->position))
        reader_no_memory(reader);
}

/* An error that does not list all that is known, which would be too much. */
static void report_unknown(struct reader *reader, const struct node *node, const char *text,
                           const char *expected, const char *const *names, size_t count)
{
    const char *near = suggestion_find(text, names, count);
    char found[READER_FOUND_SIZE];

    reader_found(node, found);
    reader_error(reader, node->position, "found %s, expected %s%s%s%s", found, expected,
                 near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                 near != NULL ? "`?" : "");
}

/* The groups that may be named. The others (base, find, login) are always permitted. */
static const struct {
    const char *name;
    enum function_group group;
} groups[] = {
    {"admin", GROUP_admin},     {"create", GROUP_create},   {"modify", GROUP_modify},
    {"export", GROUP_export},   {"sign", GROUP_sign},       {"verify", GROUP_verify},
    {"encrypt", GROUP_encrypt}, {"decrypt", GROUP_decrypt}, {"digest", GROUP_digest},
    {"random", GROUP_random},   {"state", GROUP_state},
};

enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static void report_function(struct reader *reader, const struct node *node, const char *text)
{
    const char *names[GROUPS + FUNCTION_COUNT];

    for (size_t i = 0; i < GROUPS; i++)
        names[i] = groups[i].name;
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        names[GROUPS + i] = functions[i].name;
    report_unknown(
        reader, node, text,
        "a function, such as C_Sign, or one of the groups `admin`, `create`, `modify`, "
        "`export`, `sign`, `verify`, `encrypt`, `decrypt`, `digest`, `random` or `state`",
        names, GROUPS + FUNCTION_COUNT);
}

/* Adds the functions that the text names, alone or as a group. False: none. */
static bool add_functions(struct reader *reader, struct access_list *list, const struct node *node,
                          const char *text)
{
    bool found = false;

    for (size_t g = 0; g < GROUPS; g++) {
        for (size_t i = 0; i < FUNCTION_COUNT && strcmp(groups[g].name, text) == 0; i++) {
            if (functions[i].group == groups[g].group)
                add(reader, list, i, node);
            found = true;
        }
    }
    for (size_t i = 0; i < FUNCTION_COUNT && !found; i++) {
        found = strcmp(functions[i].name, text) == 0;
        if (found)
            add(reader, list, i, node);
    }
    return found;
}

static void read_function(struct reader *reader, const struct node *node, void *target)
{
    const char *text = value_text(reader, node, "a function or a group of functions");

    if (text != NULL && !add_functions(reader, target, node, text))
        report_function(reader, node, text);
}

/* What begins to use a key for messages is refused with what begins to use it otherwise: C_MessageSignInit with C_SignInit. */
static void deny_for_messages(struct reader *reader, struct access_list *list, size_t denied, const struct node *node)
{
    char name[64];

    snprintf(name, sizeof(name), "C_Message%s", functions[denied].name + strlen("C_"));
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (strcmp(functions[i].name, name) == 0)
            add(reader, list, i, node);
    }
}

static void read_denied_function(struct reader *reader, const struct node *node, void *target)
{
    struct access_list *list = target;
    size_t before = list->count;

    read_function(reader, node, list);
    if (list->count == before + 1)
        deny_for_messages(reader, list, list->items[before].value, node);
    if (list->count > before && function_is_basic((enum function_id)list->items[before].value)) {
        reader_expected(reader, node,
                        "a function that can be refused: nothing works without listing, finding "
                        "and logging in");
    }
}

/* A list, which may be empty. */
static void read_list(struct reader *reader, const struct node *node, const char *expected,
                      value_reader *read, struct access_list *list)
{
    if (node->kind != NODE_LIST || node->count > 0)
        value_each(reader, node, expected, read, list);
}

static const char functions_expected[] = "a list of functions or groups of functions";

/* What nothing works without is in it, named or not. */
void access_read_allowed_functions(struct reader *reader, const struct field *field, void *target)
{
    struct access *access = target;

    access->limited = true;
    read_list(reader, field->value, functions_expected, read_function, &access->allow);
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (function_is_basic((enum function_id)i))
            add(reader, &access->allow, i, field->value);
    }
}

void access_read_denied_functions(struct reader *reader, const struct field *field, void *target)
{
    read_list(reader, field->value, functions_expected, read_denied_function,
              &((struct access *)target)->deny);
}

void access_read_functions(struct reader *reader, const struct field *field, void *target)
{
    schema_read(field->schema->inner, reader, field->value,
                &((struct config *)target)->settings.functions);
}

static void read_mechanism(struct reader *reader, const struct node *node, void *target)
{
    static const char expected[] = "the name of a mechanism, such as CKM_ECDSA, or its number";
    const char *text = value_text(reader, node, expected);
    struct number number;
    CK_MECHANISM_TYPE type;
    size_t count;
    const char *const *names = mechanism_names(&count);

    if (text == NULL)
        return;
    if (text[0] >= '0' && text[0] <= '9') {
        if (value_number(reader, node, false, &number))
            add(reader, target, number.number, node);
    } else if (mechanism_of_name(text, &type)) {
        add(reader, target, type, node);
    } else {
        report_unknown(reader, node, text, expected, names, count);
    }
}

static const char mechanisms_expected[] = "a list of mechanisms, such as CKM_ECDSA";

void access_read_allowed_mechanisms(struct reader *reader, const struct field *field, void *target)
{
    struct access *access = target;

    access->limited = true;
    read_list(reader, field->value, mechanisms_expected, read_mechanism, &access->allow);
}

void access_read_denied_mechanisms(struct reader *reader, const struct field *field, void *target)
{
    read_list(reader, field->value, mechanisms_expected, read_mechanism,
              &((struct access *)target)->deny);
}

void access_read_mechanisms(struct reader *reader, const struct field *field, void *target)
{
    schema_read(field->schema->inner, reader, field->value,
                &((struct config *)target)->settings.mechanisms);
}

/* A key that may do nothing is not what anybody means: the list has something in it. */
void use_read_mechanisms(struct reader *reader, const struct field *field, void *target)
{
    struct access *access = &((struct use *)target)->mechanisms;

    access->limited = true;
    value_each(reader, field->value, mechanisms_expected, read_mechanism, &access->allow);
}

static void read_digest(struct reader *reader, const struct node *node, void *target)
{
    static const char *const names[] = {"sha1",     "sha224",   "sha256",   "sha384",  "sha512",
                                        "sha3-224", "sha3-256", "sha3-384", "sha3-512"};
    static const CK_MECHANISM_TYPE types[] = {CKM_SHA_1,    CKM_SHA224,   CKM_SHA256,
                                              CKM_SHA384,   CKM_SHA512,   CKM_SHA3_224,
                                              CKM_SHA3_256, CKM_SHA3_384, CKM_SHA3_512};
    size_t index;

    if (value_name(reader, node, names, sizeof(names) / sizeof(names[0]), &index))
        add(reader, target, types[index], node);
}

void use_read_digests(struct reader *reader, const struct field *field, void *target)
{
    struct access *access = &((struct use *)target)->digests;

    access->limited = true;
    value_each(reader, field->value, "a list of digests, such as sha256", read_digest,
               &access->allow);
}
