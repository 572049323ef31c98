// SPDX-License-Identifier: BSD-2-Clause
#include "config/trust_anchors.h"

#include <stdlib.h>
#include <string.h>
#include "config/stamps.h"
#include "config/values.h"
#include "crypto/crl_set.h"

enum {
    LARGEST_CERTIFICATES = 4 * 1024 * 1024,
    LARGEST_CRL = 64 * 1024 * 1024,
};

struct named {
    char *name; /* owned */
    struct position position; /* of the name */
    struct trust_source source; /* owned */
};

struct trust_store {
    struct named **items; /* owned array of owned: rules point into them */
    size_t count;
};

static void named_destroy(struct named *named)
{
    if (named == NULL)
        return;
    trust_anchors_destroy(named->source.anchors);
    crl_set_destroy(named->source.crls);
    free(named->name);
    free(named);
}

void trust_store_destroy(struct trust_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->count; i++)
        named_destroy(store->items[i]);
    free(store->items);
    free(store);
}

const struct trust_source *trust_store_find(const struct trust_store *store, const char *name)
{
    for (size_t i = 0; store != NULL && i < store->count; i++)
        if (strcmp(store->items[i]->name, name) == 0)
            return &store->items[i]->source;
    return NULL;
}

const char *trust_store_name(const struct trust_store *store, size_t index)
{
    return store != NULL && index < store->count ? store->items[index]->name : NULL;
}

struct position trust_store_position(const struct trust_store *store, size_t index)
{
    return store->items[index]->position;
}

void trust_anchors_read_file(struct reader *reader, const struct field *field, void *target)
{
    struct trust_files *files = target;

    (void)reader;
    files->values[field->schema->detail] = field->value;
}

/* What becomes of the text of a file. */
struct filling {
    struct named *named;
    enum trust_file file;
};

static bool fill_anchors(struct named *named, const struct secure_file *file,
                         char reason[REASON_SIZE])
{
    return trust_anchors_add(named->source.anchors, file->text, file->size, reason);
}

static bool fill_intermediates(struct named *named, const struct secure_file *file,
                               char reason[REASON_SIZE])
{
    return trust_anchors_add_intermediates(named->source.anchors, file->text, file->size, reason);
}

static bool fill_crls(struct named *named, const struct secure_file *file, char reason[REASON_SIZE])
{
    return crl_set_add(named->source.crls, file->text, file->size, reason);
}

static const struct {
    bool (*fill)(struct named *named, const struct secure_file *file, char reason[REASON_SIZE]);
    size_t limit;
    const char *expected;
} kinds[] = {
    [TRUST_FILE_ANCHORS] = {fill_anchors, LARGEST_CERTIFICATES,
                            "a file with certificates of authorities in PEM"},
    [TRUST_FILE_INTERMEDIATES] = {fill_intermediates, LARGEST_CERTIFICATES,
                                  "a file with certificates of intermediate authorities in PEM"},
    [TRUST_FILE_CRL] = {fill_crls, LARGEST_CRL, "a file with CRLs in PEM, or one in DER"},
};

static void read_path(struct reader *reader, const struct node *node, const char *path,
                      const struct filling *filling)
{
    char reason[REASON_SIZE];
    struct secure_file file;

    if (!reader_file(reader, path, kinds[filling->file].limit, node->position, &file))
        return;
    if (!stamps_add(reader->stamps, path, &file.status))
        reader_no_memory(reader);
    else if (!kinds[filling->file].fill(filling->named, &file, reason))
        reader_error(reader, node->position, "%s: found that %s, expected %s", path, reason,
                     kinds[filling->file].expected);
    secure_file_finish(&file);
}

static void read_file(struct reader *reader, const struct node *node, void *target)
{
    const struct filling *filling = target;
    char *path = NULL;

    if (value_text(reader, node, kinds[filling->file].expected) != NULL)
        path = value_path(reader, node, reader->folder);
    if (path != NULL)
        read_path(reader, node, path, filling);
    free(path);
}

static void fill(struct reader *reader, const struct trust_files *files, struct named *named)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct filling filling = {named, (enum trust_file)i};

        if (files->values[i] != NULL && filling.file == TRUST_FILE_ANCHORS)
            read_file(reader, files->values[i], &filling);
        else if (files->values[i] != NULL)
            value_each(reader, files->values[i], kinds[i].expected, read_file, &filling);
    }
}

static struct named *named_create(struct reader *reader, const char *name, bool has_crls)
{
    struct named *named = calloc(1, sizeof(*named));

    if (named == NULL)
        return NULL;
    named->name = strdup(name);
    named->source.anchors = trust_anchors_create(reader->crypto, name);
    named->source.crls = has_crls ? crl_set_create(reader->crypto) : NULL;
    if (named->name != NULL && named->source.anchors != NULL &&
        (!has_crls || named->source.crls != NULL))
        return named;
    named_destroy(named);
    return NULL;
}

/* Takes it over. */
static bool add(struct trust_store *store, struct named *named)
{
    struct named **grown = reallocarray(store->items, store->count + 1, sizeof(*grown));

    if (grown == NULL) {
        named_destroy(named);
        return false;
    }
    store->items = grown;
    grown[store->count++] = named;
    return true;
}

static void read_named(struct reader *reader, const struct node *key, const struct node *value,
                       struct trust_store *store)
{
    struct trust_files files = {{NULL}};
    size_t errors = reader->messages->errors;
    struct named *named;

    if (key->text[0] == '\0')
        reader_expected(reader, key, "a name for `ca` in rules to say");
    schema_read(&schema_trust_anchor, reader, value, &files);
    if (files.values[TRUST_FILE_ANCHORS] == NULL && reader->messages->errors == errors) {
        reader_error(reader, value->position, "found no `file`, expected %s",
                     kinds[TRUST_FILE_ANCHORS].expected);
    }
    named = named_create(reader, key->text, files.values[TRUST_FILE_CRL] != NULL);
    if (named == NULL || !add(store, named)) {
        reader_no_memory(reader);
        return;
    }
    named->position = key->position;
    fill(reader, &files, named);
}

struct trust_store *trust_anchors_read_all(struct reader *reader, const struct node *root)
{
    size_t index = root->kind == NODE_MAP ? node_find_key(root, "trust_anchors") : 0;
    const struct node *map =
        root->kind == NODE_MAP && index < root->count ? &root->items[index + 1] : NULL;
    struct trust_store *store;

    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    store = calloc(1, sizeof(*store));
    if (store == NULL) {
        reader_no_memory(reader);
        return NULL;
    }
    for (size_t i = 0; i < map->count; i += 2) {
        if (node_find_key(map, map->items[i].text) == i)
            read_named(reader, &map->items[i], &map->items[i + 1], store);
    }
    return store;
}

void trust_anchors_read(struct reader *reader, const struct field *field, void *target)
{
    (void)target;
    if (field->value->kind != NODE_MAP || field->value->count == 0)
        reader_expected(reader, field->value, "a map of names, each with `file`");
}
