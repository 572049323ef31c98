// SPDX-License-Identifier: BSD-2-Clause
// Reads the vendor libraries.
#include "config/modules.h"

#include <stdlib.h>
#include <string.h>
#include "config/config.h"
#include "config/quirk.h"
#include "config/secure_file.h"
#include "config/values.h"

/* p11gate.so itself, or a copy of it for a profile (p11gate-NAME.so). */
static bool is_ourselves(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    return strncmp(name, "p11gate.so", 10) == 0 ||
           (strncmp(name, "p11gate-", 8) == 0 && strstr(name, ".so") != NULL);
}

void module_read_path(struct reader *reader, const struct field *field, void *target)
{
    struct module_settings *module = target;

    module->position = field->value->position;
    module->path = value_path(reader, field->value, P11_MODULE_PATH);
    if (module->path == NULL)
        return;
    if (is_ourselves(module->path)) {
        reader_expected(reader, field->value,
                        "the vendor's module, such as opensc-pkcs11.so: p11gate stands before it");
    } else if (reader->system) {
        secure_file_check(module->path, true, field->value->position, reader->messages);
    }
}

/* The value with %u and the like put in. The caller frees; NULL after an error. */
static char *read_known(struct reader *reader, const struct field *field,
                        char *(*read)(struct reader *, const struct node *, bool *))
{
    char found[READER_FOUND_SIZE];
    bool unknown;
    char *text = read(reader, field->value, &unknown);

    if (unknown) {
        reader_found(field->value, found);
        reader_error(reader, field->value->position,
                     "found %s, of which something is unknown here, expected text", found);
    }
    return text;
}

void module_read_name(struct reader *reader, const struct field *field, void *target)
{
    ((struct module_settings *)target)->name = read_known(reader, field, value_line);
}

static char *read_arguments(struct reader *reader, const struct node *node, bool *unknown)
{
    return value_substituted(reader, node, "the text that the library is initialised with",
                             unknown);
}

void module_read_init_args(struct reader *reader, const struct field *field, void *target)
{
    ((struct module_settings *)target)->init_args = read_known(reader, field, read_arguments);
}

static void read_quirk(struct reader *reader, const struct node *node, void *target)
{
    const char *names[QUIRK_COUNT];
    size_t index;

    for (size_t i = 0; i < QUIRK_COUNT; i++)
        names[i] = quirks[i].name;
    if (value_name(reader, node, names, QUIRK_COUNT, &index))
        *(unsigned *)target |= 1U << index;
}

void module_read_quirks(struct reader *reader, const struct field *field, void *target)
{
    if (field->value->kind == NODE_LIST && field->value->count == 0)
        return;
    value_each(reader, field->value, "a list of quirks", read_quirk,
               &((struct module_settings *)target)->quirks);
}

static void add_module(struct reader *reader, struct settings *settings,
                       struct module_settings *module)
{
    if (!settings_add_module(settings, module))
        reader_no_memory(reader);
}

void modules_read_one(struct reader *reader, const struct field *field, void *target)
{
    struct module_settings module = {0};

    module_read_path(reader, field, &module);
    add_module(reader, &((struct config *)target)->settings, &module);
}

/* Messages, and those who choose by name, could not tell two of a name apart. */
static void check_name(struct reader *reader, const struct settings *settings,
                       const struct module_settings *module, const struct node *node)
{
    for (size_t i = 0; module->name != NULL && i < settings->n_modules; i++) {
        const struct module_settings *other = &settings->modules[i];
        const struct node *name = &node->items[node_find_key(node, "name") + 1];
        char found[READER_FOUND_SIZE];

        if (other->name != NULL && strcmp(other->name, module->name) == 0) {
            reader_found(name, found);
            reader_error(reader, name->position,
                         "found a second module with the name %s, expected another name", found);
            return;
        }
    }
}

static void read_module(struct reader *reader, const struct node *node, const struct schema *schema,
                        struct settings *settings)
{
    struct module_settings module = {.position = node->position};

    schema_read(schema, reader, node, &module);
    if (node->kind == NODE_MAP && node->count > 0 && node_find_key(node, "path") == node->count)
        reader_error(reader, node->position, "found no `path`, expected the vendor's library");
    check_name(reader, settings, &module, node);
    add_module(reader, settings, &module);
}

void modules_read(struct reader *reader, const struct field *field, void *target)
{
    const struct node *value = field->value;

    if (value->kind != NODE_LIST || value->count == 0) {
        reader_expected(reader, value, "a list of modules, such as `- path: opensc-pkcs11.so`");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        read_module(reader, &value->items[i], field->schema->inner,
                    &((struct config *)target)->settings);
    }
}
