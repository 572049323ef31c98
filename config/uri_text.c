// SPDX-License-Identifier: BSD-2-Clause
// Goes through a URI attribute by attribute.
#include "config/uri_text.h"

#include <stdio.h>
#include <string.h>
#include "config/suggestion.h"

static const char scheme[] = "pkcs11:";

/* RFC 7512, 2.3; [text] holds no NUL, which p11-kit would take as "any". */
static const struct attribute {
    const char *name;
    bool text;
} known[] = {
    {"token", true},
    {"manufacturer", true},
    {"serial", true},
    {"model", true},
    {"library-manufacturer", true},
    {"library-description", true},
    {"library-version", true},
    {"object", true},
    {"type", true},
    {"id", false},
    {"slot-description", true},
    {"slot-manufacturer", true},
    {"slot-id", true},
};

enum { N_KNOWN = sizeof(known) / sizeof(known[0]), LONGEST_DIGITS = 18, LONGEST_NAME = 32 };

/* One attribute of the text; not terminated. */
struct part {
    const char *name;
    size_t name_length;
    const char *value;
    size_t value_length;
};

static bool refuse(struct reader *reader, const struct node *node, const struct part *part,
                   const char *found)
{
    reader_error(reader, node->position,
                 "found %s in `%.*s`, expected `pkcs11:` and path attributes of "
                 "RFC 7512",
                 found, (int)(part->name_length < LONGEST_NAME ? part->name_length : LONGEST_NAME),
                 part->name);
    return false;
}

/* N_KNOWN: unknown. */
static size_t find_known(const struct part *part)
{
    size_t i = 0;

    while (i < N_KNOWN && (strlen(known[i].name) != part->name_length ||
                           memcmp(known[i].name, part->name, part->name_length) != 0))
        i++;
    return i;
}

static bool refuse_name(struct reader *reader, const struct node *node, const struct part *part)
{
    const char *names[N_KNOWN];
    const char *near;
    char name[LONGEST_NAME + 1];

    for (size_t i = 0; i < N_KNOWN; i++)
        names[i] = known[i].name;
    snprintf(name, sizeof(name), "%.*s", (int)part->name_length, part->name);
    near = suggestion_find(name, names, N_KNOWN);
    reader_error(reader, node->position,
                 "found the unknown attribute `%s`, expected path attributes of RFC 7512%s%s%s",
                 name, near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                 near != NULL ? "`?" : "");
    return false;
}

static bool is_digits(const struct part *part, const char *digits)
{
    return part->value_length <= LONGEST_DIGITS &&
           strspn(part->value, digits) >= part->value_length;
}

static bool check_value(struct reader *reader, const struct node *node, const struct part *part,
                        const struct attribute *attribute)
{
    if (part->value_length == 0)
        return refuse(reader, node, part, "an empty value");
    if (attribute->text && memmem(part->value, part->value_length, "%00", 3) != NULL)
        return refuse(reader, node, part, "a NUL character");
    /* p11-kit does not look for overflow in numbers. */
    if (strcmp(attribute->name, "slot-id") == 0 && !is_digits(part, "0123456789"))
        return refuse(reader, node, part, "something that is no number");
    if (strcmp(attribute->name, "library-version") == 0 &&
        (part->value_length > 7 || !is_digits(part, "0123456789.")))
        return refuse(reader, node, part, "something that is no version");
    return true;
}

/* Unreserved, pct-encoded and pk11-path-res-avail of RFC 7512, 2.3; p11-kit would drop blanks and
 * take all else. */
static bool check_characters(struct reader *reader, const struct node *node, const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        ":[]@!$'()*+,=&%;";
    size_t at = strspn(text, allowed);

    if (text[at] == '\0')
        return true;
    if (text[at] == '?') {
        reader_error(reader, node->position,
                     "found query attributes (behind `?`) in the URI, "
                     "expected path attributes of RFC 7512 alone");
    } else {
        reader_error(
            reader, node->position,
            "found a character in the URI that stands for nothing there, expected it as %%%02X",
            (unsigned)(unsigned char)text[at]);
    }
    return false;
}

static bool check_part(struct reader *reader, const struct node *node, const struct part *part,
                       bool seen[N_KNOWN])
{
    size_t index = find_known(part);

    if (index == N_KNOWN)
        return refuse_name(reader, node, part);
    if (seen[index])
        return refuse(reader, node, part, "a second value");
    seen[index] = true;
    return check_value(reader, node, part, &known[index]);
}

/* *count: of attributes. */
static bool check_parts(struct reader *reader, const struct node *node, const char *text,
                        size_t *count)
{
    bool seen[N_KNOWN] = {false};

    for (;;) {
        size_t length = strcspn(text, ";");
        const char *equals = memchr(text, '=', length);
        struct part part = {.name = text, .name_length = length};

        if (equals == NULL)
            return refuse(reader, node, &part, "no name and value");
        part.name_length = (size_t)(equals - text);
        part.value = equals + 1;
        part.value_length = length - part.name_length - 1;
        if (!check_part(reader, node, &part, seen))
            return false;
        (*count)++;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

bool uri_text_check(struct reader *reader, const struct node *node, const char *text, size_t *count)
{
    if (strncmp(text, scheme, strlen(scheme)) != 0 || text[strlen(scheme)] == '\0') {
        reader_expected(reader, node, "a URI such as pkcs11:token=NAME;object=LABEL");
        return false;
    }
    return check_characters(reader, node, text + strlen(scheme)) &&
           check_parts(reader, node, text + strlen(scheme), count);
}
