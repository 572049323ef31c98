// SPDX-License-Identifier: BSD-2-Clause
// Has p11-kit parse a URI, and takes its parts over.
#include "config/uri.h"

#include <p11-kit/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/patterns.h"
#include "config/selectors.h"
#include "config/uri_text.h"
#include "config/values.h"

/* A part of the URI that the selector is. */
static struct selector begin(const struct selector *selector, enum selector_kind kind)
{
    return (struct selector){.kind = kind, .position = selector->position, .from_uri = true};
}

/* Fields of fixed size, padded with blanks; all zero when the URI does not name them. */
static void take_field(struct reader *reader, struct selector *selector, enum selector_kind kind,
                       const unsigned char *field, size_t size)
{
    struct selector child = begin(selector, kind);

    if (field[0] == '\0')
        return;
    while (size > 0 && field[size - 1] == ' ')
        size--;
    if (patterns_add(reader, &child, PATTERN_EXACT, field, size))
        selector_adopt(reader, selector, &child);
}

static void take_fields(struct reader *reader, P11KitUri *uri, struct selector *selector)
{
    const CK_TOKEN_INFO *token = p11_kit_uri_get_token_info(uri);
    const CK_SLOT_INFO *slot = p11_kit_uri_get_slot_info(uri);
    const CK_INFO *library = p11_kit_uri_get_module_info(uri);

    take_field(reader, selector, SELECTOR_TOKEN_LABEL, token->label, sizeof(token->label));
    take_field(reader, selector, SELECTOR_TOKEN_MANUFACTURER, token->manufacturerID,
               sizeof(token->manufacturerID));
    take_field(reader, selector, SELECTOR_TOKEN_SERIAL, token->serialNumber,
               sizeof(token->serialNumber));
    take_field(reader, selector, SELECTOR_TOKEN_MODEL, token->model, sizeof(token->model));
    take_field(reader, selector, SELECTOR_SLOT_DESCRIPTION, slot->slotDescription,
               sizeof(slot->slotDescription));
    take_field(reader, selector, SELECTOR_SLOT_MANUFACTURER, slot->manufacturerID,
               sizeof(slot->manufacturerID));
    take_field(reader, selector, SELECTOR_LIBRARY_DESCRIPTION, library->libraryDescription,
               sizeof(library->libraryDescription));
    take_field(reader, selector, SELECTOR_LIBRARY_MANUFACTURER, library->manufacturerID,
               sizeof(library->manufacturerID));
}

static void take_version(struct reader *reader, P11KitUri *uri, struct selector *selector)
{
    const CK_VERSION *version = &p11_kit_uri_get_module_info(uri)->libraryVersion;
    struct selector child = begin(selector, SELECTOR_LIBRARY_VERSION);
    char text[16];
    int length =
        snprintf(text, sizeof(text), "%u.%u", (unsigned)version->major, (unsigned)version->minor);

    /* p11-kit's sign for "not named"; it refuses 255 where it is written. */
    if (version->major == (CK_BYTE)-1 && version->minor == (CK_BYTE)-1)
        return;
    if (patterns_add(reader, &child, PATTERN_EXACT, text, (size_t)length))
        selector_adopt(reader, selector, &child);
}

static void take_slot_id(struct reader *reader, P11KitUri *uri, struct selector *selector)
{
    struct selector child = begin(selector, SELECTOR_SLOT_ID);
    CK_SLOT_ID id = p11_kit_uri_get_slot_id(uri);

    if (id == (CK_SLOT_ID)-1)
        return;
    child.numbers = malloc(sizeof(*child.numbers));
    if (child.numbers == NULL) {
        reader_no_memory(reader);
        return;
    }
    child.numbers[0] = (struct number){.comparison = COMPARE_EQUAL, .number = id};
    child.n_numbers = 1;
    selector_adopt(reader, selector, &child);
}

/* NULL when the URI does not name it, or without memory, with a message. */
static struct pattern *take_attribute(struct reader *reader, P11KitUri *uri, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *attribute = p11_kit_uri_get_attribute(uri, type);
    struct pattern *pattern;

    if (attribute == NULL)
        return NULL;
    pattern = pattern_create(PATTERN_EXACT, attribute->pValue, attribute->ulValueLen, NULL);
    if (pattern == NULL)
        reader_no_memory(reader);
    return pattern;
}

static void take_object(struct reader *reader, P11KitUri *uri, struct selector *selector)
{
    struct selector child = begin(selector, SELECTOR_OBJECT);
    const CK_ATTRIBUTE *class = p11_kit_uri_get_attribute(uri, CKA_CLASS);

    child.object.id = take_attribute(reader, uri, CKA_ID);
    child.object.label = take_attribute(reader, uri, CKA_LABEL);
    if (class != NULL) {
        child.object.has_class = true;
        memcpy(&child.object.class, class->pValue, sizeof(child.object.class));
    }
    if (child.object.id != NULL || child.object.label != NULL || child.object.has_class)
        selector_adopt(reader, selector, &child);
}

/* Key groups have keys and certificates alone. */
static bool check_class(struct reader *reader, const struct node *node, P11KitUri *uri)
{
    const CK_ATTRIBUTE *attribute = p11_kit_uri_get_attribute(uri, CKA_CLASS);
    CK_OBJECT_CLASS class;

    if (attribute == NULL)
        return true;
    memcpy(&class, attribute->pValue, sizeof(class));
    if (class == CKO_PRIVATE_KEY || class == CKO_PUBLIC_KEY || class == CKO_CERTIFICATE)
        return true;
    reader_error(reader, node->position,
                 "found a `type` that no key has, expected private, public or cert");
    return false;
}

static bool parse(struct reader *reader, const struct node *node, const char *text, P11KitUri *uri)
{
    int code = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);

    if (code != P11_KIT_URI_OK) {
        reader_error(reader, node->position,
                     "found a URI that p11-kit does not read, expected one of "
                     "RFC 7512: %s",
                     p11_kit_uri_message(code));
        return false;
    }
    if (p11_kit_uri_any_unrecognized(uri) != 0) {
        reader_error(reader, node->position,
                     "found a URI with a value that can match nothing, expected text "
                     "that fits into the token's fields and the `type` private, public or cert");
        return false;
    }
    return check_class(reader, node, uri);
}

/* An attribute that got lost would leave a URI that matches more than it says. */
static void check_taken(struct reader *reader, const struct node *node,
                        const struct selector *selector, size_t expected)
{
    size_t count = 0;

    for (size_t i = 0; i < selector->n_children; i++) {
        const struct object_reference *object = &selector->children[i].object;

        count += selector->children[i].kind != SELECTOR_OBJECT;
        count += (size_t)(object->id != NULL) + (object->label != NULL) + object->has_class;
    }
    if (count != expected)
        reader_error(reader, node->position, "found a URI of which p11-kit reads only a part");
}

bool uri_read(struct reader *reader, const struct node *node, struct selector *selector)
{
    const char *text = value_text(reader, node, "a URI such as pkcs11:token=NAME;object=LABEL");
    size_t errors = reader->messages->errors;
    P11KitUri *uri = NULL;
    size_t count = 0;

    if (text == NULL || !uri_text_check(reader, node, text, &count))
        return false;
    uri = p11_kit_uri_new();
    if (uri == NULL) {
        reader_no_memory(reader);
        return false;
    }
    if (parse(reader, node, text, uri)) {
        take_fields(reader, uri, selector);
        take_version(reader, uri, selector);
        take_slot_id(reader, uri, selector);
        take_object(reader, uri, selector);
        check_taken(reader, node, selector, count);
    }
    p11_kit_uri_free(uri);
    return reader->messages->errors == errors;
}
