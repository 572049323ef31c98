// SPDX-License-Identifier: BSD-2-Clause
// A YAML document as a tree of nodes with positions: the one door to libyaml. No anchors, aliases,
// tags or merge keys.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "common/message.h"
#include "config/node.h"

enum {
    DOCUMENT_MAX_DEPTH = 32, /* maps and lists within each other, the outermost counted */
    DOCUMENT_MAX_NODES = 16384,
    DOCUMENT_MAX_KEYS = 1024, /* in one map */
};

/* Reads the one document in text. NULL with one message on a syntax error or without memory.
 * Duplicate keys are reported, each of them, and the tree is returned. file is borrowed by the
 * positions in the tree. The caller owns the tree. */
struct node *document_read(const char *file, const char *text, size_t size,
                           struct message_list *messages);
void document_destroy(struct node *root);
