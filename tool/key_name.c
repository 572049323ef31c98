// SPDX-License-Identifier: BSD-2-Clause
#include "tool/key_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tool/describe.h"

/* The first key in the file. */
static struct public_key *read_key(struct crypto *crypto, FILE *in)
{
    struct public_key *key = NULL;
    char *line = NULL;
    size_t size = 0;

    while (key == NULL && getline(&line, &size, in) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        key = public_key_from_ssh_line(crypto, line);
    }
    free(line);
    return key;
}

bool key_name_init(struct key_name *name, struct crypto *crypto, const char *text)
{
    FILE *in = NULL;

    *name = (struct key_name){.text = text};
    if (text != NULL && strchr(text, '.') != NULL)
        in = fopen(text, "re");
    if (in == NULL)
        return true;
    name->key = read_key(crypto, in);
    fclose(in);
    if (name->key == NULL)
        fprintf(stderr,
                "p11gate: %s: found no public key, expected a line as ssh-keygen writes it\n",
                text);
    return name->key != NULL;
}

/* "4f:A0" is 4fa0. */
static bool is_hex_of(const char *text, const CK_ATTRIBUTE *value)
{
    const unsigned char *bytes = value->pValue;

    for (size_t i = 0; i < value->ulValueLen; i++) {
        char digits[3];

        if (i > 0 && *text == ':')
            text++;
        snprintf(digits, sizeof(digits), "%02x", bytes[i]);
        if (tolower((unsigned char)text[0]) != digits[0] ||
            tolower((unsigned char)text[1]) != digits[1])
            return false;
        text += 2;
    }
    return *text == '\0';
}

static bool is_text_of(const char *text, const CK_ATTRIBUTE *value)
{
    return strlen(text) == value->ulValueLen && memcmp(text, value->pValue, value->ulValueLen) == 0;
}

struct search {
    const char *text;
    bool found;
};

static bool fits_member(const struct object *member, void *context)
{
    struct search *search = context;
    const CK_ATTRIBUTE *id = attributes_find_filled(&member->attributes, CKA_ID);
    const CK_ATTRIBUTE *label = attributes_find_filled(&member->attributes, CKA_LABEL);

    search->found = (id != NULL && is_hex_of(search->text, id)) ||
                    (label != NULL && is_text_of(search->text, label));
    return !search->found;
}

bool key_name_fits(const struct key_name *name, const struct token *token,
                   const struct exposed_key *key)
{
    const CK_ATTRIBUTE *shown = describe_label(token, key);
    struct search search = {name->text, false};
    char fingerprint[51];

    if (name->text == NULL)
        return true;
    if (name->key != NULL)
        return key->group->key != NULL && public_key_equal(name->key, key->group->key);
    describe_fingerprint(key, fingerprint);
    if (strcmp(name->text, fingerprint) == 0 || (shown != NULL && is_text_of(name->text, shown)))
        return true;
    key_group_each(key->group, fits_member, &search);
    return search.found;
}

void key_name_finish(struct key_name *name)
{
    public_key_destroy(name->key);
    *name = (struct key_name){0};
}
