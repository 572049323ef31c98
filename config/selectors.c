// SPDX-License-Identifier: BSD-2-Clause
// Reads selectors into the policy.
#include "config/selectors.h"

#include <stdlib.h>
#include <string.h>
#include "config/key_file.h"
#include "config/patterns.h"
#include "config/uri.h"
#include "config/values.h"
#include "crypto/public_key.h"

void selector_adopt(struct reader *reader, struct selector *parent, struct selector *child)
{
    struct selector *children =
        reallocarray(parent->children, parent->n_children + 1, sizeof(*children));

    if (children == NULL) {
        selector_finish(child);
        reader_no_memory(reader);
        return;
    }
    parent->children = children;
    parent->children[parent->n_children++] = *child;
}

static struct selector begin(enum selector_kind kind, const struct field *field)
{
    return (struct selector){.kind = kind, .position = field->key->position};
}

/* The most bytes that a field of CK_TOKEN_INFO or CK_SLOT_INFO holds (PKCS#11 2.40, 3.2); 0: the
 * value is no such field. */
static size_t longest_text(enum selector_kind kind)
{
    static const struct {
        enum selector_kind kind;
        size_t size;
    } sizes[] = {
        {SELECTOR_TOKEN_LABEL, 32},      {SELECTOR_TOKEN_SERIAL, 16},
        {SELECTOR_TOKEN_MODEL, 16},      {SELECTOR_TOKEN_MANUFACTURER, 32},
        {SELECTOR_SLOT_DESCRIPTION, 64},
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (sizes[i].kind == kind)
            return sizes[i].size;
    return 0;
}

void selector_read_text(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin((enum selector_kind)field->schema->detail, field);

    patterns_read_text(reader, field->value, longest_text(child.kind), &child);
    selector_adopt(reader, target, &child);
}

void selector_read_id(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_ID, field);

    patterns_read_bytes(reader, field->value, &child);
    selector_adopt(reader, target, &child);
}

void selector_read_boolean(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin((enum selector_kind)field->schema->detail, field);

    if (value_boolean(reader, field->value, &child.boolean))
        selector_adopt(reader, target, &child);
}

void selector_read_map(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_ALL, field);

    schema_read(field->schema->inner, reader, field->value, &child);
    selector_adopt(reader, target, &child);
}

/* One map of selectors, all of which must hold. */
static void read_condition(struct reader *reader, const struct node *node, struct selector *parent)
{
    struct selector child = {.kind = SELECTOR_ALL, .position = node->position};

    schema_read(&schema_selector, reader, node, &child);
    selector_adopt(reader, parent, &child);
}

void selector_read_list(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin((enum selector_kind)field->schema->detail, field);

    if (field->value->kind != NODE_LIST || field->value->count == 0) {
        reader_expected(reader, field->value, "a list of maps of selectors");
        return;
    }
    for (size_t i = 0; i < field->value->count; i++)
        read_condition(reader, &field->value->items[i], &child);
    selector_adopt(reader, target, &child);
}

void selector_read_not(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_NOT, field);

    read_condition(reader, field->value, &child);
    selector_adopt(reader, target, &child);
}

static void read_uri(struct reader *reader, const struct node *node, void *target)
{
    struct selector child = {.kind = SELECTOR_ALL, .position = node->position};

    if (uri_read(reader, node, &child))
        selector_adopt(reader, target, &child);
    else
        selector_finish(&child);
}

/* One URI stands as it is, so that naming a token in it is seen to be unconditional; a list is an
 * "any". */
void selector_read_uri(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_ANY, field);

    if (field->value->kind != NODE_LIST) {
        read_uri(reader, field->value, target);
        return;
    }
    value_each(reader, field->value, "one or more URIs", read_uri, &child);
    selector_adopt(reader, target, &child);
}

static void add_number(struct reader *reader, struct selector *selector, struct number number)
{
    struct number *numbers =
        reallocarray(selector->numbers, selector->n_numbers + 1, sizeof(*numbers));

    if (numbers == NULL) {
        reader_no_memory(reader);
        return;
    }
    selector->numbers = numbers;
    selector->numbers[selector->n_numbers++] = number;
}

static void read_slot_id(struct reader *reader, const struct node *node, void *target)
{
    struct number number;

    if (value_number(reader, node, false, &number))
        add_number(reader, target, number);
}

void selector_read_slot_id(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_SLOT_ID, field);

    value_each(reader, field->value, "a number", read_slot_id, &child);
    selector_adopt(reader, target, &child);
}

static void read_bits(struct reader *reader, const struct node *node, void *target)
{
    struct number number;

    if (value_number(reader, node, true, &number))
        add_number(reader, target, number);
}

void selector_read_key_bits(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_KEY_BITS, field);

    value_each(reader, field->value, "a number, such as 2048 or \">=2048\"", read_bits, &child);
    selector_adopt(reader, target, &child);
}

static void read_curve(struct reader *reader, const struct node *node, void *target)
{
    static const char *const names[] = {"nistp256",  "nistp384", "nistp521",
                                        "secp256k1", "ed25519",  "ed448"};
    const char *text = value_text(reader, node, "the name of a curve");
    enum key_curve curve = text != NULL ? key_curve_from_name(text) : CURVE_NONE;
    size_t index;

    if (text == NULL)
        return;
    if (curve != CURVE_NONE)
        add_number(reader, target, (struct number){.number = (uint64_t)curve});
    else
        value_name(reader, node, names, sizeof(names) / sizeof(names[0]), &index);
}

void selector_read_key_curve(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_KEY_CURVE, field);

    value_each(reader, field->value, "the name of a curve", read_curve, &child);
    selector_adopt(reader, target, &child);
}

static void read_key_type(struct reader *reader, const struct node *node, void *target)
{
    static const char *const names[] = {"rsa", "ec", "ed25519", "ed448"};
    size_t index;

    if (value_name(reader, node, names, sizeof(names) / sizeof(names[0]), &index))
        patterns_add(reader, target, PATTERN_EXACT, names[index], strlen(names[index]));
}

void selector_read_key_type(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_KEY_TYPE, field);

    value_each(reader, field->value, "the type of a key", read_key_type, &child);
    selector_adopt(reader, target, &child);
}

static void read_fingerprint(struct reader *reader, const struct node *node, void *target)
{
    static const char expected[] = "SHA256:... as ssh-keygen -l prints it";
    struct selector *selector = target;
    const char *text = value_text(reader, node, expected);
    uint8_t(*hashes)[PUBLIC_KEY_HASH_SIZE];

    if (text == NULL)
        return;
    hashes = reallocarray(selector->hashes, selector->n_hashes + 1, sizeof(*hashes));
    if (hashes == NULL) {
        reader_no_memory(reader);
        return;
    }
    selector->hashes = hashes;
    if (fingerprint_parse(text, hashes[selector->n_hashes]))
        selector->n_hashes++;
    else
        reader_expected(reader, node, expected);
}

void selector_read_fingerprint(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_FINGERPRINT, field);

    value_each(reader, field->value, "SHA256:... as ssh-keygen -l prints it", read_fingerprint,
               &child);
    selector_adopt(reader, target, &child);
}

static void read_public_key(struct reader *reader, const struct node *node, void *target)
{
    char *path = value_path(reader, node, reader->folder);

    if (path != NULL)
        key_file_read(reader, path, node->position, target);
    free(path);
}

void selector_read_public_key(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_PUBLIC_KEY, field);

    value_each(reader, field->value, "the path of a public key file", read_public_key, &child);
    selector_adopt(reader, target, &child);
}
