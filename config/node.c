// SPDX-License-Identifier: BSD-2-Clause
// What is asked of nodes.
#include "config/node.h"

#include <stdlib.h>
#include <string.h>

void node_finish(struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        node_finish(&node->items[i]);
    free(node->items);
    free(node->text);
}

bool node_is_nothing(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->style == STYLE_PLAIN && node->text[0] == '\0';
}

size_t node_find_key(const struct node *map, const char *text)
{
    for (size_t i = 0; i < map->count; i += 2)
        if (strcmp(map->items[i].text, text) == 0)
            return i;
    return map->count;
}
