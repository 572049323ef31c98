// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes config/document.c: what is read is a tree of UTF-8 text, within the limits, each node at a
// place of the text.
#include "config/document.h"

#include <string.h>
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

static const char file[] = "file";

struct walk {
    const char *text;
    size_t size;
    unsigned last_line;
    size_t nodes;
};

static void check_scalar(const struct node *node)
{
    size_t length;

    FUZZ_REQUIRE(node->text != NULL && node->items == NULL && node->count == 0);
    for (const char *at = node->text; *at != '\0'; at += length)
        FUZZ_REQUIRE(utf8_decode(at, strlen(at), &length) != UTF8_INVALID);
}

static void check_node(struct walk *walk, const struct node *node, unsigned depth)
{
    FUZZ_REQUIRE(++walk->nodes <= DOCUMENT_MAX_NODES);
    FUZZ_REQUIRE(node->position.file == file && node->position.column >= 1);
    FUZZ_REQUIRE(node->position.line >= 1 && node->position.line <= walk->last_line);
    if (node->kind == NODE_SCALAR) {
        check_scalar(node);
        return;
    }
    FUZZ_REQUIRE(depth <= DOCUMENT_MAX_DEPTH && node->text == NULL);
    if (node->kind == NODE_MAP) {
        FUZZ_REQUIRE(node->count % 2 == 0 && node->count <= 2 * DOCUMENT_MAX_KEYS);
        for (size_t i = 0; i < node->count; i += 2)
            FUZZ_REQUIRE(node->items[i].kind == NODE_SCALAR);
    }
    for (size_t i = 0; i < node->count; i++)
        check_node(walk, &node->items[i], depth + 1);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct message_list messages = {0};
    struct walk walk = {.text = (const char *)data, .size = size, .last_line = 1};
    struct node *root = document_read(file, walk.text, size, &messages);

    for (size_t i = 0; i < size; i++)
        walk.last_line += data[i] == '\n';
    FUZZ_REQUIRE(root != NULL || messages.errors == 1 || messages.count > 1);
    if (root != NULL)
        check_node(&walk, root, 1);
    fuzz_check_messages(&messages, file, walk.text, size);
    message_list_finish(&messages);
    document_destroy(root);
}
