// SPDX-License-Identifier: BSD-2-Clause
// Builds the tree from libyaml's events, within our own limits.
#include "config/document.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include "config/reader.h"
#include "config/syntax_error.h"
#include "config/text.h"

struct builder {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    const char *file;
    struct text_cursor cursor;
    struct node last; /* the last scalar's position; it owns nothing */
    size_t nodes;
    struct message_list *messages;
};

static bool build_node(struct builder *builder, struct node *node, unsigned depth);

void document_destroy(struct node *root)
{
    if (root != NULL) {
        node_finish(root);
        free(root);
    }
}

static struct position position_at(const struct builder *builder, const yaml_mark_t *mark)
{
    return (struct position){.file = builder->file,
                             .line = (unsigned)mark->line + 1,
                             .column = (unsigned)mark->column + 1};
}

/* Always false, for the caller to return. */
static bool refuse(struct builder *builder, struct position position, const char *text)
{
    message_add(builder->messages, SEVERITY_ERROR, position, "%s", text);
    return false;
}

static bool refuse_event(struct builder *builder, const char *text)
{
    return refuse(builder, position_at(builder, &builder->event.start_mark), text);
}

/* Goes on to the next event; false with a message when the text is not YAML. */
static bool next_event(struct builder *builder)
{
    yaml_event_delete(&builder->event);
    memset(&builder->event, 0, sizeof(builder->event));
    if (yaml_parser_parse(&builder->parser, &builder->event) == 1)
        return true;
    syntax_error_report(&builder->parser, &builder->cursor, &builder->last, builder->messages);
    return false;
}

/* A zeroed node at the end of the items; NULL without memory. Room is doubled each time the count
 * reaches a power of two. */
static struct node *append_item(struct builder *builder, struct node *parent)
{
    size_t count = parent->count;

    if ((count & (count - 1)) == 0) {
        size_t room = count == 0 ? 1 : 2 * count;
        struct node *items = reallocarray(parent->items, room, sizeof(*items));

        if (items == NULL) {
            refuse_event(builder, "no memory");
            return NULL;
        }
        parent->items = items;
    }
    parent->items[count] = (struct node){.position = parent->position};
    parent->count++;
    return &parent->items[count];
}

/* What does YAML make of the rest of the line? */
static enum node_trap find_trap(struct builder *builder)
{
    const yaml_event_t *event = &builder->event;

    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || event->data.scalar.length == 0)
        return TRAP_NONE;
    if (event->start_mark.line != event->end_mark.line)
        return TRAP_LINES;
    text_cursor_move(&builder->cursor, event->end_mark.index);
    return text_cursor_at_comment(&builder->cursor) ? TRAP_COMMENT : TRAP_NONE;
}

static enum node_style find_style(yaml_scalar_style_t style)
{
    if (style == YAML_PLAIN_SCALAR_STYLE)
        return STYLE_PLAIN;
    return style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE ? STYLE_BLOCK
                                                                                   : STYLE_QUOTED;
}

/* node->position is the key's or the '-', and stays so where no value is written. */
static bool build_scalar(struct builder *builder, struct node *node)
{
    const char *value = (const char *)builder->event.data.scalar.value;
    size_t length = builder->event.data.scalar.length;

    node->kind = NODE_SCALAR;
    node->style = find_style(builder->event.data.scalar.style);
    if (length > 0 || node->style != STYLE_PLAIN)
        node->position = position_at(builder, &builder->event.start_mark);
    if (memchr(value, '\0', length) != NULL)
        return refuse_event(builder, "found a NUL character, expected text");
    node->trap = find_trap(builder);
    node->text = strdup(value);
    if (node->text == NULL)
        return refuse_event(builder, "no memory");
    builder->last = (struct node){.position = node->position, .style = node->style};
    return true;
}

static bool build_list(struct builder *builder, struct node *list, unsigned depth)
{
    list->kind = NODE_LIST;
    list->position = position_at(builder, &builder->event.start_mark);
    list->flow = builder->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    while (next_event(builder)) {
        struct node *item;

        if (builder->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        item = append_item(builder, list);
        if (item == NULL)
            return false;
        /* Where an item is empty, the event stands just behind its '-', which is so the column
         * counted from 1. */
        item->position = position_at(builder, &builder->event.start_mark);
        item->position.column -= item->position.column > 1 ? 1 : 0;
        if (!build_node(builder, item, depth + 1))
            return false;
    }
    return false;
}

static bool check_key(struct builder *builder, const struct node *map, const struct node *key)
{
    char found[READER_FOUND_SIZE];
    size_t first;

    if (key->style == STYLE_PLAIN && strcmp(key->text, "<<") == 0)
        return refuse(builder, key->position, "found a merge key, expected the keys themselves");
    if (map->count > 2 * DOCUMENT_MAX_KEYS) {
        return refuse(builder, key->position,
                      "found too many keys, expected at most 1024 in a map");
    }
    first = node_find_key(map, key->text);
    if (&map->items[first] != key) {
        reader_found(key, found);
        message_add(builder->messages, SEVERITY_ERROR, key->position,
                    "found the key %s again, expected it once; the first is in line %u", found,
                    map->items[first].position.line);
    }
    return true;
}

static bool build_key(struct builder *builder, struct node *map)
{
    struct node *key = append_item(builder, map);

    if (key == NULL)
        return false;
    if (builder->event.type != YAML_SCALAR_EVENT)
        return refuse_event(builder, "found a list or a map as a key, expected text");
    key->position = position_at(builder, &builder->event.start_mark);
    return build_node(builder, key, 0) && check_key(builder, map, key);
}

static bool build_map(struct builder *builder, struct node *map, unsigned depth)
{
    map->kind = NODE_MAP;
    map->position = position_at(builder, &builder->event.start_mark);
    map->flow = builder->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    while (next_event(builder)) {
        struct node *value;

        if (builder->event.type == YAML_MAPPING_END_EVENT)
            return true;
        if (!build_key(builder, map) || !next_event(builder))
            return false;
        value = append_item(builder, map);
        if (value == NULL)
            return false;
        value->position = map->items[map->count - 2].position;
        if (!build_node(builder, value, depth + 1))
            return false;
    }
    return false;
}

/* Anchors and tags can stand before any node. */
static bool check_properties(struct builder *builder, const yaml_char_t *anchor,
                             const yaml_char_t *tag)
{
    if (anchor != NULL) {
        return refuse_event(builder, "found an anchor (`&`), expected a value; quote it if it "
                                     "begins with `&`");
    }
    if (tag != NULL) {
        return refuse_event(builder, "found a tag (`!`), expected a value; quote it if it begins "
                                     "with `!`");
    }
    return true;
}

static bool check_limits(struct builder *builder, unsigned depth)
{
    if (++builder->nodes > DOCUMENT_MAX_NODES)
        return refuse_event(builder, "found too many values, expected at most 16384");
    if (depth > DOCUMENT_MAX_DEPTH) {
        return refuse_event(builder, "found too many maps and lists within each other, expected "
                                     "at most 32");
    }
    return true;
}

/* Builds from the current event on; depth is the number of maps and lists that it would be in,
 * itself included. */
static bool build_node(struct builder *builder, struct node *node, unsigned depth)
{
    const yaml_event_t *event = &builder->event;

    if (event->type == YAML_SCALAR_EVENT) {
        return check_limits(builder, 0) &&
               check_properties(builder, event->data.scalar.anchor, event->data.scalar.tag) &&
               build_scalar(builder, node);
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        return check_limits(builder, depth) &&
               check_properties(builder, event->data.sequence_start.anchor,
                                event->data.sequence_start.tag) &&
               build_list(builder, node, depth);
    }
    if (event->type == YAML_MAPPING_START_EVENT) {
        return check_limits(builder, depth) &&
               check_properties(builder, event->data.mapping_start.anchor,
                                event->data.mapping_start.tag) &&
               build_map(builder, node, depth);
    }
    return refuse_event(builder,
                        "found an alias (`*`), expected a value; quote it if it begins with `*`");
}

/* The document's start: no directives, and something in it. */
static bool build_start(struct builder *builder)
{
    yaml_event_t *event = &builder->event;

    if (!next_event(builder) || !next_event(builder))
        return false;
    if (event->type == YAML_STREAM_END_EVENT) {
        return refuse(builder, (struct position){.file = builder->file, .line = 1, .column = 1},
                      "found an empty file, expected `version: 1` and the policy");
    }
    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end)
        return refuse_event(builder, "found a directive (`%`), expected the document");
    return next_event(builder);
}

static bool build_end(struct builder *builder)
{
    if (!next_event(builder) || !next_event(builder))
        return false;
    if (builder->event.type != YAML_STREAM_END_EVENT)
        return refuse_event(builder, "found a second document, expected one");
    return true;
}

static bool check_text(struct builder *builder)
{
    struct text_fault fault;

    if (text_check(builder->cursor.text, builder->cursor.size, &fault))
        return true;
    message_add(
        builder->messages, SEVERITY_ERROR,
        (struct position){.file = builder->file, .line = fault.line, .column = fault.column},
        "found %s, expected UTF-8 text", fault.found);
    return false;
}

/* NULL when it fails, with a message unless there is no memory for the tree itself. */
static struct node *build(struct builder *builder)
{
    struct node *root = calloc(1, sizeof(*root));

    if (root == NULL) {
        refuse(builder, (struct position){.file = builder->file}, "no memory");
        return NULL;
    }
    root->position = (struct position){.file = builder->file, .line = 1, .column = 1};
    if (!build_start(builder) || !build_node(builder, root, 1) || !build_end(builder)) {
        document_destroy(root);
        return NULL;
    }
    return root;
}

struct node *document_read(const char *file, const char *text, size_t size,
                           struct message_list *messages)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct builder builder = {.file = file, .messages = messages};
    size_t skipped = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    struct node *root = NULL;

    builder.last.position.file = file;
    builder.cursor = (struct text_cursor){.text = text + skipped, .size = size - skipped};
    if (!check_text(&builder))
        return NULL;
    if (yaml_parser_initialize(&builder.parser) != 1) {
        refuse(&builder, (struct position){.file = file}, "no memory");
        return NULL;
    }
    yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder.parser, (const unsigned char *)builder.cursor.text,
                                 builder.cursor.size);
    root = build(&builder);
    yaml_event_delete(&builder.event);
    yaml_parser_delete(&builder.parser);
    return root;
}
