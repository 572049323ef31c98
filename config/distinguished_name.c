// SPDX-License-Identifier: BSD-2-Clause
// Names by RFC 4514: attributes with values, parted by commas and plus signs. What is put in for %u
// is put into one value.
#include "config/distinguished_name.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "config/patterns.h"
#include "config/selectors.h"
#include "config/substitution.h"
#include "config/suggestion.h"
#include "config/values.h"
#include "crypto/name.h"

static const char expected[] =
    "a name such as \"CN=alice,O=Corp\" (RFC 4514), or a map such as {CN: alice, O: Corp}";

/* The text that is read. */
struct scan {
    struct reader *reader;
    const struct node *node;
    const char *at;
    struct name name;
    unsigned rdn; /* the first in the text is the last as encoded */
    bool unknown; /* something in it is */
};

static const char *type_of(const char *text)
{
    const char *oid = oid_from_name(OID_NAME, text);

    if (oid == NULL && strncasecmp(text, "oid.", 4) == 0)
        text += 4;
    return oid != NULL || !oid_is_valid(text) ? oid : text;
}

static void report_type(struct reader *reader, struct position position, const char *text)
{
    enum { MOST = 64 };
    const char *names[MOST];
    const char *near = suggestion_find(text, names, oid_names(OID_NAME, names, MOST));

    reader_error(reader, position,
                 "found the unknown attribute `%.40s`, expected one of names, such as CN, O or OU, "
                 "or an OID%s%s%s",
                 text, near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                 near != NULL ? "`?" : "");
}

static void skip_blanks(struct scan *scan)
{
    scan->at += strspn(scan->at, " ");
}

/* Up to the '='. NULL after an error; the caller frees. */
static char *scan_type(struct scan *scan)
{
    size_t length;
    char *text;

    skip_blanks(scan);
    length = strcspn(scan->at, "=,+ ");
    text = strndup(scan->at, length);
    scan->at += length;
    skip_blanks(scan);
    if (text == NULL) {
        reader_no_memory(scan->reader);
    } else if (length == 0 || *scan->at != '=') {
        reader_expected(scan->reader, scan->node, expected);
    } else if (type_of(text) == NULL) {
        report_type(scan->reader, scan->node->position, text);
    } else {
        scan->at++;
        return text;
    }
    free(text);
    return NULL;
}

/* What stands behind a '\': a sign, or a byte in two digits. 0: neither. */
static char take_escaped(struct scan *scan)
{
    char digits[3] = "";
    uint8_t byte;
    size_t size;

    strncat(digits, scan->at, 2);
    if (patterns_parse_hex(digits, &byte, &size)) {
        scan->at += 2;
        return (char)byte;
    }
    return *scan->at != '\0' && strchr(" \"#+,;<=>\\", *scan->at) != NULL ? *scan->at++ : '\0';
}

/* Copies one value without its escapes and the blanks around it; a sign that was escaped stands for
 * itself, also a '%'. False when it is none. */
static bool unescape(struct scan *scan, char *out)
{
    size_t size = 0, kept = 0;

    skip_blanks(scan);
    if (*scan->at == '#' || *scan->at == '"')
        return false;
    while (*scan->at != '\0' && *scan->at != ',' && *scan->at != '+') {
        bool escaped = *scan->at == '\\';
        char letter = *scan->at++;

        if (!escaped && strchr("\";<>", letter) != NULL)
            return false;
        if (escaped)
            letter = take_escaped(scan);
        if (letter == '\0')
            return false;
        if (escaped && letter == '%')
            out[size++] = '%';
        out[size++] = letter;
        if (escaped || letter != ' ')
            kept = size;
    }
    out[kept] = '\0';
    return kept > 0;
}

static bool add_value(struct scan *scan, const char *type, const char *text)
{
    struct substitution result = {0};
    bool ok = false;

    switch (substitution_make(&scan->reader->identity, PATTERN_EXACT, text, &result)) {
    case SUBSTITUTION_DONE:
        ok = name_add(&scan->name, scan->rdn, type_of(type), result.text);
        if (!ok)
            reader_no_memory(scan->reader);
        break;
    case SUBSTITUTION_UNKNOWN:
        ok = scan->unknown = true;
        break;
    case SUBSTITUTION_FAULT:
        reader_error(scan->reader, scan->node->position, "%s", result.fault);
        break;
    case SUBSTITUTION_NO_MEMORY:
        reader_no_memory(scan->reader);
        break;
    }
    free(result.text);
    return ok;
}

/* One attribute. False after an error. */
static bool scan_attribute(struct scan *scan)
{
    char *type = scan_type(scan);
    char *value = type != NULL ? malloc(2 * strlen(scan->at) + 1) : NULL;
    bool ok = false;

    if (value != NULL && !unescape(scan, value))
        reader_expected(scan->reader, scan->node, expected);
    else if (value != NULL)
        ok = add_value(scan, type, value);
    else if (type != NULL)
        reader_no_memory(scan->reader);
    free(value);
    free(type);
    return ok;
}

static bool scan_name(struct scan *scan)
{
    for (;;) {
        if (!scan_attribute(scan))
            return false;
        if (*scan->at == '\0')
            return true;
        if (*scan->at++ == ',')
            scan->rdn--;
    }
}

static void read_text(struct reader *reader, const struct node *node, struct selector *selector)
{
    struct scan scan = {.reader = reader, .node = node, .rdn = UINT_MAX};
    bool readable;
    char *text = NULL;

    scan.at = value_text(reader, node, expected);
    if (scan.at != NULL && scan_name(&scan)) {
        text = name_text(&scan.name, &readable);
        if (text == NULL)
            reader_no_memory(reader);
        else
            patterns_add_folded(reader, selector, scan.unknown ? PATTERN_UNKNOWN : PATTERN_EXACT,
                                text, strlen(text));
    }
    free(text);
    name_finish(&scan.name);
}

bool name_part_add(struct reader *reader, struct selector *selector, const char *type,
                   struct selector *values)
{
    struct name_part *grown = reallocarray(selector->parts, selector->n_parts + 1, sizeof(*grown));
    char *copy = strdup(type);

    if (grown != NULL)
        selector->parts = grown;
    if (grown == NULL || copy == NULL) {
        free(copy);
        selector_finish(values);
        reader_no_memory(reader);
        return false;
    }
    grown[selector->n_parts++] = (struct name_part){copy, values->patterns, values->n_patterns};
    return true;
}

static void read_map(struct reader *reader, const struct node *node, struct selector *selector)
{
    if (node->count == 0)
        reader_expected(reader, node, expected);
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *key = &node->items[i];
        const char *type = type_of(key->text);
        struct selector values = {0};

        if (type == NULL) {
            report_type(reader, key->position, key->text);
            continue;
        }
        patterns_read_folded(reader, &node->items[i + 1], FOLD_LETTERS, &values);
        if (!name_part_add(reader, selector, type, &values))
            return;
    }
}

static void read_name(struct reader *reader, const struct node *node, void *target)
{
    struct selector *selector = target;

    if (node->kind == NODE_MAP)
        read_map(reader, node, selector);
    else
        read_text(reader, node, selector);
}

/* The parent's kind is that of the names; it becomes an "any" of them. */
static void read_one_of(struct reader *reader, const struct node *node, void *target)
{
    struct selector *parent = target;
    struct selector child = {.kind = parent->kind, .position = node->position};

    read_name(reader, node, &child);
    selector_adopt(reader, parent, &child);
}

void distinguished_name_read(struct reader *reader, const struct node *node,
                             struct selector *selector)
{
    if (node->kind != NODE_LIST) {
        read_name(reader, node, selector);
        return;
    }
    value_each(reader, node, expected, read_one_of, selector);
    selector->kind = SELECTOR_ANY;
}
