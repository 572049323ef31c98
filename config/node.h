// SPDX-License-Identifier: BSD-2-Clause
// The nodes of a document: scalars, lists and maps, each with its place in the file.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "common/message.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };
enum node_style { STYLE_PLAIN, STYLE_QUOTED, STYLE_BLOCK };

/* What YAML does to a plain value without a word. */
enum node_trap {
    TRAP_NONE,
    TRAP_COMMENT, /* "a #b": the value is "a" */
    TRAP_LINES,   /* it goes on in the next line, joined by a blank */
};

struct node {
    enum node_kind kind;
    /* of the first character, the quote included; where nothing is written, of the key or of the
     * list's '-' */
    struct position position;
    enum node_style style; /* of a scalar */
    enum node_trap trap;   /* of a scalar */
    bool flow;             /* a map or list in braces or brackets */
    char *text;            /* owned; a scalar's, UTF-8 without NUL */
    struct node *items;    /* owned; a list's items; a map's keys (scalars) and values in turn */
    size_t count;          /* of items */
};

/* Frees what the node owns, not the node itself. */
void node_finish(struct node *node);

/* Is the scalar a plain one without a character ("key:")? */
bool node_is_nothing(const struct node *node);

/* Index, among the items, of the first key with that text; the map's count when there is none. */
size_t node_find_key(const struct node *map, const char *text);
