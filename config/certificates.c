// SPDX-License-Identifier: BSD-2-Clause
// Reads what rules ask of certificates.
#include "config/certificates.h"

#include <stdlib.h>
#include <string.h>
#include "config/chain.h"
#include "config/distinguished_name.h"
#include "config/patterns.h"
#include "config/selectors.h"
#include "config/suggestion.h"
#include "config/values.h"
#include "crypto/certificate_content.h"

static struct selector begin(enum selector_kind kind, const struct field *field)
{
    return (struct selector){.kind = kind, .position = field->key->position};
}

static bool has_key(const struct node *map, const char *name)
{
    return node_find_key(map, name) < map->count;
}

static void check_serial(struct reader *reader, const struct node *map)
{
    if (map->kind == NODE_MAP && has_key(map, "serial") && !has_key(map, "issuer") &&
        !has_key(map, "ca")) {
        reader_error(reader, map->items[node_find_key(map, "serial")].position,
                     "found `serial` alone, expected `issuer` or `ca` beside it: each authority "
                     "counts for itself");
    }
}

void certificate_read(struct reader *reader, const struct field *field, void *target)
{
    struct certificate_map map = {.selector = begin(SELECTOR_ALL, field)};

    schema_read(field->schema->inner, reader, field->value, &map);
    check_serial(reader, field->value);
    chain_make(reader, &map);
    selector_adopt(reader, target, &map.selector);
}

void certificate_read_name(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin((enum selector_kind)field->schema->detail, field);

    distinguished_name_read(reader, field->value, &child);
    selector_adopt(reader, target, &child);
}

/* RFC 5280, 7: of a name of a host and of a domain the size of letters does not count. */
static enum folding folding_of(enum selector_kind kind)
{
    if (kind == SELECTOR_CERTIFICATE_EMAIL || kind == SELECTOR_CERTIFICATE_UPN)
        return FOLD_DOMAIN;
    return kind == SELECTOR_CERTIFICATE_DNS || kind == SELECTOR_CERTIFICATE_IP ? FOLD_LETTERS
                                                                               : FOLD_NOTHING;
}

void certificate_read_text(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin((enum selector_kind)field->schema->detail, field);

    patterns_read_folded(reader, field->value, folding_of(child.kind), &child);
    selector_adopt(reader, target, &child);
}

static const char serial_expected[] = "a serial number, such as 4711, 0x1267 or \"12:67\"";

static void read_serial(struct reader *reader, const struct node *node, void *target)
{
    const char *text = value_text(reader, node, serial_expected);
    uint8_t bytes[SERIAL_MAX];
    size_t size;

    if (text == NULL)
        return;
    if (serial_parse(text, bytes, &size))
        patterns_add(reader, target, PATTERN_EXACT, bytes, size);
    else
        reader_expected(reader, node, serial_expected);
}

void certificate_read_serial(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_CERTIFICATE_SERIAL, field);

    value_each(reader, field->value, serial_expected, read_serial, &child);
    selector_adopt(reader, target, &child);
}

static const char sha256_expected[] =
    "64 hexadecimal digits, as `openssl x509 -fingerprint -sha256` prints them";

static void read_sha256(struct reader *reader, const struct node *node, void *target)
{
    struct selector *selector = target;
    const char *text = value_text(reader, node, sha256_expected);
    uint8_t bytes[2 * CERTIFICATE_HASH_SIZE];
    uint8_t(*hashes)[CERTIFICATE_HASH_SIZE];
    size_t size = 0;

    if (text == NULL)
        return;
    if (strlen(text) > 3 * CERTIFICATE_HASH_SIZE || !patterns_parse_hex(text, bytes, &size) ||
        size != CERTIFICATE_HASH_SIZE) {
        reader_expected(reader, node, sha256_expected);
        return;
    }
    hashes = reallocarray(selector->hashes, selector->n_hashes + 1, sizeof(*hashes));
    if (hashes == NULL) {
        reader_no_memory(reader);
        return;
    }
    selector->hashes = hashes;
    memcpy(hashes[selector->n_hashes++], bytes, CERTIFICATE_HASH_SIZE);
}

void certificate_read_sha256(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_CERTIFICATE_SHA256, field);

    value_each(reader, field->value, sha256_expected, read_sha256, &child);
    selector_adopt(reader, target, &child);
}

/* Which names stand for OIDs, and what is expected where one is not known. */
static const struct vocabulary {
    enum selector_kind kind;
    enum oid_family family;
    bool digits; /* OIDs may be written as such */
    const char *expected;
} vocabularies[] = {
    {SELECTOR_CERTIFICATE_KEY_USAGE, OID_KEY_USAGE, false, "a key usage, such as digitalSignature"},
    {SELECTOR_CERTIFICATE_EXTENDED_KEY_USAGE, OID_EXTENDED_KEY_USAGE, true,
     "an extended key usage, such as clientAuth, or its OID"},
    {SELECTOR_CERTIFICATE_POLICY, OID_POLICY, true, "the OID of a policy, such as 1.3.6.1.4.1.99"},
    {SELECTOR_CERTIFICATE_SIGNATURE, OID_SIGNATURE, true,
     "an algorithm, such as sha256WithRSAEncryption, or its OID"},
    {SELECTOR_CERTIFICATE_REGISTERED_ID, OID_FAMILIES, true, "an OID, such as 1.3.6.1.4.1.99"},
};

static const struct vocabulary *vocabulary_of(enum selector_kind kind)
{
    const struct vocabulary *vocabulary = vocabularies;

    while (vocabulary->kind != kind)
        vocabulary++;
    return vocabulary;
}

static void report_oid(struct reader *reader, const struct node *node,
                       const struct vocabulary *vocabulary)
{
    enum { MOST = 32 };
    const char *names[MOST];
    size_t count = oid_names(vocabulary->family, names, MOST);
    const char *near = suggestion_find(node->text, names, count);
    char found[READER_FOUND_SIZE];

    reader_found(node, found);
    reader_error(reader, node->position, "found %s, expected %s%s%s%s", found, vocabulary->expected,
                 near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                 near != NULL ? "`?" : "");
}

static void read_oid(struct reader *reader, const struct node *node, void *target)
{
    struct selector *selector = target;
    const struct vocabulary *vocabulary = vocabulary_of(selector->kind);
    const char *text = value_text(reader, node, vocabulary->expected);
    const char *oid;

    if (text == NULL)
        return;
    oid = oid_from_name(vocabulary->family, text);
    if (oid == NULL && vocabulary->digits && oid_is_valid(text))
        oid = text;
    if (oid != NULL)
        patterns_add(reader, selector, PATTERN_EXACT, oid, strlen(oid));
    else
        report_oid(reader, node, vocabulary);
}

void certificate_read_oids(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin((enum selector_kind)field->schema->detail, field);

    value_each(reader, field->value, vocabulary_of(child.kind)->expected, read_oid, &child);
    selector_adopt(reader, target, &child);
}

void certificate_read_usages(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_ALL, field);
    struct usages usages = {(enum selector_kind)field->schema->detail, &child};

    schema_read(field->schema->inner, reader, field->value, &usages);
    selector_adopt(reader, target, &child);
}

/* A selector for each of the names. */
static void read_each(struct reader *reader, const struct node *node, void *target)
{
    const struct usages *usages = target;
    struct selector child = {.kind = usages->kind, .position = node->position};

    read_oid(reader, node, &child);
    selector_adopt(reader, usages->selector, &child);
}

void usages_read(struct reader *reader, const struct field *field, void *target)
{
    struct usages *usages = target;
    const char *expected = vocabulary_of(usages->kind)->expected;
    struct selector any = begin(usages->kind, field), not = begin(SELECTOR_NOT, field);

    if (field->schema->detail == USAGES_ALL_OF) {
        value_each(reader, field->value, expected, read_each, usages);
        return;
    }
    value_each(reader, field->value, expected, read_oid, &any);
    if (field->schema->detail == USAGES_ANY_OF) {
        selector_adopt(reader, usages->selector, &any);
        return;
    }
    selector_adopt(reader, &not, &any);
    selector_adopt(reader, usages->selector, &not );
}

void other_name_read_oid(struct reader *reader, const struct field *field, void *target)
{
    (void)reader;
    ((struct other_name *)target)->oid = field->value;
}

void other_name_read_value(struct reader *reader, const struct field *field, void *target)
{
    (void)reader;
    ((struct other_name *)target)->value = field->value;
}

static void read_other(struct reader *reader, const struct node *node, struct selector *child)
{
    static const char expected[] = "an OID, such as 1.3.6.1.4.1.99";
    struct other_name other = {0};
    struct selector values = {0};
    size_t errors = reader->messages->errors;
    const char *oid;

    schema_read(&schema_other_name, reader, node, &other);
    if (other.oid == NULL || other.value == NULL) {
        if (reader->messages->errors == errors)
            reader_error(reader, node->position,
                         "found a name without `oid` or `value`, expected both");
        return;
    }
    oid = value_text(reader, other.oid, expected);
    if (oid != NULL && !oid_is_valid(oid))
        reader_expected(reader, other.oid, expected);
    patterns_read_folded(reader, other.value, FOLD_NOTHING, &values);
    if (oid != NULL)
        name_part_add(reader, child, oid, &values);
    else
        selector_finish(&values);
}

void certificate_read_other(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = begin(SELECTOR_CERTIFICATE_OTHER, field);

    read_other(reader, field->value, &child);
    selector_adopt(reader, target, &child);
}
